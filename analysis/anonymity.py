"""
The rule of *k*: nothing that rests on 1 to k-1 visits is published, and none of it can be found by subtraction.

Every table that leaves the analysis passes :func:`release`. It takes counts by row (a segment) and column (a value) and decides
which cells are held back. What has to be held back depends on the totals that a reader knows besides the cells:

- of a profile, the row totals: a segment's visits. The site's average in it is made of the cells shown, so it tells nothing more.
- of a trend, the column totals too: all visits of a week.

So it is the problem of secondary suppression in a two-way table, and three things must hold:

1. no cell of 1 to k-1 visits is shown;
2. what is held back in a line whose total is known is 0 or at least k visits together;
3. no small cell can be computed from the totals: with lines as vertices and held-back cells as edges, a cell can be computed
   exactly when its edge is a bridge (Gusfield 1988, "A graph theoretic approach to data security", SIAM J. Comput. 17(3)).

Where they do not hold, the smallest shown cell of the line is held back too, until they do. What remains possible: to *bound* a
held-back cell, as with every suppression; and to compare two releases of overlapping windows, which is why a window is made of
whole weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

SCHEMA: Final = {"row": pl.String, "column": pl.String, "visits": pl.Int64}


@dataclass(frozen=True)
class Release:
    """
    What may be shown of a table.

    Attributes:
        cells: row, column, visits: every one at least k.
        held_back: row, visits: what is held back per row together; 0 or at least k where rows are totals.
    """

    cells: pl.DataFrame
    held_back: pl.DataFrame


def release(cells: pl.DataFrame, k: int, *, row_totals: bool, column_totals: bool) -> Release:
    """
    Decide what of a two-way table may be shown.

    Args:
        cells: columns row, column, visits; a pair that is not there is 0. Every row must hold at least *k* visits together.
        k: smallest number of visits that anything shown may rest on.
        row_totals: a row's cells add up to a number that is known (each visit has one value); False where a visit can have
            several values, so that nothing follows from the row.
        column_totals: the same for columns.

    Raises:
        ValueError: a row with a total of 1 to k-1 visits, which no holding back inside the table can hide.
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
    hidden = hold_back(table, k, row_totals=row_totals, column_totals=column_totals)
    shown = ~hidden[row_at, column_at]
    held = pl.DataFrame({"row": rows, "visits": np.where(hidden, table, 0).sum(axis=1)})
    return Release(wide.filter(pl.Series(shown)), held.filter(pl.col("visits") > 0))


def hold_back(table: Counts, k: int, *, row_totals: bool, column_totals: bool) -> Bools:
    """
    Which cells of *table* must not be shown.

    Args:
        table: visits, shape (n_rows, n_columns).
        k: smallest number of visits that anything shown may rest on.
        row_totals: the totals of the rows are known.
        column_totals: the totals of those columns are known of which a cell is shown.

    Returns:
        True where a cell is held back, shape (n_rows, n_columns).
    """
    hidden: Bools = (table > 0) & (table < k)
    while True:
        more: Bools = np.zeros_like(hidden)
        if column_totals:
            more |= _short_lines(table, hidden, k)
        if row_totals:
            more |= _short_lines(table.T, hidden.T, k).T
        # With totals of one direction only, a line of two or more held-back cells tells none of them.
        if not more.any() and row_totals and column_totals:
            more = _cover_bridges(table, hidden, k)
        if not more.any():
            return hidden
        hidden |= more


def _short_lines(table: Counts, hidden: Bools, k: int) -> Bools:
    """In each column whose held-back cells come to 1 to k-1 visits: its smallest shown cell, where it has one."""
    held = np.where(hidden, table, 0).sum(axis=0)
    shown = (table > 0) & ~hidden
    short = (held > 0) & (held < k) & shown.any(axis=0)
    more: Bools = np.zeros_like(hidden)
    where = np.flatnonzero(short)
    if where.size:
        smallest = np.where(shown[:, where], table[:, where], np.iinfo(np.int64).max).argmin(axis=0)
        more[smallest, where] = True
    return more


def _cover_bridges(table: Counts, hidden: Bools, k: int) -> Bools:
    """For the first small cell that could be computed: the smallest shown cell of its row and column, or else of the table."""
    more: Bools = np.zeros_like(hidden)
    shown = (table > 0) & ~hidden
    for row, column in _bridges(hidden, free_columns=np.logical_not(shown.any(axis=0))):
        if table[row, column] >= k:
            continue
        candidates = [(int(table[row, j]), row, int(j)) for j in np.flatnonzero(shown[row])]
        candidates += [(int(table[i, column]), int(i), column) for i in np.flatnonzero(shown[:, column])]
        if (
            not candidates
        ):  # the totals reach it over a longer way, which the smallest shown cell of the table cuts or closes
            candidates = [(int(table[i, j]), int(i), int(j)) for i, j in np.argwhere(shown)]
        if candidates:
            _, i, j = min(candidates)
            more[i, j] = True
            return more
    return more


def _bridges(hidden: Bools, free_columns: Bools) -> list[tuple[int, int]]:
    """
    The held-back cells that follow from the totals: bridges of the graph of rows and columns (Tarjan 1974).

    Columns without a known total put no equation on their cells; they act as one vertex, through which any cycle may close.
    """
    n_rows = hidden.shape[0]
    free = n_rows + hidden.shape[1]
    edges = [(int(i), int(j)) for i, j in np.argwhere(hidden)]
    around: dict[int, list[tuple[int, int]]] = {}
    for number, (i, j) in enumerate(edges):
        end = free if free_columns[j] else n_rows + j
        around.setdefault(i, []).append((end, number))
        around.setdefault(end, []).append((i, number))
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    found: list[tuple[int, int]] = []
    for root, first in around.items():
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack = [(root, -1, iter(first))]
        while stack:
            vertex, came_by, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[vertex])
                    if low[vertex] > order[parent]:
                        found.append(edges[came_by])
                continue
            end, number = step
            if number == came_by:
                continue
            if end in order:
                low[vertex] = min(low[vertex], order[end])
            else:
                order[end] = low[end] = len(order)
                stack.append((end, number, iter(around[end])))
    return found
