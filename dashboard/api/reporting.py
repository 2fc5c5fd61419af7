"""The report of a site or of one audience, as the page makes it, for programs that fetch it."""

from __future__ import annotations

from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Final, cast

from flask import Response, current_app, request

from analysis.runs import NoRun
from analysis.words import Language
from dashboard.access import public
from dashboard.api import answers, asked, door
from dashboard.api.problems import refuse
from dashboard.exports.names import CHAPTERS, LANGUAGES, REPORT_FORMATS
from dashboard.reports import formats, pages
from dashboard.reports.build import build
from dashboard.reports.look import Looks
from dashboard.services import services
from dashboard.views import UnknownSegment

WAIT_S: Final = 5.0  # for another report to be done, before it is said that one is under way
BUSY_S: Final = 10


@public
def report(key: str, form: str) -> Response:
    """Makes the report; one at a time."""
    if form not in REPORT_FORMATS:
        refuse(
            HTTPStatus.NOT_FOUND, f"Format {form[:40]!r} is not known; expected one of: {', '.join(REPORT_FORMATS)}."
        )
    asked.only("segment", "chapters", "lang")
    segment = asked.filters(("segment",)).get("segment", [])
    if len(segment) > 1:
        refuse(
            HTTPStatus.BAD_REQUEST, "segment is there several times; a report is about one audience, or about the site."
        )
    chapters = asked.several_of("chapters", CHAPTERS)
    lang = asked.one_of("lang", LANGUAGES) or "en"
    writer = formats.by_name(form)
    asked.takes(writer.media_type)
    site = door.site_for(key)
    if request.method == "HEAD":
        return answers.file(
            Response(content_type=writer.media_type), "telpunt", site.key, "report", *segment, ending=form
        )
    door.count(door.REPORT_RATES, "reports")
    look = Looks(services().engine).of(key)
    turn: BoundedSemaphore = current_app.extensions[pages.TURN]
    if not turn.acquire(timeout=WAIT_S):
        refuse(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"Another report is being made; ask again in {BUSY_S} seconds.",
            Retry_After=str(BUSY_S),
        )
    try:
        made = build(
            services().readings,
            site,
            segment=segment[0] if segment else None,
            lang=cast("Language", lang),
            chapters=chapters or CHAPTERS,
            title=look.title,
        )
        body = writer.write(made, look)
    except NoRun:
        refuse(HTTPStatus.NOT_FOUND, f"Site {site.key!r} has no published analysis yet.")
    except UnknownSegment as error:
        refuse(HTTPStatus.NOT_FOUND, f"{error}.")
    finally:
        turn.release()
    name = ("telpunt", site.key, made.end.isoformat(), "report", *segment)
    return answers.file(Response(body, content_type=writer.media_type), *name, ending=form)
