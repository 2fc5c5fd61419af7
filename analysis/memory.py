"""
The three memories (promise 4): when a week closes, its rare patterns share a context; after a time their counts do too.

Closing is microaggregation (Domingo-Ferrer & Mateo-Sanz 2002): patterns of fewer than *k* visits in the week are put in groups of at
least *k*, each with its nearest: first within its audience segment, and there with patterns of the same touchpoints. A group goes by
the name of its most visited pattern. What is left of a segment joins the segment's most visited pattern; what is then still left
is the remainder, pattern "". Groups only ever grow, so late counts for a closed week (an import) can be closed in again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from analysis import facts, iso_weeks
from analysis.store import Addition, File, State, Store

REMAINDER: Final = ""

# Dimensions whose values are a short fixed list. The values of all others come from outside: a page, a campaign, a search may say
# something that nobody else's visit says.
FIXED: Final = ("hour_of_week", "device", "stage", "engaged", "depth")

# Gives each of a column of patterns its segment; -1 is unclustered.
Assign = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class Closing:
    """
    What closing did.

    Attributes:
        weeks: weeks closed or made coarse.
        patterns: patterns that share a context now.
        visits: visits of those.
    """

    weeks: int = 0
    patterns: int = 0
    visits: int = 0


def close(
    store: Store,
    site: str,
    k: int,
    *,
    now: datetime,
    today: date,
    until: date | None = None,
    assign: Assign | None = None,
    fine_days: int = 35,
) -> Closing:
    """
    Close the weeks of *site* that are over, and make coarse those whose patterns have been fine long enough.

    Weeks that were closed with a smaller *k* are closed again; a smaller *k* than before brings nothing back.

    The caller holds the folder's ``facts`` part.

    Args:
        k: visits that every context of a closed week rests on.
        today: the day it is at the site; a week is over when its Sunday is past.
        until: close no week that begins after this day.
        assign: segment per pattern, so that rare patterns stay within their audience; None: by touchpoints only.
        fine_days: days that pattern counts stay fine, from the end of their week or from when they came in, whichever is later.
    """
    store.clean()  # what an earlier closing replaced and, killed, did not delete
    by_week: dict[str, list[File]] = {}
    for file in store.manifest().files:
        if file.site == site:
            by_week.setdefault(file.week, []).append(file)
    done = Closing()
    for week, files in sorted(by_week.items()):
        last = iso_weeks.monday(week) + timedelta(days=6)
        if last >= today or (until is not None and iso_weeks.monday(week) > until):
            continue
        came_in = max(date.fromisoformat(file.added) for file in files)
        old = today - max(last, came_in) > timedelta(days=fine_days)
        states = {file.state for file in files}
        wanted = State.COARSE if old or states == {State.COARSE} else State.CLOSED
        if states in ({wanted}, {State.COARSE}) and min(file.k for file in files) >= k:
            continue
        counts = store.sum(files)
        groups = group(counts, k, assign)
        shared = groups.filter((pl.col("pattern") != pl.col("group")) & (pl.col("pattern") != REMAINDER))
        closed = regroup(counts, groups, k)
        if wanted == State.COARSE:
            closed = coarsen(closed, k)
        # Week by week: what is closed is closed, and no more than one week is in memory.
        store.commit(now=now, add=[Addition(site, week, wanted, closed, k)], remove=files)
        done = Closing(done.weeks + 1, done.patterns + shared.height, done.visits + int(shared["visits"].sum()))
    return done


def group(counts: pl.DataFrame, k: int, assign: Assign | None) -> pl.DataFrame:
    """
    The group of each pattern of one week.

    Args:
        counts: the counts of one site and week.

    Returns:
        Columns pattern, group, visits. Every group has at least *k* visits, unless the whole week has fewer: then all is remainder.
    """
    totals = (
        counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
        .group_by("pattern")
        .agg(pl.col("visits").sum())
        .sort("pattern")
    )
    is_named = pl.col("pattern") != REMAINDER
    common = totals.filter(is_named & (pl.col("visits") >= k)).with_columns(group=pl.col("pattern"))
    rare = totals.filter(is_named & (pl.col("visits") < k))
    common, rare = (_with_segment(table, assign) for table in (common, rare))
    pieces = _cut(rare, k)
    small = (
        pieces.group_by("segment", "piece")
        .agg(held=pl.col("visits").sum())
        .filter(pl.col("held") < k)
        .select("segment", "piece")
    )
    whole = pieces.join(small, on=["segment", "piece"], how="anti").with_columns(
        group=pl.col("pattern").sort_by("visits", descending=True).first().over("segment", "piece")
    )
    left = pieces.join(small, on=["segment", "piece"], how="semi")
    hosts = (
        pl.concat([common.select("segment", "group", "visits"), whole.select("segment", "group", "visits")])
        .group_by("segment", "group")
        .agg(pl.col("visits").sum())
        .sort(["segment", "visits", "group"], descending=[False, True, False])
        .unique("segment", keep="first", maintain_order=True)
        .select("segment", "group")
    )
    left = left.join(hosts, on="segment", how="left").with_columns(pl.col("group").fill_null(REMAINDER))
    columns = ["pattern", "group", "visits"]
    remainder = totals.filter(~is_named).with_columns(group=pl.lit(REMAINDER))
    groups = pl.concat([common.select(columns), whole.select(columns), left.select(columns), remainder.select(columns)])
    return _fill_remainder(groups, k)


def regroup(counts: pl.DataFrame, groups: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The counts of one week with the context of each pattern under its group; pattern counts by day stay as they are.

    A week of fewer than *k* visits in all keeps its total and loses every circumstance.
    """
    is_fine = pl.col("dimension") == facts.PATTERN_TOTAL
    context = (
        counts.filter(~is_fine)
        .join(groups.select("pattern", "group"), on="pattern", how="left")
        .with_columns(pattern=pl.col("group").fill_null(REMAINDER))
        .group_by(facts.KEYS)
        .agg(pl.col("visits").sum())
    )
    if groups["visits"].sum() < k:
        context = context.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
    return pl.concat([counts.filter(is_fine), context.select(facts.SCHEMA.keys())])


def coarsen(closed: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    A closed week without patterns by day and without rare values.

    Of each day only its visits are left, and of days under *k* not even that: they are counted on the busiest day of the week, so
    that the week still adds up. A value that came from outside and that fewer than *k* visits of the week have goes: those visits
    then count as having none.
    """
    closed = _without_rare_values(closed, k)
    is_fine = pl.col("dimension") == facts.PATTERN_TOTAL
    days = (
        closed.filter(is_fine)
        .group_by("site", "period")
        .agg(pl.col("visits").sum())
        .sort("visits", "period", descending=[True, False])
    )
    if days.is_empty():
        return closed
    busiest = days["period"][0]
    days = (
        days.with_columns(period=pl.when(pl.col("visits") < k).then(pl.lit(busiest)).otherwise(pl.col("period")))
        .group_by("site", "period")
        .agg(pl.col("visits").sum())
        .filter(pl.col("visits") >= k)
        .with_columns(pattern=pl.lit(REMAINDER), dimension=pl.lit(facts.PATTERN_TOTAL), value=pl.lit(""))
    )
    return pl.concat([days.select(facts.SCHEMA.keys()), closed.filter(~is_fine)])


def rare_values(closed: pl.DataFrame, k: int) -> pl.DataFrame:
    """Values from outside that fewer than *k* visits of the week have: columns dimension, value. A coarse week must have none."""
    kept = (facts.PATTERN_TOTAL, facts.CONTEXT_TOTAL, *FIXED)
    return (
        closed.filter(~pl.col("dimension").is_in(kept))
        .group_by("dimension", "value")
        .agg(pl.col("visits").sum())
        .filter(pl.col("visits") < k)
        .select("dimension", "value")
    )


def breaches(counts: pl.DataFrame, k: int) -> pl.DataFrame:
    """Circumstances in closed weeks of contexts that rest on fewer than *k* visits, or on nobody knows how many: there must be none."""
    context = counts.filter(pl.col("dimension") != facts.PATTERN_TOTAL)
    enough = context.filter((pl.col("dimension") == facts.CONTEXT_TOTAL) & (pl.col("visits") >= k)).select(
        "site", "period", "pattern"
    )
    return context.filter(pl.col("dimension") != facts.CONTEXT_TOTAL).join(
        enough, on=["site", "period", "pattern"], how="anti"
    )


def _without_rare_values(closed: pl.DataFrame, k: int) -> pl.DataFrame:
    return closed.join(rare_values(closed, k), on=["dimension", "value"], how="anti")


def _with_segment(table: pl.DataFrame, assign: Assign | None) -> pl.DataFrame:
    segment = (
        pl.Series("segment", [0] * table.height, dtype=pl.Int64)
        if assign is None or table.is_empty()
        else assign(table["pattern"])
    )
    return table.with_columns(segment.cast(pl.Int64).alias("segment"))


def _cut(rare: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    Cut rare patterns, like beside like, into pieces.

    A cut at every 2k-2 visits gives pieces of at least k: a piece begins at most k-2 after its mark, since a rare pattern has
    at most k-1 visits. Only the last piece of a segment may be smaller.
    """
    family = pl.col("pattern").str.replace_all(r";@[a-z]+=\d+", "").str.replace_all(r"=\d+", "")
    before = pl.col("visits").cum_sum().over("segment") - pl.col("visits")
    width = max(2 * k - 2, 1)
    return (
        rare.with_columns(family=family)
        .sort("segment", "family", "pattern")
        .with_columns(piece=before // width)
        .select("pattern", "segment", "piece", "visits")
    )


def _fill_remainder(groups: pl.DataFrame, k: int) -> pl.DataFrame:
    """A remainder of 1 to k-1 visits takes in the smallest group."""
    is_rest = pl.col("group") == REMAINDER
    held = int(groups.filter(is_rest)["visits"].sum())
    if not 0 < held < k:
        return groups
    others = groups.filter(~is_rest).group_by("group").agg(pl.col("visits").sum()).sort("visits", "group")
    if others.is_empty():
        return groups
    taken = others["group"][0]
    return groups.with_columns(
        group=pl.when(pl.col("group") == taken).then(pl.lit(REMAINDER)).otherwise(pl.col("group"))
    )
