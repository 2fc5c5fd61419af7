"""Which weeks a page is about, and which it compares them with: chosen in the address, so that every view can be kept and shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from analysis.iso_weeks import iso_week, monday

Compare = Literal["previous", "year"]
LENGTHS: Final = (4, 13, 26, 52)  # weeks: a month, a quarter, half a year, a year
DAYS_OF_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Period:
    """
    Whole ISO weeks, oldest first.

    Attributes:
        weeks: the weeks that are shown.
        before: the weeks they are compared with, as many; none when the counts do not go back so far.
        length: how many weeks were asked for.
        compare: with the weeks just before, or with those a year earlier.
    """

    weeks: tuple[str, ...]
    before: tuple[str, ...]
    length: int
    compare: Compare

    @property
    def start(self) -> date:
        """Its first day."""
        return monday(self.weeks[0])

    @property
    def end(self) -> date:
        """Its last day."""
        return monday(self.weeks[-1]) + timedelta(days=6)


def choose(known: Sequence[str], wish: Mapping[str, str]) -> Period:
    """
    The period that *wish* asks for.

    Args:
        known: the ISO weeks that have numbers and are over, at least one, in any order.
        wish: ``weeks`` (one of :data:`LENGTHS`), ``until`` (an ISO week), ``compare``; what is none of these is as if it was not there.
    """
    listed = sorted(known)
    length = next((length for length in LENGTHS if str(length) == wish.get("weeks")), LENGTHS[0])
    compare: Compare = "year" if wish.get("compare") == "year" else "previous"
    until = wish["until"] if wish.get("until") in listed else listed[-1]
    weeks = tuple(week for week in listed if _back(until, length - 1) <= week <= until)
    shift = length if compare == "previous" else 52
    wanted = {_back(week, shift) for week in weeks}
    before = tuple(week for week in listed if week in wanted)
    return Period(weeks, before if len(before) == len(weeks) else (), length, compare)


def of_figures(figures: pl.DataFrame, wish: Mapping[str, str]) -> Period | None:
    """
    The period that *wish* asks for, of the weeks that *figures* (:data:`analysis.runs.FIGURES`) have; None without any.

    The week that still runs is not in it, unless there is no other.
    """
    visits = figures.filter(pl.col("measure") == "visits")
    known = visits.filter(pl.col("days") == DAYS_OF_WEEK)["week"].to_list() or visits["week"].to_list()
    return choose(known, wish) if known else None


def _back(week: str, weeks: int) -> str:
    return iso_week(monday(week) - timedelta(weeks=weeks))
