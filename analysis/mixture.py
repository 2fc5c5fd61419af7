"""
What a segment is, as a distribution over patterns: a mixture whose likelihood is composed of four views on a visit.

view         weight  what it says about a visit of a segment
-----------  ------  ---------------------------------------------------------------------------------------------------
choice       0.5     *which* words occur, given how many different ones: a conditional Bernoulli (Chen, Dempster & Liu,
                     Biometrika 1994). Right for visits that tick touchpoints off, and indifferent to their length.
repeats      0.3     how often a word that occurs is repeated, against the site's average for that word.
counts       0.5     a Dirichlet-multinomial over words (Madsen, Kauchak & Elkan, ICML 2005), given the number of page views.
                     Right for visits that draw page views, and lenient to visits that do much of one thing.
attention    0.7     engaged time and depth, against those of the site's visits that are as long (:mod:`analysis.attention`). Not more, since
                     readers and skimmers of any one interest would become two audiences.

No view models the length itself: whatever does cuts an audience into its long and its short visits. But what an audience sees
depends on how far a visit goes: a short one sees the first page of its plan, or only the pages that everybody passes. So each
segment has its tastes per breadth of visit (1, 2-3, 4 or more different words), each learned from the visits of that breadth and,
for 0.7, from those of the breadth beside it (a local likelihood; Tibshirani & Hastie, JASA 1987).

A sum of weighted
log-likelihoods is a composite likelihood (Varin, Reid & Firth, Statistica Sinica 2011): each view alone is wrong about some
sites, and the sum was better over a family of simulators than any view alone (docs/notes/audiences.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import digamma, gammaln, logsumexp

from analysis import attention
from analysis.features import Features
from analysis.patterns import COUNT_EDGES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHOICE: Final = 0.5
REPEATS: Final = 0.3
COUNTS: Final = 0.5
ATTENTION: Final = 0.7
SAMENESS: Final = (1.0, 200.0)  # Dirichlet concentration: 1 every visit does one thing, 200 all visits are alike
ODDS: Final = 1e4  # most that one word may be likelier or less likely than the usual one
PRIOR: Final = 5.0  # visits of the usual kind that every segment is given beforehand
MOST_DISTINCT: Final = 20  # different words that are told apart; a visit with more is read as if it had these many
BREADTHS: Final = (1, 2, 4)  # least different words of a visit of each breadth
NEAR: Final = 0.7  # what a visit counts for at the breadth beside its own, and its square at the one after
TIMES: Final = tuple(float(edge) for edge in COUNT_EDGES)


@dataclass(frozen=True)
class Mixture:
    """
    Parameters of *k* segments over *w* words, for visits of each of *b* breadths.

    Attributes:
        tastes: Dirichlet parameters, shape (k, b, w).
        odds: log odds of a word to be among those chosen, shape (k, b, w).
        repeats: log of the share per bin of a word that occurs, against the site's, shape (k, b, bins, w).
        engaged: log share per bin of engaged time at each length of visit, shape (k, b, lengths, bins).
        depth: log share per bin of depth, likewise.
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
        out = np.empty((shape.n, self.k))
        for breadth, part in enumerate(shape.parts):
            # A model of before there were breadths has one for all.
            out[part.rows] = self._likelihood(part, min(breadth, self.tastes.shape[1] - 1))
        return np.asarray(out + self.log_share, dtype=np.float64)

    def _likelihood(self, part: Part, breadth: int) -> Floats:
        tastes, odds = self.tastes[:, breadth], self.odds[:, breadth]
        out = np.zeros((part.rows.size, self.k))
        for number, (times, level) in enumerate(zip(TIMES, part.levels, strict=True)):
            gram = gammaln(tastes + times) - gammaln(tastes)
            out += level @ (COUNTS * gram + REPEATS * self.repeats[:, breadth, number]).T
        total = tastes.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            spread = np.where(part.lengths > 0, gammaln(total + part.lengths) - gammaln(total), 0.0)
        out -= COUNTS * spread.T[part.length_row]
        chosen = _log_choices(np.exp(odds), int(part.distinct.max(initial=0)))
        out += CHOICE * (part.present @ odds.T - chosen.T[part.distinct])
        for block, told in ((part.engaged, self.engaged[:, breadth]), (part.depth, self.depth[:, breadth])):
            # A model of before there were lengths has one for all.
            each = np.broadcast_to(told, (self.k, len(attention.LENGTHS), told.shape[-1]))
            out += ATTENTION * (block @ each.reshape(self.k, -1).T)
        return np.asarray(out)

    def take(self, segments: list[int]) -> Mixture:
        """Some of the segments, their shares as they are."""
        return Mixture(**{field.name: getattr(self, field.name)[segments] for field in fields(self)})


@dataclass(frozen=True)
class Part:
    """
    What a mixture reads of the patterns of one breadth.

    Attributes:
        rows: which of all patterns they are, shape (n,).
        levels: as in Features, of these rows.
        engaged, depth: 0/1 columns, a set for each length (:func:`analysis.attention.by_length`).
        present: 1 where a word occurs, shape (n, w); rows of more than MOST_DISTINCT words are scaled down to that.
        distinct: different words per pattern, at most MOST_DISTINCT, shape (n,).
        lengths: the totals of times that occur in any pattern, ascending.
        length_row: index into *lengths* per pattern.
        by_length, by_distinct: the same two as 0/1 columns.
    """

    rows: Ints
    levels: tuple[sparse.csr_matrix, ...]
    engaged: sparse.csr_matrix
    depth: sparse.csr_matrix
    present: sparse.csr_matrix
    distinct: Ints
    lengths: Floats
    length_row: Ints
    by_length: sparse.csr_matrix
    by_distinct: sparse.csr_matrix


@dataclass(frozen=True)
class Shape:
    """Patterns made ready for reading: how many, the most different words in one of them, and a part per breadth."""

    n: int
    most: int
    parts: tuple[Part, ...]


def shape_of(features: Features) -> Shape:
    """Prepare patterns for reading."""
    present = sum(features.levels[1:], start=features.levels[0]).tocsr()
    distinct = np.asarray(present.sum(axis=1)).ravel()
    crowded = distinct > MOST_DISTINCT
    if crowded.any():
        present = sparse.diags_array(np.where(crowded, MOST_DISTINCT / np.maximum(distinct, 1.0), 1.0)) @ present
    present = sparse.csr_matrix(present)
    distinct = np.minimum(distinct, MOST_DISTINCT).astype(np.int64)
    most = int(distinct.max(initial=0))
    views = np.asarray(features.counts.sum(axis=1)).ravel()
    lengths, length_row = np.unique(views, return_inverse=True)
    engaged, depth = attention.by_length(features.engaged, views), attention.by_length(features.depth, views)
    breadth = np.maximum(np.searchsorted(BREADTHS, distinct, side="right") - 1, 0)

    def indicator(column: Ints, columns: int) -> sparse.csr_matrix:
        n = column.size
        return sparse.csr_matrix((np.ones(n), (np.arange(n), column)), shape=(n, columns))

    def part(number: int) -> Part:
        rows = np.flatnonzero(breadth == number)
        return Part(
            rows,
            tuple(level[rows] for level in features.levels),
            engaged[rows],
            depth[rows],
            present[rows],
            distinct[rows],
            lengths,
            length_row[rows],
            indicator(length_row[rows], lengths.size),
            indicator(distinct[rows], most + 1),
        )

    return Shape(int(distinct.size), most, tuple(part(number) for number in range(len(BREADTHS))))


@dataclass(frozen=True)
class Counted:
    """Patterns with their visits, made ready for many rounds: what does not change between them."""

    features: Features
    shape: Shape
    visits: Floats
    usual: Floats  # (w,) half the share of a word among all page views and actions, half every word alike
    usual_repeats: Floats  # (bins, w) share per bin of a word that occurs
    usual_engaged: Floats  # (lengths, bins) share per bin
    usual_depth: Floats


def count(features: Features, visits: Floats) -> Counted:
    """Prepare patterns with their visits (above 0, any unit) for :func:`expectation_maximisation`."""
    total = visits @ features.counts
    average = total / max(float(total.sum()), 1e-300)
    levels = np.vstack([visits @ level for level in features.levels]) + 1e-3

    shape = shape_of(features)

    def shares(block: str) -> Floats:
        seen = sum(visits[part.rows] @ getattr(part, block) for part in shape.parts)
        return attention.usual(seen.reshape(len(attention.LENGTHS), -1), PRIOR)

    return Counted(
        features,
        shape,
        visits,
        0.5 * average + 0.5 / max(average.size, 1),
        levels / levels.sum(axis=0),
        shares("engaged"),
        shares("depth"),
    )


def _sums(odds: Floats, most: int) -> Floats:
    """
    Sum over all choices of 0..most of the first words of the product of their odds, shape (words + 1, k, most + 1).

    The elementary symmetric polynomials, word by word (Chen & Liu, Statistica Sinica 1997, method 2).
    """
    k, w = odds.shape
    sums = np.zeros((w + 1, k, most + 1))
    sums[0, :, 0] = 1.0
    for word in range(w):
        sums[word + 1] = sums[word]
        sums[word + 1, :, 1:] += odds[:, word : word + 1] * sums[word, :, :-1]
    return sums


def _log_choices(odds: Floats, most: int) -> Floats:
    """Log of that sum over all words, shape (k, most + 1)."""
    return np.asarray(np.log(np.maximum(_sums(odds, most)[-1], 1e-300)))


def _expected(odds: Floats, visits: Floats) -> Floats:
    """
    How many visits have a word among those chosen, shape (k, words), when *visits* of them choose 0, 1, 2… words.

    Exact, since any approximation moves the fixed point of the odds, and cost up to a tenth in agreement: it is the slope of the
    log of the sums by the log odds, found by going back through them word by word.

    Args:
        visits: shape (k, most + 1).
    """
    sums = _sums(odds, visits.shape[1] - 1)
    slope = visits / np.maximum(sums[-1], 1e-300)
    out = np.zeros_like(odds)
    for word in reversed(range(odds.shape[1])):
        out[:, word] = odds[:, word] * (slope[:, 1:] * sums[word, :, :-1]).sum(axis=1)
        slope[:, :-1] += odds[:, word : word + 1] * slope[:, 1:]
    return out


def maximise(data: Counted, belongs: Floats, before: Mixture | None = None, rounds: int = 3) -> Mixture:
    """
    The segments that fit a soft assignment best, from where they were *before*.

    Args:
        belongs: posterior, shape (n_patterns, k).
        rounds: of the two fixed points: Dirichlet parameters (Minka 2000, eq. 65) and odds (Chen, Dempster & Liu 1994).
    """
    k, w, b = belongs.shape[1], data.usual.size, len(BREADTHS)
    near = NEAR ** np.abs(np.subtract.outer(np.arange(b), np.arange(b)))
    parts = [(part, belongs[part.rows] * data.visits[part.rows, None]) for part in data.shape.parts]

    def gather(seen: Callable[[Part, Floats], Floats]) -> Floats:
        """What is seen at each breadth and, by their nearness, at the others: one row per segment and breadth."""
        each = np.stack([seen(part, weight) for part, weight in parts], axis=1)
        return np.asarray(np.einsum("ab,kb...->ka...", near, each).reshape(k * b, *each.shape[2:]))

    def columns(matrix: sparse.csr_matrix, weight: Floats) -> Floats:
        return np.asarray((matrix.T @ weight).T)

    def tilted(block: str, usual: Floats) -> Floats:
        there = gather(lambda part, weight: columns(getattr(part, block), weight)).reshape(k * b, *usual.shape)
        return attention.tilted(there, usual, PRIOR).reshape(k, b, *usual.shape)

    seen = gather(lambda part, weight: np.stack([columns(level, weight) for level in part.levels], axis=1))
    views = gather(lambda part, weight: columns(part.by_length, weight))
    by_number = gather(lambda part, weight: columns(part.by_distinct, weight))
    occurs = seen.sum(axis=1)
    repeats = (seen + PRIOR * data.usual_repeats) / (occurs[:, None, :] + PRIOR)
    size = data.visits @ belongs + 1e-12
    tastes, odds = (None, None) if before is None else (before.tastes.reshape(-1, w), before.odds.reshape(-1, w))
    return Mixture(
        _tastes(data, views, seen, tastes, rounds).reshape(k, b, w),
        _odds(data, by_number, occurs, odds, rounds).reshape(k, b, w),
        (np.log(repeats) - np.log(data.usual_repeats)).reshape(k, b, -1, w),
        tilted("engaged", data.usual_engaged),
        tilted("depth", data.usual_depth),
        np.log(size / size.sum()),
    )


def _tastes(data: Counted, views: Floats, seen: Floats, tastes: Floats | None, rounds: int) -> Floats:
    lengths = data.shape.parts[0].lengths
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


def _odds(data: Counted, by_number: Floats, occurs: Floats, odds: Floats | None, rounds: int) -> Floats:
    observed = occurs + PRIOR * data.usual
    raw = observed / observed.sum(axis=1, keepdims=True) if odds is None else np.exp(odds)
    for _ in range(rounds):
        expected = _expected(raw, by_number) + PRIOR * data.usual
        raw = raw * observed / np.maximum(expected, 1e-12)
        raw /= np.exp(np.log(raw).mean(axis=1, keepdims=True)) if raw.shape[1] else 1.0
        raw = np.clip(raw, 1 / ODDS, ODDS)
    return np.asarray(np.log(raw))


def told_apart(joint: Floats) -> Floats:
    """The posterior of segments, from the log of their share times likelihood."""
    return np.asarray(np.exp(joint - logsumexp(joint, axis=1)[:, None]))


def expectation_maximisation(
    data: Counted, belongs: Floats, *, rounds: int, start: Mixture | None = None
) -> tuple[Mixture, Floats, float]:
    """
    Fit the mixture from a soft assignment (Dempster, Laird & Rubin 1977).

    Args:
        belongs: posterior to start from, shape (n_patterns, k).
        rounds: most rounds; it stops earlier when a round gains less than a millionth nat a visit.
        start: parameters to start from.

    Returns:
        The mixture, the posterior, and the mean composite log-likelihood of a visit, in nats.
    """
    visits = data.visits.sum()
    last = -np.inf
    for _ in range(max(1, rounds)):
        start = mixture = maximise(data, belongs, start)
        joint = mixture.joint_of(data.shape)
        each = logsumexp(joint, axis=1)
        belongs = np.exp(joint - each[:, None])
        now = float(each @ data.visits / visits)
        if abs(now - last) < 1e-6:
            break
        last = now
    return mixture, belongs, now
