"""
The table ``supply``: what the employer has beside what visits want, as pages, exports, reports and the API have it.

It is laid together when it is asked for, since imports come and go between two analyses. Visits are those of the published table
``demand``. Hires are the employer's own figures, and a few people can be known by their colleagues: :class:`Hires` says who sees what of them.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import polars as pl

from analysis.runs import OTHER
from dashboard.queries import Readings
from dashboard.supply.beside import beside
from dashboard.supply.matching import match
from dashboard.views import NONE, UnknownSegment

FAMILY: Final = "job_family"  # kind of the rows of "demand" that supply is laid beside
STEP: Final = 5  # of hires, for who is no editor
WHOLE_SITE: Final = ""

SUPPLY: Final = {
    "segment": pl.String,  # "" is the whole site
    "family": pl.String,  # of vacancies: as visits see it, or as it was brought in
    "visits": pl.Int64,  # that see a vacancy of the family; null where they are too few to show
    "share": pl.Float64,  # of the segment's visits, 0 to 1
    "open": pl.Float64,  # vacancies open on an average day of the period; without imported vacancies, those that visits saw
    "pull": pl.Float64,  # visits for each open vacancy; 100 = the average of the families that have both
    "hires": pl.Int64,  # in the twelve months up to that of the period's last day; in fives for who is no editor, null for who has no account
    "applications": pl.Int64,  # in the same months, in the same way
    "stands_out": pl.String,  # wanted: visits and no vacancy open; unseen: vacancies open and too few visits to show; else null
}


class Hires(StrEnum):
    """
    What a reader sees of hires and applications.

    EXACT: editors, who brought them in, and whoever has the data folder. STEPS: other accounts, rounded down to a multiple of
    :data:`STEP`, so that 0 stands for fewer than that. NONE: who has no account, and what is made to be passed on.
    """

    EXACT = "exact"
    STEPS = "steps"
    NONE = "none"


def rows(readings: Readings, site: str, hires: Hires, segments: Collection[str] | None = None) -> pl.DataFrame:
    """
    A row per segment and family, the whole site first, most wanted first; no rows when nothing was brought in.

    Args:
        segments: ids, "" is the whole site; None: all that the published run has.

    Returns:
        Columns of :data:`SUPPLY`.

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have one of *segments*.
    """
    run, demand, brought_in = readings.run(site), readings.table(site, "demand"), readings.supply(site)
    known = [WHOLE_SITE, *readings.table(site, "segments")["segment"]]
    for one in segments or ():
        if one not in known:
            raise UnknownSegment(one, known[1:])
    hired = brought_in.hires if hires is not Hires.NONE else brought_in.hires.clear()
    if not brought_in.vacancies.height and not hired.height:
        return pl.DataFrame(schema=SUPPLY)
    imported = [*brought_in.vacancies["family"].unique(), *hired["family"].unique()]
    families = match(imported, families_seen(demand), brought_in.families)
    wanted = demand.filter(pl.col("kind") == FAMILY, ~pl.col("value").is_in([OTHER, NONE]))
    laid = pl.concat(
        beside(
            wanted.filter(pl.col("segment") == one), brought_in.vacancies, hired, families, run.start, run.end
        ).select(pl.lit(one).alias("segment"), pl.all())
        for one in known
        if segments is None or one in segments
    )
    if hires is Hires.STEPS:
        laid = laid.with_columns(pl.col("hires", "applications") // STEP * STEP)
    return laid.select(pl.col(name).cast(kind) for name, kind in SUPPLY.items())


def families_seen(demand: pl.DataFrame) -> list[str]:
    """The families that visits look at, as they are published."""
    values = demand.filter(pl.col("kind") == FAMILY, ~pl.col("value").is_in([OTHER, NONE]))["value"]
    return sorted(values.unique().to_list())
