"""
The part of the page Demand that lays supply beside it: the table of :mod:`dashboard.supply.table` in words.

Editors, who brought the figures of hires in, see them as they are; other readers see steps of five, and "fewer than 5"; who reads by a shared
link sees none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import format_decimal
from flask_login import current_user

from dashboard.formatting import NOTHING, number
from dashboard.language import gettext as _
from dashboard.people.accounts import Role
from dashboard.services import services
from dashboard.supply.table import STEP, Hires, families_seen, rows

SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Section:
    """
    What the page shows.

    Attributes:
        imported: did vacancies come from an import, and not from the pages that visits saw?
        unmatched: families that were brought in and that no visit is known to look at: another name, or hardly a visit.
    """

    rows: list[dict[str, Any]]
    imported: bool
    has_hires: bool
    has_applications: bool
    stepped: bool
    unmatched: int


def section(key: str, segment: str) -> Section | None:
    """Supply beside what the whole site ("") or one audience wants; None when nothing was imported."""
    readings = services().readings
    told = hires_for_reader()
    found = rows(readings, key, told, [segment])
    if not found.height:
        return None
    stepped = told is Hires.STEPS
    seen = families_seen(readings.table(key, "demand"))
    return Section(
        [_shown(row, stepped=stepped) for row in found.head(SHOWN_MAX).iter_rows(named=True)],
        imported=readings.supply(key).vacancies.height > 0,
        has_hires=found["hires"].is_not_null().any(),
        has_applications=found["applications"].is_not_null().any(),
        stepped=stepped,
        unmatched=found.filter(~found["family"].is_in(seen)).height,
    )


def hires_for_reader() -> Hires:
    """What who makes this request may see of hires."""
    if not current_user.is_authenticated:
        return Hires.NONE
    return Hires.EXACT if current_user.role.covers(Role.EDITOR) else Hires.STEPS


def opened(vacancies: float | None) -> str:
    """Vacancies that are open on an average day, with a decimal where there is one."""
    return NOTHING if vacancies is None else str(format_decimal(vacancies, format="#,##0.#"))


def few(count: int | None, *, stepped: bool) -> str:
    """A number of people as this reader may see it; *stepped*: it is rounded down, see :class:`dashboard.supply.table.Hires`."""
    if count is None:
        return NOTHING
    if not stepped:
        return number(count)
    if count < STEP:
        return _("fewer than %(step)s", step=STEP)
    return _("at least %(count)s", count=number(count))


def _shown(row: dict[str, Any], *, stepped: bool) -> dict[str, Any]:
    return row | {
        "open": opened(row["open"]),
        "hires": few(row["hires"], stepped=stepped),
        "applications": few(row["applications"], stepped=stepped),
    }
