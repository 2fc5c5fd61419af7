"""
Published analyses: where they lie and how the newest is found.

    runs/SITE/
    ├── current            id of the published run, replaced by one rename
    ├── waiting.json       a Waiting, while there are too few visits for a run
    ├── held.json          a Held, while the last run was too weak to take the place of the published one
    └── 20261122T033000Z/
        ├── run.json         a Run
        ├── segments.parquet one row per audience segment, largest first, and last "unclustered"
        ├── profiles.parquet one row per segment, dimension and value
        ├── map.parquet      one row per point of the 2-D map: a pattern, or its nearest patterns taken together
        ├── trends.parquet   one row per segment and week
        ├── figures.parquet  one row per week and measure of the whole site
        ├── changes.parquet  one row per change that was told, in this run or one before
        ├── …               a file for each of analysis.tables
        └── model.npz        what gives any pattern its segment

Everything in here has passed :mod:`analysis.anonymity`: no row rests on 1 to k-1 visits. The dashboard and the exports read runs
and nothing else of the analysis, so they can't publish what a run does not hold.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from analysis import intact
from analysis.tables import TABLES as FURTHER
from analysis.words import Language
from collector.errors import FileDamaged, TelpuntError
from collector.folder import DataFolder, write_aside

KEPT: Final = 60  # runs of a site beside the published one: two months of nights
UNCLUSTERED: Final = "unclustered"
OTHER: Final = "(other)"  # value that takes in what is held back under k

SEGMENTS: Final = {
    "segment": pl.String,  # stays the same from run to run while it is the same audience
    "label": pl.String,  # a few words, English
    "label_nl": pl.String,
    "sentence": pl.String,  # one sentence from the profile, English
    "sentence_nl": pl.String,
    "visits": pl.Int64,
    "share": pl.Float64,  # of all visits in the window, 0 to 1
    "status": pl.String,  # new, kept, grown, shrunk, split, merged, returned
    "first_seen": pl.String,  # day on which the window of the first run with it ended
    "colour": pl.Int64,  # position in the palette, 0 and up; -1 for unclustered
}
PROFILES: Final = {
    "segment": pl.String,
    "label": pl.String,
    "dimension": pl.String,  # of analysis.facts.DIMENSIONS, or from the pattern: touchpoint, action, engaged, depth, stage
    "value": pl.String,
    "visits": pl.Int64,
    "share": pl.Float64,  # of the segment's visits, 0 to 1
    "index": pl.Float64,  # 100 = the site's average
    "index_low": pl.Float64,  # 95 % interval
    "index_high": pl.Float64,
    "q": pl.Float64,  # smallest false discovery rate at which the difference from the rest of the site would count as real
    "real": pl.Boolean,  # is it a real difference, at a false discovery rate of 5 % over the whole table?
}
MAP: Final = {
    "x": pl.Float64,
    "y": pl.Float64,
    "segment": pl.String,
    "visits": pl.Int64,
    "words": pl.String,  # what the pattern says, English
    "words_nl": pl.String,
}
TRENDS: Final = {
    "segment": pl.String,
    "week": pl.String,  # ISO week, "2026-W47"
    "visits": pl.Int64,
    "share": pl.Float64,  # of the week's visits, 0 to 1
    "share_low": pl.Float64,  # 95 % interval
    "share_high": pl.Float64,  # upper end of it
    "expected": pl.Float64,  # share that the weeks before would lead one to expect; null with too few of them
    "expected_low": pl.Float64,  # range in which 19 of 20 weeks lie while nothing changes
    "expected_high": pl.Float64,  # upper end of it
    "engaged": pl.Int64,  # visits of 15 seconds of attention or more; null where they are fewer than k
    "engaged_rate": pl.Float64,  # of the segment's visits of the week, 0 to 1
    "engaged_low": pl.Float64,  # 95 % interval
    "engaged_high": pl.Float64,  # upper end of it
    "apply_starts": pl.Int64,  # visits that start to apply or go on to the application system; null where they are fewer than k
    "apply_rate": pl.Float64,  # of the segment's visits of the week, 0 to 1
    "apply_low": pl.Float64,  # 95 % interval
    "apply_high": pl.Float64,  # upper end of it
}
FIGURES: Final = {
    "week": pl.String,  # ISO week, "2026-W47"
    "measure": pl.String,  # of analysis.figures.MEASURES: visits, engaged, vacancy_views, apply_starts, handoffs, applications, …
    "visits": pl.Int64,
    "rate": pl.Float64,  # of the week's visits, 0 to 1; null for visits
    "rate_low": pl.Float64,  # 95 % interval
    "rate_high": pl.Float64,  # upper end of it
    "days": pl.Int64,  # of the week, that are counted: 7, fewer in the week that still runs
    "expected": pl.Float64,  # visits that the weeks before would lead one to expect by then; null with too few of them
    "expected_low": pl.Float64,  # range in which 19 of 20 weeks lie while nothing changes
    "expected_high": pl.Float64,  # upper end of it
}
CHANGES: Final = {
    "segment": pl.String,
    "label": pl.String,  # in English; hand-given names win
    "label_nl": pl.String,
    "week": pl.String,  # ISO week from which on it is so
    "kind": pl.String,  # appeared, grew, shrank, vanished, split, merged, applies_rose, applies_fell
    "before": pl.Float64,  # share of all visits in the weeks before, 0 to 1; of applies_*: rate of the segment's visits
    "after": pl.Float64,  # the same in the weeks that confirm the change
    "after_low": pl.Float64,  # 95 % interval
    "after_high": pl.Float64,
    "visits": pl.Int64,  # visits that the share after rests on; before, for one that vanished
    "other": pl.String,  # of split and merged: the segment that it split off from, or that took it in; else ""
    "told": pl.String,  # day (ISO) on which the window of the run ended that told it first
    "sentence": pl.String,  # the change in words, English
    "sentence_nl": pl.String,
}
TABLES: Final = {
    "segments": SEGMENTS,
    "profiles": PROFILES,
    "map": MAP,
    "trends": TRENDS,
    "figures": FIGURES,
    "changes": CHANGES,
    **FURTHER,
}


class NoRun(TelpuntError):
    """When nothing has been published for a site yet."""

    def __init__(self, site: str) -> None:
        super().__init__(f"Site {site!r} has no published analysis yet; run: telpunt analyse --site {site}")


class Absent(msgspec.Struct, frozen=True):
    """
    An audience that is not there now; it gets its id back when it returns in time.

    Attributes:
        id: of the segment.
        run: id of the last published run that had it; its model still knows it.
        since: day (ISO) on which the window of the first run without it ended.
        first_seen: day (ISO) on which it was first published.
        into: id of the segment that took most of it in; "" when none did.
    """

    id: str
    run: str
    since: str
    first_seen: str
    into: str = ""


class News(msgspec.Struct, frozen=True):
    """
    What last happened to a segment's identity: *status* (new, split, merged, returned), on *since*, the day (ISO) on which the run's
    window ended, and *other*, the segment that it split off from or took in.
    """

    status: str
    since: str
    other: str = ""


class Run(msgspec.Struct, frozen=True):
    """
    What a run says about itself.

    Attributes:
        id: UTC time of its start, ``20261122T033000Z``.
        site: key of the site.
        start: first day of the window; a Monday, since context is kept by ISO week.
        end: last day of the window that has visits.
        weeks: ISO weeks of the window.
        visits: all visits in the window.
        patterns: distinct patterns among them.
        k: smallest number of visits that anything in the run rests on.
        unclustered: visits that no audience takes.
        segments: number of audience segments.
        verdict: "good", "fair" or "weak".
        reasons: sentences behind the verdict, English.
        reasons_nl: the same in Dutch; none in runs of before they were noted.
        seed: seed of everything random in it.
        seconds: how long it took.
        simulated: these are not real visits.
        ids: id of each of the model's segments, in the model's order.
        next_id: number of the next segment that is new.
        gone: ids of the last run's segments that are no more.
        absent: audiences that may still come back, those of ``gone`` among them.
        news: per segment id, what last happened to its identity; none for those that were there from the first run on.
        season: is the time of the year taken out of what is expected?
    """

    id: str
    site: str
    start: date
    end: date
    weeks: list[str]
    visits: int
    patterns: int
    k: int
    unclustered: int
    segments: int
    verdict: str
    reasons: list[str]
    seed: int
    seconds: float
    simulated: bool = False
    ids: list[str] = []
    next_id: int = 1
    gone: list[str] = []
    absent: list[Absent] = []
    news: dict[str, News] = {}
    season: bool = False
    reasons_nl: list[str] = []


@dataclass(frozen=True)
class PublishedRun:
    """A run as readers get it: its own words, and its tables, read when asked for."""

    run: Run
    path: Path

    def table(self, name: str) -> pl.DataFrame:
        """
        One of :data:`TABLES`, with the columns of that name's schema.

        A run from before the table was there has no rows of it, and one from before a column was there has nulls.
        """
        path = self.path / f"{name}.parquet"
        if not path.exists():
            return pl.DataFrame(schema=TABLES[name])
        table = intact.table(path, intact.PUT_BACK)
        return table.select(
            pl.col(column) if column in table.columns else pl.lit(None, kind).alias(column)
            for column, kind in TABLES[name].items()
        )

    def labels(self) -> dict[str, dict[Language, str]]:
        """The labels of its segments, per id and language."""
        rows = self.table("segments").select("segment", "label", "label_nl").iter_rows()
        return {segment: {"en": english, "nl": dutch or english} for segment, english, dutch in rows}


def run_id(now: datetime) -> str:
    """The id of a run that starts at *now* (UTC)."""
    return now.strftime("%Y%m%dT%H%M%SZ")


def current(folder: DataFolder, site: str) -> PublishedRun:
    """
    The published run of a site.

    Raises:
        NoRun: nothing is published yet.
        FileDamaged: the pointer, or what it points at, is not what was written.
    """
    pointer = folder.runs / site / "current"
    try:
        with intact.reading(pointer, intact.POINT):
            name = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoRun(site) from None
    path = folder.runs / site / name
    if path.parent != pointer.parent or not (path / "run.json").exists():
        raise FileDamaged(pointer, intact.POINT)
    return _read(path)


def earlier(folder: DataFolder, site: str, identity: str) -> PublishedRun | None:
    """A run of a site by its id, where it is still kept."""
    path = folder.runs / site / identity
    return _read(path) if (path / "run.json").exists() else None


def kept(folder: DataFolder, site: str) -> list[PublishedRun]:
    """The runs of a site that are still there, newest first."""
    home = folder.runs / site
    found = sorted(home.glob("*/run.json"), reverse=True) if home.exists() else []
    return [_read(path.parent) for path in found if not path.parent.name.startswith(".")]


def _read(path: Path) -> PublishedRun:
    return PublishedRun(intact.record(path / "run.json", Run, intact.PUT_BACK), path)


def write(folder: DataFolder, run: Run, tables: dict[str, pl.DataFrame], save_model: Callable[[Path], None]) -> None:
    """
    Write a run beside the others; readers get it when it is published.

    Args:
        run: what it says about itself.
        tables: a table for each of :data:`TABLES`, all of which have passed the rule of *k*.
        save_model: writes the model to the path it is given.
    """
    home = folder.runs / run.site
    home.mkdir(mode=0o700, exist_ok=True)
    aside = home / f".{run.id}.aside"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    for name in TABLES:
        tables[name].write_parquet(aside / f"{name}.parquet")
    save_model(aside / "model.npz")
    (aside / "run.json").write_bytes(msgspec.json.encode(run))
    final = home / run.id
    if final.exists():
        shutil.rmtree(final)
    aside.rename(final)


def has_run(folder: DataFolder, site: str) -> bool:
    """Has anything been published for *site*?"""
    return (folder.runs / site / "current").exists()


def publish(folder: DataFolder, site: str, identity: str) -> None:
    """Make the run *identity* the one that readers get, by one rename."""
    write_aside(folder.runs / site / "current", f"{identity}\n".encode())
    for note in ("waiting.json", "held.json"):
        (folder.runs / site / note).unlink(missing_ok=True)


class Held(msgspec.Struct, frozen=True):
    """
    A run that is kept and not published, see :mod:`analysis.gate`.

    Attributes:
        run: its id.
        start: the first day of its window.
        end: the last.
        reasons: why it is weak, English, the worst first.
        reasons_nl: the same in Dutch.
    """

    run: str
    start: date
    end: date
    reasons: list[str]
    reasons_nl: list[str] = []


def hold_back(folder: DataFolder, site: str, held: Held) -> None:
    """Note that the last run of *site* was not published, for the page that says so."""
    write_aside(folder.runs / site / "held.json", msgspec.json.encode(held) + b"\n")


def held(folder: DataFolder, site: str) -> Held | None:
    """The last run, where it was not published; None: the published run is the last."""
    try:
        return intact.record(folder.runs / site / "held.json", Held, "delete it")
    except FileNotFoundError:
        return None


class Waiting(msgspec.Struct, frozen=True):
    """
    How far a site is from its first run.

    Attributes:
        visits: in the window; 0 stands for fewer than k.
        needed: visits that a run needs.
    """

    visits: int
    needed: int


def wait(folder: DataFolder, site: str, waiting: Waiting) -> None:
    """Note that an analysis of *site* found too few visits, for the page that says "N of M"."""
    (folder.runs / site).mkdir(mode=0o700, exist_ok=True)
    write_aside(folder.runs / site / "waiting.json", msgspec.json.encode(waiting) + b"\n")


def waiting(folder: DataFolder, site: str) -> Waiting | None:
    """What the last analysis found when it had too few visits; None: there was none, or it was published."""
    try:
        return intact.record(folder.runs / site / "waiting.json", Waiting, "delete it")
    except FileNotFoundError:
        return None


def forget_old(folder: DataFolder, site: str) -> None:
    """Delete all but the newest :data:`KEPT` runs, the published one, and those whose model knows an absent audience; and leftovers."""
    home: Path = folder.runs / site
    names = sorted(path.name for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))
    published = current(folder, site).run
    needed = {published.id, *(absent.run for absent in published.absent)}
    for name in [*names[:-KEPT], *(path.name for path in home.glob(".*.aside"))]:
        if name not in needed:
            shutil.rmtree(home / name, ignore_errors=True)
