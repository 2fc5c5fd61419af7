"""A note's estimate finds what went with it, and calls chance what may be chance."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from analysis.annotations import effect
from analysis.expected import Series
from tests import weekly

MONDAY = weekly.FIRST + timedelta(days=70)  # of the eleventh week


def series(rates, *, of=4000, seed=1):
    dice = np.random.default_rng(seed)
    visits = dice.binomial(of, rates).astype(float)
    return Series(weekly.weeks(len(rates)), visits, np.full(len(rates), float(of)), np.ones(len(rates)))


def test_a_campaign_that_doubles_an_audience_is_found():
    """A share that doubles with the note is told with an interval that holds the truth."""
    found = effect(series([0.05] * 10 + [0.1] * 4), MONDAY)
    assert found.weeks == tuple(weekly.weeks(14)[10:])
    assert found.is_clear
    assert found.low < 0.05 < found.high
    assert "instead of the" in found.sentence("en")
    assert "in plaats van" in found.sentence("nl")


def test_a_note_without_effect_is_chance():
    """In nineteen of twenty quiet series the interval holds nothing at all."""
    clear = [effect(series([0.05] * 14, seed=seed), MONDAY).is_clear for seed in range(200)]
    assert np.mean(clear) < 0.1
    text = effect(series([0.05] * 14), MONDAY).sentence("en")
    assert "may be chance" in text


def test_a_range_looks_at_its_weeks_only():
    """A campaign of two weeks is judged by the weeks that it touches."""
    found = effect(
        series([0.05] * 10 + [0.1] * 2 + [0.05] * 4), MONDAY + timedelta(days=2), MONDAY + timedelta(days=10)
    )
    assert found.weeks == tuple(weekly.weeks(12)[10:])
    assert found.rate == pytest.approx(0.1, abs=0.01)


def test_a_note_in_the_middle_of_a_week():
    """The week of the note is neither before nor after."""
    found = effect(series([0.05] * 14), MONDAY + timedelta(days=2))
    assert found.weeks[0] == weekly.weeks(12)[11]


@pytest.mark.parametrize("day", [weekly.FIRST + timedelta(days=14), date(2030, 1, 1)])
def test_too_little_is_not_told(day):
    """With fewer than three weeks before, or none after, there is no estimate."""
    assert effect(series([0.05] * 14), day) is None


def test_numbers_of_visits_are_told_a_week():
    """A series that is no share is told in visits a week."""
    visits = np.random.default_rng(2).poisson([1000] * 10 + [1500] * 4).astype(float)
    found = effect(Series(weekly.weeks(14), visits, None, np.ones(14)), MONDAY)
    assert found.rate == pytest.approx(1500, rel=0.05)
    assert "1.4" in found.sentence("nl") or "1.5" in found.sentence("nl")
