"""Turning the own second factor on and off, and its recovery codes."""

from __future__ import annotations

from io import BytesIO

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from dashboard import language
from dashboard.access import needs, own
from dashboard.language import gettext as _
from dashboard.people import letters, login
from dashboard.people.accounts import Role
from dashboard.people.door_log import Event
from dashboard.services import services

pages = Blueprint("second_step", __name__)


@pages.get("/account/second-step")
@needs(Role.VIEWER)
def second_step() -> ResponseReturnValue:
    """The page: off, half-way, or on."""
    return _page()


@pages.post("/account/second-step/begin")
@needs(Role.VIEWER)
def begin() -> ResponseReturnValue:
    """Makes a secret for the app, when the password is right."""
    if not own().has_password:
        return _page(problem=_("Set a password first: the second step comes after it."))
    if not _confirmed():
        return _page(problem=_("The current password is not right."))
    services().second_factor.begin(own().id)
    return redirect(url_for("second_step.second_step"))


@pages.post("/account/second-step/confirm")
@needs(Role.VIEWER)
def confirm() -> ResponseReturnValue:
    """Turns it on, when the app's first code is right, and shows the recovery codes, this once."""
    codes = services().second_factor.confirm(own().id, request.form.get("code", ""))
    if codes is None:
        return _page(problem=_("That is not the code of this moment. Is the clock of your phone right?"))
    services().door.note(Event.STEP_ON, own().id)
    _tell(letters.SECOND_STEP_ON)
    return render_template("recovery_codes.html", codes=codes)


@pages.post("/account/second-step/codes")
@needs(Role.VIEWER)
def new_codes() -> ResponseReturnValue:
    """Makes new recovery codes in place of the old ones, when the password is right."""
    if not _confirmed():
        return _page(problem=_("The current password is not right."))
    codes = services().second_factor.new_codes(own().id)
    if not codes:
        return redirect(url_for("second_step.second_step"))
    services().door.note(Event.CODES, own().id)
    _tell(letters.NEW_CODES)
    return render_template("recovery_codes.html", codes=codes)


@pages.post("/account/second-step/off")
@needs(Role.VIEWER)
def turn_off() -> ResponseReturnValue:
    """Turns it off, when the password is right."""
    if not _confirmed():
        return _page(problem=_("The current password is not right."))
    was_on = own().second_factor
    services().second_factor.turn_off(own().id)
    if was_on:
        services().door.note(Event.STEP_OFF, own().id)
        _tell(letters.SECOND_STEP_OFF)
        flash(_("The second step is off: your password alone logs you in."))
    return redirect(url_for("second_step.second_step"))


def qr_code(text: str) -> Markup:
    """A QR code as SVG without styles, which the policy would refuse; dark on white in every theme, for cameras want it so."""
    drawn = BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, svgns=False, svgclass="qr", lineclass=None
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704  # made of squares only


def _page(*, problem: str | None = None) -> ResponseReturnValue:
    known = own()
    pending = services().second_factor.pending(known.id)
    page = render_template(
        "second_step.html",
        account=known,
        problem=problem,
        asks_current=login.asks_password(known),
        secret=" ".join(pending.secret[at : at + 4] for at in range(0, len(pending.secret), 4)) if pending else None,
        uri=pending.uri if pending else None,
        qr=qr_code(pending.uri) if pending else None,
        codes_left=services().second_factor.codes_left(known.id),
    )
    return page, 400 if problem else 200


def _confirmed() -> bool:
    return login.confirms(own(), request.form.get("current", ""))


def _tell(what: str) -> None:
    letters.tell_change(own(), what, language.current())
