"""
The part of the page Demand that lays supply beside it.

Hires are few, and a few people can be known by their colleagues. Editors, who brought the figures in, see them as they are; other readers see
steps of five, and "fewer than 5"; who reads by a shared link sees none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from flask_babel import format_decimal
from flask_login import current_user

from analysis.runs import OTHER
from dashboard.accounts import Role
from dashboard.formatting import number
from dashboard.language import gettext as _
from dashboard.services import services
from dashboard.supply.beside import beside
from dashboard.supply.matching import match
from dashboard.supply.rows import HIRES, VACANCIES
from dashboard.views import NONE

FAMILY: Final = "job_family"
STEP: Final = 5  # of hires, for who is no editor
SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows; *imported* says whether vacancies came from an import, and not from the pages that visits saw."""

    rows: list[dict[str, Any]]
    imported: bool
    has_hires: bool
    has_applications: bool
    stepped: bool


def families_seen(demand: pl.DataFrame) -> list[str]:
    """The families that visits look at, as they are published."""
    values = demand.filter(pl.col("kind") == FAMILY, ~pl.col("value").is_in([OTHER, NONE]))["value"]
    return sorted(values.unique().to_list())


def section(key: str, demand: pl.DataFrame, wanted: pl.DataFrame, start: date, end: date) -> Section | None:
    """
    Supply beside what the whole site or one audience wants; None when nothing was imported.

    Args:
        demand: the whole published table, for the names of the families.
        wanted: rows of one segment.
        start, end: of the run.
    """
    supply = services().supply
    vacancies, hires = supply.rows(key, VACANCIES), supply.rows(key, HIRES)
    if not current_user.is_authenticated:
        hires = hires.clear()
    if not vacancies.height and not hires.height:
        return None
    imported = [*vacancies["family"].unique(), *hires["family"].unique()]
    families = match(imported, families_seen(demand), supply.mapped(key))
    rows = beside(wanted.filter(pl.col("kind") == FAMILY), vacancies, hires, families, start, end)
    stepped = not current_user.role.covers(Role.EDITOR)
    return Section(
        [_shown(row, stepped=stepped) for row in rows.head(SHOWN_MAX).iter_rows(named=True)],
        imported=vacancies.height > 0,
        has_hires=rows["hires"].is_not_null().any(),
        has_applications=rows["applications"].is_not_null().any(),
        stepped=stepped,
    )


def _shown(row: dict[str, Any], *, stepped: bool) -> dict[str, Any]:
    open_ = row["open"]
    return row | {
        "open": "–" if open_ is None else format_decimal(open_, format="#,##0.#"),
        "hires": few(row["hires"], stepped=stepped),
        "applications": few(row["applications"], stepped=stepped),
    }


def few(count: int | None, *, stepped: bool) -> str:
    """A number of people as this reader may see it."""
    if count is None:
        return "–"
    if not stepped:
        return number(count)
    if count < STEP:
        return _("fewer than %(step)s", step=STEP)
    return _("at least %(count)s", count=number(count // STEP * STEP))
