"""The report of a site or of one audience, as the page makes it, for programs that fetch it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, request

from dashboard.access import public
from dashboard.api import answers, asked, door
from dashboard.api.problems import refuse
from dashboard.api.sites import run_or_none
from dashboard.exports.names import CHAPTERS, REPORT_FORMATS
from dashboard.period import LENGTHS
from dashboard.reports import apart, formats, pages
from dashboard.reports.build import build
from dashboard.reports.look import Looks
from dashboard.reports.made_of import made_of
from dashboard.services import services
from dashboard.views import UnknownSegment

PERIOD: Final = ("weeks", "until", "compare")
COMPARED: Final = ("previous", "year")


@public
def report(key: str, form: str) -> Response:
    """Makes the report; one at a time."""
    if form not in REPORT_FORMATS:
        refuse(
            HTTPStatus.NOT_FOUND, f"Format {form[:40]!r} is not known; expected one of: {', '.join(REPORT_FORMATS)}."
        )
    asked.only("segment", "chapters", "lang", *PERIOD)
    segment = asked.filters(("segment",)).get("segment", [])
    if len(segment) > 1:
        refuse(
            HTTPStatus.BAD_REQUEST, "segment is there several times; a report is about one audience, or about the site."
        )
    chapters = asked.several_of("chapters", CHAPTERS)
    lang = asked.lang() or "en"
    wish = _wish()
    writer = formats.by_name(form)
    asked.takes(writer.media_type)
    site = door.site_for(key)
    run = run_or_none(site.key)
    if run is None:
        refuse(HTTPStatus.NOT_FOUND, f"Site {site.key!r} has no published analysis yet.")
    look = Looks(services().engine).of(key)
    etag = answers.tag(made_of(services(), site, look))
    if answers.is_known(etag):
        return answers.unchanged(etag)
    kind = writer.media_type
    if request.method == "HEAD":
        return answers.file(
            Response(content_type=kind), "telpunt", site.key, "report", *segment, ending=form, etag=etag
        )
    if "until" in wish and wish["until"] not in services().readings.table(site.key, "figures")["week"]:
        refuse(HTTPStatus.NOT_FOUND, f"Site {site.key!r} has no figures of the week {wish['until']}.")
    door.count(door.REPORT_RATES, "reports")
    try:
        with apart.turn():
            made = build(
                services().readings,
                site,
                segment=segment[0] if segment else None,
                lang=lang,
                chapters=chapters or CHAPTERS,
                title=look.employer(site),
                wish=wish,
            )
            body = apart.write(form, made, look)
    except UnknownSegment as error:
        refuse(HTTPStatus.NOT_FOUND, f"{error}.")
    except apart.Busy:
        refuse(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"Another report is being made; ask again in {pages.BUSY_S} seconds.",
            Retry_After=str(pages.BUSY_S),
        )
    name = ("telpunt", site.key, made.end.isoformat(), "report", *segment)
    return answers.file(Response(body, content_type=kind), *name, ending=form, etag=etag)


def _wish() -> dict[str, str]:
    """The period that is asked for, of what is told by week, as :func:`dashboard.period.choose` wants it."""
    wished = {
        "weeks": asked.one_of("weeks", tuple(map(str, LENGTHS))),
        "until": asked.week("until"),
        "compare": asked.one_of("compare", COMPARED),
    }
    return {name: value for name, value in wished.items() if value is not None}
