"""
Published analyses: where they lie and how the newest is found.

    runs/SITE/
    ├── current            id of the published run, replaced by one rename
    ├── waiting.json       a Waiting, while there are too few visits for a run
    └── 20261122T033000Z/
        ├── run.json         a Run
        ├── segments.parquet one row per audience segment, largest first, and last "unclustered"
        ├── profiles.parquet one row per segment, dimension and value
        ├── map.parquet      one row per point of the 2-D map: a pattern, or its nearest patterns taken together
        ├── trends.parquet   one row per segment and week
        ├── changes.parquet  one row per change of a segment's share
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

from collector.errors import TelpuntError
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
    "status": pl.String,  # new, kept, grown, shrunk, split, merged
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
}
CHANGES: Final = {
    "segment": pl.String,
    "label": pl.String,  # in English; hand-given names win
    "week": pl.String,  # ISO week from which on it is so
    "kind": pl.String,  # appeared, grew, shrank, vanished
    "before": pl.Float64,  # share of all visits in the weeks before, 0 to 1
    "after": pl.Float64,  # share in the weeks that confirm the change, 0 to 1
    "after_low": pl.Float64,  # 95 % interval
    "after_high": pl.Float64,
    "visits": pl.Int64,  # visits that the share after rests on; before, for one that vanished
    "sentence": pl.String,  # the change in words, English
    "sentence_nl": pl.String,
}
TABLES: Final = {"segments": SEGMENTS, "profiles": PROFILES, "map": MAP, "trends": TRENDS, "changes": CHANGES}


class NoRun(TelpuntError):
    """When nothing has been published for a site yet."""

    def __init__(self, site: str) -> None:
        super().__init__(f"Site {site!r} has no published analysis yet; run: telpunt analyse --site {site}")


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
        seed: seed of everything random in it.
        seconds: how long it took.
        simulated: these are not real visits.
        ids: id of each of the model's segments, in the model's order.
        next_id: number of the next segment that is new.
        gone: ids of the last run's segments that are no more.
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


@dataclass(frozen=True)
class PublishedRun:
    """A run as readers get it: its own words, and its tables, read when asked for."""

    run: Run
    path: Path

    def table(self, name: str) -> pl.DataFrame:
        """One of :data:`TABLES`, with the columns of that name's schema; a run from before the table was there has no rows of it."""
        path = self.path / f"{name}.parquet"
        if not path.exists():
            return pl.DataFrame(schema=TABLES[name])
        return pl.read_parquet(path).select(TABLES[name].keys())


def run_id(now: datetime) -> str:
    """The id of a run that starts at *now* (UTC)."""
    return now.strftime("%Y%m%dT%H%M%SZ")


def current(folder: DataFolder, site: str) -> PublishedRun:
    """
    The published run of a site.

    Raises:
        NoRun: nothing is published yet.
    """
    pointer = folder.runs / site / "current"
    try:
        name = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoRun(site) from None
    path = folder.runs / site / name
    return PublishedRun(msgspec.json.decode((path / "run.json").read_bytes(), type=Run), path)


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
    (folder.runs / site / "waiting.json").unlink(missing_ok=True)


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
        return msgspec.json.decode((folder.runs / site / "waiting.json").read_bytes(), type=Waiting)
    except FileNotFoundError:
        return None


def forget_old(folder: DataFolder, site: str, current: str) -> None:
    """Delete all but the newest :data:`KEPT` runs and *current*, and what a killed run left."""
    home: Path = folder.runs / site
    names = sorted(path.name for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))
    for name in [*names[:-KEPT], *(path.name for path in home.glob(".*.aside"))]:
        if name != current:
            shutil.rmtree(home / name, ignore_errors=True)
