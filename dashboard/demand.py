"""What is wanted and what the site answers: searches, searches in vain, families wanted and offered."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from analysis.runs import OTHER, NoRun
from dashboard import language
from dashboard.access import needs, site_or_404
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
from dashboard.services import services
from dashboard.supply.section import section
from dashboard.touchpoints import WHOLE_SITE, chosen_segment
from dashboard.views import NONE

pages = Blueprint("demand", __name__)

IN_VAIN: Final = "search_empty"
KINDS: Final = ("search", "job_family", "employment_type", "job_location")
ROWS_MAX: Final = 50  # of each kind; an export has all


@pages.get("/sites/<key>/demand")
@needs(Role.VIEWER)
def demand(key: str) -> ResponseReturnValue:
    """What visits look for, of the whole site or of one audience."""
    site = site_or_404(key)
    try:
        overview = services().readings.overview(key, language.current())
        table = services().readings.table(key, "demand")
    except NoRun:
        return waiting_page(site)
    segment = chosen_segment(overview)
    wanted = table.filter(
        pl.col("segment") == (segment.id if segment else WHOLE_SITE), ~pl.col("value").is_in([OTHER, NONE])
    ).sort(["visits", "value"], descending=[True, False])
    return render_template(
        "demand.html",
        site=site,
        overview=overview,
        segment=segment,
        in_vain=_rows(wanted, IN_VAIN),
        kinds=[(kind, _rows(wanted, kind)) for kind in KINDS],
        supply=section(key, segment.id if segment else WHOLE_SITE),
    )


def _rows(wanted: pl.DataFrame, kind: str) -> list[dict[str, Any]]:
    return wanted.filter(pl.col("kind") == kind).head(ROWS_MAX).to_dicts()
