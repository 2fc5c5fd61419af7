"""
What changed: weeks in which an audience left the range of the weeks before.

For each audience the weekly shares are read from the oldest week on, and its apply-start rates beside them. The weeks since its last
change are the baseline. A change is told when the level of the last :data:`CONFIRM` weeks differs from the baseline's by a
quasi-likelihood z test (:func:`analysis.expected.differs`), with the time of the year taken out where it is known, and when it
matters besides: a fifth of the share, a quarter of the rate. A share also falls because others grow, so a change of a share is told
only when the audience's visits moved against what most audiences' visits did in those weeks (the median). The level of the test is
such that quiet traffic gives at most one false change a quarter, whatever the number of audiences.

**What was told stays told.** Each run reads all of the history anew with its own model, so old weeks look a little different each
time. A change that a published run told is taken over as it was, its audience is then watched from that change on only, and what is
new is told only of the last :data:`RECENT` weeks. So the feed does not flicker, and history is not rewritten.

Reads released trends only, so nothing here rests on fewer than *k* visits; a week in which an audience is held back counts as
unknown, and an audience that was held back all along and is then there has appeared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import change_words, trends
from analysis.expected import BASELINE_MAX, BASELINE_MIN, Series, differs, restlessness
from analysis.intervals import interval
from analysis.labels import Label
from analysis.runs import CHANGES, UNCLUSTERED

CONFIRM: Final = 2  # weeks that have to agree, at least
LENGTHS: Final = (2, 3, 4)  # weeks that a new level is read from: small audiences need more to be sure
RECENT: Final = 6  # newest weeks of which a run after the first tells something new
EACH_MIN: Final = 1 / 3  # of the change, that each of those weeks has to show
MIN_RATIO: Final = 1.2  # smallest change of a share that matters
MIN_RATE_RATIO: Final = 1.25  # smallest change of an apply-start rate that matters
NOTHING: Final = 0.2  # of what is there after (or was there before): that is next to nothing
FALSE_PER_QUARTER: Final = (
    1.0  # by the level of the test, in quiet traffic of all audiences; measured it is a quarter of that
)
QUARTER: Final = 13  # weeks

Positions = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """
    A change of one audience.

    Attributes:
        segment: its id.
        kind: of :data:`analysis.runs.CHANGES`.
        week: ISO week from which on it is so.
        before: share or rate before.
        after: share or rate since then, with its 95 % interval.
        visits: that the share after rests on; before, for one that vanished.
        other: of split and merged, the other segment.
    """

    segment: str
    kind: str
    week: str
    before: float
    after: tuple[float, float, float]
    visits: int
    other: str = ""


def build(
    weekly: pl.DataFrame,
    labels: dict[str, Label],
    *,
    k: int,
    told: pl.DataFrame | None = None,
    more: list[Change] | None = None,
    today: str = "",
) -> pl.DataFrame:
    """
    The feed of changes, newest first: what was told, and what is new.

    Args:
        weekly: columns of :data:`analysis.runs.TRENDS`, complete weeks only.
        labels: the label of each segment of this run.
        told: the feed of the last published run; None: there was none.
        more: changes found elsewhere (what became of audiences that are gone), with labels for them in *labels*.
        today: day (ISO) on which the window of this run ends.

    Returns:
        Columns of :data:`analysis.runs.CHANGES`.
    """
    old = told if told is not None else pl.DataFrame(schema=CHANGES)
    weeks = weekly["week"].unique().sort().to_list()
    oldest_news = weeks[-RECENT] if told is not None and len(weeks) > RECENT else ""
    known = {(row["segment"], row["kind"], row["other"] or "") for row in old.iter_rows(named=True)}
    rows = []
    for change in [*find(weekly, old, k), *(more or [])]:
        is_once = change.kind in ("split", "merged")
        if change.week < oldest_news or (is_once and (change.segment, change.kind, change.other) in known):
            continue
        label = labels[change.segment]
        other = labels.get(change.other)
        sentences = [
            change_words.sentence(change, label.name[lang], other.name[lang] if other else change.other, lang)
            for lang in ("en", "nl")
        ]
        share, low, high = change.after
        rows.append(
            (
                change.segment, label.name["en"], label.name["nl"], change.week, change.kind, change.before, share, low, high,
                change.visits, change.other, today, *sentences,
            )
        )  # fmt: skip
    new = pl.DataFrame(rows, schema=CHANGES, orient="row")
    return pl.concat([old.select(CHANGES.keys()), new]).sort(
        ["week", "segment", "kind"], descending=[True, False, False]
    )


def find(weekly: pl.DataFrame, told: pl.DataFrame, k: int) -> Iterator[Change]:
    """
    The changes of shares and of apply-start rates since those that were *told*, audience by audience.

    Args:
        weekly: columns of :data:`analysis.runs.TRENDS`.
        told: columns of :data:`analysis.runs.CHANGES`.
        k: what is held back is under it, and is taken as half of it.
    """
    every = trends.series(weekly)
    shares = {name: one for name, one in every.items() if name != UNCLUSTERED}
    rates = {name: one for name, one in trends.series(weekly, "apply_starts", "visits").items() if name in shares}
    # A test per audience and week, of a share and of a rate.
    chance = FALSE_PER_QUARTER / QUARTER / max(2 * len(shares), 1)
    last = _last_told(told)
    filled = {name: replace(one, visits=np.nan_to_num(one.visits, nan=k / 2)) for name, one in every.items()}
    others = np.array([one.visits / one.season for one in filled.values()])
    usual = restlessness(filled.values())
    for segment, series in shares.items():
        after = last.get((segment, False))
        for before, now in _levels(filled[segment], after, chance, MIN_RATIO, usual, k, others):
            yield _share_change(segment, series, before, now)
    whole = {
        name: replace(one, visits=np.nan_to_num(one.visits, nan=k / 2))
        for name, one in rates.items()
        # Where starts are held back in most weeks there is no rate to speak of.
        if 2 * np.isfinite(one.visits).sum() >= (one.base > 0).sum()
    }
    usual = restlessness(whole.values())
    for segment, series in whole.items():
        for before, now in _levels(series, last.get((segment, True)), chance, MIN_RATE_RATIO, usual, k):
            yield _rate_change(segment, series, before, now)


def starts(changes: pl.DataFrame) -> dict[str, list[str]]:
    """Per segment, the weeks in which a new level of its share began."""
    of_share = changes.filter(~pl.col("kind").is_in(["split", "merged", "applies_rose", "applies_fell"]))
    return {str(segment): part["week"].to_list() for (segment,), part in of_share.group_by("segment")}


def _last_told(told: pl.DataFrame) -> dict[tuple[str, bool], str]:
    """The week of the last change that was told, per segment and whether it is one of its rate."""
    last: dict[tuple[str, bool], str] = {}
    for segment, kind, week in told.select("segment", "kind", "week").sort("week").iter_rows():
        if kind not in ("split", "merged"):
            last[segment, kind.startswith("applies_")] = week
    return last


def _levels(
    series: Series,
    after: str | None,
    chance: float,
    min_ratio: float,
    usual: float,
    step: int,
    others: Floats | None = None,
) -> Iterator[tuple[Positions, Positions]]:
    """
    The changes of level in one series, oldest first: the weeks before, and the weeks that confirm it.

    Args:
        after: week of the change told last, whose level is the baseline; None: there was none.
        chance: level of the test.
        min_ratio: smallest change that matters.
        usual: the dispersion that is usual among the series.
        step: the visits are rounded to multiples of it.
        others: visits of all audiences, shape (n_audiences, n_weeks), for a series that is a share of them.
    """
    begin = next((number for number, week in enumerate(series.weeks) if after is None or week >= after), None)
    if begin is None:
        return
    known = series.known(begin, len(series.weeks))
    least = BASELINE_MIN if after is None else CONFIRM
    first, end = 0, least + CONFIRM
    while end <= known.size:
        for length in LENGTHS:
            start = end - length
            if start - first < least:
                break
            now, before = known[start:end], known[max(first, start - BASELINE_MAX) : start]
            if _is_change(series, before, now, chance, min_ratio, usual, step, others):
                yield before, now
                # The new level is the next baseline.
                first, end, least = start, end + CONFIRM - 1, CONFIRM
                break
        end += 1


def _is_change(
    series: Series,
    before: Positions,
    now: Positions,
    chance: float,
    min_ratio: float,
    usual: float,
    step: int,
    others: Floats | None,
) -> bool:
    """Is the level *now* another than *before*: in every week, by enough to matter, beyond chance, and against what others did?"""
    old, new = _rate(series, before), _rate(series, now)
    ratio = new / old if old > 0 else 1.0
    if not _matters(ratio, min_ratio):
        return False
    # A week in which nothing was different yet must not ride along with one in which everything was.
    each = series.visits[now] / series.base[now]
    if ((each - old) / (new - old) < EACH_MIN).any():
        return False
    if differs(series, before, now, usual, step=step) >= chance / len(LENGTHS):
        return False
    if others is None:
        return True
    most = float(np.median(_means(others, now) / _means(others, before)))
    visits = series.visits / series.season
    against = float(_means(visits, now) / _means(visits, before)) / most
    return _matters(against, min_ratio) and (against > 1) == (ratio > 1)


def _matters(ratio: float, least: float) -> bool:
    return not 1 / least < ratio < least


def _means(visits: Floats, at: Positions) -> Floats:
    return np.asarray(np.maximum(visits[..., at].mean(axis=-1), 1e-9))


def _rate(series: Series, at: Positions) -> float:
    return float(series.visits[at].sum() / series.base[at].sum())


def _share(series: Series, at: Positions) -> tuple[float, int]:
    """The share of all visits of those weeks as it was counted, the time of the year left in, and the visits; held back is nothing."""
    of = series.of if series.of is not None else series.base
    visits = int(np.nansum(series.visits[at]))
    return visits / float(of[at].sum()), visits


def _share_change(segment: str, series: Series, before: Positions, now: Positions) -> Change:
    (old, old_visits), (new, visits) = _share(series, before), _share(series, now)
    kind = (
        "appeared"
        if old <= NOTHING * new
        else "vanished"
        if new <= NOTHING * old
        else "grew"
        if new > old
        else "shrank"
    )
    if kind == "vanished":
        return Change(segment, kind, series.weeks[now[0]], old, _with_interval(series, now, visits), old_visits)
    return Change(segment, kind, series.weeks[now[0]], old, _with_interval(series, now, visits), visits)


def _rate_change(segment: str, series: Series, before: Positions, now: Positions) -> Change:
    (old, _), (new, visits) = _share(series, before), _share(series, now)
    kind = "applies_rose" if new > old else "applies_fell"
    of = int(series.of[now].sum()) if series.of is not None else 0
    return Change(segment, kind, series.weeks[now[0]], old, _with_interval(series, now, visits), of)


def _with_interval(series: Series, at: Positions, visits: int) -> tuple[float, float, float]:
    of = int(series.of[at].sum()) if series.of is not None else visits
    return (visits / of, *interval(visits, of))
