"""The rule of k holds for whatever is released, also against somebody who can add and subtract."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.anonymity import SCHEMA, TOTALS, apportion, down, release

K = 10
numbers = st.one_of(st.just(0), st.integers(0, 25), st.integers(0, 400))
tables = st.dictionaries(st.tuples(st.sampled_from("rst"), st.sampled_from("abcde")), numbers, max_size=15)


def cells_of(table: dict[tuple[str, str], int]) -> pl.DataFrame:
    return pl.DataFrame([(*key, visits) for key, visits in table.items()], schema=SCHEMA, orient="row")


def rows_of(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.group_by("row").agg(pl.col("visits").sum())


def as_dict(table: pl.DataFrame) -> dict[str, int]:
    return dict(table.select("row", "visits").iter_rows())


@given(tables)
@settings(max_examples=150, deadline=None)
def test_all_that_is_released_is_a_multiple_of_k(table):
    """Cells, totals and remainders are multiples of k, so that no sum or difference of any of them is 1 to k-1."""
    cells = cells_of(table)
    totals = apportion(rows_of(cells), K)
    released = release(cells, K, totals=totals)
    for published in (totals, released.cells, released.held_back):
        assert (published["visits"] % K == 0).all()
        assert (published["visits"] > 0).all()


@given(tables)
@settings(max_examples=150, deadline=None)
def test_released_and_held_back_are_all_visits(table):
    """What is released of a row and what is held back add up to its published total; no cell is shown too high."""
    cells = cells_of(table)
    totals = apportion(rows_of(cells), K)
    released = release(cells, K, totals=totals)
    assert all(visits <= table[row, column] for row, column, visits in released.cells.iter_rows())
    together = as_dict(rows_of(pl.concat([released.cells.select("row", "visits"), released.held_back])))
    assert together == as_dict(totals)


@given(st.dictionaries(st.text("abc", min_size=1), numbers, max_size=12))
@settings(max_examples=150, deadline=None)
def test_totals_add_up_to_the_whole(parts):
    """Published totals add up to all visits, rounded down, and none is off by k or more where each part can be shown."""
    totals = as_dict(apportion(pl.DataFrame(list(parts.items()), schema=TOTALS, orient="row"), K))
    shown = {row for row, visits in parts.items() if visits >= K}
    assert set(totals) == shown
    assert not shown or sum(totals.values()) == sum(parts.values()) // K * K
    if all(visits >= K for visits in parts.values()):
        assert all(abs(totals[row] - visits) < K for row, visits in parts.items())


@given(tables, tables)
@settings(max_examples=100, deadline=None)
def test_two_days_of_one_week_do_not_tell_what_came_between(monday, more):
    """Yesterday's numbers and today's of the same running week differ by nothing or by at least k, however few came in."""
    today = {key: monday.get(key, 0) + more.get(key, 0) for key in {*monday, *more}}
    before, after = (
        as_dict(release(cells_of(table), K).cells.select(row=pl.col("row") + pl.col("column"), visits="visits"))
        for table in (monday, today)
    )
    assert all(abs(after.get(key, 0) - before.get(key, 0)) % K == 0 for key in {*before, *after})


def test_one_rare_visit_does_not_blank_a_pure_segment():
    """Of 4,966 visits with a campaign and one with another, the campaign is still shown, and the one can't be told."""
    cells = cells_of({("s", "a"): 4966, ("s", "b"): 1})
    released = release(cells, K, totals=apportion(rows_of(cells), K))
    assert released.cells["visits"].to_list() == [4960]
    assert released.held_back.is_empty()


def test_a_row_that_is_too_small_is_not_shown():
    """A row of 1 to k-1 visits has neither a total nor cells."""
    cells = cells_of({("s", "a"): 3, ("t", "a"): 30})
    assert as_dict(apportion(rows_of(cells), K)) == {"t": 30}
    assert release(cells, K).cells["row"].to_list() == ["t"]


def test_a_cell_that_comes_in_pieces_is_one_cell():
    """Pieces under k of the same cell are added before they are rounded."""
    piece = cells_of({("s", "a"): 6})
    assert release(pl.concat([piece, piece]), K).cells["visits"].to_list() == [10]


def test_an_empty_table_is_released_empty():
    """No counts, no cells, no error."""
    released = release(pl.DataFrame(schema=SCHEMA), K, totals=pl.DataFrame(schema=TOTALS))
    assert released.cells.is_empty()
    assert released.held_back.is_empty()
    assert apportion(pl.DataFrame(schema=TOTALS), K).is_empty()


def test_rounding_down_is_to_a_multiple():
    """9, 10, 19 and 20 visits are shown as 0, 10, 10 and 20."""
    assert pl.DataFrame({"n": [9, 10, 19, 20]}).select(down(pl.col("n"), K))["n"].to_list() == [0, 10, 10, 20]
