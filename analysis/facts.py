"""
The counts: one long table for everything after the journal.

    counts(site, period, pattern, dimension, value, visits)

- ``dimension = ""`` is the pattern's own total: one row per site, *day* and pattern.
- every other dimension is *context*: one row per site, *ISO week*, pattern and value. A visit counts once per value.
- ``dimension = "week"`` (value "") is the context's own total: the visits of that pattern whose context lies in that week.
- in a closed week a ``pattern`` of a context row stands for a group of patterns, of at least *k* visits together; "" is the remainder.

Counts add: over days, sites, machines, in any order (a commutative monoid), so :func:`merge` is all there is to putting tables together.
Null never occurs; an unknown value has no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

SCHEMA: Final = {
    "site": pl.String,
    "period": pl.String,  # day "2026-11-22" for patterns, ISO week "2026-W47" for context
    "pattern": pl.String,  # signature, see analysis.patterns; "" is the remainder of a closed week
    "dimension": pl.String,
    "value": pl.String,
    "visits": pl.Int64,
}
KEYS: Final = ["site", "period", "pattern", "dimension", "value"]

PATTERN_TOTAL: Final = ""
CONTEXT_TOTAL: Final = "week"

# Said by the pattern itself, and kept as context too: where patterns share one context, the counts of what was done stay exact.
FROM_PATTERN: Final = ("touchpoint", "action", "stage", "engaged", "depth")
# One value a visit: its values add up to the visits that have one.
SINGLE: Final = (
    "channel", "source", "medium", "campaign", "hour_of_week", "device", "language", "country", "entry", "exit",
    "stage", "engaged", "depth",
)  # fmt: skip
# A vacancy with its job family before it, "ict>/vacatures/data-engineer": what a family offers.
OPENING: Final = "opening"
# Any number of values a visit: each counts the visits that have it.
MULTIPLE: Final = (
    "touchpoint", "action", "page", "step", "vacancy", "job_family", "employment_type", "job_location",
    "search", "search_empty", "handoff", "download", "outbound", "contact", "video", "event", OPENING,
)  # fmt: skip
DIMENSIONS: Final = (*SINGLE, *MULTIPLE)


def empty() -> pl.DataFrame:
    """The neutral element of :func:`merge`."""
    return pl.DataFrame(schema=SCHEMA)


def merge(tables: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    """The sum of count tables: equal keys add up; order and grouping of the tables do not matter."""
    listed = list(tables)
    if not listed:
        return empty().lazy()
    return pl.concat(listed, how="vertical").group_by(KEYS).agg(pl.col("visits").sum()).filter(pl.col("visits") > 0)


def pattern_totals(counts: pl.DataFrame) -> pl.DataFrame:
    """
    Visits per week and pattern, as fine as the counts still tell.

    A week whose pattern counts by day are complete gives those; one of which they have been made coarse gives the totals of its
    contexts, in which a pattern stands for its group.

    Returns:
        Columns week, pattern, visits.
    """
    day = pl.col("period").str.to_date("%Y-%m-%d", strict=False)
    fine = (
        counts.filter((pl.col("dimension") == PATTERN_TOTAL) & (pl.col("pattern") != ""))
        .group_by(day.dt.strftime("%G-W%V").alias("week"), "pattern")
        .agg(pl.col("visits").sum())
    )
    grouped = counts.filter(pl.col("dimension") == CONTEXT_TOTAL).select(
        pl.col("period").alias("week"), "pattern", "visits"
    )
    complete = (
        fine.group_by("week")
        .agg(fine=pl.col("visits").sum())
        .join(grouped.group_by("week").agg(grouped=pl.col("visits").sum()), on="week")
        .filter(pl.col("fine") == pl.col("grouped"))
        .select("week")
    )
    return pl.concat([fine.join(complete, on="week"), grouped.join(complete, on="week", how="anti")]).sort(
        "week", "pattern"
    )
