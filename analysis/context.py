"""
The context of closed visits as counts: everything about a visit that is not its pattern, each dimension by itself.

Dimensions are separate counts: once counted, no row tells which channel went with which page in one visit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from analysis import facts, patterns
from collector.events import Kind, Touchpoint

# What published tables call the visits of no value and of values held back, and analytics tools write into campaign tags.
_RESERVED: Final = {"(none)": "none", "(other)": "other"}
_VIEW: Final = pl.col("kind") == Kind.PAGE_VIEW


def _of_kind(kind: Kind, *columns: str) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    """The first of *columns* that says something, of hits of *kind*."""

    def values(hits: pl.LazyFrame) -> pl.LazyFrame:
        filled = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in columns]
        return hits.filter(pl.col("kind") == kind).select("id", value=pl.coalesce(*filled))

    return values


def _pages(hits: pl.LazyFrame) -> pl.LazyFrame:
    return hits.filter(_VIEW).select("id", value="page")


def _vacancies(hits: pl.LazyFrame) -> pl.LazyFrame:
    return hits.filter(_VIEW & (pl.col("touchpoint") == Touchpoint.VACANCY)).select("id", value="page")


def _steps(hits: pl.LazyFrame) -> pl.LazyFrame:
    # Views alone, in time order, so that the next row of the same visit is the next page.
    following = pl.col("touchpoint").shift(-1)
    return (
        hits.filter(_VIEW)
        .with_columns(following=following, goes_on=pl.col("id") == pl.col("id").shift(-1))
        .filter(pl.col("goes_on") & (pl.col("touchpoint") != pl.col("following")))
        .select("id", value=pl.concat_str("touchpoint", pl.lit(">"), "following"))
    )


def _searches(*, empty: bool) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    def values(hits: pl.LazyFrame) -> pl.LazyFrame:
        without_result = pl.col("results") == 0
        wanted = without_result if empty else ~without_result
        return hits.filter((pl.col("kind") == Kind.SEARCH) & wanted).select("id", value="query")

    return values


def _job(field: str) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    def values(hits: pl.LazyFrame) -> pl.LazyFrame:
        return hits.filter(pl.col("job").is_not_null()).select("id", value=pl.col("job").struct.field(field))

    return values


def _openings(hits: pl.LazyFrame) -> pl.LazyFrame:
    family = pl.col("job").struct.field("family")
    is_known = pl.col("job").is_not_null() & (family != "")
    return hits.filter(_VIEW & (pl.col("touchpoint") == Touchpoint.VACANCY) & is_known).select(
        "id", value=pl.concat_str(family, pl.lit(">"), "page")
    )


MULTIPLE: Final[dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]]] = {
    "page": _pages,
    "step": _steps,
    "vacancy": _vacancies,
    "job_family": _job("family"),
    "employment_type": _job("employment_type"),
    "job_location": _job("location"),
    "search": _searches(empty=False),
    "search_empty": _searches(empty=True),
    "handoff": _of_kind(Kind.HANDOFF, "target", "name"),
    "download": _of_kind(Kind.DOWNLOAD, "target", "name"),
    "outbound": _of_kind(Kind.OUTBOUND, "target", "name"),
    "contact": _of_kind(Kind.CONTACT, "name", "target"),
    "video": _of_kind(Kind.VIDEO, "name", "target"),
    "event": _of_kind(Kind.CUSTOM, "name"),
    facts.OPENING: _openings,
}


def count(closed: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """
    Counts of closed visits: per day and pattern, and per week, pattern, dimension and value.

    Args:
        closed: hits with ``id``, in time order within a visit.
        visits: one row per visit: id, site, day, week, pattern and the single-valued dimensions ("" is unknown).

    Returns:
        A table of :data:`analysis.facts.SCHEMA`.
    """
    who = visits.lazy()
    by_day = _counts(who, "day", facts.PATTERN_TOTAL, pl.lit(""))
    by_week = _counts(who, "week", facts.CONTEXT_TOTAL, pl.lit(""))
    known = [name for name in facts.SINGLE if name not in facts.FROM_PATTERN]
    single = [_counts(who.filter(pl.col(name) != ""), "week", name, pl.col(name).replace(_RESERVED)) for name in known]
    said = patterns.describe(by_week.drop("dimension", "value")).select(facts.SCHEMA.keys())
    hits = closed.lazy()
    where = who.select("id", "site", "week", "pattern")
    multiple = [
        _counts(
            values(hits)
            .filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
            .with_columns(pl.col("value").replace(_RESERVED))
            .unique()
            .join(where, on="id"),
            "week",
            name,
            pl.col("value"),
        )
        for name, values in MULTIPLE.items()
    ]
    return pl.concat(pl.collect_all([by_day, by_week, said, *single, *multiple], engine="in-memory"))


def _counts(rows: pl.LazyFrame, period: str, dimension: str, value: pl.Expr) -> pl.LazyFrame:
    return (
        rows.group_by("site", pl.col(period).alias("period"), "pattern", value.alias("value"))
        .agg(visits=pl.len().cast(pl.Int64))
        .select("site", "period", "pattern", pl.lit(dimension).alias("dimension"), "value", "visits")
    )
