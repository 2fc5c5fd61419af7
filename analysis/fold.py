"""
The fold: journal to counts, exactly once.

    sealed journal files + carried hits ──► closed visits ──► patterns and context ──► counts
                                       └──► open visits ───► the next carry

Everything is written aside and holds from one rename on (:mod:`analysis.store`); the journal files are deleted after it. A kill at
any instruction loses nothing and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from analysis import context, engine, facts, patterns, visits
from analysis.split import PARTS_MAX, split
from analysis.store import Addition, State, Store
from collector import journal
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry

# Journal bytes that one pass takes. A hit is about 250 bytes on disk and, as a row with its sort, about three times that in memory.
PASS_MAX_BYTES: Final = 160 * 2**20

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
        size = sum(path.stat().st_size for path in inputs)
        number = max(1, min(PARTS_MAX, -(-size // PASS_MAX_BYTES)))
        with ExitStack() as until_counted:
            # One part is read where it lies; more are cut apart first.
            pieces = [inputs]
            if number > 1:
                if progress:
                    progress("Reading the journal", 0.0)
                pieces = [[path] for path in until_counted.enter_context(split(inputs, number, store.path))]
            passes = [
                Pass(
                    f"part {position} of {number} of the journal",
                    tuple(piece),
                    int(now.timestamp()),
                    settings.visit_idle_s,
                    settings.visit_max_s,
                    close_all,
                    site,
                    timezones,
                )
                for position, piece in enumerate(pieces, start=1)
            ]
            for position, done in enumerate(engine.chosen(settings).map(take, passes), start=1):
                counts.append(done.counts)
                carried.append(done.carried)
                totals = Folded(totals.hits + done.hits, totals.visits + _total(done.counts), totals.open + done.open)
                if progress:
                    progress("Folding the journal", position / number)
        remaining = pl.concat(carried)
        if not files and not totals.visits:
            return totals  # only open visits, and none of them closed meanwhile: nothing to write
        store.commit(now=now, add=_by_week(counts), carry=remaining.write_ndjson, consumed=files)
        return totals


@dataclass(frozen=True)
class Pass:
    """
    A partition of a fold: all that :func:`take` has to know, so that it can run in another process.

    All hits of one visit are in one pass.

    Attributes:
        name: what an error calls it.
        now: seconds since 1970.
        site: count this site only and carry the others; None: all.
        timezones: IANA time zone per registered site.
    """

    name: str
    paths: tuple[Path, ...]
    now: int
    idle_s: int
    max_s: int
    close_all: bool
    site: str | None
    timezones: dict[str, str]


@dataclass(frozen=True)
class Taken:
    """
    What one pass found.

    Attributes:
        counts: of its closed visits (:mod:`analysis.facts`).
        carried: hits that wait for the next fold.
        hits: hits read.
        open: visits that go on.
    """

    counts: pl.DataFrame
    carried: pl.DataFrame
    hits: int
    open: int


def take(part: Pass) -> Taken:
    """Read, cut and count one pass: a pure function of its partition, so that it can run anywhere and its results add."""
    hits = _read(part)
    chosen = hits if part.site is None else hits.filter(pl.col("site") == part.site)
    done = visits.cut(chosen, now=part.now, idle_s=part.idle_s, max_s=part.max_s, close_all=part.close_all)
    others = [] if part.site is None else [hits.filter(pl.col("site") != part.site)]
    return Taken(
        count(done.closed, part.timezones),
        pl.concat([done.open, *others]),
        hits.height,
        done.open.select("site", "visit").n_unique(),
    )


def count(closed: pl.DataFrame, timezones: dict[str, str]) -> pl.DataFrame:
    """
    The counts of closed visits.

    Args:
        closed: hits with their visit number ``id``, from :func:`analysis.visits.cut`.
        timezones: IANA time zone per site; hits of a site that is no longer registered are left out.
    """
    if closed.is_empty() or not timezones:
        return facts.empty()
    rows = visits.summarise(closed, timezones).join(patterns.sign(closed), on="id")
    return context.count(closed, rows)


def _read(part: Pass) -> pl.DataFrame:
    """The hits of a pass. Lines that a damaged disk left are taken out of their files, and the rest is counted."""
    hits = visits.scan(list(part.paths))
    try:
        return hits.collect()
    except pl.exceptions.ComputeError:
        for path in part.paths:
            visits.mend(path)
        return hits.collect()


def _by_week(passes: list[pl.DataFrame]) -> Iterator[Addition]:
    """The counts of all passes per site and ISO week, one after the other; a day lies in the week it belongs to."""
    is_day = pl.col("dimension") == facts.PATTERN_TOTAL
    day = pl.when(is_day).then(pl.col("period")).str.to_date("%Y-%m-%d", strict=False)
    week = pl.when(is_day).then(day.dt.strftime("%G-W%V")).otherwise(pl.col("period"))
    pieces: dict[tuple[str, str], list[pl.DataFrame]] = {}
    for counts in passes:
        for (site, of), piece in counts.with_columns(week=week).group_by("site", "week", maintain_order=True):
            pieces.setdefault((str(site), str(of)), []).append(piece.drop("week"))
    passes.clear()
    for (site, of), parts in sorted(pieces.items()):
        # The counts of one pass have every key once already.
        merged = parts[0] if len(parts) == 1 else facts.merge(part.lazy() for part in parts).collect()
        parts.clear()
        yield Addition(site, of, State.OPEN, merged)


def _total(counts: pl.DataFrame) -> int:
    return int(counts.filter(pl.col("dimension") == facts.PATTERN_TOTAL)["visits"].sum())


def utc_now() -> datetime:
    """The clock of commands and jobs; everything below them is given its time."""
    return datetime.now(UTC)
