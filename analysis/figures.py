"""The site's own headline figures, week by week: visits, attention, vacancy views, starts of applications, hand-offs, applications."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from analysis import anonymity, expected, measures
from analysis.expected import Series
from analysis.iso_weeks import iso_week
from analysis.runs import FIGURES
from analysis.trends import with_interval


def build(measured: pl.DataFrame, k: int, *, end: date, days: dict[date, int]) -> tuple[pl.DataFrame, bool]:
    """
    The figures that may be shown, with what the weeks before would lead one to expect.

    Args:
        measured: from :func:`analysis.measures.measure`, all weeks.
        k: smallest number of visits that anything shown may rest on.
        end: last day that is counted; a week that holds it and goes on is not over.
        days: visits per day of the last weeks: which part of a week usually has come by that weekday.

    Returns:
        Columns of :data:`analysis.runs.FIGURES` by week and measure, without numbers under *k*; and whether the time of the year
        is taken out anywhere.
    """
    cells = measured.select(row="measure", column="week", visits="visits")
    shown = anonymity.release(cells, k).cells.select(week="column", measure="row", visits="visits")
    of = shown.filter(pl.col("measure") == measures.VISITS).select("week", of="visits")
    table = shown.join(of, on="week")
    table = table.with_columns(with_interval(table["visits"], table["of"], "rate", "rate_low", "rate_high", k - 1))
    is_rate = pl.col("measure") != measures.VISITS
    running = iso_week(end) if end.weekday() < 6 else ""
    table = table.with_columns(
        *(pl.when(is_rate).then(pl.col(name)).alias(name) for name in ("rate", "rate_low", "rate_high")),
        days=pl.when(pl.col("week") == running).then(end.weekday() + 1).otherwise(7).cast(pl.Int64),
    )
    expectations, seasonal = _expect(table, running, expected.part_of_week(days, end))
    return (
        table.join(expectations, on=["week", "measure"], how="left")
        .select(pl.col(name).cast(kind) for name, kind in FIGURES.items())
        .sort("week", "measure"),
        seasonal,
    )


def _expect(table: pl.DataFrame, running: str, part: float) -> tuple[pl.DataFrame, bool]:
    weeks = table["week"].unique().sort().to_list()
    at = {week: number for number, week in enumerate(weeks)}
    rows: list[tuple[str, str, float, float, float]] = []
    seasonal = False
    for (measure,), rows_of in table.group_by("measure", maintain_order=True):
        counted = np.full(len(weeks), np.nan)
        for week, visits in rows_of.select("week", "visits").iter_rows():
            if week != running:
                counted[at[week]] = visits
        one = expected.with_season(Series(weeks, counted, None, np.ones(len(weeks))))
        seasonal |= bool((one.season != 1).any())
        if running:
            usual = np.where(np.array(weeks) == running, part, 1.0)
            one = replace(one, season=one.season * usual)
        for position, week in enumerate(weeks):
            found = expected.outlook(one, position, 0)
            if found:
                rows.append((week, str(measure), *found))
    schema = {"week": pl.String, "measure": pl.String} | dict.fromkeys(
        ("expected", "expected_low", "expected_high"), pl.Float64
    )
    return pl.DataFrame(rows, schema=schema, orient="row"), seasonal
