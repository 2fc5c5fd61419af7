"""
Audiences that go on: the published model is a second place to start from, beside the map.

A search for the best mixture ends in one of many that are nearly as good, and which one depends on chance: on weekly runs of the
same site two of them agreed no better than 0.75. Started from the model that readers know, the search ends near it, and mostly at a
better likelihood. From there it takes in what the map found and the old model lacks, and gives up what is not worth its price any more.

    carry on     EM from the published model's reading of today's visits
    grow, give up    one segment of the fresh cut more, or the cheapest two as one, while that is worth its price
    prefer       what goes on, unless the fresh cut is better by more than TIE
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.merging import EMPTY_SHARE, Height, cheapest, value
from analysis.mixture import Counted, Mixture, expectation_maximisation, told_apart

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TIE: Final = (
    0.004  # nats a visit by which a fresh cut must be better; two searches of one site differ by 0.005 and more
)
GAIN: Final = 0.002  # nats a visit that a step must gain
STEPS: Final = 3
ROUNDS: Final = 40
KNOWN: Final = 0.5  # of the visits of either, that a segment shares with one that is there already


def prefer(belongs: Floats, data: Counted, fresh: Height, micro: Ints, visits: float) -> Height:
    """
    The audiences to settle on: those of the published model as they are today, unless the fresh cut is clearly better.

    Args:
        belongs: the published model's posterior of its segments, shape (n_patterns, segments).
        fresh: the cut of the tree of today.
        micro: micro-segment per pattern.
        visits: in the window.

    Returns:
        *fresh*, or a cut whose ``micro`` says which segment holds most of each micro-segment.
    """
    now = told_apart(fresh.mixture.joint_of(data.shape))
    best, belongs = _fitted(data, belongs)
    for _ in range(STEPS):
        step, there = max(
            (_fitted(data, one) for one in _neighbours(data, belongs, now)),
            key=lambda one: value(one[0], visits),
            default=(best, belongs),
        )
        if value(step, visits) < value(best, visits) + GAIN:
            break
        best, belongs = step, there
    if value(best, visits) < value(fresh, visits) - TIE:
        return fresh
    held = np.zeros((int(micro.max()) + 1, belongs.shape[1]))
    np.add.at(held, micro, belongs * data.visits[:, None])
    return Height(best.mixture, best.likelihood, held.argmax(axis=1))


def _neighbours(data: Counted, belongs: Floats, fresh: Floats) -> list[Floats]:
    """The same with one segment of the fresh cut more, for each that is not there yet, and with the cheapest two as one."""
    weighted = fresh * data.visits[:, None]
    both = weighted.T @ belongs
    either = weighted.sum(axis=0)[:, None] + data.visits @ belongs - both
    lacking = np.flatnonzero((both / np.maximum(either, 1e-300)).max(axis=1) < KNOWN)
    steps = [np.hstack([belongs * (1.0 - fresh[:, [one]]), fresh[:, [one]]]) for one in lacking]
    if belongs.shape[1] > 1:
        first, second = cheapest(data, belongs)
        merged = belongs.copy()
        merged[:, first] += merged[:, second]
        steps.append(np.delete(merged, second, axis=1))
    return steps


def _fitted(data: Counted, belongs: Floats) -> tuple[Height, Floats]:
    """EM from a soft assignment; segments that end without visits are dropped."""
    start: Mixture | None = None
    while True:
        start, belongs, likelihood = expectation_maximisation(data, belongs, rounds=ROUNDS, start=start)
        size = data.visits @ belongs
        alive = np.flatnonzero(size >= EMPTY_SHARE * size.sum())
        if alive.size == size.size:
            return Height(start, likelihood, np.zeros(0, dtype=np.int64)), belongs
        belongs = belongs[:, alive] / np.maximum(belongs[:, alive].sum(axis=1, keepdims=True), 1e-300)
        start = start.take(alive.tolist())
