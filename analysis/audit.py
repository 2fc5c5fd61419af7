"""
Proof of the promises on a data folder: what lies on the disk is read, every byte of it, and whatever breaks a promise is named.

What an audit can't see is what is not on the disk: that the key was only ever in memory is for the tests and the source to show.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from analysis import facts, memory, runs
from analysis.store import Manifest, State, Store
from collector.events import Hit
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Site

# Longest that an event may lie (promise 4), and days after its Sunday that a week may still be open: the nightly job closes it.
EVENT_MAX: Final = timedelta(hours=24)
OPEN_MAX_DAYS: Final = 3

ADDRESS: Final = re.compile(
    rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}(?![0-9a-f:])",
    re.IGNORECASE,
)
AGENT: Final = re.compile(rb"Mozilla/\d|AppleWebKit/\d|Gecko/\d|Chrome/\d+\.")
EMAIL: Final = re.compile(rb"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]{2,24}", re.IGNORECASE)
TOKEN: Final = re.compile(r"(?:^|[^0-9a-f])[0-9a-f]{16}(?:$|[^0-9a-f])")


@dataclass(frozen=True)
class Breach:
    """
    One thing that breaks a promise.

    Attributes:
        promise: its number in the README.
        where: file or table, below the data folder.
        what: what is wrong, and what to do; never the datum itself.
    """

    promise: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.where}: {self.what}"


def audit(folder: DataFolder, settings: Settings, sites: Registry, *, now: datetime) -> list[Breach]:
    """
    Everything in *folder* that breaks a promise; nothing when all hold.

    Args:
        now: UTC time, against which ages are reckoned.
    """
    store = Store(folder)
    checks: list[Callable[[], Iterator[Breach]]] = [
        lambda: _bytes(folder),
        lambda: _events(folder, store.manifest(), now),
        lambda: _counts(store, sites, settings, now),
        lambda: _published(folder),
        lambda: _rights(folder),
    ]
    return [breach for check in checks for breach in check()]


def _bytes(folder: DataFolder) -> Iterator[Breach]:
    """Promise 2: no address, agent or e-mail address in any byte, nor in the values of a compressed file."""
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
    if path.suffix == ".parquet":
        table = pl.read_parquet(path)
        for column, kind in table.schema.items():
            if kind == pl.String:
                yield "\n".join(table[column].unique().drop_nulls().to_list()).encode()
    elif path.suffix != ".npz":
        yield path.read_bytes()


def _has_address(content: bytes) -> bool:
    for match in ADDRESS.finditer(content):
        try:
            ipaddress.ip_address(match.group().decode())
        except ValueError:
            continue
        return True
    return False


def _events(folder: DataFolder, manifest: Manifest, now: datetime) -> Iterator[Breach]:
    """Promise 4: events are folded within a day, and hold no field that is not listed."""
    paths = [path for path in folder.journal.rglob("*.ndjson*") if path.is_file()]
    if manifest.carry:
        paths.append(folder.facts / manifest.carry)
    decoder = msgspec.json.Decoder(Hit)
    known = set(Hit.__struct_fields__)
    for path in paths:
        if not path.stat().st_size:
            continue
        where = str(path.relative_to(folder.path))
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if now - written > EVENT_MAX:
            yield Breach(
                4, where, f"holds events since {written:%Y-%m-%d %H:%M} UTC, longer than 24 hours; run: telpunt fold"
            )
        for line in path.read_bytes().splitlines():
            try:
                decoder.decode(line)
                odd = set(msgspec.json.decode(line)) - known
            except (msgspec.DecodeError, msgspec.ValidationError):
                continue
            if odd:
                yield Breach(4, where, f"holds a field that is not listed ({min(odd)[:30]!r}); report this")
                break


def _counts(store: Store, sites: Registry, settings: Settings, now: datetime) -> Iterator[Breach]:
    """Promise 4: no token in the counts; weeks close in time, and no context of a closed week rests on fewer than k visits."""
    for file in store.manifest().files:
        site = sites.get(file.site) or Site(key=file.site, hosts=())
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        sunday = memory.monday(file.week) + timedelta(days=6)
        came_in = date.fromisoformat(file.added)
        counts = store.sum([file])
        for column in ("pattern", "value"):
            if counts[column].unique().str.contains(TOKEN.pattern).any():
                yield Breach(4, file.name, f"holds a {column} that looks like a visit token; report this")
        if file.state == State.OPEN:
            if today - max(sunday, came_in) > timedelta(days=OPEN_MAX_DAYS):
                yield Breach(
                    4,
                    file.name,
                    f"is still open though its week ended on {sunday}; run: telpunt analyse --site {file.site}",
                )
            continue
        small = memory.breaches(counts, site.k)
        if small.height:
            yield Breach(
                4,
                file.name,
                f"has {small['pattern'].n_unique()} contexts of fewer than {site.k} visits; was k raised? run: telpunt analyse --site {file.site}",
            )
        if file.state == State.CLOSED and today - max(sunday, came_in) > timedelta(
            days=settings.fine_pattern_days + OPEN_MAX_DAYS
        ):
            yield Breach(
                4,
                file.name,
                f"has pattern counts by day for longer than {settings.fine_pattern_days} days; run: telpunt analyse --site {file.site}",
            )


def _published(folder: DataFolder) -> Iterator[Breach]:
    """Promise 5: no table of any run has a number of 1 to k-1 visits."""
    for path in sorted(folder.runs.glob("*/*/run.json")):
        run = msgspec.json.decode(path.read_bytes(), type=runs.Run)
        for name in runs.TABLES:
            table = pl.read_parquet(path.parent / f"{name}.parquet")
            small = table.filter((pl.col("visits") > 0) & (pl.col("visits") < run.k)).height
            if small:
                where = str((path.parent / f"{name}.parquet").relative_to(folder.path))
                yield Breach(5, where, f"has {small} rows of fewer than {run.k} visits; delete the run and report this")


def _rights(folder: DataFolder) -> Iterator[Breach]:
    """Promise 4: what is kept is for the account that runs Telpunt only."""
    if folder.path.stat().st_mode & 0o077:
        yield Breach(4, ".", f"may be read by other accounts of this machine; run: chmod 700 {folder.path}")


def covered() -> str:
    """What was looked at, for a person who reads that nothing was found."""
    return (
        "no address, agent or e-mail address in any file; no event older than 24 hours; no token in the counts; "
        f"no context of a closed week, and nothing published, of fewer than k visits ({len(facts.DIMENSIONS)} dimensions)"
    )
