"""The page on which a report is chosen, taken away, and given the employer's look."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final, cast

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from analysis.words import Language
from dashboard import language
from dashboard.access import needs, site_or_404
from dashboard.accounts import Role
from dashboard.exports.names import CHAPTERS, LANGUAGES
from dashboard.language import gettext as _
from dashboard.overview import waiting_page
from dashboard.reports import formats
from dashboard.reports.build import UnknownChapter, build
from dashboard.reports.formats import UnknownReportFormat
from dashboard.reports.look import (
    CONTRAST_MIN,
    LOGO_MAX_BYTES,
    LOGO_MAX_DOTS,
    TITLE_MAX_CHARS,
    InvalidLook,
    Look,
    Looks,
    checked_colour,
    checked_logo,
    checked_title,
)
from dashboard.services import services
from dashboard.views import UnknownSegment

pages = Blueprint("report", __name__)

TURN: Final = "telpunt_report_turn"
WAIT_S: Final = 30.0
FORM_MAX_BYTES: Final = LOGO_MAX_BYTES + 64 * 1024


@pages.record_once
def _take_turns(state: BlueprintSetupState) -> None:
    """One report at a time in a worker: it takes seconds of a processor and some 200 MB."""
    state.app.extensions[TURN] = BoundedSemaphore(1)


@pages.url_value_preprocessor
def _room_for_a_logo(endpoint: str | None, values: dict[str, str] | None) -> None:  # noqa: ARG001 (Flask's signature)
    """The form with the logo may be larger than others; this runs before the token of the form is looked at, which reads it."""
    if endpoint == "report.dress":
        request.max_content_length = FORM_MAX_BYTES


@pages.get("/sites/<key>/report")
@needs(Role.VIEWER)
def report(key: str) -> ResponseReturnValue:
    """The choices, as the address has them."""
    site = site_or_404(key)
    try:
        overview = services().readings.overview(key, language.current())
    except NoRun:
        return waiting_page(site)
    wanted = request.args.getlist("chapter")
    names = {
        "summary": _("Summary"),
        "audiences": _("Audiences"),
        "changes": _("What changed"),
        "touchpoints": _("Touchpoints"),
        "demand": _("Demand"),
        "briefs": _("Reach briefs"),
        "about": _("About the numbers"),
    }
    return render_template(
        "report.html",
        site=site,
        overview=overview,
        chapters=[(name, names[name], not wanted or name in wanted) for name in CHAPTERS],
        segment=request.args.get("segment", ""),
        lang=_chosen_language(),
        form=request.args.get("format", "pdf"),
        forms=[(name, form.title) for name, form in formats.FORMATS.items()],
        look=Looks(services().engine).of(key),
        title_max=TITLE_MAX_CHARS,
        logo_max_kb=LOGO_MAX_BYTES // 1000,
    )


@pages.get("/sites/<key>/report/file")
@needs(Role.VIEWER)
def file(key: str) -> ResponseReturnValue:
    """The report as a file; ``chapter`` (more than once), ``segment``, ``language`` and ``format`` choose."""
    site = site_or_404(key)
    segment = request.args.get("segment") or None
    look = Looks(services().engine).of(key)
    turn: BoundedSemaphore = current_app.extensions[TURN]
    if not turn.acquire(timeout=WAIT_S):
        abort(503)
    try:
        form = formats.by_name(request.args.get("format", "pdf"))
        made = build(
            services().readings,
            site,
            segment=segment,
            lang=_chosen_language(),
            chapters=request.args.getlist("chapter") or CHAPTERS,
            title=look.title,
        )
        body = form.write(made, look)
    except (NoRun, UnknownSegment, UnknownChapter, UnknownReportFormat):
        abort(404)
    finally:
        turn.release()
    name = "-".join(filter(None, ["telpunt", site.key, made.end.isoformat(), "report", segment]))
    ending = next(name for name, each in formats.FORMATS.items() if each is form)
    return Response(
        body,
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{ending}"'},
    )


@pages.post("/sites/<key>/report/look")
@needs(Role.EDITOR)
def dress(key: str) -> ResponseReturnValue:
    """Keeps the employer's name, colour and logo; all of it or nothing."""
    site_or_404(key)
    looks = Looks(services().engine)
    sent = request.files.get("logo")
    content = sent.read() if sent else b""
    try:
        logo = None if "no_logo" in request.form else checked_logo(content) if content else looks.of(key).logo
        look = Look(checked_title(request.form.get("title", "")), checked_colour(request.form.get("colour", "")), logo)
    except InvalidLook as error:
        flash(_wrong(error.field))
    else:
        looks.put(key, look)
        flash(_("Kept; the next report has it."))
    return redirect(url_for("report.report", key=key) + "#look")


@pages.get("/sites/<key>/report/logo.png")
@needs(Role.VIEWER)
def logo(key: str) -> ResponseReturnValue:
    """The logo, as we drew it."""
    site_or_404(key)
    kept = Looks(services().engine).of(key).logo
    if kept is None:
        abort(404)
    return Response(kept, content_type="image/png", headers={"Cache-Control": "private, no-cache"})


def _chosen_language() -> Language:
    wish = request.args.get("language")
    return cast("Language", wish) if wish in LANGUAGES else language.current()


def _wrong(field: str) -> str:
    said = {
        "title": _("The name must have at most %(most)s characters.", most=TITLE_MAX_CHARS),
        "colour": _("The colour is not one such as #0b5563."),
        "contrast": _(
            "The colour is too light: its contrast with white must be at least %(least)s to 1, or the report can't be read.",
            least=CONTRAST_MIN,
        ),
        "size": _("The logo is too large: at most %(most)s kB.", most=LOGO_MAX_BYTES // 1000),
        "logo": _(
            "The logo is not a PNG or JPEG picture of at most %(most)s million dots.", most=LOGO_MAX_DOTS // 1_000_000
        ),
    }[field]
    return f"{said} " + _("Nothing was changed.")
