"""
The report that a shared link opens: the HTML report in one file, under a policy without any script, with a bar on top to take it away.

A report takes seconds and a processor, so each is made once and then stands on a shelf in memory. What it stands under is everything that it is
made of: the run, the names and marks that people gave, the site, its look, and the choices of the link. So a new run, a new name or another
*k* is a new report at once, and what a link may open is asked before the shelf is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from threading import BoundedSemaphore
from typing import Final

from flask import Response, current_app, make_response, render_template
from flask.blueprints import BlueprintSetupState
from flask_babel import force_locale

from dashboard.exports.names import CHAPTERS
from dashboard.language import LOCALES
from dashboard.reports import formats
from dashboard.reports.build import build
from dashboard.reports.look import Look, Looks
from dashboard.reports.pages import TURN
from dashboard.services import Services, services
from dashboard.shares import Paper, Share
from dashboard.shelf import Shelf

SHELF: Final = "telpunt_shared_reports"
ROOM_BYTES: Final = 24_000_000  # per worker; some twenty links in all their forms, of a site with twelve audiences
BUSY_S: Final = 4  # a report takes about two
HTML: Final = "html"
_BODY: Final = re.compile(rb"<body[^>]*>")
_STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


class Busy(Exception):
    """When a report is being made already, for somebody else; there is one at a time in a worker."""


def take_shelf(state: BlueprintSetupState) -> None:
    """Give an application its shelf."""
    state.app.extensions[SHELF] = Shelf(ROOM_BYTES)


def page(token: str, link: Share, paper: Paper) -> Response:
    """The report to read, or in plain words that it is being made."""
    try:
        body = _made(link, paper, HTML)
    except Busy:
        return _busy(token)
    with force_locale(LOCALES[paper.lang]):
        bar = render_template("shared_report_bar.html", token=token, until=link.until, forms=paper.formats).encode()
    head, opening, rest = _parted(body)
    # Styles stand in the file; those are allowed by what they are, and no other.
    hashes = " ".join(f"'sha256-{_sha256(style)}'" for style in _STYLE.findall(head + bar))
    policy = f"default-src 'none'; style-src {hashes}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return Response(
        b"".join((head, opening, bar, rest)),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": policy},
    )


def file(token: str, link: Share, paper: Paper, form: str) -> Response:
    """The report to take away in one of its forms, or in plain words that it is being made."""
    try:
        body = _made(link, paper, form)
    except Busy:
        return _busy(token)
    end = services().readings.run(link.site).end.isoformat()
    name = "-".join(filter(None, ["telpunt", link.site, end, "report", link.segment]))
    return Response(
        body,
        content_type=formats.by_name(form).media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _made(link: Share, paper: Paper, form: str) -> bytes:
    known = services()
    shelf: Shelf = current_app.extensions[SHELF]
    look = Looks(known.engine).of(link.site)
    key = _key(known, link, paper, form, look)
    found = shelf.get(key)
    if found is not None:
        return found
    turn: BoundedSemaphore = current_app.extensions[TURN]
    # Without waiting: readers that wait would take all threads of this worker.
    if not turn.acquire(blocking=False):
        raise Busy
    try:
        site = known.sites.get(link.site)
        assert site  # the door has looked
        report = build(
            known.readings,
            site,
            segment=link.segment or None,
            lang=paper.lang,
            # Of an older link, a chapter that there is no more is left out.
            chapters=[name for name in paper.chapters if name in CHAPTERS],
            title=look.title,
        )
        body = formats.by_name(form).write(report, look)
    finally:
        turn.release()
    shelf.put(key, body)
    return body


def _key(known: Services, link: Share, paper: Paper, form: str, look: Look) -> str:
    made_of = (
        known.readings.run(link.site),
        sorted(known.names.of(link.site).items()),
        sorted(known.marks.of(link.site).items(), key=lambda item: item[0]),
        known.sites.get(link.site),
        look,
        link.segment,
        paper.chapters,
        paper.lang,
        form,
    )
    return hashlib.sha256(repr(made_of).encode("utf-8", "backslashreplace")).hexdigest()


def _busy(token: str) -> Response:
    answer = make_response(render_template("shared_busy.html", seconds=BUSY_S, token=token), 503)
    answer.headers["Retry-After"] = str(BUSY_S)
    return answer


def _parted(page: bytes) -> tuple[bytes, bytes, bytes]:
    """What is before the tag that begins the body, that tag, and the rest. What came from outside is escaped, so the first is the only one."""
    found = _BODY.search(page)
    if found is None:
        raise LookupError("The HTML of a report has no body; its template and this module belong together")
    return page[: found.start()], found[0], page[found.end() :]


def _sha256(style: bytes) -> str:
    return base64.b64encode(hashlib.sha256(style).digest()).decode()
