"""
The fold: journal to counts, exactly once.

    sealed journal files + carried hits ──► closed visits ──► patterns and context ──► counts
                                       └──► open visits ───► the next carry

Everything is written aside and holds from one rename on (:mod:`analysis.store`); the journal files are deleted after it. A kill at
any instruction loses nothing and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from analysis import context, facts, patterns, visits
from analysis.store import Addition, State, Store
from collector import journal
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry

# Journal bytes that one pass takes. A hit is about 250 bytes on disk and, as a row with its sort, about three times that in memory.
PASS_MAX_BYTES: Final = 256 * 2**20

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Folded:
    """
    What a fold did.

    Attributes:
        hits: hits read, carried ones included.
        visits: visits closed and counted.
        open: visits that go on.
    """

    hits: int = 0
    visits: int = 0
    open: int = 0

    def __str__(self) -> str:
        return f"{self.hits:,} hits read, {self.visits:,} visits counted, {self.open:,} visits still open"


def fold(
    folder: DataFolder,
    settings: Settings,
    sites: Registry,
    *,
    now: datetime,
    site: str | None = None,
    close_all: bool = False,
    progress: Progress | None = None,
) -> Folded:
    """
    Count the visits that are closed.

    Args:
        now: UTC time; a visit is closed when it was silent for ``visit_idle_s`` before it.
        site: fold this site only; the hits of others are carried.
        close_all: close visits that are still open too.
        progress: told what is being done, and how far (0 to 1).
    """
    with folder.hold("facts", wait=True):
        store = Store(folder)
        store.clean()
        files = journal.sealed(folder)
        carry = store.manifest().carry
        inputs = files if carry is None else [*files, store.path / carry]
        if not inputs:
            return Folded()
        sites.refresh()  # a site may have been added since this process read the registry
        timezones = {known.key: known.timezone for known in sites.all()}
        counts: list[pl.DataFrame] = []
        carried: list[pl.DataFrame] = []
        totals = Folded()
        parts = list(_passes(inputs))
        for number, part in enumerate(parts):
            if progress:
                progress("Folding the journal", number / len(parts))
            hits = _read(part, inputs)
            chosen = hits if site is None else hits.filter(pl.col("site") == site)
            done = visits.cut(
                chosen,
                now=int(now.timestamp()),
                idle_s=settings.visit_idle_s,
                max_s=settings.visit_max_s,
                close_all=close_all,
            )
            table = count(done.closed, timezones)
            counts.append(table)
            carried.append(done.open)
            if site is not None:
                carried.append(hits.filter(pl.col("site") != site))
            totals = Folded(
                totals.hits + hits.height,
                totals.visits + _total(table),
                totals.open + done.open.select("site", "visit").n_unique(),
            )
        remaining = pl.concat(carried)
        if not files and not totals.visits:
            return totals  # only open visits, and none of them closed meanwhile: nothing to write
        additions = [
            Addition(str(key), str(week), State.OPEN, rows.drop("week"))
            for (key, week), rows in _by_week(facts.merge(table.lazy() for table in counts).collect())
        ]
        store.commit(now=now, add=additions, carry=remaining.write_ndjson, consumed=files)
        if progress:
            progress("Folding the journal", 1.0)
        return totals


def count(closed: pl.DataFrame, timezones: dict[str, str]) -> pl.DataFrame:
    """
    The counts of closed visits: a pure function of its partition, so that it can run anywhere and its results add.

    Args:
        closed: hits with their visit number ``id``, from :func:`analysis.visits.cut`.
        timezones: IANA time zone per site; hits of a site that is no longer registered are left out.
    """
    if closed.is_empty() or not timezones:
        return facts.empty()
    rows = visits.summarise(closed, timezones).join(patterns.sign(closed), on="id")
    return context.count(closed, rows)


def _read(part: pl.LazyFrame, inputs: list[Path]) -> pl.DataFrame:
    """The hits of a pass. Lines that a damaged disk left are taken out of their files, and the rest is counted."""
    try:
        return part.collect()
    except pl.exceptions.ComputeError:
        if not sum(visits.mend(path) for path in inputs):
            raise
        return part.collect()


def _passes(paths: list[Path]) -> Iterator[pl.LazyFrame]:
    """Cut the input into passes of bounded memory. All hits of one visit fall in one pass: cut by the first digit of its token."""
    size = sum(path.stat().st_size for path in paths)
    parts = min(16, -(-size // PASS_MAX_BYTES))
    hits = visits.scan(paths)
    if parts <= 1:
        yield hits
        return
    digit = pl.col("visit").str.slice(0, 1).str.to_integer(base=16, strict=False).fill_null(0)
    for part in range(parts):
        yield hits.filter(digit % parts == part)


def _by_week(counts: pl.DataFrame) -> Iterator[tuple[tuple[object, ...], pl.DataFrame]]:
    """The counts per site and ISO week; a day lies in the week it belongs to."""
    is_day = pl.col("dimension") == facts.PATTERN_TOTAL
    day = pl.when(is_day).then(pl.col("period")).str.to_date("%Y-%m-%d", strict=False)
    week = pl.when(is_day).then(day.dt.strftime("%G-W%V")).otherwise(pl.col("period"))
    yield from counts.with_columns(week=week).group_by("site", "week", maintain_order=True)


def _total(counts: pl.DataFrame) -> int:
    return int(counts.filter(pl.col("dimension") == facts.PATTERN_TOTAL)["visits"].sum())


def utc_now() -> datetime:
    """The clock of commands and jobs; everything below them is given its time."""
    return datetime.now(UTC)
