"""
The rule of *k*: nothing that rests on 1 to k-1 visits is published, and none of it can be found by subtraction.

Every table that leaves the analysis passes :func:`release`, which rounds each cell *down* to a multiple of *k*. So a cell under k
is not shown, and any two cells that are shown differ by nothing or by at least k: not only in one table, but between tables that
are parts of each other (a channel and its sources, a campaign and its medium) and between runs. What rounding leaves over is the
remainder of its row; where the total of a row or column is known, the remainder has to be 0 or at least k visits, and where it
is less, the smallest shown cell of that line gives up another k.

Rounding instead of suppression (Cox 1987, "A constructive procedure for unbiased controlled rounding", JASA 82; Willenborg & de
Waal 2001, ch. 9), because suppression with complementary cells was tried and lost too much: a single rare visit took the largest
value of a pure segment with it, and tables that are linked (channel, source) told each other's small cells. A cell shown is at most
k-1 visits too low, or 2k-1 where it gave up some.

What remains possible: to bound a number that is not shown. The totals themselves (visits of a segment, of a week) are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Counts = npt.NDArray[np.int64]

SCHEMA: Final = {"row": pl.String, "column": pl.String, "visits": pl.Int64}


@dataclass(frozen=True)
class Release:
    """
    What may be shown of a table.

    Attributes:
        cells: row, column, visits: every one a multiple of k.
        held_back: row, visits: what a row has besides; 0 or at least k where rows have totals.
    """

    cells: pl.DataFrame
    held_back: pl.DataFrame


def release(cells: pl.DataFrame, k: int, *, row_totals: bool, column_totals: bool) -> Release:
    """
    Decide what of a two-way table may be shown.

    Args:
        cells: columns row, column, visits; a pair that is not there is 0.
        k: smallest number of visits that anything shown may rest on.
        row_totals: a row's cells add up to a number that is known (each visit has one value); False where a visit can have
            several values, so that nothing follows from the row. Every row must then hold at least *k* visits.
        column_totals: the same for columns, those under *k* excepted: they are not shown at all.

    Raises:
        ValueError: a row with a total of 1 to k-1 visits, which nothing inside the table can hide.
    """
    if cells.is_empty():
        return Release(pl.DataFrame(schema=SCHEMA), pl.DataFrame(schema={"row": pl.String, "visits": pl.Int64}))
    wide = (
        cells.group_by("row", "column").agg(pl.col("visits").sum()).filter(pl.col("visits") > 0).sort("row", "column")
    )
    rows = wide["row"].unique().sort()
    columns = wide["column"].unique().sort()
    table: Counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    row_at = rows.search_sorted(wide["row"]).to_numpy()
    column_at = columns.search_sorted(wide["column"]).to_numpy()
    table[row_at, column_at] = wide["visits"].to_numpy()
    if row_totals and (table.sum(axis=1) < k).any():
        raise ValueError(f"a row of fewer than {k} visits cannot be released; take it together with another first")
    shown = round_down(table, k, row_totals=row_totals, column_totals=column_totals)
    released = wide.with_columns(visits=pl.Series(shown[row_at, column_at], dtype=pl.Int64)).filter(
        pl.col("visits") > 0
    )
    held = pl.DataFrame({"row": rows, "visits": (table - shown).sum(axis=1)})
    return Release(released, held.filter(pl.col("visits") > 0))


def round_down(table: Counts, k: int, *, row_totals: bool, column_totals: bool) -> Counts:
    """
    The cells of *table* as they may be shown.

    Args:
        table: visits, shape (n_rows, n_columns).
        k: smallest number of visits that anything shown may rest on.
        row_totals: the totals of the rows are known.
        column_totals: the totals of those columns are known of which a cell is shown.

    Returns:
        Multiples of *k*, shape (n_rows, n_columns), none above its cell. Each pass of the loop takes k from some cell, so it ends.
    """
    shown: Counts = table // k * k
    while True:
        given_up = np.zeros_like(shown)
        if row_totals:
            given_up = _give_up(table, shown, k)
        if column_totals:
            given_up = np.maximum(given_up, _give_up(table.T, shown.T, k).T)
        if not given_up.any():
            return shown
        shown = shown - given_up


def _give_up(table: Counts, shown: Counts, k: int) -> Counts:
    """In each row whose remainder is 1 to k-1 visits: k of its smallest shown cell, where it has one."""
    remainder = (table - shown).sum(axis=1)
    short = np.flatnonzero((remainder > 0) & (remainder < k) & (shown > 0).any(axis=1))
    given_up: Counts = np.zeros_like(shown)
    if short.size:
        smallest = np.where(shown[short] > 0, shown[short], np.iinfo(np.int64).max).argmin(axis=1)
        given_up[short, smallest] = k
    return given_up
