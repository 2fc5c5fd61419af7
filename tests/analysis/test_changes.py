"""A change is told when there is one, and seldom when there is none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis import changes
from analysis.labels import Label
from analysis.runs import TRENDS

WEEKS = [f"2026-W{week:02d}" for week in range(10, 36)]
N = 2500  # visits a week


def traffic(rng, shares, *, dispersion=3.0):
    """Weekly visits of some audiences: *shares* gives each week's, and weeks differ more than coin tosses do."""
    rows = []
    for week, share in zip(WEEKS, shares, strict=False):
        drawn = rng.multinomial(N, rng.dirichlet(np.array(share) * N / dispersion))
        rows += [(f"s{number}", week, int(visits), visits / N) for number, visits in enumerate(drawn) if visits >= 10]
    return pl.DataFrame(rows, schema=TRENDS, orient="row")


def found(trends):
    labels = {
        segment: Label({"en": segment, "nl": segment}, {"en": "", "nl": ""}) for segment in trends["segment"].unique()
    }
    return changes.build(trends, labels)


def quiet(weeks=26):
    return [[0.3, 0.25, 0.2, 0.15, 0.1]] * weeks


def test_quiet_traffic_has_few_false_changes():
    """Over forty half years of traffic in which nothing changes, at most one change a quarter is told."""
    rng = np.random.default_rng(1)
    told = [found(traffic(rng, quiet())).height for _ in range(40)]
    assert np.mean(told) / 2 <= 1


def test_an_audience_that_halves_is_told_within_three_weeks():
    """A tenth of the visits that becomes a twentieth is told by the third week, in nine cases of ten."""
    rng = np.random.default_rng(2)
    in_time = 0
    for _ in range(30):
        shares = quiet(15) + [[0.35, 0.25, 0.2, 0.15, 0.05]] * 3
        table = found(traffic(rng, shares)).filter((pl.col("segment") == "s4") & (pl.col("kind") == "shrank"))
        in_time += any(week >= WEEKS[14] for week in table["week"])
    assert in_time >= 27


def test_an_audience_that_appears_is_told_within_two_weeks():
    """Five percent of the visits that were not there before are new, from the second week on."""
    shares = [[0.3, 0.3, 0.2, 0.199, 0.001]] * 10 + [[0.3, 0.25, 0.2, 0.2, 0.05]] * 2
    table = found(traffic(np.random.default_rng(3), shares))
    row = table.row(by_predicate=pl.col("segment") == "s4", named=True)
    assert (row["kind"], row["week"]) == ("appeared", WEEKS[10])
    assert row["after_low"] < 0.05 < row["after_high"]
    assert "is new since" in row["sentence"]
    assert "sinds" in row["sentence_nl"]


def test_an_audience_that_goes_is_told():
    """An audience of which nothing is left has vanished."""
    shares = [[0.3, 0.3, 0.2, 0.1, 0.1]] * 10 + [[0.35, 0.3, 0.2, 0.149, 0.001]] * 3
    table = found(traffic(np.random.default_rng(4), shares)).filter(pl.col("segment") == "s4")
    assert table["kind"][0] == "vanished"
    assert table["visits"].min() >= 10


@pytest.mark.parametrize("weeks", [0, 1, 4])
def test_a_young_site_has_no_changes(weeks):
    """With too few weeks for a baseline nothing is told."""
    assert found(traffic(np.random.default_rng(5), quiet(weeks))).is_empty()
