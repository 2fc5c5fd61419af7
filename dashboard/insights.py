"""
What pages read of an audience's journeys, finer shapes, ways nearer to applying, and of what is wanted: frozen view models.

Built on :class:`dashboard.queries.Readings`, so what is true of it is true here: nothing is shown that a published run does not hold.
The whole site goes by the segment :data:`SITE`. Everything textual is hostile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analysis.journeys import END, START
from analysis.nearness import ALL, GOALS
from analysis.words import Language
from dashboard.queries import AVERAGE, Readings

SITE: Final = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One of the finer shapes of an audience; *share* is of the audience's visits, 0 to 1."""

    id: str
    name: str
    sentence: str
    visits: int
    share: float


@dataclass(frozen=True, slots=True)
class Step:
    """
    A step from one touchpoint to the next.

    Attributes:
        start: a touchpoint, or :data:`analysis.journeys.START`.
        end: a touchpoint, or :data:`analysis.journeys.END`.
        share: of the segment's visits, 0 to 1.
        index: 100 = the site's average; None: the site itself, or held back.
        standing: ``more`` or ``less`` than the rest of the site where that is real, else ``average``.
    """

    start: str
    end: str
    visits: int
    share: float
    index: float | None
    standing: str


@dataclass(frozen=True, slots=True)
class Journey:
    """How visits begin, go on and end, each with the most common first: three columns of a small flow."""

    begins: tuple[Step, ...]
    steps: tuple[Step, ...]
    ends: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """
    What goes with reaching a goal.

    Attributes:
        touchpoint: a touchpoint or an action.
        rate: part of the visits with it that reach the goal, 0 to 1; None: fewer than k do.
        rate_without: the same of visits as long without it; None: not known.
        lift, low, high: rate over rate_without with its 95 % interval; None: not known.
        real: is the lift real, of all those in the run?
        sentence: a real lift in words, "" where it is not.
    """

    touchpoint: str
    visits: int
    rate: float | None
    rate_without: float | None
    lift: float | None
    low: float | None
    high: float | None
    real: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Goal:
    """
    A step nearer to applying, and where a segment stands before it.

    Attributes:
        name: vacancy, contact or apply.
        visits: of the segment.
        reached: of those, visits that reach it.
        rate: reached of visits, 0 to 1.
        ways: what goes with reaching it, surest first.
    """

    name: str
    visits: int
    reached: int
    rate: float
    ways: tuple[Way, ...]

    def nearer(self) -> tuple[Way, ...]:
        """What really goes with reaching it more."""
        return tuple(way for way in self.ways if way.real and (way.lift or 0) > 1)

    def further(self) -> tuple[Way, ...]:
        """What really goes with reaching it less."""
        return tuple(way for way in self.ways if way.real and (way.lift or 2) < 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Something that is searched for, or a family, kind or place of work whose vacancies are looked at.

    Attributes:
        standing: ``more`` or ``less`` than the rest of the site where that is real, else ``average``.
        unanswered: of searches: part of the visits with it that found nothing, 0 to 1.
        offered: of job families: vacancies of it that were seen.
        pull: of job families: visits for each vacancy offered, 100 = the average vacancy.
    """

    kind: str
    value: str
    visits: int
    share: float
    index: float | None
    standing: str
    unanswered: float | None
    offered: int | None
    pull: float | None


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """
    A touchpoint, page, vacancy or action.

    Attributes:
        share: of the segment's visits, 0 to 1.
        standing: ``more`` or ``less`` than the rest of the site where that is real, else ``average``.
        started: of its visits, those that start to apply; 0 stands for fewer than k.
        start_rate, start_low, start_high: part of its visits that start to apply (None: fewer than k do), with its 95 % interval.
    """

    kind: str
    value: str
    visits: int
    share: float
    index: float | None
    standing: str
    started: int
    start_rate: float | None
    start_low: float
    start_high: float


@dataclass(frozen=True, slots=True)
class Interest:
    """Visits of one ISO week with a value, and their share of the week's visits, 0 to 1."""

    week: str
    visits: int
    share: float


def shapes(readings: Readings, site: str, segment: str, lang: Language) -> tuple[Shape, ...]:
    """
    The finer shapes of an audience, largest first; none where it has but one.

    Raises:
        NoRun: nothing is published yet.
    """
    name, sentence = ("name_nl", "sentence_nl") if lang == "nl" else ("name", "sentence")
    return tuple(
        Shape(row["shape"], row[name] or row["name"], row[sentence] or row["sentence"], row["visits"], row["share"])
        for row in _rows(readings, site, "shapes", segment)
    )


def journey(readings: Readings, site: str, segment: str = SITE) -> Journey:
    """
    How the visits of a segment begin, go on and end.

    Raises:
        NoRun: nothing is published yet.
    """
    steps = [
        Step(row["start"], row["end"], row["visits"], row["share"], row["index"], _standing(row))
        for row in _rows(readings, site, "journeys", segment)
    ]
    begins = tuple(step for step in steps if step.start == START)
    ends = tuple(step for step in steps if step.end == END)
    return Journey(begins, tuple(step for step in steps if step.start != START and step.end != END), ends)


def goals(readings: Readings, site: str, segment: str, lang: Language) -> tuple[Goal, ...]:
    """
    The goals that a segment reaches, in the order of :data:`analysis.nearness.GOALS`, with what goes with them.

    Raises:
        NoRun: nothing is published yet.
    """
    rows = _rows(readings, site, "nearer", segment)
    sentence = "sentence_nl" if lang == "nl" else "sentence"
    found = []
    for name in GOALS:
        of_goal = [row for row in rows if row["goal"] == name]
        whole = next((row for row in of_goal if row["touchpoint"] == ALL), None)
        if whole is None:
            continue
        ways = tuple(
            Way(
                row["touchpoint"], row["visits"], row["rate"], row["rate_without"], row["lift"], row["low"], row["high"],
                bool(row["real"]), row[sentence] or "",
            )
            for row in of_goal
            if row["touchpoint"] != ALL
        )  # fmt: skip
        found.append(Goal(name, whole["visits"], whole["reached"], whole["rate"], ways))
    return tuple(found)


def demand(readings: Readings, site: str, segment: str = SITE) -> tuple[Wanted, ...]:
    """
    What a segment wants, by kind and most wanted first.

    Raises:
        NoRun: nothing is published yet.
    """
    return tuple(
        Wanted(
            row["kind"], row["value"], row["visits"], row["share"], row["index"], _standing(row), row["unanswered"],
            row["offered"], row["pull"],
        )
        for row in _rows(readings, site, "demand", segment)
    )  # fmt: skip


def touchpoints(readings: Readings, site: str, segment: str = SITE) -> tuple[Touchpoint, ...]:
    """
    What a segment sees and does, by kind and most seen first.

    Raises:
        NoRun: nothing is published yet.
    """
    return tuple(
        Touchpoint(
            row["kind"], row["value"], row["visits"], row["share"], row["index"], _standing(row), row["started"],
            row["start_rate"], row["start_low"], row["start_high"],
        )
        for row in _rows(readings, site, "touchpoints", segment)
    )  # fmt: skip


def interest(readings: Readings, site: str, kind: str, value: str) -> tuple[Interest, ...]:
    """
    The interest in one value week by week, oldest first; a week with fewer than k visits is not there.

    Raises:
        NoRun: nothing is published yet.
    """
    table = readings.table(site, "interest").filter((pl.col("kind") == kind) & (pl.col("value") == value)).sort("week")
    return tuple(Interest(row["week"], row["visits"], row["share"]) for row in table.iter_rows(named=True))


def _rows(readings: Readings, site: str, name: str, segment: str) -> list[dict[str, Any]]:
    return list(readings.table(site, name).filter(pl.col("segment") == segment).iter_rows(named=True))


def _standing(row: dict[str, Any]) -> str:
    if not row["real"] or row["index"] is None:
        return "average"
    return "more" if row["index"] > AVERAGE else "less"
