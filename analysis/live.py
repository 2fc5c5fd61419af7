"""
The last half hour: how many visits are on the site, by touchpoint and channel, under the rule of *k*.

Read from the first memory alone (the journal and the open visits), counted and forgotten: nothing is written. Every number is a
multiple of *k*, so two looks, however short after each other, differ by nothing or by at least k visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from analysis import anonymity
from analysis.store import Store
from analysis.visits import SCHEMA
from collector.events import Hit, Kind
from collector.folder import DataFolder

MINUTES: Final = 30
SLOT_MINUTES: Final = 5
# Of each file only its end is read: 16 MB are some 60,000 events, half an hour of a site with millions of visits a day.
TAIL_BYTES: Final = 16 * 1024 * 1024

Counted = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Live:
    """
    The visits of the last :data:`MINUTES`.

    Attributes:
        visits: that had an event in that time, rounded down to a multiple of k.
        slots: visits that had one in each :data:`SLOT_MINUTES`, oldest first.
        touchpoints, channels: value and visits, largest first; what is under k is left out.
    """

    visits: int
    slots: tuple[int, ...]
    touchpoints: Counted
    channels: Counted


def look(folder: DataFolder, site: str, *, k: int, now: int) -> Live:
    """
    Count the visits of *site* in the last half hour.

    Args:
        k: smallest number of visits that anything shown may rest on.
        now: seconds since 1970.
    """
    hits = _hits(folder).filter(pl.col("site") == site)
    since = now - 60 * MINUTES
    recent = hits.filter(pl.col("t").is_between(since, now))
    views = pl.col("kind") == Kind.PAGE_VIEW
    # How a visit came is said by its first page view, which may be older than half an hour.
    came = hits.filter(views).sort("t").group_by("visit").agg(pl.col("channel").first())
    channels = recent.select("visit").unique().join(came, on="visit").group_by("channel").agg(visits=pl.len())
    touchpoints = (
        recent.filter(views)
        .group_by("touchpoint")
        .agg(visits=pl.col("visit").n_unique())
        .rename({"touchpoint": "value"})
    )
    slot = (pl.col("t") - since) // (60 * SLOT_MINUTES)
    slots = dict(recent.group_by(slot=slot).agg(visits=pl.col("visit").n_unique()).iter_rows())
    return Live(
        visits=recent["visit"].n_unique() // k * k,
        slots=tuple(slots.get(number, 0) // k * k for number in range(MINUTES // SLOT_MINUTES)),
        touchpoints=_shown(touchpoints, k),
        channels=_shown(channels.rename({"channel": "value"}), k),
    )


def _shown(cells: pl.DataFrame, k: int) -> Counted:
    shown = (
        cells.filter(pl.col("value") != "")
        .select("value", visits=anonymity.down(pl.col("visits").cast(pl.Int64), k))
        .filter(pl.col("visits") > 0)
        .sort(["visits", "value"], descending=[True, False])
    )
    return tuple(shown.iter_rows())


def _hits(folder: DataFolder) -> pl.DataFrame:
    columns = ["t", "site", "visit", "kind", "touchpoint", "channel"]
    paths = [*folder.journal.glob("*.ndjson*")]
    carry = Store(folder).manifest().carry
    if carry:
        paths.append(folder.facts / carry)
    tables = [table for path in paths if not (table := _tail(path, columns)).is_empty()]
    if not tables:
        return pl.DataFrame(schema={name: SCHEMA[name] for name in columns})
    # A fold may carry a hit on while we read: the same line is then there twice.
    return pl.concat(tables).unique()


def _tail(path: Path, columns: list[str]) -> pl.DataFrame:
    """The hits at the end of a file that may be written to, or gone, at this moment: whole lines only."""
    schema = {name: SCHEMA[name] for name in columns}
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read(TAIL_BYTES)
    except FileNotFoundError:
        return pl.DataFrame(schema=schema)
    begin = 0 if size <= TAIL_BYTES else text.find(b"\n") + 1
    whole = text[begin : text.rfind(b"\n") + 1]
    if not whole:
        return pl.DataFrame(schema=schema)
    try:
        read = pl.read_ndjson(BytesIO(whole), schema=schema)
    except pl.exceptions.ComputeError:  # a damaged line, which the fold leaves out as well
        read = pl.read_ndjson(
            BytesIO(b"".join(line for line in whole.splitlines(keepends=True) if _is_hit(line))), schema=schema
        )
    return read.drop_nulls(["t", "site", "visit"]).with_columns(pl.col("kind", "touchpoint", "channel").fill_null(""))


def _is_hit(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=Hit)
    except msgspec.MsgspecError:
        return False
    return True
