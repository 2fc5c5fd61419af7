from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from analysis.intervals import interval, intervals


def test_the_interval_of_nothing_is_everything():
    """Of no visits nothing is known."""
    assert interval(0, 0) == (0.0, 1.0)


@given(of=st.integers(1, 10**7), part=st.floats(0, 1))
@example(of=205, part=0.0)
@example(of=205, part=1.0)
def test_the_interval_is_wilsons(of, part):
    """It is what SciPy calls Wilson's, and holds the share."""
    visits = round(of * part)
    expected = binomtest(visits, of).proportion_ci(method="wilson")
    low, high = interval(visits, of)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert low <= visits / of <= high


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 10**6)), st.integers(0, 10**6)), min_size=1))
def test_of_columns_it_is_the_same(pairs):
    """As expressions and as a function it is the same; of a number that is held back it says nothing."""
    pairs = [(None if n is None else min(n, of), of) for n, of in pairs]
    frame = pl.DataFrame(pairs, schema={"n": pl.Int64, "of": pl.Int64}, orient="row")
    low, high = intervals(pl.col("n"), pl.col("of"))
    for row in frame.with_columns(low=low, high=high).iter_rows(named=True):
        if row["n"] is None:
            assert (row["low"], row["high"]) == (None, None)
        else:
            assert (row["low"], row["high"]) == pytest.approx(interval(row["n"], row["of"]))
