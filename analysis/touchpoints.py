"""
What is seen and done on the site, each with the part of its visits that start to apply; and week by week.

That a visit both sees a page and starts to apply is not counted as such, since dimensions are separate counts. But a page is counted
per pattern, and the pattern says how far its visits came. So a page's starts are the sum over patterns of its visits there times
the part of that pattern's visits that start to apply: exact while a week is open; where rare patterns share one context, an
estimate that takes the visits of a group for alike (measured on the demo: off by 0.6 points for a vacancy, 1 to 2 for a page).

The rate belongs to the visit, not to the page: somebody who sees five vacancies and starts to apply with one counts for all five.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analysis import anonymity, facts, nearness
from analysis.intervals import intervals
from analysis.store import Store
from analysis.tables import INTEREST, TOUCHPOINTS

KINDS: Final = ("touchpoint", "action", "page", "vacancy", "video", "download", "event")
WEEKLY: Final = ("touchpoint", "vacancy", "job_family", "search", "search_empty")
WEEKS_BACK: Final = 53  # a year, and the week to compare the last one with
STARTED: Final = ("apply", "applied")  # stages, see analysis.patterns.describe


def build(
    profiles: pl.DataFrame, site: pl.DataFrame, context: pl.DataFrame, segment_of: pl.DataFrame, k: int
) -> pl.DataFrame:
    """
    Touchpoints, actions, pages and vacancies of each segment and of the site, most seen first.

    Args:
        profiles: from :func:`analysis.profiles.build`.
        site: from :func:`analysis.profiles.whole`.
        context: context rows of the window.
        segment_of: columns pattern, segment.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.tables.TOUCHPOINTS`; visits are those of the profiles.
    """
    seen = pl.concat([site.with_columns(segment=pl.lit("")), profiles], how="diagonal").filter(
        pl.col("dimension").is_in(KINDS)
    )
    starts = _starts(context, segment_of, k)
    visits = pl.col("visits")
    # Who sends the form has started by definition, which a shared context can't know.
    is_start = pl.col("dimension").is_in(["touchpoint", "action"]) & pl.col("value").is_in(nearness.GOALS["apply"])
    started = pl.when(is_start).then(visits).otherwise(pl.min_horizontal(pl.col("started").fill_null(0), visits))
    seen = seen.join(starts, on=["segment", "dimension", "value"], how="left").with_columns(started=started)
    started = pl.col("started")
    # The worst that rounding can have done, on top of chance.
    low, _ = intervals(started, visits + k - 1)
    _, high = intervals(pl.min_horizontal(started + k - 1, visits), visits)
    return (
        seen.with_columns(
            kind="dimension", start_rate=pl.when(started > 0).then(started / visits), start_low=low, start_high=high
        )
        .select(pl.col(name).cast(kind) for name, kind in TOUCHPOINTS.items())
        .sort(["segment", "kind", "visits", "value"], descending=[False, False, True, False])
    )


def recent(store: Store, site: str, last: str) -> pl.DataFrame:
    """The counts that :func:`interest` asks for, of the :data:`WEEKS_BACK` ISO weeks of *site* up to *last*."""
    wanted = pl.col("dimension").is_in([*WEEKLY, facts.CONTEXT_TOTAL])
    weeks = [week for week in store.weeks(site) if week <= last]
    return store.read(site, weeks[-WEEKS_BACK:], where=wanted)


def interest(counts: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    Interest on the whole site week by week, for a curve.

    Args:
        counts: context rows, from :func:`recent`.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.tables.INTEREST`; a week with fewer than *k* visits has no row.
    """
    summed = counts.group_by("dimension", "value", "period").agg(anonymity.down(pl.col("visits").sum(), k))
    total = summed.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select("period", total="visits")
    return (
        summed.filter(pl.col("dimension").is_in(WEEKLY) & (pl.col("visits") > 0))
        .join(total, on="period")
        .select(
            kind="dimension",
            value="value",
            week="period",
            visits="visits",
            share=pl.min_horizontal(1.0, pl.col("visits") / pl.col("total")),
        )
        .select(INTEREST.keys())
        .sort("kind", "value", "week")
    )


def _starts(context: pl.DataFrame, segment_of: pl.DataFrame, k: int) -> pl.DataFrame:
    """Visits that see a value and start to apply: columns segment, dimension, value, started; of fewer than k there is no row."""
    where = ["period", "pattern"]
    stage = pl.col("dimension") == "stage"
    part = (
        context.filter(stage)
        .group_by(where)
        .agg(
            part=pl.col("visits").filter(pl.col("value").is_in(STARTED)).sum() / pl.col("visits").sum(),
        )
        .filter(pl.col("part") > 0)
    )
    of_segment = (
        context.filter(pl.col("dimension").is_in(KINDS))
        .join(part, on=where)
        .join(segment_of, on="pattern")
        .group_by("segment", "dimension", "value")
        .agg(expected=(pl.col("visits") * pl.col("part")).sum())
    )
    of_site = of_segment.group_by("dimension", "value").agg(pl.col("expected").sum()).with_columns(segment=pl.lit(""))
    # A sum of thirds that should be 10 must not become 9.
    whole = (pl.col("expected") + 1e-6).floor().cast(pl.Int64)
    return (
        pl.concat([of_segment, of_site], how="diagonal")
        .select("segment", "dimension", "value", started=anonymity.down(whole, k))
        .filter(pl.col("started") > 0)
    )
