"""The rule of k holds for whatever is released, also against somebody who can add and subtract."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.anonymity import hold_back, release

K = 10
tables = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(0, 25), st.integers(0, 400)))
)


def determined(table: np.ndarray, hidden: np.ndarray, *, row_totals: bool, column_totals: bool) -> np.ndarray:
    """Cells that somebody who knows the totals can compute: those that are the same in every solution (linear algebra, no graph)."""
    shown = (table > 0) & ~hidden
    where = np.argwhere(hidden)
    equations = []
    if row_totals:
        equations += [(where[:, 0] == row).astype(float) for row in range(table.shape[0])]
    if column_totals:
        equations += [
            (where[:, 1] == column).astype(float) for column in range(table.shape[1]) if shown[:, column].any()
        ]
    known = np.zeros_like(hidden)
    if not len(where) or not equations:
        return known
    _, values, rows = np.linalg.svd(np.array(equations))
    null_space = rows[(values > 1e-9).sum() :]
    fixed = np.abs(null_space).max(axis=0, initial=0.0) < 1e-9
    known[tuple(where[fixed].T)] = True
    return known


@given(tables, st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_small_cell_can_be_seen_or_computed(table, row_totals, column_totals):
    """No cell of 1 to k-1 visits is shown, and none follows from row and column totals by linear algebra."""
    if row_totals:
        table = table[table.sum(axis=1) >= K]
    if not table.size:
        return
    hidden = hold_back(table, K, row_totals=row_totals, column_totals=column_totals)
    small = (table > 0) & (table < K)
    assert hidden[small].all()
    assert not (determined(table, hidden, row_totals=row_totals, column_totals=column_totals) & small).any()


@given(tables)
@settings(max_examples=300, deadline=None)
def test_what_is_held_back_in_a_row_is_nothing_or_at_least_k(table):
    """Released plus held back equals the row's visits, and the held-back part is 0 or at least k."""
    table = table[table.sum(axis=1) >= K]
    cells = pl.DataFrame(
        [(f"s{i}", f"v{j}", int(table[i, j])) for i, j in np.ndindex(table.shape)],
        schema={"row": pl.String, "column": pl.String, "visits": pl.Int64},
        orient="row",
    )
    released = release(cells, K, row_totals=True, column_totals=True)
    assert (released.cells["visits"] >= K).all()
    assert (released.held_back["visits"] >= K).all()
    together = (
        pl.concat([released.cells.select("row", "visits"), released.held_back])
        .group_by("row")
        .agg(pl.col("visits").sum())
    )
    expected = cells.group_by("row").agg(pl.col("visits").sum())
    assert together.sort("row").equals(expected.sort("row"))


def test_a_single_small_cell_takes_a_companion_in_its_row_and_its_column():
    """With one small cell, its neighbours are held back too: otherwise a subtraction shows it."""
    table = np.array([[60, 35, 5], [50, 40, 30], [20, 30, 40]])
    hidden = hold_back(table, K, row_totals=True, column_totals=True)
    assert hidden[0, 2]
    assert hidden[0].sum() >= 2
    assert hidden[:, 2].sum() >= 2


def test_a_table_without_small_cells_is_shown_whole():
    """Nothing is held back where nothing needs to be."""
    assert not hold_back(np.array([[10, 20, 0], [30, 0, 40]]), K, row_totals=True, column_totals=True).any()


def test_a_row_that_is_too_small_itself_is_refused():
    """A row of 1 to k-1 visits has to be taken together with another before it can be released."""
    cells = pl.DataFrame({"row": ["a"], "column": ["x"], "visits": [3]})
    with pytest.raises(ValueError, match="fewer than 10 visits"):
        release(cells, K, row_totals=True, column_totals=True)


def test_an_empty_table_is_released_empty():
    """No counts, no cells, no error."""
    released = release(
        pl.DataFrame(schema={"row": pl.String, "column": pl.String, "visits": pl.Int64}),
        K,
        row_totals=True,
        column_totals=True,
    )
    assert released.cells.is_empty()
    assert released.held_back.is_empty()
