"""
A section of the chapter of demand: what the employer has beside what visits want.

Without hires: few of them can be known by their colleagues, and a report is made to be passed on.
"""

from __future__ import annotations

from typing import Final

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import cells
from dashboard.reports.model import Cell, Column, Section, Table
from dashboard.reports.source import WHOLE_SITE, Source
from dashboard.supply.section import opened
from dashboard.supply.table import FAMILY, Hires, rows

ROWS_MAX: Final = 15  # most wanted; an export has all


def is_imported(source: Source) -> bool:
    """Were vacancies brought in? Then what is open is told by :func:`sections`, and not by what visits saw."""
    return source.readings.supply(source.site.key).vacancies.height > 0


def sections(source: Source) -> list[Section]:
    """The section; none where nothing was brought in."""
    segment = source.segment.id if source.segment else WHOLE_SITE
    found = rows(source.readings, source.site.key, Hires.NONE, [segment])
    if not found.height:
        return []
    heading = _("Supply beside demand")
    stands_out = {"wanted": _("wanted, no vacancy open"), "unseen": _("vacancies, hardly a visit")}
    note = (
        _(
            "The %(shown)s most seen of %(total)s; an export has all.",
            shown=ROWS_MAX,
            total=formatting.number(found.height),
        )
        if found.height > ROWS_MAX
        else ""
    )
    table = Table(
        heading,
        (
            Column(formatting.dimension(FAMILY)),
            Column(_("What stands out")),
            Column(_("Visits"), True),
            Column(_("Share"), True),
            Column(_("Open vacancies") if is_imported(source) else _("Vacancies seen"), True),
            Column(_("Pull"), True),
        ),
        tuple(
            (
                cells.text(formatting.value(FAMILY, row["family"])),
                cells.text(stands_out.get(row["stands_out"], "")),
                cells.count(row["visits"]),
                cells.share(row["share"]),
                Cell(opened(row["open"]), row["open"], "decimal"),
                cells.index(row["pull"]),
            )
            for row in found.head(ROWS_MAX).iter_rows(named=True)
        ),
        note,
    )
    lead = ""
    if is_imported(source):
        lead = _("Open vacancies: on an average day of the period, from what an editor brought in; pull goes by them.")
    held = _("A dash in the column of visits: fewer than %(k)s, or too few to be named.", k=source.overview.run.k)
    return [Section(heading, lead, (table,), (held,))]
