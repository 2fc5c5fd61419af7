"""
The chapters of a run, in order: from the counts of a window to a published analysis.

    1 window     which weeks, and how many visits of each pattern          (window)
    2 model      patterns ─► UMAP ─► HDBSCAN ─► audience segments          (audiences)
    3 memory     weeks that are over close, rare patterns within their audience   (memory)
    4 identity   which segment is which of the last run                    (assignment, lineage, likeness)
    5 profiles   what each segment does, comes for, comes from, when       (profiles)
      and each opened further: shapes, journeys, what brings nearer, touchpoints, demand   (shapes, journeys, nearness, …)
    6 labels     a name and a sentence                                     (labels, segments)
    7 trends     week by week beside what was expected, and what changed    (measures, trends, figures, changes, departures)
    8 publish    everything that passed the rule of k, by one pointer      (gate, runs)

"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from analysis import (
    assignment,
    changes,
    demand,
    departures,
    facts,
    figures,
    gate,
    iso_weeks,
    journeys,
    labels,
    lineage,
    measures,
    memory,
    nearness,
    pattern_map,
    profiles,
    runs,
    segments,
    shapes,
    touchpoints,
    trends,
    window,
)  # fmt: skip
from analysis.fold import Progress
from analysis.runs import UNCLUSTERED, Run
from analysis.store import Store
from collector.errors import NotEnoughVisits
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site


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
    Analyse the last *days* of a site and publish the result, unless it is weak and a better one is published (:mod:`analysis.gate`).

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
        seen = window.look_at(store, site, days=days, end=end)
        weights = seen.weights()
        needed = max(site.min_visits, 2 * site.k)
        if seen.visits < needed or weights.is_empty():
            _close(store, site, settings, seen, now, None)
            too_few = NotEnoughVisits(seen.visits, needed, site.k)
            runs.wait(folder, site.key, runs.Waiting(too_few.shown, needed))
            raise too_few

        tell("Finding audiences", 0.05)
        from analysis import (
            audiences,
        )  # umap and hdbscan cost seconds to import: only a run that gets this far pays for them

        try:
            fit = audiences.fit(
                weights,
                seed=settings.seed,
                min_visits=needed,
                before=lineage.known_model(folder, site.key),
                progress=lambda what, share: tell(what, 0.05 + 0.75 * share),
            )
        except Exception:
            # Weeks close in time whatever happens to a model.
            _close(store, site, settings, seen, now, None)
            raise

        tell("Closing weeks", 0.8)
        _close(store, site, settings, seen, now, lambda patterns: fit.model.assign(patterns)["segment"])

        tell("Describing audiences", 0.85)
        until = pl.col("period") <= seen.weeks[-1]
        history = store.read(site.key, where=measures.WHERE & until)
        totals = history.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
        context = store.read(site.key, seen.weeks, where=pl.col("dimension") != facts.PATTERN_TOTAL)
        assigned = assignment.assign(fit.model, totals, set(seen.weeks), site.k)
        line = lineage.trace(folder, site, lineage.present(assigned, totals, context, seen, fit.model.k))
        ids = pl.DataFrame(
            {"segment": range(-1, fit.model.k), "id": [UNCLUSTERED, *(one.id for one in line.found)]},
            schema={"segment": pl.Int64, "id": pl.String},
        )
        segment_of = assigned.join(ids, on="segment").select("pattern", segment="id")
        tallied = profiles.tally(context, segment_of)
        profile = profiles.build(tallied, site.k)
        whole = profiles.whole(tallied, site.k)
        of_id = assigned.join(ids, on="segment")

        tell("Naming audiences", 0.92)
        last = runs.current(folder, site.key) if runs.has_run(folder, site.key) else None
        named = labels.build(profile.filter(pl.col("segment") != UNCLUSTERED), last.labels() if last else None)
        listed = segments.build(tallied, line.found, named, site.k)

        tell("Looking for changes", 0.95)
        measured = measures.measure(history)
        weekly = trends.build(measured, segment_of, site.k)
        # A week that still runs changes every day: it is no change yet.
        is_over = pl.col("week") < iso_weeks.iso_week(seen.end + timedelta(days=1))
        told = last.table("changes") if last else None
        gone, gone_named = departures.look_at(
            folder, site.key, line, measured.filter(is_over), listed, told, end=seen.end, k=site.k,
            trusted=fit.verdict.grade != gate.WEAK,
        )  # fmt: skip
        feed = changes.build(
            weekly.filter(is_over), named | gone_named, k=site.k, told=told, more=gone, today=seen.end.isoformat()
        )
        weekly, season = trends.expect(weekly, changes.starts(feed))
        headline, yearly = figures.build(measured, site.k, end=seen.end, days=seen.days())

        tell("Publishing", 0.97)
        clustered = listed.filter(pl.col("segment") != UNCLUSTERED)
        run = Run(
            id=runs.run_id(now),
            site=site.key,
            start=seen.start,
            end=seen.end,
            weeks=seen.weeks,
            visits=int(listed["visits"].sum()),
            patterns=weights.height,
            k=site.k,
            unclustered=int(listed["visits"].sum()) - int(clustered["visits"].sum()),
            segments=clustered.height,
            verdict=fit.verdict.grade,
            reasons=fit.verdict.reasons,
            reasons_nl=fit.verdict.reasons_nl,
            seed=settings.seed,
            seconds=round(time.monotonic() - started, 1),
            simulated=site.simulated,
            ids=[one.id for one in line.found],
            next_id=line.next_id,
            gone=line.gone,
            absent=line.absent,
            news=line.news,
            season=season or yearly,
        )
        tables = {
            "segments": listed,
            "profiles": profile.join(listed.select("segment", "label"), on="segment").select(runs.PROFILES.keys()),
            "map": pattern_map.build(fit.map, context, segment_of, site.k),
            "trends": weekly,
            "shapes": shapes.build(fit.model, context, of_id, profiles.sizes(tallied, site.k), site.k),
            "journeys": journeys.build(profile, whole),
            "nearer": nearness.build(nearness.read(fit.model, seen.counts, ids), site.k),
            "touchpoints": touchpoints.build(profile, whole, context, segment_of, site.k),
            "interest": touchpoints.interest(touchpoints.recent(store, site.key, seen.weeks[-1]), site.k),
            "demand": demand.build(profile, whole, context, site.k),
            "figures": headline,
            "changes": feed,
        }
        runs.write(folder, run, tables, fit.model.save)
        if gate.admits(run, last.run if last else None):
            runs.publish(folder, site.key, run.id)
        else:
            runs.hold_back(folder, site.key, runs.Held(run.id, run.start, run.end, run.reasons, run.reasons_nl))
        runs.forget_old(folder, site.key)
        tell("Done", 1.0)
        return run


def _close(
    store: Store, site: Site, settings: Settings, seen: window.Window, now: datetime, assign: memory.Assign | None
) -> None:
    """Close the weeks of the window, and those before it, that are over."""
    with store.folder.hold("facts", wait=True):
        memory.close(
            store,
            site.key,
            site.k,
            now=now,
            today=now.astimezone(ZoneInfo(site.timezone)).date(),
            until=seen.end,
            assign=assign,
            fine_days=site.fine_days or settings.fine_pattern_days,
        )
