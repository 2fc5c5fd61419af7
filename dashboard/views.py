"""
What pages and exports are made of: frozen view models of a published analysis.

Everything textual in them (labels, pages, searches, campaigns) came in through the collector and is hostile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.runs import OTHER, UNCLUSTERED, Run
from collector.errors import UsageError
from dashboard.marks import NO_MARK, Mark

NONE: Final = "(none)"  # value of the visits that have none in a dimension of one value a visit
GONE: Final = "gone"  # status of an audience that only the feed of changes still tells of
AVERAGE: Final = 100.0  # index of the site's average


class UnknownSegment(UsageError):
    """When a page or command names a segment that the published run does not have."""

    def __init__(self, segment: str, known: list[str]) -> None:
        super().__init__(f"Segment {segment[:64]!r} is not in the published analysis; it has: {', '.join(known[:20])}")


@dataclass(frozen=True, slots=True)
class Week:
    """One point of a trend: an ISO week (``2026-W47``), visits, and the share (0 to 1) of the week's visits."""

    week: str
    visits: int
    share: float


@dataclass(frozen=True, slots=True)
class Segment:
    """
    One audience, or the visits that belong to none.

    Attributes:
        id: stays the same from run to run; ``unclustered`` for the visits of no audience.
        number: 1 and up by size in this run, 0 for unclustered; the same number marks it on the map.
        label: what it is called on pages and in exports: the given name, else the automatic label.
        automatic_label: what the analysis calls it.
        given_name: what an editor calls it, or None.
        share: of all visits in the window, 0 to 1.
        first_seen: last day of the window in which it was first found, or None.
        colour: position in the palette of this page, 0 to 13; -1 for unclustered.
        trend: oldest week first.
        mark: what editors say of it beside its name.
    """

    id: str
    number: int
    label: str
    automatic_label: str
    given_name: str | None
    sentence: str
    visits: int
    share: float
    status: str
    first_seen: date | None
    colour: int
    trend: tuple[Week, ...]
    mark: Mark = NO_MARK

    def share_in(self, week: str) -> float | None:
        """Its share in an ISO week, 0 to 1; None where it is held back."""
        return next((point.share for point in self.trend if point.week == week), None)

    @property
    def is_unclustered(self) -> bool:
        """Are these the visits of no audience?"""
        return self.id == UNCLUSTERED

    @property
    def is_gone(self) -> bool:
        """Is it an audience of an earlier run, which has no page of its own any more?"""
        return self.status == GONE


@dataclass(frozen=True, slots=True)
class Overview:
    """A run and its segments, largest first; *unclustered* is None when every visit has an audience."""

    run: Run
    segments: tuple[Segment, ...]
    unclustered: Segment | None

    @property
    def shown(self) -> tuple[Segment, ...]:
        """The audiences, and last the visits of none, where there are any."""
        return (*self.segments, *([self.unclustered] if self.unclustered else []))

    def segment(self, identity: str) -> Segment:
        """
        The segment of that id.

        Raises:
            UnknownSegment: there is none.
        """
        for segment in self.shown:
            if segment.id == identity:
                return segment
        raise UnknownSegment(identity, [segment.id for segment in self.segments])


@dataclass(frozen=True, slots=True)
class Value:
    """
    One value of one dimension in a segment.

    Attributes:
        share: of the segment's visits, 0 to 1.
        index: 100 = the site's average; None: not known (the site's average is nothing or held back).
        index_low, index_high: 95 % interval.
        real: is the difference from the rest of the site real, of all those in the run? None: an older run, which did not ask.
    """

    dimension: str
    value: str
    visits: int
    share: float
    index: float | None
    index_low: float | None
    index_high: float | None
    real: bool | None = None

    @property
    def is_other(self) -> bool:
        """Does it stand for what is held back under k?"""
        return self.value == OTHER

    @property
    def site_share(self) -> float | None:
        """The site's average share, 0 to 1, or None when it is not known."""
        return self.share * AVERAGE / self.index if self.index else None

    @property
    def standing(self) -> str:
        """``more`` or ``less`` than average when the difference is real, else ``average``; ``unknown`` without an index."""
        if self.index is None or self.index_low is None or self.index_high is None:
            return "unknown"
        if self.real is False:
            return "average"
        if self.index_low > AVERAGE:
            return "more"
        return "less" if self.index_high < AVERAGE else "average"


@dataclass(frozen=True, slots=True)
class Profile:
    """A segment and its values per dimension, largest first, what is held back last."""

    overview: Overview
    segment: Segment
    values: Mapping[str, tuple[Value, ...]]

    @property
    def told(self) -> frozenset[str]:
        """The dimensions that say something: more than "none" and "held back"."""
        return frozenset(
            dimension
            for dimension, listed in self.values.items()
            if any(value.value not in (NONE, OTHER) for value in listed)
        )

    def of(self, dimension: str) -> tuple[Value, ...]:
        """The values of one dimension; none when the run has none."""
        return self.values.get(dimension, ())


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One point of the map: visits of one pattern, or of its nearest taken together."""

    x: float
    y: float
    segment: str
    visits: int
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """
    A change of an audience.

    Attributes:
        segment: the audience, under the name that it has now.
        kind: appeared, grew, shrank, vanished, split, merged, applies_rose or applies_fell.
        week: ISO week from which on it is so.
        before: share of the visits (or rate of its visits, for applies_*) in the weeks before, 0 to 1.
        after: the same in the weeks that confirm the change, with its 95 % interval.
        visits: that it rests on.
        other: of split and merged, the other audience, where it is still there.
        sentence: the change in words, with the label that the audience had then.
    """

    segment: Segment
    kind: str
    week: str
    before: float
    after: float
    after_low: float | None
    after_high: float | None
    visits: int
    other: Segment | None
    sentence: str


def value_of(row: dict[str, Any]) -> Value:
    """A row of a profile table."""
    return Value(
        dimension=row["dimension"],
        value=row["value"],
        visits=row["visits"],
        share=row["share"],
        index=finite(row["index"]),
        index_low=finite(row["index_low"]),
        index_high=finite(row["index_high"]),
        real=row["real"],
    )


def finite(number: float | None) -> float | None:
    """*number*, or None for what is no number."""
    return number if number is not None and math.isfinite(number) else None
