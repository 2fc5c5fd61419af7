"""
Each segment week by week, as far as the counts go back, read with today's model: visits, attention, starts of applications.

Everything is made of the numbers that may be shown, multiples of *k*, so a rate is that of the numbers beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from analysis import anonymity, expected, measures
from analysis.expected import Series
from analysis.intervals import intervals
from analysis.runs import TRENDS

Starts = Mapping[str, Sequence[str]]

RATES: Final = {
    "share": ("visits", "of", "share_low", "share_high"),
    "engaged_rate": ("engaged", "visits", "engaged_low", "engaged_high"),
    "apply_rate": ("apply_starts", "visits", "apply_low", "apply_high"),
}


def build(measured: pl.DataFrame, segments: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    What may be shown of each segment and week.

    Args:
        measured: from :func:`analysis.measures.measure`, all weeks.
        segments: columns pattern, segment.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.runs.TRENDS` without what is expected, by segment and week. A week in which a segment has fewer
        than *k* visits has no row; share is of all visits of the week.
    """
    named = measured.join(segments, on="pattern")

    def shown(measure: str, name: str) -> pl.DataFrame:
        cells = named.filter(pl.col("measure") == measure).select(row="segment", column="week", visits="visits")
        return anonymity.release(cells, k).cells.select(segment="row", week="column", **{name: pl.col("visits")})

    of = (
        named.filter(pl.col("measure") == measures.VISITS)
        .group_by("week")
        .agg(of=anonymity.down(pl.col("visits").sum(), k))
    )
    table = shown(measures.VISITS, "visits").join(of, on="week")
    for measure, name in ((measures.ENGAGED, "engaged"), (measures.APPLY_STARTS, "apply_starts")):
        table = table.join(shown(measure, name), on=["segment", "week"], how="left")
    for rate, (visits, total, low, high) in RATES.items():
        # What is counted is up to k-1 more than what is shown; of a share that is true of both.
        more = 0 if rate == "share" else k - 1
        table = table.with_columns(with_interval(table[visits], table[total], rate, low, high, more))
    return (
        table.with_columns(pl.lit(None, pl.Float64).alias(name) for name in TRENDS if name not in table.columns)
        .select(pl.col(name).cast(kind) for name, kind in TRENDS.items())
        .sort("segment", "week")
    )


def with_interval(visits: pl.Series, of: pl.Series, rate: str, low: str, high: str, more: int) -> list[pl.Series]:
    """
    A rate and its 95 % interval (Wilson 1927) as columns of those names; null where *visits* is.

    Args:
        more: visits that may be there besides those shown, since numbers are rounded down: the interval holds them.
    """
    n, total = pl.col("n"), pl.col("total")
    lowest, _ = intervals(pl.min_horizontal(n, total), total)
    _, highest = intervals(pl.when(n.is_not_null()).then(pl.min_horizontal(n + more, total)), total)
    both = pl.DataFrame({"n": visits, "total": of})
    return both.select((n / total).alias(rate), lowest.alias(low), highest.alias(high)).get_columns()


def series(trends: pl.DataFrame, visits: str = "visits", of: str | None = None) -> dict[str, Series]:
    """
    The weekly numbers of each segment, with the time of the year taken out where it is known.

    Args:
        trends: from :func:`build`.
        visits: the column that is counted.
        of: the column that it is a rate of; None: all visits of the week.
    """
    weeks = trends["week"].unique().sort().to_list()
    at = {week: number for number, week in enumerate(weeks)}
    of_week = dict(zip(trends["week"], (trends["visits"] / trends["share"]).round(), strict=True))
    everything = np.array([of_week[week] for week in weeks], dtype=np.float64)
    found = {}
    for (segment,), part in trends.group_by("segment", maintain_order=True):
        counted = np.full(len(weeks), np.nan)
        total = everything if of is None else np.zeros(len(weeks))
        for week, number, rest in part.select("week", visits, pl.col(of) if of else pl.lit(0).alias("_")).iter_rows():
            counted[at[week]] = math.nan if number is None else number
            if of is not None:
                total[at[week]] = rest
        found[str(segment)] = expected.with_season(Series(weeks, counted, total, np.ones(len(weeks))))
    return found


def expect(trends: pl.DataFrame, starts: Starts) -> tuple[pl.DataFrame, bool]:
    """
    The trends with the share that the weeks before would lead one to expect.

    Args:
        trends: from :func:`build`, complete weeks only.
        starts: per segment, the weeks with which a new level began (its changes).

    Returns:
        The table, and whether the time of the year is taken out anywhere.
    """
    rows: list[tuple[str, str, float, float, float]] = []
    known = series(trends)
    for segment, one in known.items():
        begins = sorted(one.weeks.index(week) for week in starts.get(segment, ()) if week in one.weeks)
        for position, week in enumerate(one.weeks):
            # A new level is not its own expectation until it has lasted.
            begin = max((start for start in begins if start + expected.BASELINE_MIN <= position), default=0)
            found = expected.outlook(one, position, begin)
            if found and one.of is not None:
                middle, low, high = (number / one.of[position] for number in found)
                rows.append((segment, week, middle, low, high))
    names = ("expected", "expected_low", "expected_high")
    schema = {"segment": pl.String, "week": pl.String} | dict.fromkeys(names, pl.Float64)
    table = trends.drop(names).join(
        pl.DataFrame(rows, schema=schema, orient="row"), on=["segment", "week"], how="left", maintain_order="left"
    )
    return table.select(TRENDS.keys()), any(bool((one.season != 1).any()) for one in known.values())
