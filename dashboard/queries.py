"""
The only bridge from published analyses to pages and exports.

It reads :mod:`analysis.runs` and nothing else of the analysis, so that nothing can be shown that a run does not hold, and a run holds
nothing under *k*. What comes out are frozen view models; names given by hand have taken the place of labels.

Everything textual in them (labels, pages, searches, campaigns) came in through the collector and is hostile.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import date
from threading import Lock
from typing import Any, Final, TypeVar

import polars as pl

from analysis import intact, runs
from analysis.runs import UNCLUSTERED, PublishedRun, Run
from analysis.words import Language
from collector.folder import DataFolder
from dashboard.marks import NO_MARK, Mark
from dashboard.supply.rows import Imported
from dashboard.views import GONE, Change, MapPoint, Overview, Profile, Segment, Value, Week, finite, value_of

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
CACHED_RUNS: Final = 8  # newest read; about 2 MB each
CACHED_PROFILES: Final = 16  # newest read, of one segment each; at most some 2 MB each, with thousands of vacancies
SCANNED_FROM_BYTES: Final = 1 << 22  # of a file; 4 MB of Parquet are some 100,000 rows
PALETTE_SLOTS: Final = 14  # of dashboard.charts; here so that no two audiences of one run share a colour without need


class Readings:
    """
    Reads published runs.

    Args:
        folder: the data folder.
        names: gives the names by hand, segment id → name, of a site.
        marks: gives what else editors say, segment id → mark, of a site.
        supply: gives what editors brought in of a site, to lay beside its visits.
    """

    def __init__(
        self,
        folder: DataFolder,
        names: Callable[[str], Mapping[str, str]],
        marks: Callable[[str], Mapping[str, Mark]] = lambda _site: {},
        supply: Callable[[str], Imported] = lambda _site: Imported.nothing(),
    ) -> None:
        self._folder = folder
        self._names = names
        self._marks = marks
        self._supply = supply
        self._lock = Lock()
        self._tables: OrderedDict[tuple[str, str, str], pl.DataFrame] = OrderedDict()
        self._profiles: OrderedDict[tuple[str, str, str], Mapping[str, tuple[Value, ...]]] = OrderedDict()

    def run(self, site: str) -> Run:
        """
        What the published run of *site* says about itself.

        Raises:
            NoRun: nothing is published yet.
        """
        return runs.current(self._folder, site).run

    def kept(self, site: str) -> list[Run]:
        """What the runs of *site* that are kept say about themselves, newest first; those that were not published too."""
        return [published.run for published in runs.kept(self._folder, site)]

    def overview(self, site: str, lang: Language) -> Overview:
        """
        The segments of *site*.

        Raises:
            NoRun: nothing is published yet.
        """
        return self._overview(runs.current(self._folder, site), lang)

    def profile(self, site: str, segment: str, lang: Language) -> Profile:
        """
        One segment of *site* with its profile.

        Raises:
            NoRun: nothing is published yet.
            UnknownSegment: the published run does not have it.
        """
        published = runs.current(self._folder, site)
        overview = self._overview(published, lang)
        found = overview.segment(segment)
        return Profile(overview, found, self._values(published, segment))

    def changes(self, site: str, lang: Language) -> list[Change]:
        """
        What changed, newest first.

        Raises:
            NoRun: nothing is published yet.
        """
        published = runs.current(self._folder, site)
        segments = {segment.id: segment for segment in self._overview(published, lang).segments}
        names = self._names(site)
        return [
            Change(
                segment=segments.get(row["segment"]) or _gone(row, names, lang),
                kind=row["kind"],
                week=row["week"],
                before=row["before"],
                after=row["after"],
                after_low=finite(row["after_low"]),
                after_high=finite(row["after_high"]),
                visits=row["visits"] or 0,
                other=segments.get(row["other"] or ""),
                sentence=(row["sentence_nl"] if lang == "nl" else "") or row["sentence"] or "",
            )
            for row in self._table(published, "changes").iter_rows(named=True)
        ]

    def map_points(self, site: str, lang: Language) -> list[MapPoint]:
        """
        The points of the map, those with most visits first, so that small ones are drawn over large ones.

        Raises:
            NoRun: nothing is published yet.
        """
        words = "words_nl" if lang == "nl" else "words"
        table = self._table(runs.current(self._folder, site), "map").sort(
            "visits", "x", "y", descending=[True, False, False]
        )
        return [
            MapPoint(row["x"], row["y"], row["segment"], row["visits"], row[words] or row["words"])
            for row in table.iter_rows(named=True)
            if math.isfinite(row["x"]) and math.isfinite(row["y"])
        ]

    def supply(self, site: str) -> Imported:
        """What editors of *site* brought in; it is laid beside visits by :func:`dashboard.supply.table.rows`."""
        return self._supply(site)

    def table(self, site: str, name: str) -> pl.DataFrame:
        """
        A table of the published run for an export, one of :data:`analysis.runs.TABLES`, given names in place of labels.

        Raises:
            NoRun: nothing is published yet.
        """
        return with_given_names(self._table(runs.current(self._folder, site), name), self._names(site))

    def scan(self, site: str, name: str) -> pl.LazyFrame:
        """
        The same as :meth:`table`, to be read piece by piece: a large table is not in memory as a whole.

        Raises:
            NoRun: nothing is published yet.
        """
        published = runs.current(self._folder, site)
        path = published.path / f"{name}.parquet"
        if not path.exists() or path.stat().st_size < SCANNED_FROM_BYTES:
            return with_given_names(self._table(published, name), self._names(site)).lazy()
        scanned = pl.scan_parquet(path)
        with intact.reading(path, intact.PUT_BACK):
            there = scanned.collect_schema()
        table = scanned.select(
            pl.col(column) if column in there else pl.lit(None, kind).alias(column)
            for column, kind in runs.TABLES[name].items()
        )
        return with_given_names(table, self._names(site))

    def _table(self, published: PublishedRun, name: str) -> pl.DataFrame:
        key = (published.run.site, published.run.id, name)
        with self._lock:
            kept = self._tables.get(key)
            if kept is not None:
                self._tables.move_to_end(key)
                return kept
        table = published.table(name)
        with self._lock:
            self._tables[key] = table
            while len(self._tables) > CACHED_RUNS * len(runs.TABLES):
                self._tables.popitem(last=False)
        return table

    def _values(self, published: PublishedRun, segment: str) -> Mapping[str, tuple[Value, ...]]:
        """The profile of a segment, which is the same as long as its run is published: in no language, and under no name."""
        key = (published.run.site, published.run.id, segment)
        with self._lock:
            kept = self._profiles.get(key)
            if kept is not None:
                self._profiles.move_to_end(key)
                return kept
        values: dict[str, list[Value]] = {}
        for row in self._table(published, "profiles").filter(pl.col("segment") == segment).iter_rows(named=True):
            values.setdefault(row["dimension"], []).append(value_of(row))
        ordered = {
            dimension: tuple(sorted(listed, key=lambda value: (value.is_other, -value.visits, value.value)))
            for dimension, listed in values.items()
        }
        with self._lock:
            self._profiles[key] = ordered
            while len(self._profiles) > CACHED_PROFILES:
                self._profiles.popitem(last=False)
        return ordered

    def _overview(self, published: PublishedRun, lang: Language) -> Overview:
        names = self._names(published.run.site)
        trends: dict[str, list[Week]] = {}
        for row in self._table(published, "trends").sort("week").iter_rows(named=True):
            trends.setdefault(row["segment"], []).append(Week(row["week"], row["visits"], row["share"]))
        rows = list(self._table(published, "segments").iter_rows(named=True))
        marks = self._marks(published.run.site)
        # A colour that was chosen comes before one that came about.
        chosen = [
            (row["segment"], mark.colour)
            for row in rows
            if (mark := marks.get(row["segment"])) and mark.colour is not None
        ]
        colours = _colours(
            [*chosen, *((row["segment"], row["colour"]) for row in rows if row["segment"] not in dict(chosen))]
        )
        segments: list[Segment] = []
        unclustered: Segment | None = None
        for row in rows:
            identity = row["segment"]
            is_rest = identity == UNCLUSTERED
            label = (row["label_nl"] if lang == "nl" else "") or row["label"]
            segment = Segment(
                id=identity,
                number=0 if is_rest else len(segments) + 1,
                label=names.get(identity, label),
                automatic_label=label,
                given_name=names.get(identity),
                sentence=(row["sentence_nl"] if lang == "nl" else "") or row["sentence"],
                visits=row["visits"],
                share=row["share"],
                status=row["status"],
                first_seen=_day(row["first_seen"]),
                colour=colours[identity],
                trend=tuple(trends.get(identity, ())),
                mark=marks.get(identity, NO_MARK),
            )
            if is_rest:
                unclustered = segment
            else:
                segments.append(segment)
        return Overview(published.run, tuple(segments), unclustered)


def _gone(row: Mapping[str, Any], names: Mapping[str, str], lang: Language) -> Segment:
    """An audience that the feed of changes still tells of, and the published run does not have."""
    label = (row["label_nl"] if lang == "nl" else "") or row["label"]
    given = names.get(row["segment"])
    return Segment(row["segment"], 0, given or label, label, given, "", 0, 0.0, GONE, None, -1, ())


def with_given_names(table: Frame, names: Mapping[str, str]) -> Frame:
    """*table* with given names in its ``label`` columns; a table without them comes back as it is."""
    there = table.collect_schema()
    labels = [column for column in ("label", "label_nl") if column in there]
    if not names or not labels:
        return table
    given = pl.col("segment").replace_strict(dict(names), default=None, return_dtype=pl.String)
    return table.with_columns(pl.coalesce(given, column).alias(column) for column in labels)


def _colours(wanted: list[tuple[str, int]]) -> dict[str, int]:
    """
    A palette slot per segment: its own, or when a larger segment has that one the next that is free, as long as there is one.

    A run counts colours on and on as audiences come and go; a palette that people can tell apart ends at fourteen.
    """
    slots: dict[str, int] = {}
    for identity, colour in wanted:
        if colour < 0:
            slots[identity] = -1
            continue
        taken = set(slots.values())
        choices = [(colour + step) % PALETTE_SLOTS for step in range(PALETTE_SLOTS)]
        slots[identity] = next((slot for slot in choices if slot not in taken), choices[0])
    return slots


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
