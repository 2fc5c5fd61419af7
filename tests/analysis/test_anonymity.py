"""The rule of k holds for whatever is released, also against somebody who can add and subtract."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.anonymity import release, round_down

K = 10
tables = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(0, 25), st.integers(0, 400)))
)


def cells_of(table: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"s{i}", f"v{j}", int(table[i, j])) for i, j in np.ndindex(table.shape)],
        schema={"row": pl.String, "column": pl.String, "visits": pl.Int64},
        orient="row",
    )


@given(tables, st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_number_under_k_is_shown_or_follows_by_subtraction(table, row_totals, column_totals):
    """Any two shown cells, and a known total and its shown cells, differ by 0 or at least k; no cell is shown too high."""
    if row_totals:
        table = table[table.sum(axis=1) >= K]
    if not table.size:
        return
    shown = round_down(table, K, row_totals=row_totals, column_totals=column_totals)
    assert (shown <= table).all()
    assert (shown % K == 0).all()
    remainders = table - shown
    if row_totals:
        left = remainders.sum(axis=1)
        assert ((left == 0) | (left >= K)).all()
    if column_totals:
        left = remainders.sum(axis=0)[(shown > 0).any(axis=0)]
        assert ((left == 0) | (left >= K)).all()


@given(tables)
@settings(max_examples=200, deadline=None)
def test_released_and_held_back_are_all_visits(table):
    """Released plus held back equals the row's visits, and the held-back part is 0 or at least k."""
    table = table[table.sum(axis=1) >= K]
    cells = cells_of(table)
    released = release(cells, K, row_totals=True, column_totals=False)
    assert (released.cells["visits"] >= K).all()
    assert (released.held_back["visits"] >= K).all()
    together = (
        pl.concat([released.cells.select("row", "visits"), released.held_back])
        .group_by("row")
        .agg(pl.col("visits").sum())
    )
    expected = cells.group_by("row").agg(pl.col("visits").sum())
    assert together.sort("row").equals(expected.sort("row"))


@given(tables)
@settings(max_examples=100, deadline=None)
def test_linked_tables_do_not_tell_on_each_other(table):
    """A table and a coarser one of the same visits (a channel and its sources) never differ by 1 to k-1 in what they show."""
    fine = round_down(table, K, row_totals=False, column_totals=False)
    coarse = round_down(table.sum(axis=1, keepdims=True), K, row_totals=False, column_totals=False)
    gap = coarse[:, 0] - fine.sum(axis=1)
    assert ((gap == 0) | (gap >= K)).all()


def test_one_rare_visit_does_not_blank_a_pure_segment():
    """Of 4,966 visits with a campaign and one with another, the campaign is still shown, and the one can't be told."""
    released = release(cells_of(np.array([[4966, 1]])), K, row_totals=True, column_totals=False)
    assert released.cells["visits"].to_list() == [4950]
    assert released.held_back["visits"].to_list() == [17]


def test_a_row_that_is_too_small_itself_is_refused():
    """A row of 1 to k-1 visits has to be taken together with another before it can be released."""
    with pytest.raises(ValueError, match="fewer than 10 visits"):
        release(cells_of(np.array([[3]])), K, row_totals=True, column_totals=True)


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
