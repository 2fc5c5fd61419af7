"""
What a week should be like if nothing changed: the level of the weeks before, with the time of the year taken out where it is known.

The level is the pooled rate of at most :data:`BASELINE_MAX` weeks, and the range that of a quasi-likelihood: the variance of a
share (or of a number of visits) times the dispersion that those weeks show themselves (McCullagh & Nelder 1989, ch. 4.5 and 6.2),
because real weeks differ more than coin tosses do.

The time of the year is a harmonic regression: a sine and a cosine of a year, a second pair of half a year from the second year on, and
the weeks of Christmas and New Year, on a straight line (a Poisson model of scikit-learn). It is taken out only when there is more than
a year of weeks for a number of visits, or two years for a share (in one year a change for good looks like a season), and only when it
explains clearly more than the line alone (F test, 1 %). Weekdays need no model: a share is compared by whole weeks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f, norm, t

from analysis.iso_weeks import monday

Floats = NDArray[np.float64]

BASELINE_MIN: Final = 3  # weeks before anything can be said
BASELINE_MAX: Final = 12  # weeks that a baseline looks back
YEAR_WEEKS: Final = 365.25 / 7
SEASON_FROM: Final = 53  # weeks of a number of visits
SEASON_FROM_SHARE: Final = 105  # weeks of a share
BOUND: Final = 0.2
SEASON_LEVEL: Final = 0.01
SEASON_LAG: Final = (
    4  # newest weeks that the season is not learned from: it must not explain away what has just changed
)


@dataclass(frozen=True)
class Series:
    """
    A number of visits week by week, some weeks unknown.

    Attributes:
        weeks: ISO weeks, oldest first, without gaps or duplicates of the site's weeks.
        visits: shape (n_weeks,); NaN where it is held back.
        of: shape (n_weeks,): visits that they are a share of; None: a number that is no share.
        season: shape (n_weeks,): what the time of the year makes of the level, 1.0 on average.
    """

    weeks: list[str]
    visits: Floats
    of: Floats | None
    season: Floats

    @property
    def base(self) -> Floats:
        """What the rate is a rate of: shape (n_weeks,)."""
        return (self.of if self.of is not None else np.ones(len(self.weeks))) * self.season

    def known(self, start: int, end: int) -> NDArray[np.int64]:
        """Positions from *start* up to *end* that are known."""
        return start + np.flatnonzero(~np.isnan(self.visits[start:end]) & (self.base[start:end] > 0))


@dataclass(frozen=True)
class Level:
    """
    The level of a stretch of weeks.

    Attributes:
        rate: visits per unit of base.
        base: sum of the weeks' bases.
        dispersion: variance between weeks over that of a share or number; at least 1.
        weeks: how many.
    """

    rate: float
    base: float
    dispersion: float
    weeks: int
    is_share: bool

    def spread(self, base: float) -> float:
        """Variance of the visits of a week (or weeks) of *base*, if this is the level."""
        one = self.rate * (1 - min(self.rate, 1.0)) if self.is_share else self.rate
        return self.dispersion * base * max(one, 1e-12)


def level(series: Series, at: NDArray[np.int64]) -> Level:
    """The level of the weeks at the positions *at*, of which there is at least one."""
    visits, base = series.visits[at], series.base[at]
    rate = float(visits.sum() / base.sum())
    expected = base * rate
    share = series.of is not None
    variance = np.maximum(expected * (1 - np.minimum(rate, 1.0)) if share else expected, 1e-12)
    pearson = float(((visits - expected) ** 2 / variance).sum())
    freedom = at.size - 1
    return Level(rate, float(base.sum()), max(1.0, pearson / freedom) if freedom else 4.0, int(at.size), share)


def restlessness(listed: Iterable[Series]) -> float:
    """
    The dispersion that is usual among series of one site: how much more two weeks in a row differ than coin tosses do; at least 1.

    Of all pairs of weeks in a row, the median of the squared difference over its variance, against that of chi-square with one degree
    of freedom. A level that changes makes one pair of many large, so it hardly matters (von Neumann 1941, made robust).
    """
    ratios = []
    for series in listed:
        at = series.known(0, len(series.weeks))
        if at.size < 2:
            continue
        base = series.base[at]
        rates = series.visits[at] / base
        middle = (rates[1:] * base[1:] + rates[:-1] * base[:-1]) / (base[1:] + base[:-1])
        one = middle * np.maximum(1 - middle, 0) if series.of is not None else middle
        spread = one * (1 / base[1:] + 1 / base[:-1])
        ratios.append(np.diff(rates)[spread > 0] ** 2 / spread[spread > 0])
    every = np.concatenate(ratios) if ratios else np.empty(0)
    return max(1.0, float(np.median(every)) / float(chi2.ppf(0.5, 1))) if every.size else 1.0


def differs(
    series: Series, before: NDArray[np.int64], after: NDArray[np.int64], usual: float, *, step: float = 0.0
) -> float:
    """
    Two-sided p-value of the same level in the weeks *before* and *after*.

    Args:
        usual: the dispersion that is usual, from :func:`restlessness`. Few weeks tell little of their own: theirs counts where it is
            larger, by its upper 80 % bound.
        step: the visits are rounded to multiples of it, which adds a twelfth of its square to the variance of each week.
    """
    old = level(series, before)
    everything = level(series, np.concatenate([before, after]))
    rate, base = everything.rate, float(series.base[after].sum())
    new = float(series.visits[after].sum()) / base
    if rate <= 0 or (old.is_share and rate >= 1):
        return 1.0
    freedom = before.size - 1
    own = old.dispersion * freedom / float(chi2.ppf(BOUND, freedom)) if freedom and old.dispersion > 1 else 1.0
    # The dispersion is between weeks, so it scales the variance of a mean of weeks as it does that of one.
    one = rate * (1 - rate) if old.is_share else rate
    variance = max(own, usual) * one * (1 / old.base + 1 / base)
    variance += step**2 / 12 * (before.size / old.base**2 + after.size / base**2)
    z = (new - old.rate) / math.sqrt(variance)
    return float(2 * norm.sf(abs(z)))


def outlook(series: Series, position: int, begin: int) -> tuple[float, float, float] | None:
    """
    Expected visits of one week with the range in which 19 of 20 such weeks lie; None: too few weeks before.

    Args:
        position: of the week.
        begin: first week that the level may be taken from.
    """
    at = series.known(max(begin, position - BASELINE_MAX), position)
    if at.size < BASELINE_MIN or not series.base[position] > 0:
        return None
    before = level(series, at)
    base = float(series.base[position])
    expected = before.rate * base
    half = float(t.ppf(0.975, before.weeks - 1)) * math.sqrt(before.spread(base) * (1 + base / before.base))
    most = float(series.of[position]) if series.of is not None else math.inf
    return min(expected, most), max(0.0, expected - half), min(most, expected + half)


def with_season(series: Series) -> Series:
    """The series with its time of the year, where there is enough history and it is clear; else as it is."""
    at = series.known(0, max(len(series.weeks) - SEASON_LAG, 0))
    if at.size < (SEASON_FROM if series.of is None else SEASON_FROM_SHARE) or not series.visits[at].any():
        return series
    from sklearn.linear_model import PoissonRegressor

    day = np.array([monday(week).toordinal() / 7 for week in series.weeks])
    line = ((day - day.mean()) / YEAR_WEEKS)[:, None]
    angle = 2 * np.pi * day / YEAR_WEEKS
    waves = [np.sin(angle), np.cos(angle)]
    if at.size >= 2 * YEAR_WEEKS:
        waves += [np.sin(2 * angle), np.cos(2 * angle)]
    feast = np.array([_is_christmas(week) for week in series.weeks], dtype=np.float64)
    if feast[at].sum() > 0:
        waves.append(feast)
    yearly = np.column_stack(waves)
    weight = (series.of if series.of is not None else np.ones(len(series.weeks)))[at]
    rate = series.visits[at] / weight
    unit = rate.mean() or 1.0  # the solver likes numbers about 1

    def fit(columns: Floats) -> tuple[Floats, float]:
        model = PoissonRegressor(alpha=0, solver="newton-cholesky", max_iter=200)
        model.fit(columns[at], rate / unit, sample_weight=weight / weight.mean())
        mean = model.predict(columns)
        y = np.maximum(rate / unit, 1e-12)
        deviance = 2 * float((weight / weight.mean() * (y * np.log(y / mean[at]) - y + mean[at])).sum())
        return np.asarray(model.coef_), deviance

    _, plain = fit(line)
    weights, full = fit(np.hstack([line, yearly]))
    added, left = yearly.shape[1], at.size - yearly.shape[1] - 2
    if left < 1 or float(f.sf((plain - full) / added / max(full / left, 1e-12), added, left)) >= SEASON_LEVEL:
        return series
    season = np.exp(yearly @ weights[1:])
    return replace(series, season=season / season[at].mean())


def _is_christmas(week: str) -> bool:
    """Does the week hold 25 December or 1 January?"""
    days = [monday(week) + timedelta(days=number) for number in range(7)]
    return any((day.month, day.day) in ((12, 25), (1, 1)) for day in days)


def part_of_week(days: dict[date, int], end: date) -> float:
    """
    Which part of a week's visits usually comes from Monday to the weekday of *end*, 0 to 1.

    Args:
        days: visits per day; only weeks that were over at *end* and have visits on it are looked at.
    """
    monday_of = {day: day - timedelta(days=day.weekday()) for day in days}
    over = [day for day in days if monday_of[day] + timedelta(days=6) <= end]
    if end.weekday() == 6 or not over:
        return (end.weekday() + 1) / 7
    total = sum(days[day] for day in over)
    return sum(days[day] for day in over if day.weekday() <= end.weekday()) / total if total else 1.0
