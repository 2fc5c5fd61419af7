"""
The ids of a run's segments: those of the published run, read on the visits of this window.

    1 shared visits   both models read the visits of this window; who shares most is the same     (identity)
    2 likeness        one that is gone and a new or young one whose profile is the same: by profile      (likeness)
    3 returns         what is still new, but is an audience that was gone for at most a quarter
    4 news            what happened to an identity stays its status for four weeks; then growth is told

A run that was held back (see :mod:`analysis.gate`) has no say: ids are always those of the published runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import facts, identity, likeness, memory, profiles, runs
from analysis.identity import Identity
from analysis.intervals import interval
from analysis.runs import Absent, News, PublishedRun
from analysis.window import Window
from collector.folder import DataFolder
from collector.sites import Site

if TYPE_CHECKING:
    from analysis.model import Model

RETURN_DAYS: Final = 91  # a quarter: after that an audience that looks like an old one is a new one
NEWS_DAYS: Final = 28  # a status such as "new" or "split" is told for as long
YOUNG_DAYS: Final = 42  # a window of the usual length and two weeks
SAME: Final = 0.5  # of the visits of both, that make a returned audience the same

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lineage:
    """
    Who the segments of a run are.

    Attributes:
        found: an identity per segment, in the model's order.
        gone: ids of the published run that are no more.
        next_id: number of the next segment that is new.
        absent: audiences that are not there and may come back.
        news: what last happened to each identity.
    """

    found: list[Identity]
    gone: list[str]
    next_id: int
    absent: list[Absent]
    news: dict[str, News]


@dataclass(frozen=True)
class Present:
    """
    What there is to match.

    Attributes:
        assigned: columns pattern, segment, visits (in the window), from :func:`analysis.assignment.assign`.
        profile: columns segment (number as text), dimension, value, share, of this run.
        before: per segment, its visits and all visits in as many weeks before the window; None: there were too few.
        n_segments: segments of the model.
        today: day on which the window ends.
    """

    assigned: pl.DataFrame
    profile: pl.DataFrame
    before: list[tuple[int, int]] | None
    n_segments: int
    today: date


def present(
    assigned: pl.DataFrame, totals: pl.DataFrame, context: pl.DataFrame, seen: Window, n_segments: int
) -> Present:
    """
    What there is to match in a window.

    Args:
        assigned: columns pattern, segment, visits, from :func:`analysis.assignment.assign`.
        totals: context totals of all weeks up to the window's last.
        context: context rows of the window.
        n_segments: segments of the model.
    """
    segment_of = assigned.select("pattern", pl.col("segment").cast(pl.String))
    tallied = profiles.tally(context, segment_of)
    sizes = tallied.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select("segment", total="visits")
    profile = tallied.join(sizes, on="segment").with_columns(share=pl.col("visits") / pl.col("total"))
    before = earlier(totals, assigned.select("pattern", "segment"), seen.weeks, n_segments)
    return Present(assigned, profile, before, n_segments, seen.end)


def trace(folder: DataFolder, site: Site, present: Present) -> Lineage:
    """Match the segments of a run with those of the published one, where there is one."""
    today = present.today.isoformat()
    try:
        last = runs.current(folder, site.key)
    except runs.NoRun:
        fresh = [Identity(f"s{number + 1}", "new", today) for number in range(present.n_segments)]
        return Lineage(fresh, [], present.n_segments + 1, [], {})
    table = last.table("segments")
    shares = dict(zip(table["segment"], table["share"], strict=True))
    seen = dict(zip(table["segment"], table["first_seen"], strict=True))
    known = [identity.Known(id_, float(shares.get(id_, 0.0)), str(seen.get(id_) or today)) for id_ in last.run.ids]
    weights = present.assigned.filter((pl.col("pattern") != memory.REMAINDER) & (pl.col("visits") > 0))
    overlap = _shared(last, weights, len(known), present.n_segments)
    found, gone = identity.match(overlap, known, today=today, next_id=last.run.next_id)
    next_id = last.run.next_id + sum(1 for one in found if one.status in ("new", "split"))
    matched = {one.id for one in found}
    found = _by_likeness(found, gone, last, present, known)
    kept = {one.id for one in found}
    given_up = [one.id for one in known if one.id in matched and one.id not in kept]
    gone = [id_ for id_ in gone if id_ not in kept]
    found = _returned(folder, site, found, last, weights, present)
    absent = _absent(found, gone, last, known, overlap, present.today)
    news = {one.id: _news(one, last, today) for one in found}
    told = {id_: one for id_, one in news.items() if one is not None}
    oldest = (present.today - timedelta(days=NEWS_DAYS)).isoformat()
    recent = {id_: one for id_, one in told.items() if one.since > oldest}
    found = [
        replace(one, status=recent[one.id].status) if one.id in recent else _grown(one, number, present)
        for number, one in enumerate(found)
    ]
    return Lineage(found, [*gone, *given_up], next_id, absent, told)


def known_model(folder: DataFolder, site: str) -> Model | None:
    """The published model of a site; None where nothing is published, or its model can't be read any more."""
    from analysis.model import Model, UnreadableModel

    try:
        return Model.load(runs.current(folder, site).path / "model.npz")
    except (runs.NoRun, UnreadableModel):
        return None


def earlier(
    history: pl.DataFrame, segment_of: pl.DataFrame, weeks: list[str], n_segments: int
) -> list[tuple[int, int]] | None:
    """
    Visits of each segment, and of all, in as many weeks before *weeks*; None where half of those are not known.

    Args:
        history: context totals of all weeks.
        segment_of: columns pattern, segment: numbers of the model, -1 unclustered.
    """
    past = history.filter(pl.col("period") < min(weeks, default=""))
    there = past["period"].unique().sort().to_list()[-len(weeks) :]
    if 2 * len(there) < len(weeks) or not there:
        return None
    visits = (
        past.filter(pl.col("period").is_in(there))
        .join(segment_of, on="pattern")
        .group_by("segment")
        .agg(pl.col("visits").sum())
    )
    of = dict(visits.iter_rows())
    total = sum(of.values())
    return [(of.get(number, 0), total) for number in range(n_segments)]


def _shared(run: PublishedRun, weights: pl.DataFrame, n_known: int, n_segments: int) -> Floats:
    """Visits that each segment of an earlier run's model shares with each of this one; none where its model can't be read any more."""
    from analysis.audiences import Model, UnreadableModel

    overlap = np.zeros((n_known, n_segments))
    try:
        model = Model.load(run.path / "model.npz")
    except UnreadableModel:
        # Of another version of Telpunt, or torn: profiles still tell who is who.
        return overlap
    before = model.assign(weights["pattern"]).select("pattern", before="segment")
    shared = (
        weights.join(before, on="pattern")
        .filter((pl.col("before") >= 0) & (pl.col("segment") >= 0))
        .group_by("before", "segment")
        .agg(pl.col("visits").sum())
    )
    overlap[shared["before"].to_numpy(), shared["segment"].to_numpy()] = shared["visits"].to_numpy()
    return overlap


def _by_likeness(
    found: list[Identity], gone: list[str], last: PublishedRun, present: Present, known: list[identity.Known]
) -> list[Identity]:
    """
    Those that are new take the id of one that is gone when their profiles are alike.

    So do those that are young: when a touchpoint rule changes, an audience is there twice for as long as the window holds weeks of
    both, under the old words and the new. The young id is then given up for the one that people know.
    """
    youngest = (present.today - timedelta(days=YOUNG_DAYS)).isoformat()
    free = [
        number
        for number, one in enumerate(found)
        if one.status in ("new", "split") or (one.first_seen >= youngest and one.id in last.run.news)
    ]
    if not free or not gone:
        return found
    alike = likeness.compare(last.table("profiles"), present.profile, gone, [str(number) for number in free])
    by_id = {one.id: one for one in known}
    out = list(found)
    for column, row in identity.pair(alike, likeness.ALIKE).items():
        old = by_id[gone[row]]
        if found[free[column]].first_seen > old.first_seen:
            out[free[column]] = Identity(old.id, "kept", old.first_seen)
    return out


def _returned(
    folder: DataFolder, site: Site, found: list[Identity], last: PublishedRun, weights: pl.DataFrame, present: Present
) -> list[Identity]:
    """Those that are new take the id of an absent audience when they share most of their visits, read with its own model."""
    free = [number for number, one in enumerate(found) if one.status in ("new", "split")]
    waiting = [one for one in last.run.absent if _may_return(one, present.today)]
    if not free or not waiting:
        return found
    sizes = dict(weights.group_by("segment").agg(pl.col("visits").sum()).iter_rows())
    alike = np.zeros((len(waiting), len(free)))
    for row, absent in enumerate(waiting):
        run = runs.earlier(folder, site.key, absent.run)
        if run is None or absent.id not in run.run.ids:
            continue
        position = run.run.ids.index(absent.id)
        shared = _shared(run, weights, len(run.run.ids), present.n_segments)[position]
        most = np.maximum(shared.sum(), [float(sizes.get(number, 0)) for number in free])
        alike[row] = shared[free] / np.maximum(most, 1.0)
    out = list(found)
    for column, row in identity.pair(alike, SAME).items():
        out[free[column]] = Identity(waiting[row].id, "returned", waiting[row].first_seen)
    return out


def _absent(
    found: list[Identity],
    gone: list[str],
    last: PublishedRun,
    known: list[identity.Known],
    overlap: Floats,
    today: date,
) -> list[Absent]:
    here = {one.id for one in found}
    seen = {one.id: one.first_seen for one in known}
    waiting = [one for one in last.run.absent if one.id not in here and _may_return(one, today)]
    for id_ in gone:
        shared = overlap[last.run.ids.index(id_)]
        into = found[int(shared.argmax())].id if shared.size and shared.max() > SAME * max(shared.sum(), 1.0) else ""
        waiting.append(Absent(id_, last.run.id, today.isoformat(), seen[id_], into))
    return waiting


def _may_return(absent: Absent, today: date) -> bool:
    return date.fromisoformat(absent.since) >= today - timedelta(days=RETURN_DAYS)


def _news(one: Identity, last: PublishedRun, today: str) -> News | None:
    if one.status in ("new", "split", "merged", "returned"):
        return News(one.status, today, one.other)
    return last.run.news.get(one.id)


def _grown(one: Identity, number: int, present: Present) -> Identity:
    """Grown, shrunk or kept against as many weeks before, where these are known: by a quarter, and more than chance."""
    if present.before is None:
        return one
    sizes = dict(present.assigned.group_by("segment").agg(pl.col("visits").sum()).iter_rows())
    visits, total = int(sizes.get(number, 0)), int(sum(sizes.values()))
    old, old_total = present.before[number]
    now, before = visits / max(total, 1), old / max(old_total, 1)
    (low, high), (old_low, old_high) = interval(visits, total), interval(old, old_total)
    grown = now > identity.GROWTH * before and low > old_high
    shrunk = now < before / identity.GROWTH and high < old_low
    return replace(one, status="grown" if grown else "shrunk" if shrunk else "kept")
