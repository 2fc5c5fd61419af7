"""The window of a run: whole ISO weeks, since context is kept by the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from analysis import facts, memory
from analysis.store import Store
from collector.sites import Site


@dataclass(frozen=True)
class Window:
    """
    What a run looks at.

    Attributes:
        weeks: the ISO weeks, oldest first.
        start: the first day, a Monday.
        end: the last day that has counts.
        counts: all counts of those weeks.
    """

    weeks: list[str]
    start: date
    end: date
    counts: pl.DataFrame

    @property
    def visits(self) -> int:
        """All visits in it."""
        return int(self.counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)["visits"].sum())

    def weights(self) -> pl.DataFrame:
        """Visits per pattern, as fine as the counts still tell: columns pattern, visits. The remainder has no pattern and is left out."""
        totals = facts.pattern_totals(self.counts).group_by("pattern").agg(pl.col("visits").sum())
        return totals.filter(pl.col("pattern") != memory.REMAINDER).sort("pattern")


def look_at(store: Store, site: Site, *, days: int, end: date | None) -> Window:
    """The window of *days* days that ends on *end*, or on the last day with counts, in whole ISO weeks."""
    known = store.weeks(site.key)
    if end is None:
        last_week = store.read(site.key, known[-1:], where=pl.col("dimension") == facts.PATTERN_TOTAL)
        last_days = last_week["period"].to_list()
        end = (
            date.fromisoformat(max(last_days))
            if last_days
            else (memory.monday(known[-1]) if known else date.min + timedelta(days=days))
        )
    first = end - timedelta(days=days - 1)
    weeks = [week for week in memory.weeks_between(first, end) if week in set(known)]
    start = first - timedelta(days=first.weekday())
    return Window(weeks, start, end, store.read(site.key, weeks))
