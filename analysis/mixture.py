"""
What a segment is, as a distribution: a mixture of Dirichlet-multinomials over words, with engaged time and depth beside them.

A visit of a segment first draws its own taste around the segment's, then its page views from that (Madsen, Kauchak & Elkan,
ICML 2005). That is the whole difference from a multinomial: visits of one audience may differ among themselves, so a burst of
the same page and a short cut of a long visit need no segment of their own. The number of page views is given, not modelled.

Engaged time and depth follow from the length of a visit as well as from its purpose, so they count for half (a composite
likelihood; Varin, Reid & Firth 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import digamma, gammaln, logsumexp

from analysis.features import Features
from analysis.patterns import COUNT_EDGES

Floats = NDArray[np.float64]
ATTENTION: Final = 0.5  # weight of engaged time and depth in the likelihood
SAMENESS: Final = (1.0, 200.0)  # least and most concentration: 1 every visit does one thing, 200 all visits are alike
PRIOR: Final = 2.0  # page views of the average visit that every segment is given beforehand
TIMES: Final = tuple(float(edge) for edge in COUNT_EDGES)


@dataclass(frozen=True)
class Mixture:
    """
    Parameters of *k* segments over *w* words.

    Attributes:
        tastes: Dirichlet parameters, shape (k, w).
        engaged: log share per bin of engaged time, shape (k, bins).
        depth: log share per bin of depth, shape (k, bins).
        log_share: log share of the visits, shape (k,).
    """

    tastes: Floats
    engaged: Floats
    depth: Floats
    log_share: Floats

    @property
    def k(self) -> int:
        """Number of segments."""
        return int(self.log_share.size)

    def joint(self, features: Features) -> Floats:
        """Log of share times likelihood, shape (n_patterns, k)."""
        grams = sum(
            level @ (gammaln(self.tastes + times) - gammaln(self.tastes)).T
            for times, level in zip(TIMES, features.levels, strict=True)
        )
        lengths, row = _lengths(features)
        total = self.tastes.sum(axis=1, keepdims=True)
        spread = np.where(lengths > 0, gammaln(total + lengths) - gammaln(total), 0.0).T
        out = np.asarray(grams) - spread[row]
        out += ATTENTION * (features.engaged @ self.engaged.T + features.depth @ self.depth.T)
        return np.asarray(out + self.log_share, dtype=np.float64)

    def take(self, segments: list[int]) -> Mixture:
        """Some of the segments, their shares as they are."""
        return Mixture(self.tastes[segments], self.engaged[segments], self.depth[segments], self.log_share[segments])


@dataclass(frozen=True)
class Counted:
    """Patterns made ready for many rounds: what does not change between them."""

    features: Features
    visits: Floats
    lengths: Floats
    by_length: sparse.csr_matrix
    usual: Floats  # (w,) half the site's average, half anything
    usual_engaged: Floats
    usual_depth: Floats

    @property
    def n(self) -> int:
        """Number of patterns."""
        return int(self.visits.size)


def _lengths(features: Features) -> tuple[Floats, NDArray[np.int64]]:
    total = np.asarray(features.counts.sum(axis=1)).ravel()
    distinct, row = np.unique(total, return_inverse=True)
    return distinct, row


def count(features: Features, visits: Floats) -> Counted:
    """Prepare patterns with their visits (above 0, any unit) for :func:`expectation_maximisation`."""
    lengths, row = _lengths(features)
    n, w = features.levels[0].shape
    total = visits @ features.counts
    usual = 0.5 * total / max(float(total.sum()), 1e-300) + 0.5 / max(w, 1)

    def shares(block: Floats) -> Floats:
        seen = visits @ block + 1e-9
        return np.asarray(seen / seen.sum())

    return Counted(
        features,
        visits,
        lengths,
        sparse.csr_matrix((np.ones(n), (np.arange(n), row)), shape=(n, lengths.size)),
        usual,
        shares(features.engaged),
        shares(features.depth),
    )


def maximise(data: Counted, belongs: Floats, before: Floats | None = None, rounds: int = 3) -> Mixture:
    """
    The segments that fit a soft assignment best.

    Args:
        belongs: posterior, shape (n_patterns, k).
        before: tastes to start from, shape (k, w); None starts at the shares.
        rounds: of the fixed point for the Dirichlet parameters (Minka 2000, eq. 65).
    """
    weight = belongs * data.visits[:, None]
    seen = [np.asarray((level.T @ weight).T) for level in data.features.levels]
    views = np.asarray((data.by_length.T @ weight).T)
    pages = (views @ data.lengths)[:, None]
    if before is None:
        start = sum(times * level for times, level in zip(TIMES, seen, strict=True)) + PRIOR * data.usual
        before = 10.0 * start / start.sum(axis=1, keepdims=True)
    tastes = before
    for _ in range(rounds):
        gain = sum(
            level * (digamma(tastes + times) - digamma(tastes)) for times, level in zip(TIMES, seen, strict=True)
        )
        total = tastes.sum(axis=1, keepdims=True)
        loss = (views * (digamma(total + data.lengths) - digamma(total))).sum(axis=1, keepdims=True)
        tastes = tastes * gain / np.maximum(loss, 1e-12)
        total = np.maximum(tastes.sum(axis=1, keepdims=True), 1e-12)
        mean = (tastes / total * pages + PRIOR * data.usual) / (pages + PRIOR)
        tastes = mean * np.clip(total, *SAMENESS)

    def shares(block: Floats, usual: Floats) -> Floats:
        total = weight.T @ block + PRIOR * usual
        return np.asarray(np.log(total / total.sum(axis=1, keepdims=True)))

    size = weight.sum(axis=0) + 1e-12
    return Mixture(
        tastes,
        shares(data.features.engaged, data.usual_engaged),
        shares(data.features.depth, data.usual_depth),
        np.log(size / size.sum()),
    )


def expectation_maximisation(
    data: Counted, belongs: Floats, *, rounds: int, start: Mixture | None = None, fixed: Mixture | None = None
) -> tuple[Mixture, Floats, float]:
    """
    Fit the mixture from a soft assignment (Dempster, Laird & Rubin 1977).

    Args:
        belongs: posterior to start from, shape (n_patterns, k), and a last column for *fixed* if that is given.
        rounds: most rounds; it stops earlier when a round gains less than a millionth nat a visit.
        start: tastes to start from.
        fixed: one segment whose shape stays as it is and only its share is fitted: the last one.

    Returns:
        The mixture, the posterior, and the mean log-likelihood of a visit, in nats.
    """
    visits = data.visits.sum()
    before = start.tastes if start is not None else None
    last = -np.inf
    mixture = None
    for _ in range(max(1, rounds)):
        free = belongs if fixed is None else belongs[:, :-1]
        mixture = maximise(data, free, before)
        before = mixture.tastes
        if fixed is not None:
            size = data.visits @ belongs + 1e-12
            mixture = replace(stack(mixture, fixed), log_share=np.log(size / size.sum()))
        joint = mixture.joint(data.features)
        each = logsumexp(joint, axis=1)
        belongs = np.exp(joint - each[:, None])
        now = float(each @ data.visits / visits)
        if now - last < 1e-6:
            break
        last = now
    assert mixture is not None
    return mixture, belongs, now


def stack(left: Mixture, right: Mixture) -> Mixture:
    """The segments of both, shares as they are."""
    return Mixture(
        np.vstack([left.tastes, right.tastes]),
        np.vstack([left.engaged, right.engaged]),
        np.vstack([left.depth, right.depth]),
        np.concatenate([left.log_share, right.log_share]),
    )
