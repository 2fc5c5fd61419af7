"""The page on which a report is chosen, taken away, and given the employer's look."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Final, cast

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from analysis.runs import NoRun
from analysis.words import Language
from dashboard import language, period
from dashboard.access import may_open, needs, site_or_404
from dashboard.exports.names import CHAPTERS, LANGUAGES
from dashboard.language import gettext as _
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
from dashboard.period import LENGTHS
from dashboard.reports import apart, formats
from dashboard.reports.apart import Busy
from dashboard.reports.build import build
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

FORM_MAX_BYTES: Final = 1_000_000  # the collector, in whose process the pages are, lets little more through
PERIOD: Final = ("weeks", "until", "compare")  # as the pages have it in their address
BUSY_S: Final = 4  # a report takes about two
READ_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-downloads; frame-ancestors 'none'"
)


@pages.record_once
def _take_turns(state: BlueprintSetupState) -> None:
    apart.take_turns(state.app)


@pages.url_value_preprocessor
def _room_for_a_logo(endpoint: str | None, values: dict[str, str] | None) -> None:  # noqa: ARG001 (Flask's signature)
    """The form with the logo may be larger than others; this runs before the token of the form is looked at, which reads it."""
    if endpoint == "report.dress":
        request.max_content_length = FORM_MAX_BYTES


@pages.get("/sites/<key>/report")
@needs(Role.VIEWER)
def report(key: str) -> ResponseReturnValue:
    """The choices, as the address has them."""
    wish = _wish_of_report()
    if isinstance(wish, str):
        return _choices(key, wrong=wish), 404
    return _choices(key)


@pages.get("/sites/<key>/report/file")
@needs(Role.VIEWER)
def file(key: str) -> ResponseReturnValue:
    """
    The report as a file; ``chapter`` (more than once), ``segment``, ``language``, ``format``, and ``weeks``, ``until`` and ``compare``
    choose. With ``read`` it is HTML to be read here and now.
    """
    site = site_or_404(key)
    wish = _wish_of_report()
    if isinstance(wish, str):
        return _choices(key, wrong=wish), 404
    look = Looks(services().engine).of(key)
    reading = "read" in request.args
    form = "html" if reading else wish.form
    try:
        with apart.turn():
            made = build(
                services().readings,
                site,
                segment=wish.segment,
                lang=wish.lang,
                chapters=wish.chapters,
                title=look.employer(site),
                wish={name: request.args[name] for name in PERIOD if request.args.get(name)},
            )
            body = apart.write(form, made, look)
    except NoRun:
        return waiting_page(site), 404
    except UnknownSegment:
        return _choices(key, wrong=_("The newest analysis does not have this audience; choose another one.")), 404
    except Busy:
        return busy_page(url_for("report.report", key=site.key), _("Report"), site=site)
    if reading:
        return Response(body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": READ_POLICY})
    name = "-".join(filter(None, ["telpunt", site.key, made.end.isoformat(), "report", wish.segment]))
    return Response(
        body,
        content_type=formats.by_name(form).media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    """What an address asks for."""

    segment: str | None
    lang: Language
    chapters: tuple[str, ...]
    form: str


def _wish_of_report() -> _Wish | str:
    """What the address asks for, or in words what of it is not there."""
    form = request.args.get("format", "pdf")
    if form not in formats.FORMATS:
        return _("There is no such format; choose another one.")
    wanted = request.args.getlist("chapter")
    if not set(wanted) <= set(CHAPTERS):
        return _("There is no such chapter; choose another one.")
    lang = request.args.get("language") or language.current()
    if lang not in LANGUAGES:
        return _("There are no reports in this language; choose another one.")
    return _Wish(request.args.get("segment") or None, cast("Language", lang), tuple(wanted) or CHAPTERS, form)


def busy_page(back: str, back_to: str, **context: object) -> Response:
    """What is shown while another report is made: it asks again by itself, and has a link *back*, in words *back_to*."""
    page = render_template("report_busy.html", seconds=BUSY_S, back=back, back_to=back_to, **context)
    return Response(page, status=503, headers={"Retry-After": str(BUSY_S)}, mimetype="text/html")


def _choices(key: str, wrong: str = "", look: Look | None = None, wrong_look: str = "") -> str:
    """
    The page.

    Args:
        wrong: what can't be chosen.
        look: what was typed, in place of what is kept.
        wrong_look: why it is not kept.
    """
    site = site_or_404(key)
    try:
        overview = services().readings.overview(key, language.current())
        chosen = period.of_figures(services().readings.table(key, "figures"), request.args)
    except NoRun:
        return waiting_page(site)
    segment = request.args.get("segment", "")
    if segment and segment not in [one.id for one in overview.shown]:
        wrong = wrong or _("The newest analysis does not have this audience; choose another one.")
    wanted = request.args.getlist("chapter")
    return render_template(
        "report.html",
        site=site,
        overview=overview,
        chapters=[(name, title, not wanted or name in wanted) for name, title in _titles().items()],
        segment=segment,
        lang=request.args.get("language") if request.args.get("language") in LANGUAGES else language.current(),
        form=request.args.get("format", "pdf"),
        forms=[(name, form.title) for name, form in formats.FORMATS.items()],
        period=chosen,
        lengths=LENGTHS,
        weeks=chosen.length if chosen and request.args.get("weeks") else 0,
        until=request.args["until"] if chosen and request.args.get("until") in chosen.weeks else "",
        look=look or Looks(services().engine).of(key),
        has_logo=Looks(services().engine).of(key).logo is not None,
        wrong=wrong,
        wrong_look=wrong_look,
        title_max=TITLE_MAX_CHARS,
        logo_max_kb=LOGO_MAX_BYTES // 1000,
    )


def _titles() -> dict[str, str]:
    return {
        "summary": _("Summary"),
        "audiences": _("Audiences"),
        "changes": _("What changed"),
        "touchpoints": _("Touchpoints"),
        "demand": _("Demand"),
        "briefs": _("Reach briefs"),
        "about": _("About the numbers"),
    }


@pages.post("/sites/<key>/report/look")
@needs(Role.EDITOR)
def dress(key: str) -> ResponseReturnValue:
    """Keeps the employer's name, colour and logo; all of it or nothing."""
    site_or_404(key)
    looks = Looks(services().engine)
    sent = request.files.get("logo")
    with closing(sent or BytesIO()) as upload:  # a large one is a file on the disk until it is closed
        content = upload.read()
    title, colour = request.form.get("title", ""), request.form.get("colour", "")
    try:
        logo = None if "no_logo" in request.form else checked_logo(content) if content else looks.of(key).logo
        look = Look(checked_title(title), checked_colour(colour), logo)
    except InvalidLook as error:
        typed = Look(title[: 2 * TITLE_MAX_CHARS], colour[:20], looks.of(key).logo)
        return _choices(key, look=typed, wrong_look=_wrong(error.field)), 400
    looks.put(key, look)
    flash(_("Kept; the next report has it."))
    # With a fragment of its own: else the browser keeps that of the form, and what was kept stands out of sight.
    return redirect(url_for("report.report", key=key, _anchor="main"))


@pages.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """A form that is larger than any logo may be comes again, with what is wrong; to others it is the usual page."""
    key = (request.view_args or {}).get("key", "")
    if not may_open(dress, key):
        return error
    return _choices(key, wrong_look=_wrong("size")), HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pages.get("/sites/<key>/report/logo.png")
@needs(Role.VIEWER)
def logo(key: str) -> ResponseReturnValue:
    """The logo, as we drew it."""
    site_or_404(key)
    kept = Looks(services().engine).of(key).logo
    if kept is None:
        abort(404)
    return Response(kept, content_type="image/png", headers={"Cache-Control": "private, no-cache"})


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
            "The logo is not a PNG or JPEG picture of at most %(most)s million dots; an SVG must be saved as PNG first.",
            most=LOGO_MAX_DOTS // 1_000_000,
        ),
    }[field]
    return f"{said} " + _("Nothing was changed.")
