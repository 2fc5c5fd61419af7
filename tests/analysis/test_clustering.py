from __future__ import annotations

import numpy as np

from analysis.clustering import micro_segments, nearest_micro


def spots(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    points = np.vstack([dice.normal(centre, 0.2, (80, 2)) for centre in ((0, 0), (5, 0), (0, 5))])
    return points, dice.integers(1, 30, size=240).astype(np.float64)


def same_groups(left: np.ndarray, right: np.ndarray) -> bool:
    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    return len(pairs) == len(set(left.tolist())) == len(set(right.tolist()))


def test_dense_spots_never_span_two_groups() -> None:
    """A micro-segment lies within one dense spot."""
    points, visits = spots()
    labels = micro_segments(points, visits)
    truth = np.repeat([0, 1, 2], 80)
    assert labels.max() >= 2
    for number in range(labels.max() + 1):
        assert len(set(truth[labels == number])) == 1


def test_scaling_all_visits_changes_nothing() -> None:
    """A thousand times the visits are the same shares, so the same micro-segments."""
    points, visits = spots()
    assert np.array_equal(micro_segments(points, visits), micro_segments(points, visits * 1000))


def test_order_of_rows_changes_nothing() -> None:
    """The groups are the same whatever order the patterns come in."""
    points, visits = spots()
    order = np.random.default_rng(2).permutation(points.shape[0])
    assert same_groups(micro_segments(points, visits)[order], micro_segments(points[order], visits[order]))


def test_few_patterns_are_a_micro_segment_each() -> None:
    """Where there is no density to speak of, every pattern stands for itself."""
    assert micro_segments(np.zeros((3, 2)), np.ones(3)).tolist() == [0, 1, 2]


def test_what_lies_outside_goes_to_the_nearest() -> None:
    """Filling leaves what is labelled and gives the rest the nearest centre; without any, all are one."""
    points = np.array([[0.0], [0.2], [9.0], [8.0]])
    assert nearest_micro(points, np.array([0, 0, 1, -1])).tolist() == [0, 0, 1, 1]
    assert nearest_micro(points, np.full(4, -1)).tolist() == [0, 0, 0, 0]
