"""
The profile of each segment: what it does, what it comes for, where it comes from, and when, beside the site's average.

A share is a part of the segment's visits. An index is the segment's share over the site's, times 100, where the site's share is that
of all the visits shown with the value, so that no index tells of visits that are not shown. Its interval is that of a ratio of two
proportions on the log scale (Katz, Baptista, Azen & Pike 1978, Biometrics 34), which overstates the uncertainty a little, since the
segment is part of the site. Which of thousands of differences are real is another question, with a test of its own
(:mod:`analysis.differences`): a segment against the rest of the site, over all cells of a run together.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analysis import anonymity, differences, facts
from analysis.intervals import Z_95
from analysis.runs import OTHER, PROFILES

# Coarser views of the hour of the week, for audiences that are too small for 168 hours.
WEEKDAY: Final = "weekday"  # "1" (Monday) to "7"
DAY_PART: Final = "day_part"  # "00", "06", "12", "18": six hours from then on
# Openings are vacancies over again, each with its family; demand reads them.
DIMENSIONS: Final = (*(name for name in facts.DIMENSIONS if name != facts.OPENING), WEEKDAY, DAY_PART)
SINGLE: Final = (*facts.SINGLE, WEEKDAY, DAY_PART)

NONE: Final = "(none)"  # the visits for which a single-valued dimension is not known, or does not apply
AVERAGE: Final = 100.0  # index of the site's average


def tally(counts: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """
    Visits per segment, dimension and value.

    Single-valued dimensions get a value for the visits that have none, so that their values add up to the segment's visits.

    Args:
        counts: context rows of the window.
        segments: columns pattern, segment: the segment of each pattern in them.

    Returns:
        Columns segment, dimension, value, visits; the segment's own total is dimension :data:`analysis.facts.CONTEXT_TOTAL`.
    """
    context = (
        counts.lazy()
        .filter(pl.col("dimension") != facts.PATTERN_TOTAL)
        .join(segments.lazy(), on="pattern")
        .group_by("segment", "dimension", "value")
        .agg(pl.col("visits").sum())
        .collect()
    )
    hours = context.filter(pl.col("dimension") == "hour_of_week")
    weekday, hour = pl.col("value").str.slice(0, 1), pl.col("value").str.slice(2).cast(pl.Int64, strict=False)
    part = (hour // 6 * 6).cast(pl.String).str.zfill(2)
    coarser = [
        hours.with_columns(dimension=pl.lit(name), value=value)
        for name, value in ((WEEKDAY, weekday), (DAY_PART, part))
    ]
    summed = (
        pl.concat(coarser).drop_nulls("value").group_by("segment", "dimension", "value").agg(pl.col("visits").sum())
    )
    context = pl.concat([context, summed.select(context.columns)])
    totals = context.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select("segment", total="visits")
    every = totals.join(pl.DataFrame({"dimension": list(SINGLE)}), how="cross")
    known = context.group_by("segment", "dimension").agg(known=pl.col("visits").sum())
    missing = (
        every.join(known, on=["segment", "dimension"], how="left")
        .with_columns(visits=pl.col("total") - pl.col("known").fill_null(0), value=pl.lit(NONE))
        .filter(pl.col("visits") > 0)
        .select(context.columns)
    )
    return pl.concat([context, missing])


def sizes(tallied: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The visits of each segment as they are published: columns segment, total, multiples of *k* that add up to the visits of all.

    Args:
        tallied: from :func:`tally`, exact.
    """
    exact = tallied.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select(row="segment", visits="visits")
    return anonymity.apportion(exact, k).select(segment="row", total="visits")


def build(tallied: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The profiles that may be shown.

    Args:
        tallied: from :func:`tally`; every segment holds at least *k* visits.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.runs.PROFILES` without label, ordered by segment, dimension and visits. What is held back of a
        single-valued dimension is one row of value :data:`analysis.runs.OTHER`, without an index.

        ``real``: the whole interval lies on one side of the average, and so does the test.
    """
    totals = sizes(tallied, k)
    site_total = int(totals["total"].sum())
    released = [_release(tallied, dimension, totals, k) for dimension in DIMENSIONS]
    shown = pl.concat([cells for cells in released if not cells.is_empty()] or [tallied.head(0)])
    # Of the cells shown, so that an index tells nothing of what is not; that is less by under k visits per segment.
    site = shown.filter(pl.col("value") != OTHER).group_by("dimension", "value").agg(site_visits=pl.col("visits").sum())
    share, site_share = pl.col("share"), pl.col("site_visits") / site_total
    # Var(log ratio) = (1-p)/(n p) + (1-q)/(m q), with n p the visits themselves.
    spread = Z_95 * ((1 - share) / pl.col("visits") + (1 - site_share) / pl.col("site_visits")).sqrt()
    index = 100 * share / site_share
    indexed = (
        shown.join(totals, on="segment")
        .join(site, on=["dimension", "value"], how="left")
        .with_columns(share=pl.col("visits") / pl.col("total"))
        .with_columns(index=index, index_low=index * (-spread).exp(), index_high=index * spread.exp())
    )
    indexed = _judge(indexed, whole(tallied, k), site_total, k)
    columns = [name for name in PROFILES if name != "label"]
    return indexed.select(columns).sort(
        ["segment", "dimension", "visits", "value"], descending=[False, False, True, False]
    )


def whole(tallied: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The profile of the site as a whole, as it may be shown.

    Args:
        tallied: from :func:`tally`.

    Returns:
        Columns dimension, value, visits, share (of all visits). What is held back of a single-valued dimension is
        :data:`analysis.runs.OTHER`.
    """
    together = (
        tallied.with_columns(segment=pl.lit("")).group_by("segment", "dimension", "value").agg(pl.col("visits").sum())
    )
    totals = sizes(tallied, k).select(segment=pl.lit(""), total="total").group_by("segment").agg(pl.col("total").sum())
    released = [_release(together, dimension, totals, k) for dimension in DIMENSIONS]
    shown = pl.concat([cells for cells in released if not cells.is_empty()] or [together.head(0)])
    return shown.join(totals, on="segment").select(
        "dimension", "value", "visits", share=pl.col("visits") / pl.col("total")
    )


def _judge(indexed: pl.DataFrame, site: pl.DataFrame, site_total: int, k: int) -> pl.DataFrame:
    """The rows with ``q`` and ``real``: each cell that has an index against the rest of the site, which is the site less the cell."""
    tested = indexed.filter(pl.col("index").is_not_null()).join(
        site.select("dimension", "value", everywhere="visits"), on=["dimension", "value"]
    )
    visits, total = tested["visits"].to_numpy(), tested["total"].to_numpy()
    p = differences.p_values(
        visits, total, tested["everywhere"].to_numpy() - visits, site_total - total, room=float(k - 1)
    )
    judged = tested.with_columns(q=pl.Series(differences.discoveries(p), dtype=pl.Float64)).select(
        "segment", "dimension", "value", "q"
    )
    aside = (pl.col("index_low") > AVERAGE) | (pl.col("index_high") < AVERAGE)
    return indexed.join(judged, on=["segment", "dimension", "value"], how="left").with_columns(
        real=((pl.col("q") <= differences.LEVEL) & aside).fill_null(value=False)
    )


def _release(tallied: pl.DataFrame, dimension: str, totals: pl.DataFrame, k: int) -> pl.DataFrame:
    cells = tallied.filter(pl.col("dimension") == dimension).select(row="segment", column="value", visits="visits")
    single = dimension in SINGLE
    kept = anonymity.release(cells, k, totals=totals.select(row="segment", visits="total") if single else None)
    rows = kept.cells
    if not kept.held_back.is_empty():
        rows = pl.concat([rows, kept.held_back.select("row", column=pl.lit(OTHER), visits="visits")])
    return rows.select(segment="row", dimension=pl.lit(dimension), value="column", visits="visits")
