"""What is seen and done on the site: touchpoints, pages, stories, vacancies, by audience, with how often an application starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from dashboard import language, shapes
from dashboard.access import needs, site_or_404
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
from dashboard.services import services
from dashboard.views import Overview, Segment

pages = Blueprint("touchpoints", __name__)

KINDS: Final = ("touchpoint", "action", "page", "vacancy", "video", "download", "event")
ROWS_MAX: Final = 200  # an export has all
SPARK_WIDTH, SPARK_HEIGHT = 110, 28
CURVE_WIDTH, CURVE_HEIGHT = 640, 180
WHOLE_SITE: Final = ""


@dataclass(frozen=True, slots=True)
class Interest:
    """One thing on the site: a row of :data:`analysis.tables.TOUCHPOINTS`, and its visits by week, where they are known."""

    row: dict[str, Any]
    weeks: tuple[tuple[str, int], ...]

    @property
    def spark(self) -> shapes.Line | None:
        """Its visits by week as a small line."""
        return shapes.line_of([visits for _, visits in self.weeks], SPARK_WIDTH, SPARK_HEIGHT)


@pages.get("/sites/<key>/touchpoints")
@needs(Role.VIEWER)
def touchpoints(key: str) -> ResponseReturnValue:
    """A kind of thing on the site, most seen first; ``kind`` and ``segment`` choose."""
    site = site_or_404(key)
    readings = services().readings
    try:
        overview = readings.overview(key, language.current())
        table = readings.table(key, "touchpoints")
        interest = readings.table(key, "interest")
    except NoRun:
        return waiting_page(site)
    segment = chosen_segment(overview)
    listed = table.filter(pl.col("segment") == (segment.id if segment else WHOLE_SITE))
    kinds = [kind for kind in KINDS if kind in set(listed["kind"])]
    wish = request.args.get("kind", "")
    kind = wish if wish in kinds else (kinds[0] if kinds else KINDS[0])
    rows = listed.filter(pl.col("kind") == kind).sort(["visits", "value"], descending=[True, False])
    weekly = _by_week(interest.filter(pl.col("kind") == kind)) if segment is None else {}
    return render_template(
        "touchpoints.html",
        site=site,
        overview=overview,
        segment=segment,
        kind=kind,
        kinds=kinds,
        total=rows.height,
        rows=[Interest(row, weekly.get(row["value"], ())) for row in rows.head(ROWS_MAX).iter_rows(named=True)],
        spark_size=(SPARK_WIDTH, SPARK_HEIGHT),
        matched=set(interest["kind"]),
    )


@pages.get("/sites/<key>/touchpoints/one")
@needs(Role.VIEWER)
def one(key: str) -> ResponseReturnValue:
    """One vacancy, touchpoint, family or search: its interest week by week, and which audiences see it."""
    site = site_or_404(key)
    readings = services().readings
    kind, value = request.args.get("kind", ""), request.args.get("value", "")
    try:
        overview = readings.overview(key, language.current())
        weekly = _by_week(readings.table(key, "interest").filter(pl.col("kind") == kind, pl.col("value") == value))
        everywhere = readings.table(key, "touchpoints").filter(pl.col("kind") == kind, pl.col("value") == value)
        profiles = readings.table(key, "profiles").filter(pl.col("dimension") == kind, pl.col("value") == value)
    except NoRun:
        return waiting_page(site)
    if value not in weekly and everywhere.is_empty() and profiles.is_empty():
        abort(404)
    by_segment = {row["segment"]: row for row in profiles.iter_rows(named=True)}
    whole = everywhere.filter(pl.col("segment") == WHOLE_SITE).to_dicts()
    weeks = weekly.get(value, ())
    return render_template(
        "touchpoint.html",
        site=site,
        overview=overview,
        kind=kind,
        value=value,
        whole=whole[0] if whole else None,
        weeks=weeks,
        curve=shapes.line_of([visits for _, visits in weeks], CURVE_WIDTH, CURVE_HEIGHT),
        curve_size=(CURVE_WIDTH, CURVE_HEIGHT),
        seen_by=[(segment, by_segment[segment.id]) for segment in overview.shown if segment.id in by_segment],
    )


def chosen_segment(overview: Overview) -> Segment | None:
    """The audience that the address asks for; None: the whole site. One that is not there is 404."""
    wish = request.args.get("segment", WHOLE_SITE)
    if not wish:
        return None
    return next((segment for segment in overview.shown if segment.id == wish), None) or abort(404)


def _by_week(interest: pl.DataFrame) -> dict[str, tuple[tuple[str, int], ...]]:
    """Visits per week of each value, oldest first; a week in which it is held back is 0."""
    weeks = interest["week"].unique().sort().to_list()
    found: dict[str, dict[str, int]] = {}
    for value, week, visits in interest.select("value", "week", "visits").iter_rows():
        found.setdefault(value, {})[week] = visits
    return {value: tuple((week, counted.get(week, 0)) for week in weeks) for value, counted in found.items()}
