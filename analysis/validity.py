"""
Is this clustering fit to show? A grade, and the reasons in sentences for people.

| asked | measured as | good | fair |
|---|---|---|---|
| enough visits? | visits per audience, on average | 300 | 100 |
| stable? | agreement (adjusted Rand index) of the merging done on two random halves of the visits | 0.85 | 0.65 |
| separable? | mean strength of the visits that are in an audience | 0.80 | 0.50 |
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
from analysis.words import Language

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Grade = Literal["good", "fair", "weak"]
GRADES: Final[tuple[Grade, ...]] = ("good", "fair", "weak")

VISITS_PER_AUDIENCE: Final = (300.0, 100.0)
STABILITY: Final = (0.85, 0.65)
SEPARATION: Final = (0.80, 0.50)
UNCLUSTERED: Final = (0.25, 0.50)
SENTENCES: Final[dict[str, tuple[tuple[str, str], ...]]] = {  # by code, then level: English, Dutch
    "alone": (
        (
            "Nothing sets one group of visits apart from another, so there are no audiences to compare.",
            "Niets onderscheidt de ene groep bezoeken van de andere, dus er zijn geen doelgroepen om te vergelijken.",
        ),
    )
    * 3,
    "enough": (
        (
            "{audiences} audiences of about {each} visits each: enough to trust their profiles.",
            "{audiences} doelgroepen van elk zo'n {each} bezoeken: genoeg om op hun profielen te vertrouwen.",
        ),
        (
            "{audiences} audiences of about {each} visits each: few: differences in profiles are uncertain.",
            "{audiences} doelgroepen van elk zo'n {each} bezoeken: weinig: verschillen in profielen zijn onzeker.",
        ),
        (
            "{audiences} audiences of about {each} visits each: too few to trust small audiences.",
            "{audiences} doelgroepen van elk zo'n {each} bezoeken: te weinig om op kleine doelgroepen te vertrouwen.",
        ),
    ),
    "stable": (
        (
            "Two halves of the visits give the same audiences (agreement {agreement} of 100).",
            "Twee helften van de bezoeken geven dezelfde doelgroepen (overeenstemming {agreement} van 100).",
        ),
        (
            "Two halves of the visits give mostly the same audiences, but some differ (agreement {agreement} of 100).",
            "Twee helften van de bezoeken geven grotendeels dezelfde doelgroepen, niet alle (overeenstemming {agreement} van 100).",
        ),
        (
            "Two halves of the visits give different audiences (agreement {agreement} of 100).",
            "Twee helften van de bezoeken geven verschillende doelgroepen (overeenstemming {agreement} van 100).",
        ),
    ),
    "separable": (
        (
            "Most visits clearly belong to one audience (mean strength {strength}).",
            "De meeste bezoeken horen duidelijk bij één doelgroep (gemiddelde sterkte {strength}).",
        ),
        (
            "Many visits lie between audiences (mean strength {strength}).",
            "Veel bezoeken liggen tussen doelgroepen in (gemiddelde sterkte {strength}).",
        ),
        (
            "The audiences overlap so much that most visits could belong to several (mean strength {strength}).",
            "De doelgroepen overlappen zo sterk dat de meeste bezoeken bij meer dan één kunnen horen (gemiddelde sterkte {strength}).",
        ),
    ),
    "clustered": (
        (
            "About {share} of the visits fit no audience.",
            "Ongeveer {share} van de bezoeken past bij geen doelgroep.",
        ),
        (
            "About {share} of the visits fit no audience: a large part of the traffic is not described.",
            "Ongeveer {share} van de bezoeken past bij geen doelgroep: een groot deel van het verkeer is niet beschreven.",
        ),
        (
            "About {share} of the visits fit no audience: what is found describes the smaller part of the traffic.",
            "Ongeveer {share} van de bezoeken past bij geen doelgroep: wat gevonden is, beschrijft het kleinste deel van het verkeer.",
        ),
    ),
}
MOST_RESAMPLED: Final = 3_000  # patterns that stability is measured on: it must be cheap


@dataclass(frozen=True)
class Reason:
    """
    One thing asked of a run, and how it did.

    Attributes:
        code: alone (no two audiences), enough, stable, separable or clustered.
        level: 0 good, 1 fair, 2 weak.
        values: the numbers of the sentence, as they may be published.
    """

    code: str
    level: int
    values: dict[str, str]

    def say(self, language: Language = "en") -> str:
        """The sentence."""
        number = 1 if language == "nl" else 0
        values = {name: value.replace(",", ".") for name, value in self.values.items()} if number else self.values
        return SENTENCES[self.code][self.level][number].format_map(values)


@dataclass(frozen=True)
class Verdict:
    """
    What may be believed of a run.

    Attributes:
        grade: good, fair or weak.
        judged: a reason for each thing asked, the worst first.
    """

    grade: Grade
    judged: list[Reason]

    @property
    def reasons(self) -> list[str]:
        """The reasons in sentences, English."""
        return [reason.say() for reason in self.judged]

    @property
    def reasons_nl(self) -> list[str]:
        """The same in Dutch."""
        return [reason.say("nl") for reason in self.judged]


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
        return Verdict("weak", [Reason("alone", 2, {})])
    each = evidence.visits / evidence.audiences
    # Shares and numbers in steps: reasons are published, and exact ones would tell of single visits on a small site.
    judged = [
        Reason(
            "enough",
            _level(each, VISITS_PER_AUDIENCE),
            {"audiences": str(evidence.audiences), "each": f"{_about(each):,}"},
        ),
        Reason("separable", _level(evidence.separation, SEPARATION), {"strength": f"{evidence.separation:.0%}"}),
        Reason(
            "clustered",
            _level(evidence.unclustered, UNCLUSTERED),
            {"share": f"{5 * round(20 * evidence.unclustered)}%"},
        ),
    ]
    if evidence.stability is not None:
        stable = f"{100 * evidence.stability:.0f}"
        judged.append(Reason("stable", _level(evidence.stability, STABILITY), {"agreement": stable}))
    judged.sort(key=lambda one: -one.level)
    return Verdict(GRADES[judged[0].level], judged)


def _level(value: float, limits: tuple[float, float]) -> int:
    good, fair = limits
    if good >= fair:
        return 0 if value >= good else 1 if value >= fair else 2
    return 0 if value <= good else 1 if value <= fair else 2


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
