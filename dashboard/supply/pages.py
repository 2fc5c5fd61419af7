"""Bringing in open vacancies and hires: a file or an address is read and shown first, and kept when an editor says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis.runs import NoRun
from collector.sites import Site
from dashboard import language, whole_numbers
from dashboard.access import needs, site_or_404
from dashboard.fetching import Busy, Fetcher, slot
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.owner.sitemap import Unreadable
from dashboard.people.accounts import Role
from dashboard.said import translated
from dashboard.services import services
from dashboard.supply import matching, reading, sheets
from dashboard.supply.kept import SOURCE_MAX_CHARS, CannotBeKept
from dashboard.supply.rows import HIRES, KINDS, VACANCIES, Read
from dashboard.supply.table import families_seen

pages = Blueprint("supply", __name__)

UPLOAD_MAX_BYTES: Final = 1_000_000  # the collector passes no more on to a page
PREVIEW_MAX_BYTES: Final = 900_000  # that goes to the browser and back
PREVIEW_ROWS: Final = 50


@pages.url_value_preprocessor
def _allow_a_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """What is brought in may be larger than a form; this runs before the form is read."""
    if endpoint in ("supply.read", "supply.keep"):
        request.max_content_length = request.max_form_memory_size = UPLOAD_MAX_BYTES


@pages.get("/sites/<key>/supply")
@needs(Role.EDITOR)
def supply(key: str) -> ResponseReturnValue:
    """What was brought in, which of its families are which of the site's, and the forms."""
    return _page(site_or_404(key))


@pages.post("/sites/<key>/supply/read")
@needs(Role.EDITOR)
def read(key: str) -> ResponseReturnValue:
    """Reads a file or an address and shows what is in it; keeps nothing."""
    site = site_or_404(key)
    kind = _kind()
    sent = request.files.get("file")
    url = request.form.get("url", "").strip()[:2048]
    try:
        found = _fetched(site, url) if url else _sent(kind)
        text = _as_csv(found)
    except Unreadable as error:
        return _page(site, problem=translated(error.said)), 400
    except Busy:
        return _page(site, problem=_("Others are fetching at this moment. Try again in a minute.")), 503
    named = request.form.get("source", "").strip() or url or (sent.filename if sent else "") or kind
    return _page(site, found=found, text=text, source=named[:SOURCE_MAX_CHARS])


@pages.get("/sites/<key>/supply/example-<kind>.csv")
@needs(Role.EDITOR)
def example(key: str, kind: str) -> ResponseReturnValue:
    """A file that can be brought in, with the names of the columns in the language of the page; for Excel set to that language."""
    site_or_404(key)
    if kind not in KINDS:
        abort(404)
    return Response(
        sheets.example(kind, language.current()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="telpunt-{kind}.csv"'},
    )


@pages.post("/sites/<key>/supply")
@needs(Role.EDITOR)
def keep(key: str) -> ResponseReturnValue:
    """Keeps what was shown, in place of what came earlier from the same source."""
    site = site_or_404(key)
    kind = _kind()
    try:
        found = sheets.read(request.form.get("text", "").encode(), kind, _today())
        replaced = services().supply.keep(key, request.form.get("source", ""), found, by=current_user.account.id)
    except Unreadable as error:
        return _page(site, problem=translated(error.said)), 400
    except CannotBeKept:
        return _page(site, problem=_("There was nothing to keep, or a line was wrong. Nothing was changed.")), 400
    told = (
        ngettext("%(num)s vacancy is kept.", "%(num)s vacancies are kept.", found.total)
        if kind == VACANCIES
        else ngettext("%(num)s hire is kept.", "%(num)s hires are kept.", found.total)
    )
    flash(told + (" " + _("It takes the place of the earlier import of this source.") if replaced else ""))
    return _back(key)


@pages.post("/sites/<key>/supply/remove")
@needs(Role.EDITOR)
def remove(key: str) -> ResponseReturnValue:
    """Forgets an import and all that came with it."""
    site_or_404(key)
    if not services().supply.remove(key, whole_numbers.of_form(request.form.get("id", ""))):
        abort(404)
    flash(_("The import is removed, with all that came with it."))
    return _back(key)


@pages.post("/sites/<key>/supply/families")
@needs(Role.EDITOR)
def families(key: str) -> ResponseReturnValue:
    """Keeps which imported family is which of the site's."""
    site_or_404(key)
    known, seen = _imported(key), {*_seen(key), *services().supply.mapped(key).values()}
    said = zip(request.form.getlist("imported"), request.form.getlist("family"), strict=False)
    services().supply.map(key, {imported: family for imported, family in said if imported in known and family in seen})
    flash(_("The families are kept."))
    return _back(key)


def _page(site: Site, **more: Any) -> str:
    kept = services().supply
    imported, seen, mapped = _imported(site.key), _seen(site.key), kept.mapped(site.key)
    proposed = matching.propose(imported, seen, mapped)
    found: Read | None = more.get("found")
    return render_template(
        "supply.html",
        site=site,
        imports=[(one, datetime.fromtimestamp(one.made_at, UTC).date()) for one in kept.imports(site.key)],
        families=[
            (one, mapped.get(one, proposed.get(one, "")), one in mapped)
            for one in imported
            if one in mapped or one in proposed
        ],
        choices=sorted({*seen, *mapped.values()}),
        rows=found.rows.head(PREVIEW_ROWS).to_dicts() if found else [],
        left=max(found.rows.height - PREVIEW_ROWS, 0) if found else 0,
        troubles=[(one.number, translated(one.said)) for one in found.troubles] if found else [],
        kinds=KINDS,
        hires_kind=HIRES,
        source_max=SOURCE_MAX_CHARS,
        **more,
    )


def _sent(kind: str) -> Read:
    sent = request.files.get("file")
    return reading.content(sent.read(UPLOAD_MAX_BYTES) if sent else b"", kind, _today())


def _as_csv(found: Read) -> str:
    """What the browser holds until an editor says that it may be kept, so that nothing is kept before."""
    text = found.rows.write_csv()
    if len(text.encode()) > PREVIEW_MAX_BYTES:
        raise Unreadable(reading.TOO_LARGE)
    return text


def _fetched(site: Site, url: str) -> Read:
    with slot():
        return reading.address(Fetcher(site, services().settings.fetch_networks), url, _today())


def _imported(key: str) -> list[str]:
    kept = services().supply
    return sorted({*kept.rows(key, VACANCIES)["family"], *kept.rows(key, HIRES)["family"]})


def _seen(key: str) -> list[str]:
    try:
        return families_seen(services().readings.table(key, "demand"))
    except NoRun:
        return []  # before the first analysis there is nothing to lay it beside


def _kind() -> str:
    kind = request.form.get("kind", VACANCIES)
    return kind if kind in KINDS else abort(400)


def _today() -> date:
    return datetime.fromtimestamp(services().clock(), UTC).date()


def _back(key: str) -> ResponseReturnValue:
    return redirect(url_for("supply.supply", key=key))
