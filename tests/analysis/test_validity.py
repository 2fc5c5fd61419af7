from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from analysis.validity import Evidence, agreement, judge

GOOD = Evidence(visits=10_000, audiences=5, stability=0.95, separation=0.9, unclustered=0.1)


def test_all_is_well() -> None:
    """Many visits, stable, separable and mostly clustered is good, with a sentence for each."""
    verdict = judge(GOOD)
    assert verdict.grade == "good"
    assert len(verdict.reasons) == 4
    assert all(reason[0].isupper() and reason.endswith(".") for reason in verdict.reasons if not reason[0].isdigit())


@pytest.mark.parametrize(
    ("change", "grade", "word"),
    [
        ({"visits": 1_000}, "fair", "visits each"),
        ({"visits": 400}, "weak", "too few"),
        ({"stability": 0.7}, "fair", "some differ"),
        ({"stability": 0.3}, "weak", "different audiences"),
        ({"separation": 0.7}, "fair", "between"),
        ({"separation": 0.4}, "weak", "overlap"),
        ({"unclustered": 0.4}, "fair", "fit no audience"),
        ({"unclustered": 0.6}, "weak", "fit no audience"),
    ],
)
def test_the_worst_thing_decides_and_is_said_first(change: dict[str, float], grade: str, word: str) -> None:
    """One thing that fails sets the grade, and its sentence comes first."""
    verdict = judge(replace(GOOD, **change))  # type: ignore[arg-type]
    assert verdict.grade == grade
    assert word in verdict.reasons[0]


def test_one_audience_is_nothing_to_compare() -> None:
    """Fewer than two audiences are weak whatever else holds."""
    assert judge(replace(GOOD, audiences=1)).grade == "weak"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 50)), min_size=1, max_size=30))
def test_agreement_is_that_of_scikit_learn(rows: list[tuple[int, int, int]]) -> None:
    """On many visits, agreement of shares is the adjusted Rand index of the visits themselves."""
    left, right, visits = (np.array(column) for column in zip(*rows, strict=True))
    times = visits * 2_000
    expected = adjusted_rand_score(np.repeat(left, times), np.repeat(right, times))
    assert agreement(left, right, visits.astype(np.float64)) == pytest.approx(expected, abs=2e-3)


def test_agreement_knows_names_from_groups() -> None:
    """The same groups under other names agree fully."""
    assert agreement(np.array([0, 0, 1]), np.array([5, 5, 2]), np.array([3.0, 1.0, 9.0])) == 1.0


def test_every_reason_is_said_in_both_languages() -> None:
    """At every level each thing asked has a sentence in English and one in Dutch, with the same numbers in it."""
    for stability, separation, unclustered, visits in (
        (0.9, 0.9, 0.1, 10_000),
        (0.7, 0.7, 0.4, 1_000),
        (0.1, 0.1, 0.9, 50),
    ):
        verdict = judge(Evidence(visits, 5, stability, separation, unclustered))
        assert len(verdict.reasons) == len(verdict.reasons_nl) == 4
        for reason, english, dutch in zip(verdict.judged, verdict.reasons, verdict.reasons_nl, strict=True):
            assert english != dutch
            assert "{" not in english + dutch
            assert all(value in english for value in reason.values.values())
            assert all(value.replace(",", ".") in dutch for value in reason.values.values())
