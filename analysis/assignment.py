"""Which segment each pattern of the history has in this run, such that no segment is too small to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from analysis import memory

if TYPE_CHECKING:
    from analysis.audiences import Model


def assign(model: Model, history: pl.DataFrame, window: set[str], k: int) -> pl.DataFrame:
    """
    The segment of every pattern in *history*, such that no segment holds 1 to k-1 visits of the window.

    A segment that small is counted as unclustered; unclustered visits that few go to the segment they are most like.

    Args:
        history: context totals of all weeks.
        window: the ISO weeks of the run.

    Returns:
        Columns pattern, segment (position in the model, -1 unclustered), visits (in the window).
    """
    totals = (
        history.with_columns(visits=pl.when(pl.col("period").is_in(list(window))).then(pl.col("visits")).otherwise(0))
        .group_by("pattern")
        .agg(pl.col("visits").sum())
        .sort("pattern")
    )
    is_named = pl.col("pattern") != memory.REMAINDER
    named = totals.filter(is_named)
    found = (
        model.assign(named["pattern"])
        if named.height
        else pl.DataFrame(schema={"pattern": pl.String, "segment": pl.Int64})
    )
    table = totals.join(found.select("pattern", "segment"), on="pattern", how="left").with_columns(
        pl.col("segment").cast(pl.Int64).fill_null(-1)
    )
    sizes = table.group_by("segment").agg(pl.col("visits").sum())
    small = sizes.filter((pl.col("segment") >= 0) & (pl.col("visits") < k))["segment"].to_list()
    table = table.with_columns(segment=pl.when(pl.col("segment").is_in(small)).then(-1).otherwise(pl.col("segment")))
    loose = int(table.filter(pl.col("segment") == -1)["visits"].sum())
    if 0 < loose < k:
        # The largest segment takes in what is too little to be told apart from nothing.
        largest = (
            table.filter(pl.col("segment") >= 0)
            .group_by("segment")
            .agg(pl.col("visits").sum())
            .sort("visits", "segment", descending=True)
        )
        table = table.with_columns(
            segment=pl.when((pl.col("segment") == -1) & (pl.col("visits") > 0))
            .then(largest["segment"][0])
            .otherwise(pl.col("segment"))
        )
    return table.select("pattern", "segment", "visits")
