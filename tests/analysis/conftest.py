"""One fit for all tests that look at a fitted model: the first one in a process pays for compilation."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest

from analysis.audiences import Fit, fit
from tests.traffic import Scenario, simulate, weights


@dataclass(frozen=True)
class Fitted:
    scenario: Scenario
    truth: pl.DataFrame
    weights: pl.DataFrame
    fit: Fit


@pytest.fixture(scope="session")
def fitted() -> Fitted:
    """Five audiences of a careers site, 4,000 visits, a tenth of them of no audience."""
    scenario = Scenario(
        "conftest", "mix", "careers", audiences=5, visits=4_000, overlap=0.1, noise=0.1, bounce=0.1, seed=3
    )
    truth = simulate(scenario).truth()
    table = weights(truth)
    return Fitted(scenario, truth, table, fit(table, seed=1))
