"""
Is this clustering fit to show? A grade, and the reasons in sentences for people.

| asked | measured as | good | fair |
|---|---|---|---|
| enough visits? | visits per audience, on average | 300 | 100 |
| stable? | mean agreement (adjusted Rand index) with fits on resampled visits | 0.85 | 0.65 |
| separable? | mean strength of the visits that are in an audience | 0.80 | 0.65 |
| honest? | share of visits in no audience | 25 % | 50 % |

The grade is the worst of the four. The limits are conventions, chosen so that simulated traffic whose audiences are known and
found again is good, and traffic without audiences is weak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Grade = Literal["good", "fair", "weak"]
GRADES: Final[tuple[Grade, ...]] = ("good", "fair", "weak")

VISITS_PER_AUDIENCE: Final = (300.0, 100.0)
STABILITY: Final = (0.85, 0.65)
SEPARATION: Final = (0.80, 0.65)
UNCLUSTERED: Final = (0.25, 0.50)


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
        stability: agreement with fits on resampled visits, -0.5 to 1; None: not measured.
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
            ["All visits look alike: there is one pattern of behaviour at most, so there are no audiences to compare."],
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
        f"{evidence.visits:,} visits in {evidence.audiences} audiences, about {each:,.0f} each: {said[level]}.",
    )


def _stable(agreement: float) -> tuple[int, str]:
    level = _level(agreement, STABILITY)
    said = (
        "The same audiences come back when the visits are drawn again",
        "Most audiences come back when the visits are drawn again, some change",
        "Other audiences come out when the visits are drawn again",
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
    return level, f"{share:.0%} of the visits fit no audience{said[level]}."
