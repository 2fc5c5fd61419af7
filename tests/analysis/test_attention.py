"""Engaged time and depth against what visits of the same length do."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import attention

BINS = 4
LENGTHS = len(attention.LENGTHS)
numbers = st.integers(min_value=0, max_value=10**6).map(float)


def test_each_length_has_columns_of_its_own() -> None:
    """A bin lies in the set of columns of its visit's length, and what was not measured in none."""
    block = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]])
    found = attention.by_length(block, np.array([1.0, 2.0, 3.0, 40.0])).toarray()
    assert found.shape == (4, 2 * LENGTHS)
    assert [np.flatnonzero(row).tolist() for row in found] == [[0], [3], [], [2 * LENGTHS - 1]]


def test_long_visits_say_nothing_by_being_long() -> None:
    """A segment of long visits that attend as all visits of their length do is told like the site, whatever its own shares are."""
    usual = attention.usual(np.linspace(9.0, 1.0, LENGTHS)[:, None] * 100 * np.eye(LENGTHS, BINS) + 20.0, 5.0)
    seen = np.array([0.0, 1.0, 10.0, 100.0, 1000.0])[:, None] * usual
    assert np.allclose(attention.tilted(seen[None], usual, 0.0)[0], np.log(usual), atol=1e-6)


def test_a_tilt_holds_at_every_length() -> None:
    """Visits that attend twice as much at two lengths are expected to do so at the lengths that were never seen."""
    usual = np.full((LENGTHS, 2), 0.5)
    seen = np.zeros((1, LENGTHS, 2))
    seen[0, :2] = [10_000.0, 20_000.0]
    assert np.allclose(np.exp(attention.tilted(seen, usual, 5.0)[0]), [1 / 3, 2 / 3], atol=1e-3)


@given(arrays(np.float64, (3, LENGTHS, BINS), elements=numbers), arrays(np.float64, (LENGTHS, BINS), elements=numbers))
def test_shares_are_shares(seen: np.ndarray, site: np.ndarray) -> None:
    """Whatever was counted, the shares of a length are finite and add up to one, so a visit has a likelihood."""
    usual = attention.usual(site, 5.0)
    told = attention.tilted(seen, usual, 5.0)
    assert np.isfinite(told).all()
    assert np.allclose(np.exp(told).sum(axis=2), 1.0)
    assert np.allclose(usual.sum(axis=1), 1.0)
