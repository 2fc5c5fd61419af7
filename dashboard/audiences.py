"""The audiences of a site: the list, and the map of patterns."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from dashboard import charts, language, matrix, shapes
from dashboard import compare as comparison
from dashboard.access import needs, site_or_404
from dashboard.drawings import answer
from dashboard.formatting import number
from dashboard.language import ngettext
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("audiences", __name__)

MATRIX_ROWS_MAX = 24  # a site has 21 touchpoints and its own sections
TABLE_ROWS_MAX = 60  # of the map's table: its largest points
SPARK_WIDTH, SPARK_HEIGHT = 120, 34


@pages.get("/sites/<key>/audiences")
@needs(Role.VIEWER)
def audiences(key: str) -> ResponseReturnValue:
    """The audiences of a site, and the map of patterns; before there are any: what happens next."""
    site = site_or_404(key)
    lang = language.current()
    try:
        overview = services().readings.overview(key, lang)
    except NoRun:
        return waiting_page(site)
    # Pinned ones on top, else by size; the numbers stay.
    shown = sorted(overview.shown, key=lambda segment: not segment.mark.pinned)
    numbers = {segment.id: segment for segment in shown}
    return render_template(
        "audiences.html",
        site=site,
        overview=overview,
        shown=shown,
        matrix=matrix.build(
            services().readings.table(key, "profiles"), tuple(shown), "touchpoint", rows_max=MATRIX_ROWS_MAX
        ),
        largest=max((segment.share for segment in shown), default=0.0),
        sparks={segment.id: shapes.line(segment.trend, SPARK_WIDTH, SPARK_HEIGHT) for segment in shown},
        spark_size=(SPARK_WIDTH, SPARK_HEIGHT),
        points=[
            (point, numbers[point.segment])
            for point in services().readings.map_points(key, lang)[:TABLE_ROWS_MAX]
            if point.segment in numbers
        ],
    )


@pages.get("/sites/<key>/audiences/compare")
@needs(Role.VIEWER)
def compare(key: str) -> ResponseReturnValue:
    """Two audiences side by side, ``a`` and ``b``; without them the two largest."""
    site = site_or_404(key)
    lang = language.current()
    try:
        overview = services().readings.overview(key, lang)
    except NoRun:
        return waiting_page(site)
    known = [segment.id for segment in overview.shown]
    if len(known) < 2:
        abort(404)
    left = request.args.get("a", known[0])
    right = request.args.get("b", next(identity for identity in known if identity != left))
    if left not in known or right not in known:
        abort(404)
    profiles = [services().readings.profile(key, identity, lang) for identity in (left, right)]
    return render_template(
        "compare.html",
        site=site,
        overview=overview,
        left=profiles[0].segment,
        right=profiles[1].segment,
        pairs=comparison.build(*profiles),
    )


@pages.get("/sites/<key>/audiences/map.<form>")
@needs(Role.VIEWER)
def pattern_map(key: str, form: str) -> ResponseReturnValue:
    """The map as a Vega-Lite spec (json) for the browser, or drawn (svg, png; ``?theme=dark``)."""
    site = site_or_404(key)
    lang = language.current()
    try:
        overview = services().readings.overview(key, lang)
        points = services().readings.map_points(key, lang)
    except NoRun:
        abort(404)
    spec = charts.pattern_map(
        points,
        list(overview.shown),
        lambda visits: ngettext("%(visits)s visit", "%(visits)s visits", visits, visits=number(visits)),
    )
    return answer(spec, form, f"telpunt-{site.key}-{overview.run.end.isoformat()}-map")
