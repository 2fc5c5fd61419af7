"""
The chapters of a run, in order: from the counts of a window to a published analysis.

    1 window     which weeks, and how many visits of each pattern          (window)
    2 model      patterns ─► UMAP ─► HDBSCAN ─► audience segments          (audiences)
    3 memory     weeks that are over close, rare patterns within their audience   (memory)
    4 identity   which segment is which of the last run                    (assignment, lineage)
    5 profiles   what each segment does, comes for, comes from, when       (profiles)
    6 labels     a name and a sentence                                     (labels, segments)
    7 trends     week by week, and what changed                            (trends, changes)
    8 publish    everything that passed the rule of k, by one pointer      (runs)

"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from analysis import (
    assignment,
    changes,
    facts,
    labels,
    lineage,
    memory,
    pattern_map,
    profiles,
    runs,
    segments,
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

        fit = audiences.fit(
            weights, seed=settings.seed, min_visits=needed, progress=lambda what, share: tell(what, 0.05 + 0.75 * share)
        )

        tell("Closing weeks", 0.8)
        _close(store, site, settings, seen, now, lambda patterns: fit.model.assign(patterns)["segment"])

        tell("Describing audiences", 0.85)
        history = store.read(site.key, where=pl.col("dimension") == facts.CONTEXT_TOTAL)
        context = store.read(site.key, seen.weeks, where=pl.col("dimension") != facts.PATTERN_TOTAL)
        assigned = assignment.assign(fit.model, history, set(seen.weeks), site.k)
        line = lineage.trace(folder, site, assigned, fit.model.k, seen.end.isoformat())
        ids = pl.DataFrame(
            {"segment": range(-1, fit.model.k), "id": [UNCLUSTERED, *(one.id for one in line.found)]},
            schema={"segment": pl.Int64, "id": pl.String},
        )
        segment_of = assigned.join(ids, on="segment").select("pattern", segment="id")
        tallied = profiles.tally(context, segment_of)
        profile = profiles.build(tallied, site.k)

        tell("Naming audiences", 0.92)
        named = labels.build(profile.filter(pl.col("segment") != UNCLUSTERED))
        listed = segments.build(tallied, line.found, named, site.k)
        weekly = trends.build(history, segment_of, site.k)
        # A week that still runs changes every day: it is no change yet.
        over = weekly.filter(pl.col("week") < memory.iso_week(seen.end + timedelta(days=1)))

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
            reasons=list(fit.verdict.reasons),
            seed=settings.seed,
            seconds=round(time.monotonic() - started, 1),
            simulated=site.simulated,
            ids=[one.id for one in line.found],
            next_id=line.next_id,
            gone=line.gone,
        )
        tables = {
            "segments": listed,
            "profiles": profile.join(listed.select("segment", "label"), on="segment").select(runs.PROFILES.keys()),
            "map": pattern_map.build(fit.map, context, segment_of, site.k),
            "trends": weekly,
            "changes": changes.build(over, named),
        }
        runs.write(folder, run, tables, fit.model.save)
        runs.publish(folder, site.key, run.id)
        runs.forget_old(folder, site.key, run.id)
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
            fine_days=settings.fine_pattern_days,
        )
