"""
The map: patterns in two dimensions, near each other when they do alike (UMAP, McInnes et al. 2018).

UMAP is fed with exact neighbours from scikit-learn: at ten thousand patterns brute force is a second, and the approximate
search that it replaces costs 25 seconds of compilation in every process.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEIGHBOURS: Final = 15  # UMAP's own default
EPOCHS: Final = 200  # UMAP's own default above 10,000 rows; below that it takes 500, which changed nothing here
FEWEST: Final = 30  # patterns; below that there is no neighbourhood to speak of and the two main axes are drawn


def embed(points: Floats, *, seed: int) -> Floats:
    """
    Lay points out in two dimensions.

    Args:
        points: one row per pattern; equal rows are allowed.
        seed: of the layout.

    Returns:
        Coordinates, shape (n_points, 2); for fewer than FEWEST points their two main axes.
    """
    n = points.shape[0]
    if n < FEWEST:
        return _axes(points)
    with warnings.catch_warnings():
        # umap offers a neural variant of itself, which we do not use.
        warnings.filterwarnings("ignore", message="Tensorflow not installed", category=ImportWarning)
        import umap
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, n - 1)
    distances, indices = NearestNeighbors(n_neighbors=near, algorithm="brute").fit(points).kneighbors(points)
    with warnings.catch_warnings():
        # A seed makes UMAP use one thread; it says so each time.
        warnings.filterwarnings(
            "ignore", message="n_jobs value .* overridden to 1 by setting random_state", category=UserWarning
        )
        # Islands in the neighbour graph are what we are looking for; spectral start then falls back by component.
        warnings.filterwarnings("ignore", message="precomputed_knn\\[2\\] \\(knn_search_index\\)", category=UserWarning)
        mapped = umap.UMAP(
            n_neighbors=near,
            min_dist=0.0,
            n_epochs=EPOCHS,
            random_state=seed,
            precomputed_knn=(indices, distances.astype(np.float32)),
        ).fit_transform(points.astype(np.float32))
    return np.nan_to_num(np.asarray(mapped, dtype=np.float64))


def _axes(points: Floats) -> Floats:
    centred = points - points.mean(axis=0) if len(points) else points
    out = np.zeros((points.shape[0], 2))
    if len(points) > 1:
        left, size, _ = np.linalg.svd(centred, full_matrices=False)
        kept = min(2, size.size)
        out[:, :kept] = left[:, :kept] * size[:kept]
    return out
