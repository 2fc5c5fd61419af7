"""
Micro-segments: dense spots on the map (HDBSCAN, Campello et al. 2013), weighted by visits.

``hdbscan`` takes no sample weight, so a pattern is repeated in proportion to its visits under a row budget and the smallest
cluster is a share of all rows. Shares know no scale, so multiplying all visits changes nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROW_BUDGET: Final = 15_000  # rows that HDBSCAN gets, about two seconds
SMALLEST_SHARE: Final = 0.005  # of all rows: a micro-segment is at least half a percent
FEWEST_ROWS: Final = 5


def micro_segments(points: Floats, visits: Floats) -> Ints:
    """
    Find dense spots.

    Args:
        points: coordinates on the map, shape (n_patterns, 2).
        visits: weight per pattern, above 0, in any unit.

    Returns:
        Number of the micro-segment per pattern, 0 and up; -1 lies in no dense spot.
    """
    n = points.shape[0]
    if n < 2 * FEWEST_ROWS:
        return np.arange(n, dtype=np.int64)
    import hdbscan

    share = visits / visits.sum()
    repeats = np.maximum(1, np.round(share * max(0, ROW_BUDGET - n))).astype(np.int64)
    smallest = max(FEWEST_ROWS, round(SMALLEST_SHARE * int(repeats.sum())))
    # One very common pattern (a bounce on the home page) must not be a cluster by its own weight: it belongs with its like.
    repeats = np.minimum(repeats, max(1, smallest // 2))
    rows = np.repeat(np.arange(n), repeats)
    found = hdbscan.HDBSCAN(
        min_cluster_size=smallest, min_samples=FEWEST_ROWS, cluster_selection_method="leaf", core_dist_n_jobs=1
    ).fit(points[rows])
    labels = np.full(n, -1, dtype=np.int64)
    labels[rows] = found.labels_
    return labels


def nearest_micro(points: Floats, labels: Ints) -> Ints:
    """Give what lies in no dense spot the micro-segment whose centre is nearest; all 0 when there is none."""
    count = int(labels.max(initial=-1)) + 1
    if count == 0:
        return np.zeros_like(labels)
    centres = np.vstack([points[labels == number].mean(axis=0) for number in range(count)])
    outside = np.flatnonzero(labels < 0)
    distance = (points[outside] ** 2).sum(axis=1)[:, None] - 2 * points[outside] @ centres.T + (centres**2).sum(axis=1)
    filled = labels.copy()
    filled[outside] = distance.argmin(axis=1)
    return filled
