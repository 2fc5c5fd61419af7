from __future__ import annotations

import numpy as np
import pytest

from analysis.embedding import FEWEST, embed


@pytest.mark.parametrize("n", [0, 1, 2, FEWEST - 1])
def test_few_points_are_drawn_along_their_axes(n: int) -> None:
    """Below a neighbourhood's size every point still gets finite coordinates, the same every time."""
    points = np.arange(n * 3, dtype=np.float64).reshape(n, 3) ** 1.5
    first = embed(points, seed=1)
    assert first.shape == (n, 2)
    assert np.isfinite(first).all()
    assert np.array_equal(first, embed(points, seed=2))


def test_far_groups_stay_apart() -> None:
    """Two groups without a common neighbour do not mix on the map, and the same seed draws the same map."""
    dice = np.random.default_rng(5)
    points = np.vstack([dice.normal(0, 0.05, (60, 4)), dice.normal(3, 0.05, (60, 4))])
    drawn = embed(points, seed=7)
    left, right = drawn[:60], drawn[60:]
    gap = np.linalg.norm(left.mean(axis=0) - right.mean(axis=0))
    assert gap > 2 * max(np.linalg.norm(side - side.mean(axis=0), axis=1).mean() for side in (left, right))
    assert np.array_equal(drawn, embed(points, seed=7))


def test_equal_points_are_no_error() -> None:
    """Points that all lie on one spot have coordinates too."""
    assert np.isfinite(embed(np.ones((50, 3)), seed=1)).all()
