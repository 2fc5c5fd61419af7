"""The size of each segment week by week, as far as the counts go back, read with today's model."""

from __future__ import annotations

import polars as pl

from analysis import anonymity, facts
from analysis.runs import TRENDS


def build(counts: pl.DataFrame, segments: pl.DataFrame, window: list[str], k: int) -> pl.DataFrame:
    """
    Visits per segment and week that may be shown.

    The weeks of the window are released by themselves, since their sum per segment is published too. A week in which a segment is
    held back has no row.

    Args:
        counts: context totals (dimension :data:`analysis.facts.CONTEXT_TOTAL`) of all weeks.
        segments: columns pattern, segment.
        window: ISO weeks of the run's window.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.runs.TRENDS`, by segment and week; share is of all visits of the week.
    """
    weekly = (
        counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
        .join(segments, on="pattern")
        .group_by(row="segment", column="period")
        .agg(pl.col("visits").sum())
    )
    inside = pl.col("column").is_in(window)
    parts = [
        anonymity.release(weekly.filter(inside), k, row_totals=True, column_totals=True).cells,
        anonymity.release(weekly.filter(~inside), k, row_totals=False, column_totals=True).cells,
    ]
    total = weekly.group_by("column").agg(total=pl.col("visits").sum())
    return (
        pl.concat(parts)
        .join(total, on="column")
        .select(segment="row", week="column", visits="visits", share=pl.col("visits") / pl.col("total"))
        .select(TRENDS.keys())
        .sort("segment", "week")
    )
