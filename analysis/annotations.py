"""
Something was done on a day, a campaign or a change of the site: what was different after, against what was to be expected?

The weeks before the note give the level, with the time of the year where it is known (:mod:`analysis.expected`); the weeks that lie
wholly after it (or that the range touches) are compared with that. The estimate says what *went with* the note, not what it caused:
whatever else happened in those weeks is in it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from analysis import words
from analysis.change_words import percent
from analysis.expected import BASELINE_MAX, BASELINE_MIN, Level, Series, level
from analysis.iso_weeks import monday
from analysis.words import Language

AFTER_MAX: Final = 8  # weeks after a day that are looked at: later ones tell of other things

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "more": (
        "{now} instead of the {usual} to be expected, a difference of {low} to {high}: more than chance tells.",
        "{now} in plaats van de verwachte {usual}, een verschil van {low} tot {high}: meer dan toeval.",
    ),
    "less": (
        "{now} instead of the {usual} to be expected, a difference of {low} to {high}: less than chance tells.",
        "{now} in plaats van de verwachte {usual}, een verschil van {low} tot {high}: minder dan toeval verklaart.",
    ),
    "same": (
        "{now}, where {usual} was to be expected; the difference ({low} to {high}) may be chance.",
        "{now}, waar {usual} te verwachten was; het verschil ({low} tot {high}) kan toeval zijn.",
    ),
}


@dataclass(frozen=True)
class Effect:
    """
    What was different in the weeks after a note.

    Attributes:
        weeks: ISO weeks that were looked at.
        visits: in those weeks.
        rate: share (0 to 1) of a series that is one, else visits a week.
        expected: the same, if nothing had changed.
        low, high: 95 % interval of rate minus expected.
    """

    weeks: tuple[str, ...]
    visits: int
    rate: float
    expected: float
    low: float
    high: float
    is_share: bool

    @property
    def difference(self) -> float:
        """Rate minus what was expected."""
        return self.rate - self.expected

    @property
    def is_clear(self) -> bool:
        """Does the whole interval lie on one side of nothing?"""
        return self.low > 0 or self.high < 0

    def sentence(self, lang: Language) -> str:
        """The estimate for a person."""
        kind = "same" if not self.is_clear else "more" if self.low > 0 else "less"

        def text(number: float) -> str:
            return (
                percent(number, lang) if self.is_share else f"{number:,.0f}".replace(",", "." if lang == "nl" else ",")
            )

        return words.pick(_TEXTS[kind], lang).format(
            now=text(self.rate), usual=text(self.expected), low=text(self.low), high=text(self.high)
        )


def effect(series: Series, first: date, last: date | None = None) -> Effect | None:
    """
    Before and after a note.

    Args:
        series: complete weeks only, as from :func:`analysis.trends.series`.
        first: the day of the note; the week that holds it counts as neither before nor after unless it is a Monday.
        last: the last day, of a range: then the weeks that it touches are looked at; None: up to eight weeks from the note on.

    Returns:
        None where fewer than three weeks before, or no week after, are known.
    """
    starts = [monday(week) for week in series.weeks]
    before = [at for at, day in enumerate(starts) if day + timedelta(days=7) <= first]
    if last is None:
        after = [at for at, day in enumerate(starts) if day >= first][:AFTER_MAX]
    else:
        after = [at for at, day in enumerate(starts) if day <= last and day + timedelta(days=7) > first]
    old = _known(series, before)[-BASELINE_MAX:]
    new = _known(series, after)
    if old.size < BASELINE_MIN or not new.size:
        return None
    usual = level(series, old)
    base = float(series.base[new].sum())
    of = float(series.of[new].sum()) if series.of is not None else float(new.size)
    visits = float(series.visits[new].sum())
    middle = usual.rate * base
    half = float(t.ppf(0.975, usual.weeks - 1)) * math.sqrt(_spread(usual, base))
    return Effect(
        tuple(series.weeks[at] for at in new),
        int(visits),
        visits / of,
        middle / of,
        (visits - middle - half) / of,
        (visits - middle + half) / of,
        series.of is not None,
    )


def _spread(usual: Level, base: float) -> float:
    """Variance of the difference between the visits and what is expected of them, which is not known exactly either."""
    return usual.spread(base) * (1 + base / usual.base)


def _known(series: Series, positions: list[int]) -> NDArray[np.int64]:
    if not positions:
        return np.empty(0, dtype=np.int64)
    return series.known(positions[0], positions[-1] + 1)
