"""The size of each segment week by week, as far as the counts go back, read with today's model."""

from __future__ import annotations

import polars as pl

from analysis import anonymity, facts
from analysis.runs import TRENDS


def build(counts: pl.DataFrame, segments: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    Visits per segment and week that may be shown.

    A week in which a segment has fewer than *k* has no row.

    Args:
        counts: context totals (dimension :data:`analysis.facts.CONTEXT_TOTAL`) of all weeks.
        segments: columns pattern, segment.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.runs.TRENDS`, by segment and week; share is of all visits of the week, rounded down too.
    """
    weekly = (
        counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
        .join(segments, on="pattern")
        .group_by(row="segment", column="period")
        .agg(pl.col("visits").sum())
    )
    total = weekly.group_by("column").agg(total=anonymity.down(pl.col("visits").sum(), k))
    return (
        anonymity.release(weekly, k)
        .cells.join(total, on="column")
        .select(segment="row", week="column", visits="visits", share=pl.col("visits") / pl.col("total"))
        .select(TRENDS.keys())
        .sort("segment", "week")
    )
