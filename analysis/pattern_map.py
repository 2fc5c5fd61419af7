"""The 2-D map of patterns, as far as it may be shown."""

from __future__ import annotations

import polars as pl

from analysis import anonymity, facts, words


def build(placed: pl.DataFrame, context: pl.DataFrame, segment_of: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The points of the map: patterns of at least *k* visits; rarer ones are counted on the nearest of their segment.

    A segment without any such pattern is one point, where the middle of its patterns lies.

    Args:
        placed: columns pattern, x, y: where the model saw each pattern.
        context: context rows of the window.
        segment_of: columns pattern, segment.

    Returns:
        Columns of :data:`analysis.runs.MAP`; every number is a multiple of *k*, and a segment's points add up to its visits as published.
    """
    totals = context.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).group_by("pattern").agg(pl.col("visits").sum())
    points = (
        totals.join(segment_of, on="pattern")
        .join(placed.select("pattern", "x", "y"), on="pattern", how="left")
        .sort("pattern")
    )
    large = points.filter((pl.col("visits") >= k) & pl.col("x").is_not_null())
    small = points.join(large.select("pattern"), on="pattern", how="anti")
    near = small.filter(pl.col("x").is_not_null()).select("pattern", "segment", "visits", "x", "y")
    nearest = (
        near.join(large.select("segment", host="pattern", hx="x", hy="y"), on="segment")
        .with_columns(distance=(pl.col("x") - pl.col("hx")) ** 2 + (pl.col("y") - pl.col("hy")) ** 2)
        .sort("distance", "host")
        .unique("pattern", keep="first", maintain_order=True)
        .select("pattern", "visits", "host")
    )
    first_of = large.sort(["visits", "pattern"], descending=[True, False]).unique(
        "segment", keep="first", maintain_order=True
    )
    far = (
        small.join(nearest.select("pattern"), on="pattern", how="anti")
        .join(first_of.select("segment", host="pattern"), on="segment")
        .select("pattern", "visits", "host")
    )
    absorbed = pl.concat([nearest, far]).group_by("host").agg(more=pl.col("visits").sum())
    shown = large.join(absorbed, left_on="pattern", right_on="host", how="left").with_columns(
        visits=pl.col("visits") + pl.col("more").fill_null(0)
    )
    without = (
        small.join(first_of.select("segment"), on="segment", how="anti")
        .group_by("segment")
        .agg(pl.col("visits").sum(), pl.col("x").mean().fill_null(0.0), pl.col("y").mean().fill_null(0.0))
        .with_columns(pattern=pl.lit(""))
        .filter(pl.col("visits") >= k)
    )
    columns = ["pattern", "x", "y", "segment", "visits"]
    rows = _round(pl.concat([shown.select(columns), without.select(columns)]), points, k)
    return rows.select(
        "x",
        "y",
        "segment",
        "visits",
        pl.Series("words", [words.pattern(text, "en") for text in rows["pattern"]], dtype=pl.String),
        pl.Series("words_nl", [words.pattern(text, "nl") for text in rows["pattern"]], dtype=pl.String),
    )


def _round(points: pl.DataFrame, patterns: pl.DataFrame, k: int) -> pl.DataFrame:
    """The points as multiples of *k*, largest first; a segment's largest takes what is left over of the segment's visits."""
    sizes = anonymity.apportion(patterns.select(row="segment", visits="visits"), k).select(segment="row", size="visits")
    rounded = points.with_columns(anonymity.down(pl.col("visits"), k)).sort(
        "visits", "pattern", descending=[True, False]
    )
    over = pl.col("size") - pl.col("visits").sum().over("segment")
    is_largest = pl.int_range(pl.len()).over("segment") == 0
    return (
        rounded.join(sizes, on="segment", maintain_order="left")
        .with_columns(visits=pl.col("visits") + pl.when(is_largest).then(over).otherwise(0))
        .sort("visits", "pattern", descending=[True, False])
    )
