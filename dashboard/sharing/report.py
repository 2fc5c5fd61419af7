"""
The report that a shared link opens: the HTML report in one file, under a policy without any script, with a bar on top to take it away.

A report takes seconds and a processor, so each is made once and then stands on a shelf in memory. What it stands under is everything that it is
made of (:mod:`dashboard.reports.made_of`), with the choices of the link. So a new run, a new name or another *k* is a new report at once; and
what a link may open is asked before the shelf is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from flask import Response, current_app, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import force_locale

from dashboard.exports.names import CHAPTERS
from dashboard.language import LOCALES
from dashboard.language import gettext as _
from dashboard.reports import apart, formats
from dashboard.reports.build import build
from dashboard.reports.look import Looks
from dashboard.reports.made_of import made_of
from dashboard.reports.pages import busy_page
from dashboard.services import services
from dashboard.sharing.shares import Paper, Share
from dashboard.sharing.shelf import Shelf

SHELF: Final = "telpunt_shared_reports"
ROOM_BYTES: Final = 24_000_000  # per worker; some twenty links in all their forms, of a site with twelve audiences
HTML: Final = "html"
_BODY: Final = re.compile(rb"<body[^>]*>")
_STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def take_shelf(state: BlueprintSetupState) -> None:
    """Give an application its shelf."""
    state.app.extensions[SHELF] = Shelf(ROOM_BYTES)


def page(token: str, link: Share, paper: Paper) -> Response:
    """The report to read, or in plain words that it is being made."""
    try:
        body = _made(link, paper, HTML)
    except apart.Busy:
        return busy_page(url_for("shared.shared", token=token), _("To the report"))
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
    except apart.Busy:
        return busy_page(url_for("shared.shared", token=token), _("To the report"))
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
    site = known.sites.get(link.site)
    assert site  # the door has looked
    choices = repr((made_of(known, site, look), link.segment, paper))
    key = f"{form} {hashlib.sha256(choices.encode()).hexdigest()}"
    found = shelf.get(key)
    if found is not None:
        return found
    with apart.turn():
        report = build(
            known.readings,
            site,
            segment=link.segment or None,
            lang=paper.lang,
            # Of an older link, a chapter that there is no more is left out.
            chapters=[name for name in paper.chapters if name in CHAPTERS],
            title=look.employer(site),
        )
        body = apart.write(form, report, look)
    shelf.put(key, body)
    return body


def _parted(page: bytes) -> tuple[bytes, bytes, bytes]:
    """What is before the tag that begins the body, that tag, and the rest. What came from outside is escaped, so the first is the only one."""
    found = _BODY.search(page)
    if found is None:
        raise LookupError("The HTML of a report has no body; its template and this module belong together")
    return page[: found.start()], found[0], page[found.end() :]


def _sha256(style: bytes) -> str:
    return base64.b64encode(hashlib.sha256(style).digest()).decode()
