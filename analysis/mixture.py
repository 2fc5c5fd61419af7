"""
What a segment is, as a distribution over patterns: a mixture whose likelihood is composed of four views on a visit.

view         weight  what it says about a visit of a segment
-----------  ------  ---------------------------------------------------------------------------------------------------
choice       0.5     *which* words occur, given how many different ones: a conditional Bernoulli (Chen, Dempster & Liu,
                     Biometrika 1994). Right for visits that tick touchpoints off, and indifferent to their length.
repeats      0.3     how often a word that occurs is repeated, against the site's average for that word.
counts       0.5     a Dirichlet-multinomial over words (Madsen, Kauchak & Elkan, ICML 2005), given the number of page views.
                     Right for visits that draw page views, and lenient to visits that do much of one thing.
attention    0.5     engaged time and depth, each a share per bin. They follow from length too, so they count for half.

No view models the length itself: whatever does cuts an audience into its long and its short visits. A sum of weighted
log-likelihoods is a composite likelihood (Varin, Reid & Firth, Statistica Sinica 2011): each view alone is wrong about some
sites, and the sum was better over a family of simulators than any view alone (docs/notes/audiences.md).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import digamma, gammaln, logsumexp

from analysis.features import Features
from analysis.patterns import COUNT_EDGES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHOICE: Final = 0.5
REPEATS: Final = 0.3
COUNTS: Final = 0.5
ATTENTION: Final = 0.5
SAMENESS: Final = (1.0, 200.0)  # Dirichlet concentration: 1 every visit does one thing, 200 all visits are alike
ODDS: Final = 1e4  # most that one word may be likelier or less likely than the usual one
PRIOR: Final = 5.0  # visits of the usual kind that every segment is given beforehand
MOST_DISTINCT: Final = 20  # different words that are told apart; a visit with more is read as if it had these many
TIMES: Final = tuple(float(edge) for edge in COUNT_EDGES)


@dataclass(frozen=True)
class Mixture:
    """
    Parameters of *k* segments over *w* words.

    Attributes:
        tastes: Dirichlet parameters, shape (k, w).
        odds: log odds of a word to be among those chosen, shape (k, w).
        repeats: log of the share per bin of a word that occurs, against the site's, shape (k, bins, w).
        engaged: log share per bin of engaged time, shape (k, bins).
        depth: log share per bin of depth, shape (k, bins).
        log_share: log share of the visits, shape (k,).
    """

    tastes: Floats
    odds: Floats
    repeats: Floats
    engaged: Floats
    depth: Floats
    log_share: Floats

    @property
    def k(self) -> int:
        """Number of segments."""
        return int(self.log_share.size)

    def joint(self, features: Features) -> Floats:
        """Log of share times likelihood, shape (n_patterns, k)."""
        return self.joint_of(shape_of(features))

    def joint_of(self, shape: Shape) -> Floats:
        """The same for patterns that are prepared already."""
        out = np.zeros((shape.n, self.k))
        for number, (times, level) in enumerate(zip(TIMES, shape.features.levels, strict=True)):
            gram = gammaln(self.tastes + times) - gammaln(self.tastes)
            out += level @ (COUNTS * gram + REPEATS * self.repeats[:, number]).T
        total = self.tastes.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            spread = np.where(shape.lengths > 0, gammaln(total + shape.lengths) - gammaln(total), 0.0)
        out -= COUNTS * spread.T[shape.length_row]
        out += CHOICE * (shape.present @ self.odds.T - _log_choices(np.exp(self.odds), shape.most).T[shape.distinct])
        out += ATTENTION * (shape.features.engaged @ self.engaged.T + shape.features.depth @ self.depth.T)
        return np.asarray(out + self.log_share, dtype=np.float64)

    def take(self, segments: list[int]) -> Mixture:
        """Some of the segments, their shares as they are."""
        return Mixture(**{field.name: getattr(self, field.name)[segments] for field in fields(self)})

    def stack(self, other: Mixture) -> Mixture:
        """The segments of both, shares as they are."""
        return Mixture(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            }
        )


@dataclass(frozen=True)
class Shape:
    """
    What a mixture reads of patterns.

    Attributes:
        present: 1 where a word occurs, shape (n, w); rows of more than MOST_DISTINCT words are scaled down to that.
        distinct: different words per pattern, at most MOST_DISTINCT, shape (n,).
        lengths: the totals of times that occur, ascending.
        length_row: index into *lengths* per pattern.
    """

    features: Features
    present: sparse.csr_matrix
    distinct: Ints
    lengths: Floats
    length_row: Ints

    @property
    def n(self) -> int:
        """Number of patterns."""
        return int(self.distinct.size)

    @property
    def most(self) -> int:
        """Most different words in a pattern."""
        return int(self.distinct.max(initial=0))


def shape_of(features: Features) -> Shape:
    """Prepare patterns for reading."""
    present = sum(features.levels[1:], start=features.levels[0]).tocsr()
    distinct = np.asarray(present.sum(axis=1)).ravel()
    crowded = distinct > MOST_DISTINCT
    if crowded.any():
        present = sparse.diags_array(np.where(crowded, MOST_DISTINCT / np.maximum(distinct, 1.0), 1.0)) @ present
    lengths, row = np.unique(np.asarray(features.counts.sum(axis=1)).ravel(), return_inverse=True)
    return Shape(
        features, sparse.csr_matrix(present), np.minimum(distinct, MOST_DISTINCT).astype(np.int64), lengths, row
    )


@dataclass(frozen=True)
class Counted:
    """Patterns with their visits, made ready for many rounds: what does not change between them."""

    shape: Shape
    visits: Floats
    by_length: sparse.csr_matrix
    by_distinct: sparse.csr_matrix
    average: Floats  # (w,) share of a word among all page views and actions
    usual: Floats  # (w,) half the average, half every word alike
    usual_repeats: Floats  # (bins, w) share per bin of a word that occurs
    usual_engaged: Floats
    usual_depth: Floats

    @property
    def features(self) -> Features:
        """The patterns as matrices."""
        return self.shape.features


def count(features: Features, visits: Floats) -> Counted:
    """Prepare patterns with their visits (above 0, any unit) for :func:`expectation_maximisation`."""
    shape = shape_of(features)
    n, w = shape.present.shape
    total = visits @ features.counts
    average = total / max(float(total.sum()), 1e-300)
    levels = np.vstack([visits @ level for level in features.levels]) + 1e-3

    def shares(block: Floats) -> Floats:
        seen = visits @ block + 1e-9
        return np.asarray(seen / seen.sum())

    def indicator(row: Ints, columns: int) -> sparse.csr_matrix:
        return sparse.csr_matrix((np.ones(n), (np.arange(n), row)), shape=(n, columns))

    return Counted(
        shape,
        visits,
        indicator(shape.length_row, shape.lengths.size),
        indicator(shape.distinct, shape.most + 1),
        average,
        0.5 * average + 0.5 / max(w, 1),
        levels / levels.sum(axis=0),
        shares(features.engaged),
        shares(features.depth),
    )


def _log_choices(odds: Floats, most: int) -> Floats:
    """
    Log of the sum over all choices of 0..most words of the product of their odds, shape (k, most + 1).

    The elementary symmetric polynomials, word by word (Chen & Liu, Statistica Sinica 1997, method 2).
    """
    k, w = odds.shape
    sums = np.zeros((k, most + 1))
    sums[:, 0] = 1.0
    for word in range(w):
        sums[:, 1:] += odds[:, word : word + 1] * sums[:, :-1]
    return np.asarray(np.log(np.maximum(sums, 1e-300)))


def _chances(odds: Floats, most: int) -> Floats:
    """
    Chance that a word is among n chosen ones, for n = 0..most, shape (k, w, most + 1).

    Exact: its odds, times the sum over choices of n - 1 from the other words (those before it times those after it), over the
    sum over all choices. Any approximation of this moves the fixed point of the odds, and cost up to a tenth in agreement.
    """
    k, w = odds.shape
    before = np.zeros((k, w + 1, most + 1))
    after = np.zeros((k, w + 1, most + 1))
    before[:, 0, 0] = after[:, w, 0] = 1.0
    for word in range(w):
        before[:, word + 1] = before[:, word]
        before[:, word + 1, 1:] += odds[:, word : word + 1] * before[:, word, :-1]
        back = w - 1 - word
        after[:, back] = after[:, back + 1]
        after[:, back, 1:] += odds[:, back : back + 1] * after[:, back + 1, :-1]
    others = np.zeros((k, w, most + 1))
    for number in range(most + 1):
        others[:, :, number:] += before[:, :w, number : number + 1] * after[:, 1:, : most + 1 - number]
    chance = np.zeros((k, w, most + 1))
    chance[:, :, 1:] = odds[:, :, None] * others[:, :, :-1] / np.maximum(after[:, :1, 1:], 1e-300)
    return chance


def maximise(data: Counted, belongs: Floats, before: Mixture | None = None, rounds: int = 3) -> Mixture:
    """
    The segments that fit a soft assignment best, from where they were *before*.

    Args:
        belongs: posterior, shape (n_patterns, k).
        rounds: of the two fixed points: Dirichlet parameters (Minka 2000, eq. 65) and odds (Chen, Dempster & Liu 1994).
    """
    weight = belongs * data.visits[:, None]
    seen = np.stack([np.asarray((level.T @ weight).T) for level in data.features.levels], axis=1)
    occurs = seen.sum(axis=1)
    size = weight.sum(axis=0) + 1e-12

    def shares(block: Floats, usual: Floats) -> Floats:
        total = weight.T @ block + PRIOR * usual
        return np.asarray(np.log(total / total.sum(axis=1, keepdims=True)))

    repeats = (seen + PRIOR * data.usual_repeats) / (occurs[:, None, :] + PRIOR)
    return Mixture(
        _tastes(data, weight, seen, None if before is None else before.tastes, rounds),
        _odds(data, weight, occurs, None if before is None else before.odds, rounds),
        np.log(repeats) - np.log(data.usual_repeats),
        shares(data.features.engaged, data.usual_engaged),
        shares(data.features.depth, data.usual_depth),
        np.log(size / size.sum()),
    )


def _tastes(data: Counted, weight: Floats, seen: Floats, tastes: Floats | None, rounds: int) -> Floats:
    lengths = data.shape.lengths
    views = np.asarray((data.by_length.T @ weight).T)
    pages = (views @ lengths)[:, None]
    if tastes is None:
        start = np.einsum("l,klw->kw", np.array(TIMES), seen) + PRIOR * data.usual
        tastes = 10.0 * start / start.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        gain = sum(seen[:, row] * (digamma(tastes + times) - digamma(tastes)) for row, times in enumerate(TIMES))
        total = tastes.sum(axis=1, keepdims=True)
        loss = (views * (digamma(total + lengths) - digamma(total))).sum(axis=1, keepdims=True)
        tastes = tastes * gain / np.maximum(loss, 1e-12)
        total = np.maximum(tastes.sum(axis=1, keepdims=True), 1e-12)
        mean = (tastes / total * pages + PRIOR * data.usual) / (pages + PRIOR)
        tastes = mean * np.clip(total, *SAMENESS)
    return np.asarray(tastes)


def _odds(data: Counted, weight: Floats, occurs: Floats, odds: Floats | None, rounds: int) -> Floats:
    observed = occurs + PRIOR * data.usual
    by_number = np.asarray((data.by_distinct.T @ weight).T)
    raw = observed / observed.sum(axis=1, keepdims=True) if odds is None else np.exp(odds)
    for _ in range(rounds):
        expected = np.einsum("kn,kwn->kw", by_number, _chances(raw, data.shape.most)) + PRIOR * data.usual
        raw = raw * observed / np.maximum(expected, 1e-12)
        raw /= np.exp(np.log(raw).mean(axis=1, keepdims=True)) if raw.shape[1] else 1.0
        raw = np.clip(raw, 1 / ODDS, ODDS)
    return np.asarray(np.log(raw))


def expectation_maximisation(
    data: Counted, belongs: Floats, *, rounds: int, start: Mixture | None = None, fixed: Mixture | None = None
) -> tuple[Mixture, Floats, float]:
    """
    Fit the mixture from a soft assignment (Dempster, Laird & Rubin 1977).

    Args:
        belongs: posterior to start from, shape (n_patterns, k), and a last column for *fixed* if that is given.
        rounds: most rounds; it stops earlier when a round gains less than a millionth nat a visit.
        start: parameters to start from, without *fixed*.
        fixed: one segment that stays as it is, share and all: the last one.

    Returns:
        The mixture, the posterior, and the mean composite log-likelihood of a visit, in nats.
    """
    visits = data.visits.sum()
    last = -np.inf
    for _ in range(max(1, rounds)):
        start = mixture = maximise(data, belongs if fixed is None else belongs[:, :-1], start)
        if fixed is not None:
            rest = np.log1p(-np.exp(fixed.log_share[0]))
            mixture = replace(mixture, log_share=mixture.log_share + rest).stack(fixed)
        joint = mixture.joint_of(data.shape)
        each = logsumexp(joint, axis=1)
        belongs = np.exp(joint - each[:, None])
        now = float(each @ data.visits / visits)
        if abs(now - last) < 1e-6:
            break
        last = now
    return mixture, belongs, now
