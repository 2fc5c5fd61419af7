"""Hits as the collector writes them, for tests of what comes after it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from collector.events import JOURNAL_VERSION, Hit
from collector.folder import DataFolder
from collector.stage import Stage

MONDAY = 1_795_417_200  # 2026-11-23 08:00 in Amsterdam, in seconds since 1970


def hit(t: int, visit: str = "00000000000000aa", kind: str = "page_view", **fields: object) -> Hit:
    """A hit of site "s", *t* seconds after :data:`MONDAY`."""
    return Hit(v=JOURNAL_VERSION, t=MONDAY + t, site=str(fields.pop("site", "s")), visit=visit, kind=kind, **fields)  # type: ignore[arg-type]


def lines(hits: list[Hit]) -> bytes:
    """Journal lines."""
    encode = msgspec.json.Encoder().encode
    return b"".join(encode(each) + b"\n" for each in hits)


def write(path: Path, hits: list[Hit]) -> Path:
    """A journal file."""
    path.write_bytes(lines(hits))
    return path


def stage(folder: DataFolder, hits: list[Hit]) -> None:
    """Put hits in the journal of *folder*, sealed."""
    with Stage(folder) as part:
        part.append(lines(hits))
