"""Promise 2 on a data folder: no address, agent or e-mail address in any byte, nor in the values of a compressed file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import polars as pl

from analysis import intact
from analysis.breach import Breach
from collector.folder import DataFolder

ADDRESS: Final = re.compile(
    rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}(?![0-9a-f:])",
    re.IGNORECASE,
)
AGENT: Final = re.compile(rb"Mozilla/\d|AppleWebKit/\d|Gecko/\d|Chrome/\d+\.")
EMAIL: Final = re.compile(rb"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]{2,24}", re.IGNORECASE)


def look(folder: DataFolder) -> Iterator[Breach]:
    """What identifies somebody, in any file but the locks and the registry of sites (which may name an owner)."""
    for path in sorted(folder.path.rglob("*")):
        if not path.is_file() or path.is_relative_to(folder.locks) or path == folder.sites:
            continue
        where = str(path.relative_to(folder.path))
        accounts = path.name.startswith(folder.database.name)  # the e-mail addresses of the dashboard's own accounts
        for content in _contents(path):
            for name, found in (
                ("an IP address", _has_address(content)),
                ("a user agent", AGENT.search(content)),
                ("an e-mail address", not accounts and EMAIL.search(content)),
            ):
                if found:
                    yield Breach(
                        2, where, f"holds what looks like {name}; delete the file or the site's data, and report this"
                    )


def _contents(path: Path) -> Iterator[bytes]:
    """What a file says, of a damaged one its bytes as they are; nothing when a process of ours deleted it meanwhile."""
    try:
        try:
            yield from _unpacked(path)
        except (*intact.DAMAGE, BadZipFile, ValueError, EOFError):
            yield path.read_bytes()
    except FileNotFoundError:
        return


def _unpacked(path: Path) -> Iterator[bytes]:
    if path.suffix == ".parquet":
        table = pl.read_parquet(path)
        for column, kind in table.schema.items():
            if kind == pl.String:
                yield "\n".join(table[column].unique().drop_nulls().to_list()).encode()
    elif path.suffix == ".npz":
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            for name in arrays.files:
                if arrays[name].dtype.kind == "U":
                    yield "\n".join(arrays[name].ravel().tolist()).encode()
    else:
        yield path.read_bytes()


def _has_address(content: bytes) -> bool:
    for match in ADDRESS.finditer(content):
        try:
            ipaddress.ip_address(match.group().decode())
        except ValueError:
            continue
        return True
    return False
