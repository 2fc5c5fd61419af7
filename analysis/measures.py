"""
What is counted of every visit week by week: how many there are, how many look on, how many start to apply.

All of it is said by the patterns themselves, so it stays exact when a week closes and rare patterns share a context.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analysis import facts

VISITS: Final = "visits"
ENGAGED: Final = "engaged"
APPLY_STARTS: Final = "apply_starts"

_DIMENSION, _VALUE = pl.col("dimension"), pl.col("value")


def _is(dimension: str, *values: str) -> pl.Expr:
    return _DIMENSION.is_in([dimension]) & _VALUE.is_in(list(values))


# Which rows of the counts make a measure; a visit has at most one row of each.
MEASURES: Final[dict[str, pl.Expr]] = {
    VISITS: _DIMENSION == facts.CONTEXT_TOTAL,
    ENGAGED: _is("engaged", "15", "60", "300"),  # 15 seconds of attention or more
    "vacancy_views": _is("touchpoint", "vacancy"),
    "searches": _is("action", "act:search"),
    "searches_empty": _is("action", "act:search_empty"),
    "job_alerts": _is("action", "act:job_alert"),
    APPLY_STARTS: _is("stage", "apply", "applied"),  # an application form, or on to the application system
    "handoffs": _is("action", "act:handoff"),
    "applications": _is("stage", "applied"),  # a page or event that says that it was sent
}
# The rows that any measure needs, for reading.
WHERE: Final = pl.any_horizontal(*MEASURES.values())


def measure(counts: pl.DataFrame) -> pl.DataFrame:
    """
    Visits per week, pattern and measure.

    Args:
        counts: context rows; those that no measure needs are left out.

    Returns:
        Columns week, pattern, measure, visits.
    """
    rows = counts.lazy()
    return (
        # A row can make more than one measure: who applied has started to apply.
        pl.concat([rows.filter(chosen).with_columns(measure=pl.lit(name)) for name, chosen in MEASURES.items()])
        .group_by(pl.col("period").alias("week"), "pattern", "measure")
        .agg(pl.col("visits").sum())
        .collect()
    )
