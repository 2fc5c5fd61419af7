"""Tables to take away: what a page shows, as a file, with the same choices."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from dashboard import period
from dashboard.access import needs, site_or_404
from dashboard.accounts import Role
from dashboard.exports import formats, names
from dashboard.exports.tables import NotBySegment, stream
from dashboard.services import services
from dashboard.views import UnknownSegment

pages = Blueprint("downloads", __name__)

# What an address may choose by; each is a column of some tables.
COLUMNS: Final = ("segment", "kind", "dimension", "value", "measure")


@pages.get("/sites/<key>/export/<what>.<form>")
@needs(Role.VIEWER)
def download(key: str, what: str, form: str) -> ResponseReturnValue:
    """
    A table of the published run; ``segment``, ``kind``, ``dimension`` … keep what has that value, ``weeks`` the weeks of a period;
    ``bom`` begins a CSV as Excel likes it.
    """
    site = site_or_404(key)
    if what not in names.TABLES or form not in formats.FORMATS:
        abort(404)
    only = {column: request.args.getlist(column) for column in COLUMNS if column in request.args}
    readings = services().readings
    try:
        if "weeks" in request.args:
            chosen = period.of_figures(readings.table(key, "figures"), request.args)
            only |= {"week": list(chosen.weeks)} if chosen else {}
        body = stream(readings, site, what, form, only, bom="bom" in request.args)
        run = readings.run(key)
    except (NoRun, UnknownSegment, NotBySegment):
        abort(404)
    name = "-".join(["telpunt", site.key, run.end.isoformat(), what, *only.get("segment", [])])
    return Response(
        body,
        content_type=formats.by_name(form).media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )
