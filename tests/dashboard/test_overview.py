from __future__ import annotations

import html

import polars as pl
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from analysis.iso_weeks import monday
from dashboard import headlines, period

WEEKS = [f"2025-W{number:02d}" for number in range(30, 53)] + [f"2026-W{number:02d}" for number in range(1, 48)]


def test_a_period_is_compared_with_the_one_before() -> None:
    """Four weeks against the four before; also across a year that ends in the middle of a week."""
    chosen = period.choose(WEEKS, {"weeks": "4", "until": "2026-W02"})
    assert chosen.weeks == ("2025-W51", "2025-W52", "2026-W01", "2026-W02")
    assert chosen.before == ("2025-W47", "2025-W48", "2025-W49", "2025-W50")


def test_a_period_is_compared_with_a_year_earlier() -> None:
    """The same number of weeks, 52 weeks before; where the counts do not go back so far, with nothing."""
    chosen = period.choose(WEEKS, {"weeks": "4", "compare": "year"})
    assert chosen.weeks[-1] == "2026-W47"
    assert chosen.before == ("2025-W44", "2025-W45", "2025-W46", "2025-W47")
    assert period.choose(WEEKS, {"weeks": "26", "compare": "year"}).before == ()


@given(st.dictionaries(st.sampled_from(["weeks", "until", "compare", "x"]), st.text(max_size=12)))
def test_any_wish_gives_a_period(wish: dict[str, str]) -> None:
    """Whatever stands in an address, there is a period of known weeks, oldest first."""
    chosen = period.choose(WEEKS, wish)
    assert chosen.weeks
    assert set(chosen.weeks) <= set(WEEKS)
    assert list(chosen.weeks) == sorted(chosen.weeks, key=monday)
    assert len(chosen.before) in (0, len(chosen.weeks))


def test_a_steady_site_has_no_change() -> None:
    """Weeks that differ as much within a period as between two are no change; a doubled site is one."""
    assert headlines.change([100, 140, 90, 120], [130, 95, 110, 125]).is_real is False
    found = headlines.change([100, 101, 99, 100], [200, 202, 199, 201])
    assert found.is_real
    assert found.low < 1.0 < found.high


@pytest.mark.parametrize(("before", "after"), [([], [1, 2]), ([5], [7]), ([0, 0], [5, 5]), ([5, 5], [0, 0])])
def test_too_little_to_compare(before: list[int], after: list[int]) -> None:
    """With one week, or nothing counted on a side, no change is claimed."""
    assert headlines.change(before, after) is None


def test_headlines_add_up_their_weeks() -> None:
    """A headline is the sum of the released weeks of the period, and its rate a share of the visits of those weeks."""
    figures = pl.DataFrame(
        [(week, measure, visits) for week in WEEKS for measure, visits in (("visits", 100), ("apply_starts", 10))],
        schema=["week", "measure", "visits"],
        orient="row",
    )
    visits, starts = headlines.build(figures, period.choose(WEEKS, {"weeks": "13"}))
    assert (visits.visits, visits.rate) == (1300, None)
    assert (starts.visits, starts.rate) == (130, 0.1)


def test_the_overview_says_what_monday_asks(reader: FlaskClient) -> None:
    """Figures with their change, audiences over time with a table, changes, and what was searched for in vain."""
    page = html.unescape(reader.get("/sites/demo?weeks=4").text)
    for words in (
        "Visits",
        "Starts of an application",
        "Audiences over time",
        "What changed",
        "stage marketing",
        "100%",
    ):
        assert words in page
    assert "2026-W" not in page, "weeks are said by their days"


def test_the_chart_is_the_period_on_screen(reader: FlaskClient) -> None:
    """The chart has the weeks that the page shows, as a spec and as pictures; an unknown form is not found."""
    spec = reader.get("/sites/demo/over-time.json?weeks=4").json
    (rows,) = spec["datasets"].values()
    weeks = {row["week"] for row in rows}
    assert len(weeks) == 4
    assert reader.get("/sites/demo/over-time.svg").data.startswith(b"<svg")
    assert reader.get("/sites/demo/over-time.exe").status_code == 404
