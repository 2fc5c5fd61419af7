"""
Is this clustering fit to show? A grade, and the reasons in sentences for people.

| asked | measured as | good | fair |
|---|---|---|---|
| enough visits? | visits per audience, on average | 300 | 100 |
| stable? | agreement (adjusted Rand index) of the merging done on two random halves of the visits | 0.85 | 0.65 |
| separable? | mean strength of the visits that are in an audience | 0.80 | 0.65 |
| honest? | share of visits in no audience | 25 % | 50 % |

The grade is the worst of the four. The limits are conventions, chosen so that simulated traffic whose audiences are known and
found again is good, and traffic without audiences is weak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.features import Features
from analysis.merging import merge_up, stop
from analysis.mixture import count

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Grade = Literal["good", "fair", "weak"]
GRADES: Final[tuple[Grade, ...]] = ("good", "fair", "weak")

VISITS_PER_AUDIENCE: Final = (300.0, 100.0)
STABILITY: Final = (0.85, 0.65)
SEPARATION: Final = (0.80, 0.65)
UNCLUSTERED: Final = (0.25, 0.50)
MOST_RESAMPLED: Final = 3_000  # patterns that stability is measured on: it must be cheap


@dataclass(frozen=True)
class Verdict:
    """
    What may be believed of a run.

    Attributes:
        grade: good, fair or weak.
        reasons: a sentence for each thing asked, English, the worst first.
    """

    grade: Grade
    reasons: list[str]


@dataclass(frozen=True)
class Evidence:
    """
    What a verdict rests on.

    Attributes:
        visits: in the window.
        audiences: found.
        stability: agreement of two halves, about 0 (chance) to 1; None: not measured.
        separation: mean strength of clustered visits, 0 to 1.
        unclustered: share of the visits in no audience, 0 to 1.
    """

    visits: int
    audiences: int
    stability: float | None
    separation: float
    unclustered: float


def judge(evidence: Evidence) -> Verdict:
    """The grade and the reasons behind it."""
    if evidence.audiences < 2:
        return Verdict(
            "weak",
            ["Nothing sets one group of visits apart from another, so there are no audiences to compare."],
        )
    judged = [
        _enough(evidence.visits / evidence.audiences, evidence),
        _separable(evidence.separation),
        _clustered(evidence.unclustered),
    ]
    if evidence.stability is not None:
        judged.append(_stable(evidence.stability))
    judged.sort(key=lambda one: -one[0])
    return Verdict(GRADES[judged[0][0]], [sentence for _, sentence in judged])


def _level(value: float, limits: tuple[float, float]) -> int:
    good, fair = limits
    if good >= fair:
        return 0 if value >= good else 1 if value >= fair else 2
    return 0 if value <= good else 1 if value <= fair else 2


def _enough(each: float, evidence: Evidence) -> tuple[int, str]:
    level = _level(each, VISITS_PER_AUDIENCE)
    said = (
        "enough to trust their profiles",
        "few: differences in profiles are uncertain",
        "too few to trust small audiences",
    )
    return (
        level,
        f"{evidence.audiences} audiences of about {_about(each):,} visits each: {said[level]}.",
    )


def _stable(agreement: float) -> tuple[int, str]:
    level = _level(agreement, STABILITY)
    said = (
        "Two halves of the visits give the same audiences",
        "Two halves of the visits give mostly the same audiences, but some differ",
        "Two halves of the visits give different audiences",
    )
    return level, f"{said[level]} (agreement {agreement:.2f} of 1)."


def _separable(strength: float) -> tuple[int, str]:
    level = _level(strength, SEPARATION)
    said = (
        "Most visits clearly belong to one audience",
        "Many visits lie between audiences",
        "The audiences overlap so much that most visits could belong to several",
    )
    return level, f"{said[level]} (mean strength {strength:.0%})."


def _clustered(share: float) -> tuple[int, str]:
    level = _level(share, UNCLUSTERED)
    said = (
        "",
        ": a large part of the traffic is not described",
        ": what is found describes the smaller part of the traffic",
    )
    # In steps of 5 %: reasons are published, and the exact share of a small site would tell single visits.
    return level, f"About {5 * round(20 * share)}% of the visits fit no audience{said[level]}."


def _about(number: float) -> int:
    """A number to one significant digit, since the verdict is published and exact numbers of visits are not."""
    step = 10 ** (len(str(int(number))) - 1)
    return int(round(number / step) * step)


def agreement(left: Ints, right: Ints, visits: Floats) -> float:
    """
    Adjusted Rand index of two labellings of patterns, weighted by visits (Hubert & Arabie 1985): 1 the same, 0 as by chance.

    With weights it is the index of shares, so multiplying all visits changes nothing; two labellings with one label each agree.
    """
    _, rows = np.unique(left, return_inverse=True)
    _, columns = np.unique(right, return_inverse=True)
    shares = np.zeros((int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1))
    np.add.at(shares, (rows, columns), visits / visits.sum())
    both = float((shares**2).sum())
    one, other = float((shares.sum(axis=1) ** 2).sum()), float((shares.sum(axis=0) ** 2).sum())
    expected, most = one * other, (one + other) / 2
    return 1.0 if most - expected < 1e-12 else (both - expected) / (most - expected)


def halves(features: Features, visits: Floats, micro: Ints, dice: np.random.Generator) -> float:
    """
    Do two random halves of the visits merge to the same audiences?

    The map and its micro-segments are kept, everything after is done again on each half.

    Args:
        features: of the patterns laid out.
        visits: whole visits per pattern, most common patterns first.
        micro: micro-segment per pattern.
    """
    rows = np.arange(min(MOST_RESAMPLED, visits.size))
    whole = np.round(visits[rows]).astype(np.int64)
    first = dice.binomial(whole, 0.5)
    labels = []
    for half in (first, whole - first):
        kept = np.flatnonzero(half)
        if not kept.size:
            return 0.0
        _, started = np.unique(micro[rows[kept]], return_inverse=True)
        heights = merge_up(
            count(features.take(rows[kept]), half[kept].astype(np.float64)), np.eye(started.max() + 1)[started]
        )
        mixture = heights[stop(heights, float(half.sum()))].mixture
        labels.append(mixture.joint(features.take(rows)).argmax(axis=1))
    return agreement(labels[0], labels[1], visits[rows])
