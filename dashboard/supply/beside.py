"""
Supply beside demand: of each family how many visits want it, how many vacancies are open for it, and how many were hired.

Visits come from the published table ``demand`` and from nowhere else, so what is held back there is held back here. Vacancies and hires are the
employer's own figures.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

WANTED: Final = "wanted"  # visits, and no vacancy was open
UNSEEN: Final = "unseen"  # vacancies were open, and too few visits to show
MONTHS: Final = 12


def beside(
    demand: pl.DataFrame, vacancies: pl.DataFrame, hires: pl.DataFrame, families: dict[str, str], start: date, end: date
) -> pl.DataFrame:
    """
    A row per family, most wanted first.

    Args:
        demand: rows of the table ``demand`` of kind ``job_family`` and of one segment.
        vacancies: imported; when there are none at all, what is open is what visits saw (``offered``).
        hires: imported.
        families: the family that an imported one counts as.
        start, end: first and last day of the run.

    Returns:
        Columns family, visits and share (null: too few to show), open (vacancies, on an average day of the window), hires and
        applications (in the twelve months up to that of *end*; null: none are known), pull (see :mod:`analysis.demand`, here by
        *open*), stands_out (:data:`WANTED`, :data:`UNSEEN` or null).
    """
    wanted = demand.select(family="value", visits="visits", share="share", offered="offered")
    opened = average_open(_renamed(vacancies, families), start, end)
    hired = hired_lately(_renamed(hires, families), end)
    both = wanted.join(opened, on="family", how="full", coalesce=True).join(
        hired, on="family", how="full", coalesce=True
    )
    # Nothing imported: an absent family is not known to have no vacancy.
    open_ = pl.col("open").fill_null(0.0) if vacancies.height else pl.col("offered").cast(pl.Float64)
    both = both.with_columns(open=open_)
    rated = (pl.col("open") > 0) & pl.col("visits").is_not_null()
    average = pl.col("visits").filter(rated).sum() / pl.col("open").filter(rated).sum()
    return (
        both.with_columns(
            pull=pl.when(rated).then(100 * pl.col("visits") / pl.col("open") / average),
            stands_out=pl.when((pl.col("open") == 0) & pl.col("visits").is_not_null())
            .then(pl.lit(WANTED))
            .when((pl.col("open") > 0) & pl.col("visits").is_null())
            .then(pl.lit(UNSEEN)),
        )
        .filter(pl.col("visits").is_not_null() | (pl.col("open") > 0) | pl.col("hires").is_not_null())
        .select("family", "visits", "share", "open", "hires", "applications", "pull", "stands_out")
        .sort(["visits", "open", "family"], descending=[True, True, False], nulls_last=True)
    )


def average_open(vacancies: pl.DataFrame, start: date, end: date) -> pl.DataFrame:
    """
    Vacancies that were open on an average day from *start* to *end*, per family: columns family and open.

    A vacancy is open from its first to its last day, both counted; without a last day it still is.
    """
    days = (end - start).days + 1
    first = pl.max_horizontal("opened", pl.lit(start))
    last = pl.min_horizontal(pl.col("closed").fill_null(end), pl.lit(end))
    within = ((last - first).dt.total_days() + 1).clip(lower_bound=0)
    return vacancies.group_by("family").agg(open=(within * pl.col("count")).sum() / days)


def hired_lately(hires: pl.DataFrame, end: date) -> pl.DataFrame:
    """Hires and applications of the twelve months up to that of *end*, per family; applications are null where none are known."""
    last = end.year * MONTHS + end.month
    number = pl.col("month").str.slice(0, 4).cast(pl.Int64) * MONTHS + pl.col("month").str.slice(5, 2).cast(pl.Int64)
    applications = pl.col("applications")
    return (
        hires.filter(number.is_between(last - MONTHS + 1, last))
        .group_by("family")
        .agg(
            pl.col("hires").sum(),
            applications=pl.when(applications.is_not_null().any()).then(applications.sum()),
        )
    )


def _renamed(rows: pl.DataFrame, families: dict[str, str]) -> pl.DataFrame:
    return rows.with_columns(pl.col("family").replace(families))
