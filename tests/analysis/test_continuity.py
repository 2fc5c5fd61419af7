"""The published audiences as a place to start from: they go on, new ones come in, old ones go."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis import continuity
from analysis.audiences import fit
from analysis.features import encode
from analysis.merging import Height
from analysis.mixture import Counted, count, expectation_maximisation, told_apart
from tests.analysis.conftest import Fitted
from tests.traffic import agreement, simulate, weights


class Today:
    """The fixture's patterns with the segment of each that the truth would give, that of no audience last."""

    def __init__(self, fitted: Fitted) -> None:
        wide = fitted.truth.pivot(on="audience", index="pattern", values="visits", aggregate_function="sum")
        wide = wide.fill_null(0).sort("pattern")
        self.names = ["0", "1", "2", "3", "4", "-1"]
        table = wide.select(self.names).to_numpy().astype(np.float64)
        self.visits = float(table.sum())
        self.data: Counted = count(encode(wide["pattern"]), table.sum(axis=1))
        self.belongs = table / table.sum(axis=1, keepdims=True)
        self.micro = table.argmax(axis=1)

    def cut(self, belongs: np.ndarray) -> Height:
        """What a search that ends at *belongs* has found."""
        mixture, _, likelihood = expectation_maximisation(self.data, belongs, rounds=20)
        return Height(mixture, likelihood, np.arange(belongs.shape[1]))

    def prefer(self, before: np.ndarray, fresh: np.ndarray) -> Height:
        return continuity.prefer(before, self.data, self.cut(fresh), self.micro, self.visits)


@pytest.fixture(scope="module")
def today(fitted: Fitted) -> Today:
    return Today(fitted)


def joined(belongs: np.ndarray, first: int, second: int) -> np.ndarray:
    """Two segments as one."""
    together = belongs.copy()
    together[:, first] += together[:, second]
    return np.delete(together, second, axis=1)


def test_audiences_go_on_when_the_map_finds_them_otherwise(today: Today) -> None:
    """A fresh cut that tells two audiences as one does not take the place of a published model that tells them apart."""
    kept = today.prefer(today.belongs, joined(today.belongs, 0, 1))
    assert kept.mixture.k == 6
    assert kept.micro.tolist() == [0, 1, 2, 3, 4, 5]


def test_an_audience_that_came_is_taken_in(today: Today) -> None:
    """A published model that has two audiences as one becomes the fresh cut's six segments."""
    assert today.prefer(joined(today.belongs, 0, 1), today.belongs).mixture.k == 6


def test_what_has_no_visits_any_more_is_given_up(today: Today) -> None:
    """A segment of the published model that no visit of today belongs to is not carried on."""
    gone = np.hstack([today.belongs, np.zeros((today.belongs.shape[0], 1))])
    assert today.prefer(gone, today.belongs).mixture.k == 6


def test_a_model_that_can_not_read_today_does_not_rule(today: Today) -> None:
    """A published model that takes all visits for one segment gives way to what the map found."""
    assert today.prefer(np.ones((today.micro.size, 1)), today.belongs).mixture.k == 6


def test_a_week_later_the_audiences_are_the_same(fitted: Fitted) -> None:
    """Other visits of the same site, another map: with the published model beside it, nearly every visit stays in its audience."""
    later = weights(simulate(fitted.scenario, seed=1).truth())
    model = fit(later, seed=8, before=fitted.fit.model).model
    both = later.with_columns(
        before=fitted.fit.model.assign(later["pattern"])["segment"], now=model.assign(later["pattern"])["segment"]
    )
    assert model.k == fitted.fit.model.k
    assert agreement(both, "before", "now") > 0.9


def test_the_words_of_a_site_may_have_changed(fitted: Fitted, today: Today) -> None:
    """A published model that knows no word of today reads every visit alike, and the audiences of today are found."""
    model = fitted.fit.model
    strange = pl.Series([f"1;section:moon{number % 7}=1" for number in range(today.micro.size)])
    read = told_apart(model.mixture.joint(encode(strange, model.words)))
    assert today.prefer(read, today.belongs).mixture.k == 6
