"""What a week should be like: the level of the weeks before, the time of the year where it is known, and an honest range."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import expected
from analysis.expected import Series
from tests import weekly


def series(visits, of=None):
    visits = np.array(visits, dtype=float)
    return Series(
        weekly.weeks(visits.size), visits, None if of is None else np.full(visits.size, float(of)), np.ones(visits.size)
    )


def yearly(years, swing, seed=1, of=None, level=1000.0):
    """Weekly numbers whose level swings with the year, with a low at Christmas."""
    dice = np.random.default_rng(seed)
    weeks = weekly.weeks(round(years * 52.18))
    day = np.array([date.fromisoformat(f"{week}-1").toordinal() for week in weeks])
    mean = level * np.exp(swing * np.sin(2 * np.pi * day / 365.25))
    return series(dice.poisson(mean), of)


def test_nineteen_of_twenty_weeks_lie_in_the_range():
    """In traffic that does not change, about one week in twenty lies outside what was expected."""
    inside = []
    for seed in range(40):
        dice = np.random.default_rng([1, seed])
        one = series(dice.poisson(dice.gamma(200, 1.5, 26)))  # weeks 2.5 times as unlike as coin tosses
        for position in range(5, 26):
            _, low, high = expected.outlook(one, position, 0)
            inside.append(low <= one.visits[position] <= high)
    assert 0.92 <= np.mean(inside) <= 0.99


def test_too_few_weeks_expect_nothing():
    """Two weeks are no level; neither are weeks that are held back."""
    assert expected.outlook(series([100, 100, 100]), 2, 0) is None
    assert expected.outlook(series([100, np.nan, np.nan, 100, 100]), 4, 0) is None
    assert expected.outlook(series([100, 100, 100, 100]), 3, 0) is not None


def test_the_season_is_found_in_the_third_year():
    """After two years the third summer is expected as it comes, not at the level of the spring before."""
    one = yearly(3, 0.5)
    with_season = expected.with_season(one)
    last = len(one.weeks) - 1
    seasonal = [abs(expected.outlook(with_season, at, 0)[0] - one.visits[at]) for at in range(last - 20, last)]
    plain = [abs(expected.outlook(one, at, 0)[0] - one.visits[at]) for at in range(last - 20, last)]
    assert (with_season.season != 1).any()
    assert np.mean(seasonal) < 0.5 * np.mean(plain)


@pytest.mark.parametrize(("years", "swing", "of"), [(0.9, 0.5, None), (1.5, 0.5, 5000), (3, 0.0, None)])
def test_no_season_without_enough_history_or_without_a_season(years, swing, of):
    """In less than a year (two for a share), and where the year says nothing, nothing is taken out."""
    one = yearly(years, swing, of=of)
    assert expected.with_season(one) is one


def test_a_fresh_change_is_no_season():
    """What happened in the newest weeks is not explained away: the season is learned from older ones."""
    one = yearly(3, 0.3)
    halved = replace(one, visits=np.concatenate([one.visits[:-4], one.visits[-4:] / 2]))
    at = len(one.weeks) - 3
    _, low, _ = expected.outlook(expected.with_season(halved), at, 0)
    assert halved.visits[at] < low


def test_restlessness_is_that_of_most_weeks():
    """Coin tosses have 1, weeks four times as unlike have about 4, and a change of level hardly moves it."""
    dice = np.random.default_rng(3)
    tosses = [series(dice.binomial(2000, 0.1, 26), 2000) for _ in range(8)]
    assert 0.99 < expected.restlessness(tosses) < 1.6
    wild = [series(dice.negative_binomial(66.7, 0.25, 26)) for _ in range(8)]  # mean 200, variance 800
    usual = expected.restlessness(wild)
    assert 2.5 < usual < 6
    jumped = [replace(one, visits=one.visits * np.where(np.arange(26) < 13, 1, 3)) for one in wild]
    assert expected.restlessness(jumped) < 4 * usual
    assert expected.restlessness([]) == 1


@given(st.lists(st.integers(0, 500), min_size=5, max_size=30), st.integers(500, 5000))
@settings(max_examples=60, deadline=None)
def test_a_range_holds_what_is_expected(visits, of):
    """Whatever the weeks, a share stays between none and all, and its range holds it."""
    one = series(visits, of)
    found = expected.outlook(one, len(visits) - 1, 0)
    assert found is not None
    middle, low, high = found
    assert 0 <= low <= middle <= high <= of


def test_part_of_a_week():
    """By Wednesday usually as much of the week has come as in the weeks before; without any, days count alike."""
    monday = date(2026, 11, 2)
    days = {monday + timedelta(days=number): 100 if number % 7 < 5 else 50 for number in range(17)}
    assert expected.part_of_week(days, monday + timedelta(days=16)) == pytest.approx(300 / 600)
    assert expected.part_of_week({}, monday + timedelta(days=2)) == pytest.approx(3 / 7)
    assert expected.part_of_week(days, monday + timedelta(days=13)) == 1
