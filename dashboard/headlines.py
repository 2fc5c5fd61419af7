"""The site's headline figures over a period, with what they changed by since the period before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis.intervals import Z_95
from dashboard.period import Period

MEASURES: Final = ("visits", "engaged", "vacancy_views", "apply_starts", "handoffs", "applications")
LEAST_WEEKS: Final = 2  # of each period, before an interval can be said


@dataclass(frozen=True, slots=True)
class Change:
    """The new number over the old one, minus one, and its 95 % interval; *is_real* when all of it lies on one side of nothing."""

    share: float
    low: float
    high: float

    @property
    def is_real(self) -> bool:
        """Does the whole interval say that there is a change?"""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Headline:
    """
    A figure of the site.

    Attributes:
        measure: of :data:`MEASURES`.
        visits: over the weeks of the period; a sum of released weeks.
        rate: of all visits, 0 to 1; None for visits themselves.
        change: since the period that it is compared with; None when nothing can be said.
        weeks: the visits of each week, oldest first; 0 where a week is held back.
    """

    measure: str
    visits: int
    rate: float | None
    change: Change | None
    weeks: tuple[int, ...]


def build(figures: pl.DataFrame, period: Period) -> list[Headline]:
    """
    The headlines of *period*; a measure that the site never had is left out.

    Args:
        figures: columns of :data:`analysis.runs.FIGURES`.
    """
    counted: dict[str, dict[str, int]] = {}
    for week, measure, visits in figures.select("week", "measure", "visits").iter_rows():
        counted.setdefault(measure, {})[week] = visits
    total = _sum(counted.get(MEASURES[0], {}), period.weeks)
    found = []
    for measure in MEASURES:
        by_week = counted.get(measure)
        if by_week is None:
            continue
        visits = _sum(by_week, period.weeks)
        weeks = tuple(by_week.get(week, 0) for week in period.weeks)
        rate = visits / total if total and measure != MEASURES[0] else None
        old = tuple(by_week.get(week, 0) for week in period.before)
        found.append(Headline(measure, visits, rate, change(old, weeks), weeks))
    return found


def change(before: Sequence[int], after: Sequence[int]) -> Change | None:
    """
    How much *after* is more than *before*, both visits per week.

    The ratio of two Poisson sums on the log scale, widened by the dispersion that the weeks show within their period (quasi-Poisson,
    McCullagh & Nelder 1989, ch. 6.2): real weeks differ more than coin tosses do. With few weeks the dispersion is uncertain itself, so
    the interval is a little too narrow.

    Returns:
        None with under :data:`LEAST_WEEKS` weeks on a side, or nothing counted on one.
    """
    if min(len(before), len(after)) < LEAST_WEEKS or not sum(before) or not sum(after):
        return None
    squares = 0.0
    for weeks in (before, after):
        mean = sum(weeks) / len(weeks)
        squares += sum((visits - mean) ** 2 / mean for visits in weeks)
    dispersion = max(1.0, squares / (len(before) + len(after) - 2))
    ratio = (sum(after) / len(after)) / (sum(before) / len(before))
    spread = math.exp(Z_95 * math.sqrt(dispersion * (1 / sum(before) + 1 / sum(after))))
    return Change(ratio - 1, ratio / spread - 1, ratio * spread - 1)


def _sum(by_week: Mapping[str, int], weeks: Sequence[str]) -> int:
    return sum(by_week.get(week, 0) for week in weeks)
