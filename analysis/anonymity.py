"""
The rule of *k*: nothing that rests on 1 to k-1 visits is published, and none of it can be found by adding or subtracting.

**Every number of visits that leaves the analysis is a multiple of k**: each cell of each table, and each total (of a segment, of a
week, of the site). Multiples of k are closed under adding and subtracting, so whatever is computed from numbers that are published,
in one table, between tables that are parts of each other (a channel and its sources), or between two runs (yesterday's and today's of
the same week), is 0 or at least k visits. Shares, indices and intervals are made of the published numbers only.

- A cell is rounded *down*, so a cell under k is not shown: :func:`release`.
- Totals that make up a whole are rounded up or down, such that they add up to the whole, rounded down: :func:`apportion`.
- What the cells of a row leave over of its total is its remainder: 0 or at least k, so released + remainder = visits always holds.

Rounding instead of suppression (Cox 1987, "A constructive procedure for unbiased controlled rounding", JASA 82; Willenborg & de
Waal 2001, ch. 9), because suppression with complementary cells was tried and lost too much: a single rare visit took the largest
value of a pure segment with it, and tables that are linked (channel, source) told each other's small cells.

What remains possible: to bound a number that is not shown, and to see when a number that grows passes a multiple of k. See
``docs/notes/rule-of-k.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

SCHEMA: Final = {"row": pl.String, "column": pl.String, "visits": pl.Int64}
TOTALS: Final = {"row": pl.String, "visits": pl.Int64}


@dataclass(frozen=True)
class Release:
    """
    What may be shown of a table.

    Attributes:
        cells: row, column, visits: every one a multiple of k, none under k.
        held_back: row, visits: what a row's total has besides, a multiple of k; rows without are left out, and so is everything
            when no totals were given.
    """

    cells: pl.DataFrame
    held_back: pl.DataFrame


def down(visits: pl.Expr, k: int) -> pl.Expr:
    """A number of visits as it may be shown: rounded down to a multiple of *k*."""
    return visits // k * k


def release(cells: pl.DataFrame, k: int, *, totals: pl.DataFrame | None = None) -> Release:
    """
    Decide what of a two-way table may be shown.

    Args:
        cells: columns row, column, visits; a pair that is not there is 0, pairs that are there more than once are added.
        k: smallest number of visits that anything shown may rest on.
        totals: columns row, visits: the published totals (from :func:`apportion` or :func:`down`) that the cells of a row are
            parts of; None where a visit can have several values, so that a row has no total.
    """
    shown = (
        cells.group_by("row", "column")
        .agg(down(pl.col("visits").sum(), k))
        .filter(pl.col("visits") > 0)
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        .sort("row", "column")
    )
    if totals is None:
        return Release(shown, pl.DataFrame(schema=TOTALS))
    held = (
        totals.join(shown.group_by("row").agg(shown=pl.col("visits").sum()), on="row", how="left")
        .select("row", visits=pl.col("visits").cast(pl.Int64) - pl.col("shown").fill_null(0))
        .filter(pl.col("visits") > 0)
        .sort("row")
    )
    return Release(shown, held)


def apportion(parts: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The parts of a whole as multiples of *k* that add up to the whole, rounded down: by the largest remainders (Hamilton 1792).

    Each part is rounded up or down, so it is off by less than k, and no part is off to one side on average. A part under k is
    not shown; its visits are then with the parts that are rounded up.

    Args:
        parts: columns row, visits: parts that have no visit in common.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        The columns row, visits, by row; no row of 0 visits.
    """
    left = pl.col("visits") - pl.col("low")
    is_shown = pl.col("low") > 0
    spare = pl.col("visits").sum() // k - (pl.col("low") // k).sum()
    return (
        parts.group_by("row")
        .agg(pl.col("visits").sum().cast(pl.Int64))
        .with_columns(low=down(pl.col("visits"), k))
        .sort([is_shown, left, "row"], descending=[True, True, False])
        .with_columns(unit=pl.int_range(pl.len()), spare=spare, shown=is_shown.sum())
        # As many units of k as the shown parts can share; more units than parts when many parts are under k.
        .filter(is_shown)
        .select(
            "row",
            visits=(
                pl.col("low")
                + k * (pl.col("spare") // pl.col("shown") + (pl.col("unit") < pl.col("spare") % pl.col("shown")))
            ).cast(pl.Int64),
        )
        .sort("row")
    )
