"""Tables to take away: what a page shows, as a file, with the same choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, cast

import polars as pl
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from analysis.runs import NoRun
from analysis.words import Language
from dashboard import language, period, streaming
from dashboard.access import needs, site_or_404
from dashboard.exports import explained, formats, names
from dashboard.exports.tables import NotBySegment, stream
from dashboard.people.accounts import Role
from dashboard.services import services
from dashboard.supply.section import hires_for_reader
from dashboard.views import UnknownSegment

pages = Blueprint("downloads", __name__)

# What an address may choose by; each is a column of some tables.
COLUMNS: Final = ("segment", "kind", "dimension", "value", "measure", "goal")
NAME_MAX_CHARS: Final = 40  # of each choice in the name of a file


@pages.app_context_processor
def _titles() -> dict[str, Callable[[str], str]]:
    """What pages call the tables that can be taken away."""
    return {"table_title": lambda what: explained.title(what, language.current())}


@pages.get("/sites/<key>/export/<what>.<form>")
@needs(Role.VIEWER)
def download(key: str, what: str, form: str) -> ResponseReturnValue:
    """
    A table of the published run; ``segment``, ``kind``, ``dimension`` … keep what has that value, ``weeks`` and ``until`` the weeks of
    a period; ``excel`` (en or nl) writes a CSV as Excel set to that language reads it. What is for people has words beside the codes.
    """
    site = site_or_404(key)
    if what not in names.EXPORTED or form not in formats.FORMATS:
        abort(404)
    only = {column: request.args.getlist(column) for column in COLUMNS if column in request.args}
    readings, excel = services().readings, _excel() if form == formats.Csv.name else None
    try:
        if "weeks" in request.args:
            chosen = period.of_figures(readings.table(key, "figures"), request.args)
            only |= {"week": list(chosen.weeks)} if chosen else {}
        body = stream(
            readings,
            site,
            what,
            form,
            only,
            excel=excel,
            lang=language.current() if excel or form == formats.Xlsx.name else None,
            hires=hires_for_reader(),
        )
        run = readings.run(key)
        rows = 0 if what == names.SUPPLY else int(readings.scan(key, what).select(pl.len()).collect().item())
    except (NoRun, UnknownSegment, NotBySegment):
        abort(404)
    try:
        answer = streaming.response(body, formats.by_name(form).media_type, rows=rows)
    except streaming.Busy:
        raise ServiceUnavailable(retry_after=streaming.BUSY_S) from None
    name = _name(site.key, run.end.isoformat(), what, only)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def _name(site: str, end: str, what: str, only: Mapping[str, list[str]]) -> str:
    """What the file is called: every choice is in it, so that files with other choices do not take each other's place."""
    weeks = only.get("week", [])
    days = f"{weeks[0]}-{weeks[-1]}" if weeks else end
    chosen = [_plain(value) for column in COLUMNS for value in only.get(column, ())]
    return "-".join(["telpunt", site, days, what, *filter(None, chosen)])


def _plain(value: str) -> str:
    """A choice as a part of a file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", value).strip("-")[:NAME_MAX_CHARS]


def _excel() -> Language | None:
    wish = request.args.get("excel")
    if wish is None and "bom" in request.args:
        return "en"
    return cast("Language", wish) if wish in names.LANGUAGES else None
