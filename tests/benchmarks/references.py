"""
What others would do with the same patterns, given every advantage that is cheap: the references of the benchmark of audiences.

Each takes patterns as matrices with their visits and gives a label per pattern. k-means and NMF are told the true number of
audiences; the latent-class mixture finds it by BIC; UMAP and HDBSCAN are used as their documentation does. The bound is supervised:
it has learned from other visits of the same site whose audience it was told.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logsumexp

from analysis.features import Features, encode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_ROWS = 8_000  # patterns that a reference is fitted on, most common first


@dataclass(frozen=True)
class Given:
    """What a reference is given: patterns, most common first, with visits, the true number of audiences, and a seed."""

    features: Features
    visits: Floats
    audiences: int
    seed: int = 1


def dense(features: Features) -> Floats:
    """Counts, engaged time and depth as columns."""
    return np.hstack([features.counts.toarray(), features.engaged, features.depth])


def levels(features: Features) -> Floats:
    """One column per word and bin, and the bins of engaged time and depth."""
    return np.hstack([*(level.toarray() for level in features.levels), features.engaged, features.depth])


def _tf_idf(given: Given) -> Floats:
    counts = given.features.counts.toarray()
    seen = given.visits @ (counts > 0)
    weighted = (1 + np.log(np.maximum(counts, 1))) * (counts > 0) * np.log((1 + given.visits.sum()) / (1 + seen) + 1)
    return np.asarray(weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-12))


def _kmeans(points: Floats, given: Given) -> Ints:
    from sklearn.cluster import KMeans

    return np.asarray(
        KMeans(given.audiences, n_init=5, random_state=given.seed).fit(points, sample_weight=given.visits).labels_,
        dtype=np.int64,
    )


def kmeans_standardised(given: Given) -> Ints:
    """k-means on standardised columns."""
    points = dense(given.features)
    mean = np.average(points, axis=0, weights=given.visits)
    spread = np.sqrt(np.average((points - mean) ** 2, axis=0, weights=given.visits))
    return _kmeans((points - mean) / np.maximum(spread, 1e-9), given)


def kmeans_tf_idf(given: Given) -> Ints:
    """k-means on tf-idf, rows of length one."""
    return _kmeans(_tf_idf(given), given)


def umap_hdbscan(given: Given) -> Ints:
    """
    UMAP of distinct patterns, then HDBSCAN, both with the parameters of their documentation.

    On tf-idf rows, which serve it better than standardised columns; a pattern too rare to be laid out gets the label of its
    nearest one.
    """
    import hdbscan
    from sklearn.neighbors import NearestNeighbors

    from analysis.embedding import embed

    points = _tf_idf(given)
    laid_out = min(MOST_ROWS, given.visits.size)
    layout = embed(points[:laid_out], seed=given.seed)
    smallest = max(15, laid_out // 200)
    found = np.asarray(
        hdbscan.HDBSCAN(min_cluster_size=smallest, core_dist_n_jobs=1).fit(layout).labels_, dtype=np.int64
    )
    if laid_out == given.visits.size:
        return found
    near = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(points[:laid_out])
    return np.concatenate([found, found[near.kneighbors(points[laid_out:], return_distance=False)[:, 0]]])


def nmf(given: Given) -> Ints:
    """Non-negative factors of the counts, weighted by visits; a visit is of its largest factor."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    points = _tf_idf(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = NMF(given.audiences, init="nndsvda", random_state=given.seed, max_iter=300)
        model.fit(points * np.sqrt(given.visits)[:, None])
        return np.asarray(model.transform(points).argmax(axis=1), dtype=np.int64)


def latent_classes(given: Given) -> Ints:
    """A latent-class model (each word's bin independent given the class), number of classes by BIC."""
    blocks = [
        np.stack(
            [
                1 - sum(level.toarray() for level in given.features.levels),
                *(level.toarray() for level in given.features.levels),
            ]
        )
    ]
    words = blocks[0].transpose(1, 2, 0).reshape(given.visits.size, -1)
    design = np.hstack([words, given.features.engaged, given.features.depth])
    groups = [(4 * word, 4 * word + 4) for word in range(blocks[0].shape[2])]
    for block in (given.features.engaged, given.features.depth):
        if block.any():
            last = groups[-1][1]
            groups.append((last, last + block.shape[1]))
    rows = slice(0, MOST_ROWS)
    free = sum(end - start - 1 for start, end in groups)
    best, labels, worse = np.inf, np.zeros(given.visits.size, dtype=np.int64), 0
    for k in range(1, 25):
        shares, log_size, likelihood = _fit_classes(design[rows], given.visits[rows], groups, k, given.seed)
        bic = -2 * likelihood + (k * free + k - 1) * np.log(given.visits[rows].sum())
        if bic < best:
            best, worse = bic, 0
            labels = (design @ shares.T + log_size).argmax(axis=1)
        else:
            worse += 1
            if worse == 3:
                break
    return labels


def _fit_classes(
    design: Floats, visits: Floats, groups: list[tuple[int, int]], k: int, seed: int
) -> tuple[Floats, Floats, float]:
    best: tuple[Floats, Floats, float] | None = None
    for start in range(2):
        dice = np.random.default_rng([k, start + 2 * (seed - 1)])
        centre = design[dice.choice(visits.size, size=k, p=visits / visits.sum(), replace=k > visits.size)]
        near = design @ centre.T
        belongs = np.exp(near - logsumexp(near, axis=1)[:, None])
        likelihood = -np.inf
        for _ in range(60):
            weight = belongs * visits[:, None]
            seen = weight.T @ design + 0.1
            shares = np.zeros_like(seen)
            for first, last in groups:
                shares[:, first:last] = np.log(seen[:, first:last] / seen[:, first:last].sum(axis=1, keepdims=True))
            log_size = np.log(weight.sum(axis=0) / visits.sum() + 1e-12)
            joint = design @ shares.T + log_size
            each = logsumexp(joint, axis=1)
            belongs = np.exp(joint - each[:, None])
            now = float(each @ visits)
            if now - likelihood < 1e-6 * visits.sum():
                break
            likelihood = now
        if best is None or now > best[2]:
            best = (shares, log_size, now)
    assert best is not None
    return best


REFERENCES: dict[str, Callable[[Given], Ints]] = {
    "k-means std (true k)": kmeans_standardised,
    "k-means tf-idf (true k)": kmeans_tf_idf,
    "UMAP+HDBSCAN": umap_hdbscan,
    "latent classes (BIC)": latent_classes,
    "NMF (true k)": nmf,
}


def supervised(told: pl.DataFrame, patterns: pl.Series) -> list[Ints]:
    """
    Labels by somebody who knows: learned from other visits of the same site with their audience.

    Args:
        told: pattern, audience, visits of the other visits.
        patterns: to be labelled.

    Returns:
        Labels by a forest of extremely random trees and by logistic regression; the bound is the better one.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    learned = encode(told["pattern"])
    asked = encode(patterns, learned.words)
    truth, weight = told["audience"].to_numpy(), told["visits"].to_numpy()
    labels = []
    for model, read in (
        (ExtraTreesClassifier(100, min_samples_leaf=3, random_state=1), dense),
        (LogisticRegression(max_iter=100, C=10.0), lambda features: sparse.csr_matrix(levels(features))),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(read(learned), truth, sample_weight=weight)
        labels.append(np.asarray(model.predict(read(asked)), dtype=np.int64))
    return labels
