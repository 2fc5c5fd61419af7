from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.runs import OTHER
from dashboard import shapes
from dashboard.views import Value, Week


def weeks(shares: list[float]) -> list[Week]:
    return [Week(f"2026-W{number + 1:02d}", 100, share) for number, share in enumerate(shares)]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=60))
def test_a_line_stays_in_its_box(shares: list[float]) -> None:
    """Every point of a trend lies in the box, whatever the shares."""
    line = shapes.line(weeks(shares), 120, 34)
    assert line
    for point in line.area.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 120
        assert 0 <= y <= 34.05


def test_one_week_is_no_line() -> None:
    """A trend needs two weeks."""
    assert shapes.line(weeks([0.5]), 120, 34) is None
    assert shapes.line([], 120, 34) is None


@pytest.mark.parametrize(
    ("largest", "top"), [(0.0, 1.0), (0.26, 0.3), (0.3, 0.3), (0.031, 0.04), (1.0, 1.0), (0.0011, 0.0015)]
)
def test_axes_end_on_round_figures(largest: float, top: float) -> None:
    """The upper edge is the next round figure."""
    assert shapes.nice_top(largest) == pytest.approx(top)


def test_the_heatmap_has_every_hour_of_the_week() -> None:
    """Seven days of 24 hours; the busiest is the strongest, what is not published has no figure, and the remainder has no hour."""
    values = [
        Value("hour_of_week", "1-09", 20, 0.2, 150.0, 120.0, 180.0),
        Value("hour_of_week", "7-23", 10, 0.01, 50.0, 20.0, 80.0),
        Value("hour_of_week", OTHER, 70, 0.7, None, None, None),
        Value("hour_of_week", "9-99", 70, 0.7, None, None, None),
    ]
    rows = shapes.heatmap(values[:3])
    assert [len(row) for row in rows] == [24] * 7
    assert rows[0][9].shade == shapes.HEAT_STEPS
    assert rows[0][9].share == 0.2
    assert rows[6][23].shade == 1
    assert rows[3][12].share is None
    assert sum(cell.shade > 0 for row in rows for cell in row) == 2
    assert len(shapes.heatmap(values)) == 7


def test_bars_are_measured_by_the_longest() -> None:
    """The longest bar is 100, nothing is 0, and no bar is longer."""
    assert shapes.bar(0.5, 0.5) == 100
    assert shapes.bar(0.25, 0.5) == 50
    assert shapes.bar(0.0, 0.0) == 0
    assert shapes.bar(0.9, 0.5) == 100


@given(
    shares=st.integers(2, 20).flatmap(
        lambda weeks: st.lists(st.lists(st.floats(0, 1), min_size=weeks, max_size=weeks), min_size=1, max_size=9)
    )
)
def test_areas_lie_on_each_other(shares: list[list[float]]) -> None:
    """Every area begins where the one under it ends, is as high as its shares say, and stays in the box."""
    found = shapes.stack(shares, 200, 100, pad=5)
    assert found
    under = [95.0] * len(shares[0])
    for row, area in zip(shares, found.areas, strict=True):
        spots = [tuple(map(float, spot.split(","))) for spot in area.split(" ")]
        below, above = spots[: len(row)], spots[len(row) :][::-1]
        assert [x for x, _ in below] == [x for x, _ in above]
        for place, share in enumerate(row):
            assert below[place][1] == pytest.approx(under[place], abs=0.2)
            assert below[place][1] - above[place][1] == pytest.approx(90 * share / found.top, abs=0.2)
            assert 5 - 0.1 <= above[place][1] <= 95 + 0.1
        under = [y for _, y in above]


def test_a_stack_needs_two_weeks() -> None:
    """Of one week, or of nothing, there is none."""
    assert shapes.stack([], 10, 10) is None
    assert shapes.stack([[0.5]], 10, 10) is None
