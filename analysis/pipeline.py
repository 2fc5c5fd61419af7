"""
The chapters of a run, in order: from the counts of a window to a published analysis.

    1 window     which weeks, and how many visits of each pattern
    2 model      patterns ─► UMAP ─► HDBSCAN ─► audience segments        (analysis.audiences)
    3 memory     weeks that are over close, rare patterns within their audience
    4 identity   which segment is which of the last run
    5 profiles   what each segment does, comes for, comes from, when
    6 labels     a name and a sentence
    7 trends     week by week, and what changed
    8 publish    everything that passed the rule of k, by one pointer

"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from analysis import changes, facts, identity, labels, memory, profiles, runs, trends, words
from analysis.runs import UNCLUSTERED, Run
from analysis.store import Store
from collector.errors import NotEnoughVisits
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site

if TYPE_CHECKING:  # umap and hdbscan cost seconds to import: only a run that gets as far as a model pays for them
    from analysis.audiences import Fit, Model

Progress = Callable[[str, float], None]

# Published runs that are kept beside the current one.
RUNS_KEPT: Final = 60


@dataclass(frozen=True)
class Window:
    """
    What a run looks at: whole ISO weeks, since context is kept by the week.

    Attributes:
        weeks: the ISO weeks, oldest first.
        start: the first day, a Monday.
        end: the last day that has counts.
        counts: all counts of those weeks.
    """

    weeks: list[str]
    start: date
    end: date
    counts: pl.DataFrame


def refresh(
    folder: DataFolder,
    settings: Settings,
    site: Site,
    *,
    now: datetime,
    days: int = 28,
    end: date | None = None,
    progress: Progress | None = None,
) -> Run:
    """
    Analyse the last *days* of a site and publish the result.

    Args:
        now: UTC time of the run.
        days: length of the window in days; rounded up to whole ISO weeks.
        end: last day of the window; None: the last day that has counts.
        progress: told what is being done, and how far (0 to 1).

    Raises:
        NotEnoughVisits: the window has fewer visits than the site's ``min_visits``; nothing is published.
    """
    tell = progress or (lambda _what, _share: None)
    started = time.monotonic()
    with folder.hold(f"analyse-{site.key}", wait=True):
        store = Store(folder)
        tell("Reading the counts", 0.0)
        window = look_at(store, site, days=days, end=end)
        weights = facts.pattern_totals(window.counts).group_by("pattern").agg(pl.col("visits").sum()).sort("pattern")
        weights = weights.filter(pl.col("pattern") != memory.REMAINDER)
        visits = int(window.counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)["visits"].sum())
        needed = max(site.min_visits, 2 * site.k)
        if visits < needed or weights.is_empty():
            too_few = NotEnoughVisits(visits, needed, site.k)
            runs.wait(folder, site.key, runs.Waiting(too_few.shown, needed))
            raise too_few

        from analysis import audiences

        tell("Finding audiences", 0.05)
        fit = audiences.fit(
            weights, seed=settings.seed, min_visits=needed, progress=lambda what, share: tell(what, 0.05 + 0.75 * share)
        )
        tell("Closing weeks", 0.8)
        with folder.hold("facts", wait=True):
            memory.close(
                store,
                site.key,
                site.k,
                now=now,
                today=now.astimezone(ZoneInfo(site.timezone)).date(),
                until=window.end,
                assign=lambda patterns: fit.model.assign(patterns)["segment"],
                fine_days=settings.fine_pattern_days,
            )
        tell("Describing audiences", 0.85)
        history = store.read(site.key, where=pl.col("dimension") == facts.CONTEXT_TOTAL)
        context = store.read(site.key, window.weeks, where=pl.col("dimension") != facts.PATTERN_TOTAL)
        assigned = assign(fit.model, history, set(window.weeks), site.k)
        run = _write(folder, settings, site, window, fit, assigned, context, history, now, tell, started)
        runs.publish(folder, site.key, run.id)
        _forget_old(folder, site.key, run.id)
        tell("Done", 1.0)
        return run


def look_at(store: Store, site: Site, *, days: int, end: date | None) -> Window:
    """The window of *days* days that ends on *end*, or on the last day with counts, in whole ISO weeks."""
    known = store.weeks(site.key)
    if end is None:
        last_week = store.read(site.key, known[-1:], where=pl.col("dimension") == facts.PATTERN_TOTAL)
        last_days = last_week["period"].to_list()
        end = (
            date.fromisoformat(max(last_days))
            if last_days
            else (memory.monday(known[-1]) if known else date.min + timedelta(days=days))
        )
    first = end - timedelta(days=days - 1)
    weeks = [week for week in memory.weeks_between(first, end) if week in set(known)]
    start = first - timedelta(days=first.weekday())
    return Window(weeks, start, end, store.read(site.key, weeks))


def assign(model: Model, history: pl.DataFrame, window: set[str], k: int) -> pl.DataFrame:
    """
    The segment of every pattern in *history*, such that no segment holds 1 to k-1 visits of the window.

    A segment that small is counted as unclustered; unclustered visits that few go to the segment they are most like.

    Returns:
        Columns pattern, segment (position in the model, -1 unclustered).
    """
    totals = (
        history.with_columns(visits=pl.when(pl.col("period").is_in(list(window))).then(pl.col("visits")).otherwise(0))
        .group_by("pattern")
        .agg(pl.col("visits").sum())
        .sort("pattern")
    )
    is_named = pl.col("pattern") != memory.REMAINDER
    named = totals.filter(is_named)
    found = (
        model.assign(named["pattern"])
        if named.height
        else pl.DataFrame(schema={"pattern": pl.String, "segment": pl.Int64})
    )
    table = totals.join(found.select("pattern", "segment"), on="pattern", how="left").with_columns(
        pl.col("segment").cast(pl.Int64).fill_null(-1)
    )
    sizes = table.group_by("segment").agg(pl.col("visits").sum())
    small = sizes.filter((pl.col("segment") >= 0) & (pl.col("visits") < k))["segment"].to_list()
    table = table.with_columns(segment=pl.when(pl.col("segment").is_in(small)).then(-1).otherwise(pl.col("segment")))
    loose = int(table.filter(pl.col("segment") == -1)["visits"].sum())
    if 0 < loose < k:
        # The largest segment takes in what is too little to be told apart from nothing.
        largest = (
            table.filter(pl.col("segment") >= 0)
            .group_by("segment")
            .agg(pl.col("visits").sum())
            .sort("visits", "segment", descending=True)
        )
        table = table.with_columns(
            segment=pl.when((pl.col("segment") == -1) & (pl.col("visits") > 0))
            .then(largest["segment"][0])
            .otherwise(pl.col("segment"))
        )
    return table.select("pattern", "segment", "visits")


def _identities(
    folder: DataFolder, site: Site, assigned: pl.DataFrame, n_segments: int, today: str
) -> tuple[list[identity.Identity], list[str], int]:
    """Ids for the model's segments, matched with those of the published run where there is one."""
    try:
        last = runs.current(folder, site.key)
    except runs.NoRun:
        fresh = [identity.Identity(f"s{number + 1}", "new", today) for number in range(n_segments)]
        return fresh, [], n_segments + 1
    from analysis.audiences import Model

    table = last.table("segments")
    shares = dict(zip(table["segment"], table["share"], strict=True))
    seen = dict(zip(table["segment"], table["first_seen"], strict=True))
    known = [identity.Known(id_, float(shares.get(id_, 0.0)), str(seen.get(id_, today))) for id_ in last.run.ids]
    weights = assigned.filter((pl.col("pattern") != memory.REMAINDER) & (pl.col("visits") > 0))
    before = Model.load(last.path / "model.npz").assign(weights["pattern"]).select("pattern", before="segment")
    shared = (
        weights.join(before, on="pattern")
        .filter((pl.col("before") >= 0) & (pl.col("segment") >= 0))
        .group_by("before", "segment")
        .agg(pl.col("visits").sum())
    )
    import numpy as np

    overlap = np.zeros((len(known), n_segments))
    for i, j, visits in shared.iter_rows():
        overlap[i, j] = visits
    found, gone = identity.match(overlap, known, today=today, next_id=last.run.next_id)
    return found, gone, last.run.next_id + sum(1 for one in found if one.status in ("new", "split"))


def _write(
    folder: DataFolder,
    settings: Settings,
    site: Site,
    window: Window,
    fit: Fit,
    assigned: pl.DataFrame,
    context: pl.DataFrame,
    history: pl.DataFrame,
    now: datetime,
    tell: Progress,
    started: float,
) -> Run:
    """Write a run aside and rename it into place; nothing below k goes in."""
    n_segments = fit.model.k
    found, gone, next_id = _identities(folder, site, assigned, n_segments, window.end.isoformat())
    names = pl.DataFrame(
        {"position": [-1, *range(n_segments)], "id": [UNCLUSTERED, *(one.id for one in found)]},
        schema={"position": pl.Int64, "id": pl.String},
    )
    segment_of = assigned.join(names, left_on="segment", right_on="position").select("pattern", segment="id")
    tallied = profiles.tally(context, segment_of)
    profile = profiles.build(tallied, site.k)
    tell("Naming audiences", 0.92)
    named = labels.build(profile.filter(pl.col("segment") != UNCLUSTERED))
    segments = _segments(tallied, found, named)
    labelled = profile.join(segments.select("segment", "label"), on="segment").select(runs.PROFILES.keys())
    visits = int(segments["visits"].sum())
    unclustered = int(segments.filter(pl.col("segment") == UNCLUSTERED)["visits"].sum())
    run = Run(
        id=runs.run_id(now),
        site=site.key,
        start=window.start,
        end=window.end,
        weeks=window.weeks,
        visits=visits,
        patterns=facts.pattern_totals(window.counts)["pattern"].n_unique(),
        k=site.k,
        unclustered=unclustered,
        segments=segments.filter(pl.col("segment") != UNCLUSTERED).height,
        verdict=fit.verdict.grade,
        reasons=list(fit.verdict.reasons),
        seed=settings.seed,
        seconds=round(time.monotonic() - started, 1),
        simulated=site.simulated,
        ids=[one.id for one in found],
        next_id=next_id,
        gone=gone,
    )
    home = folder.runs / site.key
    home.mkdir(mode=0o700, exist_ok=True)
    aside = home / f".{run.id}.aside"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    segments.write_parquet(aside / "segments.parquet")
    labelled.write_parquet(aside / "profiles.parquet")
    _map(fit.map, context, segment_of, site.k).write_parquet(aside / "map.parquet")
    weekly = trends.build(history, segment_of, window.weeks, site.k)
    weekly.write_parquet(aside / "trends.parquet")
    over = weekly.filter(
        pl.col("week") < memory.iso_week(window.end + timedelta(days=1))
    )  # a week that still runs changes every day
    changes.build(over, named).write_parquet(aside / "changes.parquet")
    fit.model.save(aside / "model.npz")
    (aside / "run.json").write_bytes(msgspec.json.encode(run))
    final = home / run.id
    if final.exists():
        shutil.rmtree(final)
    aside.rename(final)
    return run


def _segments(tallied: pl.DataFrame, found: list[identity.Identity], named: dict[str, labels.Label]) -> pl.DataFrame:
    sizes = tallied.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select("segment", "visits")
    total = max(int(sizes["visits"].sum()), 1)
    by_id = {one.id: one for one in found}
    rows = []
    for segment, visits in sizes.sort(["visits", "segment"], descending=[True, False]).iter_rows():
        if segment == UNCLUSTERED:
            continue
        label, who = named[segment], by_id[segment]
        colour = int(segment.removeprefix("s")) - 1
        rows.append(
            (
                segment,
                label.name["en"],
                label.name["nl"],
                label.sentence["en"],
                label.sentence["nl"],
                visits,
                visits / total,
                who.status,
                who.first_seen,
                colour,
            )
        )
    rest = sizes.filter(pl.col("segment") == UNCLUSTERED)["visits"].to_list()
    if rest:
        rows.append(
            (UNCLUSTERED, *labels.UNCLUSTERED, *labels.UNCLUSTERED_SENTENCE, rest[0], rest[0] / total, "kept", "", -1)
        )
    return pl.DataFrame(rows, schema=runs.SEGMENTS, orient="row")


def _map(placed: pl.DataFrame, context: pl.DataFrame, segment_of: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The points of the map: patterns of at least *k* visits; rarer ones are counted on the nearest of their segment.

    A segment without any such pattern is one point, where the middle of its patterns lies.
    """
    totals = context.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).group_by("pattern").agg(pl.col("visits").sum())
    points = (
        totals.join(segment_of, on="pattern")
        .join(placed.select("pattern", "x", "y"), on="pattern", how="left")
        .sort("pattern")
    )
    large = points.filter((pl.col("visits") >= k) & pl.col("x").is_not_null())
    small = points.join(large.select("pattern"), on="pattern", how="anti")
    near = small.filter(pl.col("x").is_not_null()).select("pattern", "segment", "visits", "x", "y")
    nearest = (
        near.join(large.select("segment", host="pattern", hx="x", hy="y"), on="segment")
        .with_columns(distance=(pl.col("x") - pl.col("hx")) ** 2 + (pl.col("y") - pl.col("hy")) ** 2)
        .sort("distance", "host")
        .unique("pattern", keep="first", maintain_order=True)
        .select("pattern", "visits", "host")
    )
    first_of = large.sort(["visits", "pattern"], descending=[True, False]).unique(
        "segment", keep="first", maintain_order=True
    )
    far = (
        small.join(nearest.select("pattern"), on="pattern", how="anti")
        .join(first_of.select("segment", host="pattern"), on="segment")
        .select("pattern", "visits", "host")
    )
    absorbed = pl.concat([nearest, far]).group_by("host").agg(more=pl.col("visits").sum())
    shown = large.join(absorbed, left_on="pattern", right_on="host", how="left").with_columns(
        visits=pl.col("visits") + pl.col("more").fill_null(0)
    )
    without = (
        small.join(first_of.select("segment"), on="segment", how="anti")
        .group_by("segment")
        .agg(pl.col("visits").sum(), pl.col("x").mean().fill_null(0.0), pl.col("y").mean().fill_null(0.0))
        .with_columns(pattern=pl.lit(""))
        .filter(pl.col("visits") >= k)
    )
    columns = ["pattern", "x", "y", "segment", "visits"]
    rows = pl.concat([shown.select(columns), without.select(columns)]).sort("visits", descending=True)
    return rows.select(
        "x",
        "y",
        "segment",
        "visits",
        pl.Series("words", [words.pattern(text, "en") for text in rows["pattern"]], dtype=pl.String),
        pl.Series("words_nl", [words.pattern(text, "nl") for text in rows["pattern"]], dtype=pl.String),
    )


def _forget_old(folder: DataFolder, site: str, current: str) -> None:
    """Delete all but the newest runs, and what a killed run left."""
    home: Path = folder.runs / site
    names = sorted(path.name for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))
    for name in [*names[:-RUNS_KEPT], *(path.name for path in home.glob(".*.aside"))]:
        if name != current:
            shutil.rmtree(home / name, ignore_errors=True)
