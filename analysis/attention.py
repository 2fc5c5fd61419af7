"""
Engaged time and depth, given how much a visit looks at.

Both follow from length: whoever sees eight pages took longer than who sees one. So a segment is not given its own shares of the
bins, which would say once more how long its visits are, but how its visits differ from the site's visits *of the same length*:

    share of a bin at a length  ∝  the site's share of the bin at that length · exp(tilt of the bin)

An exponential tilt has one number a bin for all lengths, fitted by proportional scaling (Deming & Stephan 1940).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LENGTHS: Final = (0, 2, 3, 5, 8)  # least page views and actions of a visit of each length
ROUNDS: Final = 10


def by_length(block: Floats, views: Floats) -> sparse.csr_matrix:
    """
    Bins as 0/1 columns, a set of them for each length.

    Args:
        block: 0/1, shape (n, bins); a row of zeros is not measured.
        views: page views and actions, shape (n,).

    Returns:
        Shape (n, lengths · bins).
    """
    row, column = np.nonzero(block)
    length = np.searchsorted(LENGTHS, views[row], side="right") - 1
    shape = (block.shape[0], len(LENGTHS) * block.shape[1])
    return sparse.csr_matrix((block[row, column], (row, length * block.shape[1] + column)), shape=shape)


def usual(seen: Floats, prior: float) -> Floats:
    """
    The site's share of each bin at each length.

    Args:
        seen: visits, shape (lengths, bins).
        prior: visits with the shares of all lengths that each length is given beforehand.
    """
    each = seen.sum(axis=0) + 1e-9
    total = seen + prior * each / each.sum() + 1e-9
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def tilted(seen: Floats, usual: Floats, prior: float) -> Floats:
    """
    Log of each segment's share of each bin at each length.

    Args:
        seen: visits, shape (k, lengths, bins).
        usual: the site's shares, shape (lengths, bins).
        prior: visits of the usual kind that every segment is given beforehand.
    """
    of_length = seen.sum(axis=2)
    extra = prior * usual.mean(axis=0)
    wanted = np.log(seen.sum(axis=1) + extra)
    tilt = np.zeros_like(wanted)

    def chances() -> Floats:
        raw = usual * np.exp(tilt)[:, None, :]
        return np.asarray(raw / raw.sum(axis=2, keepdims=True))

    for _ in range(ROUNDS):
        tilt = tilt + wanted - np.log(np.einsum("kl,klb->kb", of_length, chances()) + extra)
    return np.asarray(np.log(chances()))
