"""The window of a run: whole ISO weeks, since context is kept by the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from analysis import facts, iso_weeks, memory
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
        counts: the totals of patterns in those weeks, by day and by week; their context is read when it is needed, and is twenty
            times as much.
    """

    weeks: list[str]
    start: date
    end: date
    counts: pl.DataFrame

    @property
    def visits(self) -> int:
        """All visits in it."""
        return int(self.counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)["visits"].sum())

    def days(self) -> dict[date, int]:
        """Visits per day that has counts."""
        by_day = (
            self.counts.filter(pl.col("dimension") == facts.PATTERN_TOTAL)
            .group_by(pl.col("period").str.to_date("%Y-%m-%d"))
            .agg(pl.col("visits").sum())
        )
        return dict(by_day.iter_rows())

    def weights(self) -> pl.DataFrame:
        """Visits per pattern, as fine as the counts still tell: columns pattern, visits. The remainder has no pattern and is left out."""
        totals = facts.pattern_totals(self.counts).group_by("pattern").agg(pl.col("visits").sum())
        return totals.filter(pl.col("pattern") != memory.REMAINDER).sort("pattern")


def look_at(store: Store, site: Site, *, days: int, end: date | None) -> Window:
    """
    The window of *days* days that ends on *end*, or on the last day with counts, in whole ISO weeks.

    A week of which days after *end* are counted already can't be cut: the window then ends with the Sunday before.
    """
    known = store.weeks(site.key)
    if not known:
        return Window([], date.min, date.min, store.read(site.key, []))
    days_of = store.read(
        site.key,
        [known[-1] if end is None else iso_weeks.iso_week(end)],
        where=pl.col("dimension") == facts.PATTERN_TOTAL,
    )["period"].to_list()
    last = date.fromisoformat(max(days_of)) if days_of else None
    if end is None:
        end = last or iso_weeks.monday(known[-1])
    elif last is not None and last > end:
        end -= timedelta(days=end.weekday() + 1)
    first = end - timedelta(days=days - 1)
    weeks = [week for week in iso_weeks.weeks_between(first, end) if week in set(known)]
    start = first - timedelta(days=first.weekday())
    totals = pl.col("dimension").is_in([facts.PATTERN_TOTAL, facts.CONTEXT_TOTAL])
    return Window(weeks, start, end, store.read(site.key, weeks, where=totals))
