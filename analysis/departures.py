"""
What became of audiences that a run no longer has, and of those that came out of another.

Neither is told at once: a model that is fitted anew each night now and then draws a line elsewhere and takes it back. After two
weeks without it an absent audience is looked at once more, with the last model that knew it: where its share fell to next to nothing,
it has vanished; where its visits are still there and another took most of them in, the two are merged. A part that split off is told
when it has lasted as long.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from analysis import changes, iso_weeks, memory, runs, trends
from analysis.changes import Change
from analysis.intervals import interval
from analysis.labels import Label
from analysis.lineage import Lineage
from analysis.runs import UNCLUSTERED, Absent, PublishedRun
from collector.folder import DataFolder

LASTING_DAYS: Final = 14
TELL_DAYS: Final = 42  # after that it is no news


def look_at(
    folder: DataFolder,
    site: str,
    line: Lineage,
    measured: pl.DataFrame,
    listed: pl.DataFrame,
    told: pl.DataFrame | None,
    *,
    end: date,
    k: int,
    trusted: bool = True,
) -> tuple[list[Change], dict[str, Label]]:
    """
    The departures and splits that have lasted, and labels for the audiences that are gone.

    Args:
        measured: from :func:`analysis.measures.measure`, complete weeks.
        listed: columns of :data:`analysis.runs.SEGMENTS`, of this run.
        told: the feed so far; None: there is none.
        end: last day of the window.
        trusted: False after a weak run: where it draws the lines is not worth telling, only that visits are gone.
    """
    done = set() if told is None else set(told.select("segment", "kind").iter_rows())
    found: list[Change] = []
    labels: dict[str, Label] = {}
    for absent in line.absent:
        if not _is_due(absent.since, end) or {(absent.id, "vanished"), (absent.id, "merged")} & done:
            continue
        run = runs.earlier(folder, site, absent.run)
        if run is None or absent.id not in run.run.ids:
            continue
        change = _departure(run, absent, measured, set(listed["segment"]), k)
        if change is not None and (trusted or change.kind == "vanished"):
            found.append(change)
            labels[absent.id] = label_of(run.table("segments"), absent.id)
    rows = {row["segment"]: row for row in listed.iter_rows(named=True)}
    for segment, news in line.news.items() if trusted else ():
        # Visits that were not there before are no part of those that were, whatever the model of then takes them for.
        appeared = (segment, "appeared") in done
        if (
            news.status == "split"
            and not appeared
            and _is_due(news.since, end)
            and {segment, news.other} <= rows.keys()
        ):
            visits, total = int(rows[segment]["visits"]), int(listed["visits"].sum())
            share = visits / total
            both = share + int(rows[news.other]["visits"]) / total
            week = iso_weeks.iso_week(date.fromisoformat(news.since))
            found.append(Change(segment, "split", week, both, (share, *interval(visits, total)), visits, news.other))
    return found, labels


def label_of(segments: pl.DataFrame, segment: str) -> Label:
    """The label that a run gave a segment."""
    row = segments.filter(pl.col("segment") == segment).row(0, named=True)
    return Label(
        {"en": row["label"], "nl": row["label_nl"] or row["label"]},
        {"en": row["sentence"], "nl": row["sentence_nl"] or row["sentence"]},
    )


def _is_due(since: str, end: date) -> bool:
    day = date.fromisoformat(since)
    return end - timedelta(days=TELL_DAYS) <= day <= end - timedelta(days=LASTING_DAYS)


def _departure(run: PublishedRun, absent: Absent, measured: pl.DataFrame, here: set[str], k: int) -> Change | None:
    from analysis.audiences import Model, UnreadableModel

    segments = run.table("segments").filter(pl.col("segment") == absent.id)
    if segments.is_empty():
        return None
    try:
        model = Model.load(run.path / "model.npz")
    except UnreadableModel:
        return None
    patterns = measured["pattern"].unique().sort()
    named = model.assign(patterns.filter(patterns != memory.REMAINDER)).select("pattern", "segment")
    position = run.run.ids.index(absent.id)
    segment_of = named.select(
        "pattern",
        segment=pl.when(pl.col("segment") == position).then(pl.lit(absent.id)).otherwise(pl.lit(UNCLUSTERED)),
    )
    weekly = trends.build(measured, segment_of, k)
    gone = [
        change for change in changes.find(weekly, pl.DataFrame(schema=runs.CHANGES), k) if change.kind == "vanished"
    ]
    if gone:
        return gone[-1]
    if absent.into in here:
        row = segments.row(0, named=True)
        week = iso_weeks.iso_week(date.fromisoformat(absent.since))
        share = row["share"]
        return Change(absent.id, "merged", week, share, (0.0, 0.0, 0.0), row["visits"], absent.into)
    return None
