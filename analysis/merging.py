"""
From micro-segments to audiences: merge the pair that costs least, fit again, note what it cost; stop at what costs too much.

Each merge takes the two segments whose union loses the least likelihood (a generalised Jensen-Shannon divergence weighted by
visits, as in agglomerative information bottleneck; Slonim & Tishby 1999) and is followed by a few rounds of EM, so that the others
take over what fits them better. The result is a tree from micro-segments to one segment, with the likelihood at each height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.mixture import ATTENTION, CHOICE, COUNTS, TIMES, Counted, Mixture, expectation_maximisation

Floats = NDArray[np.float64]
FIRST_ROUNDS: Final = 30
ROUNDS: Final = 8
EMPTY_SHARE: Final = 1e-4  # a segment below this share of the visits has been eaten by the others
PER_NAT: Final = 0.04  # nats a visit that telling segments apart must explain, per nat of their sizes' entropy
WORTH: Final = 0.010  # nats a visit that one segment more must explain beside that
PRICE_OF_CHANCE: Final = 1.75  # nats that one segment more explains by chance alone, a word of the site


@dataclass(frozen=True)
class Height:
    """
    The tree cut at one height.

    Attributes:
        mixture: the segments there.
        likelihood: mean log-likelihood of a visit, in nats.
        micro: for each micro-segment, the segment that holds it; -1 when it was eaten.
    """

    mixture: Mixture
    likelihood: float
    micro: NDArray[np.int64]


def merge_up(data: Counted, belongs: Floats) -> dict[int, Height]:
    """
    The tree, from the micro-segments to one segment.

    Args:
        belongs: micro-segment per pattern, 0/1, shape (n_patterns, n_micro).

    Returns:
        The cut for each number of segments that occurred.
    """
    micro = np.arange(belongs.shape[1])
    heights: dict[int, Height] = {}
    mixture, belongs, likelihood = expectation_maximisation(data, belongs, rounds=FIRST_ROUNDS)
    while True:
        size = data.visits @ belongs
        gone = np.flatnonzero(size < EMPTY_SHARE * size.sum())
        if gone.size and size.size > 1:
            alive = np.setdiff1d(np.arange(size.size), gone)
            renumber = np.full(size.size, -1)
            renumber[alive] = np.arange(alive.size)
            micro = np.where(micro >= 0, renumber[micro], -1)
            mixture = mixture.take(alive.tolist())
            belongs = belongs[:, alive] / np.maximum(belongs[:, alive].sum(axis=1, keepdims=True), 1e-300)
            continue
        heights[size.size] = Height(mixture, likelihood, micro.copy())
        if size.size == 1:
            return heights
        first, second = cheapest(data, belongs)
        belongs = belongs.copy()
        belongs[:, first] += belongs[:, second]
        belongs = np.delete(belongs, second, axis=1)
        micro = np.where(micro == second, first, micro)
        micro = np.where(micro > second, micro - 1, micro)
        kept = [number for number in range(size.size) if number != second]
        mixture, belongs, likelihood = expectation_maximisation(data, belongs, rounds=ROUNDS, start=mixture.take(kept))


def cheapest(data: Counted, belongs: Floats) -> tuple[int, int]:
    """The two segments whose union loses the least likelihood."""
    weight = belongs * data.visits[:, None]
    seen = [np.asarray((level.T @ weight).T) for level in data.features.levels]
    cost = CHOICE * _divergence(sum(seen[1:], start=seen[0]))
    cost += COUNTS * _divergence(np.einsum("l,lkw->kw", np.array(TIMES), np.stack(seen)))
    for block, usual in (("engaged", data.usual_engaged), ("depth", data.usual_depth)):
        there = sum((getattr(part, block).T @ weight[part.rows]).T for part in data.shape.parts)
        each = np.asarray(there).reshape(-1, *usual.shape)
        cost += ATTENTION * sum(_divergence(each[:, length]) for length in range(usual.shape[0]))
    first, second = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return int(first), int(second)


def _divergence(counts: Floats) -> Floats:
    """What it costs in nats to describe two rows by their sum, for each pair above the diagonal; elsewhere infinite."""

    def description(rows: Floats) -> Floats:
        total = np.maximum(rows.sum(axis=-1, keepdims=True), 1e-300)
        return np.asarray(-(rows * np.log(np.maximum(rows, 1e-300) / total)).sum(axis=-1))

    alone = description(counts)
    k = counts.shape[0]
    cost = np.full((k, k), np.inf)
    for row in range(k - 1):
        cost[row, row + 1 :] = description(counts[row] + counts[row + 1 :]) - alone[row] - alone[row + 1 :]
    return cost


def worth(visits: float, words: int) -> float:
    """
    Nats a visit that one segment more must explain, whatever its size: never less than chance would.

    A segment has a few numbers for each word, and each explains about half a nat in all by chance (Akaike 1974); what is
    charged is somewhat more, since the best of many merges is looked at.
    """
    return max(WORTH, PRICE_OF_CHANCE * words / max(visits, 1.0))


def stop(heights: dict[int, Height], visits: float) -> int:
    """
    The number of segments whose likelihood is best after a price for telling them apart.

    A likelihood ratio over visits always finds more segments with more visits, since no model of visits is true; a fixed price
    per visit does not (a coarsened likelihood; Miller & Dunson, JASA 2019). Most of the price is per nat that it takes to say
    which segment a visit is in (the information bottleneck; Tishby, Pereira & Bialek 1999): a small audience is cheap, and
    cutting a large one in half has to explain a lot.
    """
    return max(sorted(heights), key=lambda number: value(heights[number], visits))


def value(height: Height, visits: float) -> float:
    """The likelihood of a visit after that price, in nats."""
    log_share = height.mixture.log_share
    told_apart = -float(np.exp(log_share) @ log_share)
    price = worth(visits, height.mixture.tastes.shape[2])
    return height.likelihood - PER_NAT * told_apart - price * height.mixture.k
