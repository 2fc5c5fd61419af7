"""The audiences of a site: the list, and the map of patterns."""

from __future__ import annotations

import gzip
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from dashboard import charts, language, shapes
from dashboard.access import needs
from dashboard.accounts import Role
from dashboard.assets import takes_gzip
from dashboard.formatting import number
from dashboard.language import ngettext
from dashboard.overview import site_or_404, waiting_page
from dashboard.services import services

pages = Blueprint("audiences", __name__)

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
    shown = overview.shown
    numbers = {segment.id: segment for segment in shown}
    return render_template(
        "audiences.html",
        site=site,
        overview=overview,
        shown=shown,
        largest=max((segment.share for segment in shown), default=0.0),
        sparks={segment.id: shapes.line(segment.trend, SPARK_WIDTH, SPARK_HEIGHT) for segment in shown},
        spark_size=(SPARK_WIDTH, SPARK_HEIGHT),
        points=[
            (point, numbers[point.segment])
            for point in services().readings.map_points(key, lang)[:TABLE_ROWS_MAX]
            if point.segment in numbers
        ],
    )


@pages.get("/sites/<key>/audiences/map.<form>")
@needs(Role.VIEWER)
def pattern_map(key: str, form: str) -> ResponseReturnValue:
    """The map as a Vega-Lite spec (json) for the browser, or drawn (svg, png; ``?theme=dark``)."""
    if form not in ("json", "svg", "png"):
        abort(404)
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
    if form == "json":
        return _json(spec)
    theme: charts.Theme = "dark" if request.args.get("theme") == "dark" else "light"
    body = charts.render(spec, cast("Any", form), theme)
    kind = "image/svg+xml" if form == "svg" else "image/png"
    name = f"telpunt-{site.key}-{overview.run.end.isoformat()}-map.{form}"
    return Response(body, content_type=kind, headers={"Content-Disposition": f'inline; filename="{name}"'})


def _json(spec: dict[str, Any]) -> Response:
    # Gzipped: 5,000 points are 600 kB of JSON and 60 kB gzipped. It holds no secret that its length could tell (BREACH).
    body = msgspec.json.encode(spec)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if takes_gzip():
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, content_type="application/json", headers=headers)
