"""
What changed: weeks in which an audience's share of the visits left the range of the weeks before.

For each audience the weekly shares are read from the oldest week on. The weeks since its last change are the baseline. A change is told
when the mean share of the last :data:`CONFIRM` weeks differs from the baseline's, judged by a quasi-binomial z test: the variance
is that of a share, times the dispersion that the baseline's own weeks show (McCullagh & Nelder 1989, ch. 4.5), because real weeks
differ more than coin tosses do. The level is such that quiet traffic of a dozen audiences gives about one false change a quarter, and
a change has to matter besides: a fifth of the share.

Reads released trends only, so nothing here rests on fewer than *k* visits; a week in which an audience is held back counts as
unknown, and an audience that was held back all along and is then there has appeared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl
from scipy.stats import chi2, norm

from analysis import words
from analysis.labels import Label
from analysis.profiles import Z_95
from analysis.runs import CHANGES, UNCLUSTERED
from analysis.words import Language

CONFIRM: Final = 2  # weeks that have to agree
BASELINE_MIN: Final = 3  # weeks of baseline before anything can be said
BASELINE_MAX: Final = 12  # weeks that a baseline looks back
MIN_RATIO: Final = 1.2  # smallest change that matters
# Two-sided chance of a false change per audience and week: 12 audiences x 13 weeks x 0.006 is about one a quarter.
LEVEL: Final = 0.006

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "appeared": (
        "“{name}” is new since {week}: {after} of the visits ({low}–{high}).",
        "“{name}” is er sinds {week}: {after} van de bezoeken ({low}–{high}).",
    ),
    "grew": (
        "“{name}” grew in {week}, from {before} to {after} of the visits ({low}–{high}).",
        "“{name}” groeide in {week}, van {before} naar {after} van de bezoeken ({low}–{high}).",
    ),
    "shrank": (
        "“{name}” shrank in {week}, from {before} to {after} of the visits ({low}–{high}).",
        "“{name}” kromp in {week}, van {before} naar {after} van de bezoeken ({low}–{high}).",
    ),
    "vanished": (
        "“{name}” is no longer seen since {week}; it was {before} of the visits.",
        "“{name}” komt sinds {week} niet meer voor; het was {before} van de bezoeken.",
    ),
}


@dataclass(frozen=True)
class _Week:
    week: str
    visits: int
    of: int

    @property
    def share(self) -> float:
        return self.visits / self.of


@dataclass(frozen=True)
class _Change:
    """A change: kind, first week, share before, share after with its interval, and the visits that it rests on."""

    kind: str
    week: str
    before: float
    after: tuple[float, float, float]
    visits: int


def build(trends: pl.DataFrame, labels: dict[str, Label]) -> pl.DataFrame:
    """
    The changes of all audiences, newest first.

    Args:
        trends: columns of :data:`analysis.runs.TRENDS`, complete weeks only.
        labels: the label of each segment.

    Returns:
        Columns of :data:`analysis.runs.CHANGES`.
    """
    weeks = trends["week"].unique().sort().to_list()
    rows = []
    for key, part in (
        trends.filter(pl.col("segment") != UNCLUSTERED).sort("week").group_by("segment", maintain_order=True)
    ):
        segment = str(key[0])
        rows_of_weeks = part.select("week", "visits", "share").iter_rows()
        for change in _scan(
            [_Week(week, visits, round(visits / share)) for week, visits, share in rows_of_weeks], weeks
        ):
            name = labels[segment].name
            english, dutch = (_sentence(change, name[lang], lang) for lang in ("en", "nl"))
            share, low, high = change.after
            rows.append(
                (
                    segment,
                    name["en"],
                    change.week,
                    change.kind,
                    change.before,
                    share,
                    low,
                    high,
                    change.visits,
                    english,
                    dutch,
                )
            )
    return pl.DataFrame(rows, schema=CHANGES, orient="row").sort(["week", "segment"], descending=[True, False])


def _scan(series: list[_Week], weeks: list[str]) -> Iterator[_Change]:
    """The changes in one series, oldest first."""
    at = {week: number for number, week in enumerate(weeks)}
    if len(series) < CONFIRM:
        return
    if at[series[0].week] >= BASELINE_MIN:
        first = series[:CONFIRM]
        yield _Change("appeared", first[0].week, 0.0, _share(first), _visits(first))
    begin, end = 0, BASELINE_MIN + CONFIRM
    while end <= len(series):
        recent = series[end - CONFIRM : end]
        base = series[max(begin, end - CONFIRM - BASELINE_MAX) : end - CONFIRM]
        before = _pooled(base)
        ratio = _pooled(recent) / before
        agree = all((week.share > before) == (ratio > 1) for week in recent)
        if agree and not 1 / MIN_RATIO < ratio < MIN_RATIO and _test(base, recent) < LEVEL:
            yield _Change("grew" if ratio > 1 else "shrank", recent[0].week, before, _share(recent), _visits(recent))
            begin = end - CONFIRM  # the new level is the next baseline
            end = begin + BASELINE_MIN + CONFIRM
        else:
            end += 1
    last = at[series[-1].week]
    if len(weeks) - 1 - last >= CONFIRM and len(series) >= BASELINE_MIN:
        seen = series[-BASELINE_MIN:]
        yield _Change("vanished", weeks[last + 1], _pooled(seen), (0.0, 0.0, 0.0), _visits(seen))


def _sentence(change: _Change, name: str, lang: Language) -> str:
    """The change with its figures, for a person."""
    share, low, high = change.after
    texts = SENTENCES[change.kind]
    return words.pick(texts, lang).format(
        name=name,
        before=f"{change.before:.1%}",
        after=f"{share:.1%}",
        low=f"{low:.1%}",
        high=f"{high:.1%}",
        week=change.week,
    )


def _visits(weeks: list[_Week]) -> int:
    return sum(week.visits for week in weeks)


def _pooled(weeks: list[_Week]) -> float:
    return sum(week.visits for week in weeks) / sum(week.of for week in weeks)


def _share(weeks: list[_Week]) -> tuple[float, float, float]:
    """A pooled share with its 95 % interval."""
    share, of = _pooled(weeks), sum(week.of for week in weeks)
    half = Z_95 * math.sqrt(share * (1 - share) / of)
    return share, max(0.0, share - half), min(1.0, share + half)


def _test(base: list[_Week], recent: list[_Week]) -> float:
    """Two-sided p-value of no change between the two, with the dispersion of the baseline's own weeks."""
    expected = _pooled(base)
    everywhere = _pooled([*base, *recent])
    if not 0 < everywhere < 1 or not 0 < expected < 1:
        return 1.0
    pearson = sum((week.visits - week.of * expected) ** 2 / (week.of * expected * (1 - expected)) for week in base)
    freedom = len(base) - 1
    # Few weeks tell little of their dispersion: its upper 80 % bound keeps a quiet stretch from making any week look wild.
    dispersion = max(1.0, pearson / max(float(chi2.ppf(0.2, freedom)), 1e-9)) if freedom > 0 else 4.0
    n_base, n_recent = sum(week.of for week in base), sum(week.of for week in recent)
    # The dispersion is between weeks, so it scales the variance of a mean of weeks as it does that of one.
    variance = dispersion * everywhere * (1 - everywhere) * (1 / n_base + 1 / n_recent)
    z = (_pooled(recent) - expected) / math.sqrt(variance)
    return float(2 * norm.sf(abs(z)))
