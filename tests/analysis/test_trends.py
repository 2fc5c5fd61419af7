"""Weekly tables hold numbers that may be shown, rates that belong to them, and what was expected."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import facts, figures, measures, trends
from analysis.patterns import describe
from tests import weekly

K = weekly.K
APPLY = "1;apply=1;vacancy=1;@engaged=60"
LOOK = "1;vacancy=1;@engaged=0"
HOME = "1;home=1;act:handoff=1;act:search=1;act:search_empty=1;@engaged=15"


def counts(rows):
    """Context rows of visits by week and pattern."""
    base = pl.DataFrame(rows, schema={"period": pl.String, "pattern": pl.String, "visits": pl.Int64}, orient="row")
    base = base.with_columns(site=pl.lit("s"))
    total = base.with_columns(dimension=pl.lit(facts.CONTEXT_TOTAL), value=pl.lit(""))
    said = describe(base.lazy()).collect()
    return pl.concat([total.select(facts.SCHEMA.keys()), said.select(facts.SCHEMA.keys())])


def test_measures_say_what_visits_do():
    """Each measure counts a visit once, and a visit can be in several."""
    measured = measures.measure(counts([("2026-W40", APPLY, 30), ("2026-W40", LOOK, 50), ("2026-W40", HOME, 20)]))
    found = dict(measured.group_by("measure").agg(pl.col("visits").sum()).iter_rows())
    assert found == {
        "visits": 100, "engaged": 50, "vacancy_views": 80, "searches": 20, "searches_empty": 20, "apply_starts": 50, "handoffs": 20,
    }  # fmt: skip


def test_who_applied_has_started():
    """An application that was sent counts as a start too."""
    measured = measures.measure(counts([("2026-W40", "1;applied=1;@engaged=60", 30)]))
    assert {"apply_starts", "applications"} <= set(measured["measure"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["2026-W40", "2026-W41"]), st.sampled_from([APPLY, LOOK, HOME]), st.integers(1, 60)),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[:2],
    )
)
@settings(max_examples=60, deadline=None)
def test_every_number_is_a_multiple_of_k(rows):
    """Visits, attention and starts of segments and of the site are multiples of k, or not there; rates belong to them."""
    measured = measures.measure(counts(rows))
    of = pl.DataFrame({"pattern": [APPLY, LOOK, HOME], "segment": ["s1", "s2", "s2"]})
    table = trends.build(measured, of, K)
    headline, _ = figures.build(measured, K, end=date(2026, 10, 11), days={})
    for numbers in (
        table["visits"],
        table["engaged"].drop_nulls(),
        table["apply_starts"].drop_nulls(),
        headline["visits"],
    ):
        assert ((numbers % K == 0) & (numbers >= K)).all()
    told = table.drop_nulls("apply_rate")
    assert (told["apply_rate"] == told["apply_starts"] / told["visits"]).all()
    assert (told["apply_low"] <= told["apply_rate"]).all()
    assert (told["apply_rate"] <= told["apply_high"] + 1e-9).all()


def test_what_is_expected_follows_a_change():
    """Right after a change the old level is expected, so that it can be seen; when the new level has lasted, that is expected."""
    visits = np.array([[200, 800]] * 10 + [[600, 400]] * 8)
    table = weekly.table(visits)
    weeks = weekly.weeks(18)
    told, seasonal = trends.expect(table, {"s0": [weeks[10]]})
    mine = dict(told.filter(pl.col("segment") == "s0").select("week", "expected").iter_rows())
    assert abs(mine[weeks[10]] - 0.2) < 0.02
    assert abs(mine[weeks[14]] - 0.6) < 0.02
    assert mine[weeks[1]] is None
    assert not seasonal
    assert told.height == table.height


def test_the_running_week_is_compared_with_its_part():
    """On a Wednesday as much is expected as usually has come by then, and the figure says how many days it holds."""
    rows = [(week, LOOK, 700) for week in ("2026-W41", "2026-W42", "2026-W43", "2026-W44")] + [("2026-W45", LOOK, 300)]
    table, _ = figures.build(measures.measure(counts(rows)), K, end=date(2026, 11, 4), days={})
    now = table.row(by_predicate=(pl.col("week") == "2026-W45") & (pl.col("measure") == "visits"), named=True)
    assert now["days"] == 3
    assert abs(now["expected"] - 300) < 1
    assert table.filter(pl.col("measure") == "visits")["rate"].null_count() == 5
