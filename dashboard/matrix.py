"""A table of audiences against the values of one dimension, with the site as its last column, made of a published profile table."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analysis.runs import OTHER
from dashboard.views import NONE, Segment, Value, value_of


@dataclass(frozen=True, slots=True)
class Row:
    """A value of the dimension: its visits on the whole site, and per audience what the profile says; None: nothing that may be shown."""

    value: str
    visits: int
    share: float
    cells: tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows, those with most visits first, and the audiences that their cells stand for."""

    dimension: str
    segments: tuple[Segment, ...]
    rows: tuple[Row, ...]


def build(profiles: pl.DataFrame, segments: tuple[Segment, ...], dimension: str, *, rows_max: int) -> Matrix:
    """
    The matrix of *dimension*.

    Args:
        profiles: columns of :data:`analysis.runs.PROFILES`.
        segments: the columns, in this order; unclustered visits too where they are to be seen.
        rows_max: rows to keep, those with most visits.
    """
    told = profiles.filter(pl.col("dimension") == dimension, ~pl.col("value").is_in([OTHER, NONE]))
    total = sum(segment.visits for segment in segments)
    listed = (
        told.filter(pl.col("segment").is_in([segment.id for segment in segments]))
        .group_by("value")
        .agg(pl.col("visits").sum())
        .sort(["visits", "value"], descending=[True, False])
        .head(rows_max)
    )
    cells = {
        (row["segment"], row["value"]): value_of(row)
        for row in told.join(listed.select("value"), on="value").iter_rows(named=True)
    }
    return Matrix(
        dimension,
        segments,
        tuple(
            Row(
                value,
                visits,
                visits / total if total else 0.0,
                tuple(cells.get((segment.id, value)) for segment in segments),
            )
            for value, visits in listed.iter_rows()
        ),
    )
