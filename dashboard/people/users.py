"""For administrators: who may open the dashboard, and what each may do on which site."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import language
from dashboard.access import needs, own
from dashboard.language import gettext as _
from dashboard.mail import MailNotSent
from dashboard.people import letters
from dashboard.people.accounts import EMAIL_MAX_CHARS, Account, Role
from dashboard.people.door_log import Event
from dashboard.people.errors import InvalidAccount, UnknownAccount
from dashboard.people.forms import in_words
from dashboard.services import services

pages = Blueprint("users", __name__)

SITE_FIELD = "site:"  # and the key: the role there, or nothing


@pages.get("/users")
@needs(Role.ADMIN)
def users() -> ResponseReturnValue:
    """Everybody, and the form that invites."""
    return _list()


@pages.post("/users/invite")
@needs(Role.ADMIN)
def invite() -> ResponseReturnValue:
    """Makes an account and shows its invitation, this once."""
    role, sites = _asked_access()
    try:
        account = services().accounts.add(request.form.get("email", ""), role, None, sites)
    except InvalidAccount as error:
        return _list(problem=in_words(error))
    _note(Event.ADDED, account)
    return _show_link(account)


@pages.get("/users/<int:number>")
@needs(Role.ADMIN)
def user(number: int) -> ResponseReturnValue:
    """One person: role, sites, sessions, second step, and the way out."""
    return _person(_known(number))


@pages.post("/users/<int:number>/access")
@needs(Role.ADMIN)
def access(number: int) -> ResponseReturnValue:
    """Changes role and sites."""
    known = _known(number)
    role, sites = _asked_access()
    try:
        services().accounts.set_access(known.id, role, sites)
    except InvalidAccount as error:
        return _person(known, problem=in_words(error))
    _note(Event.ACCESS, known)
    flash(_("Saved."))
    return _back(number)


@pages.post("/users/<int:number>/link")
@needs(Role.ADMIN)
def link(number: int) -> ResponseReturnValue:
    """Makes a link for the first or a new password and shows it, this once."""
    known = _known(number)
    if not known.active:
        return _back(number)
    return _show_link(known)


@pages.post("/users/<int:number>/sessions")
@needs(Role.ADMIN)
def end_sessions(number: int) -> ResponseReturnValue:
    """Logs somebody out everywhere."""
    known = _known(number)
    services().sessions.end_all(known.id)
    _note(Event.SESSIONS, known)
    flash(_("Logged out everywhere."))
    return _back(number)


@pages.post("/users/<int:number>/second-step")
@needs(Role.ADMIN)
def reset_second_step(number: int) -> ResponseReturnValue:
    """Turns somebody's second step off, for who lost phone and recovery codes."""
    known = _known(number)
    services().second_factor.turn_off(known.id)
    services().sessions.end_all(known.id)
    _note(Event.STEP_OFF, known)
    letters.tell_change(known, letters.SECOND_STEP_OFF, language.current())
    flash(_("The second step is off until they set it up again."))
    return _back(number)


@pages.post("/users/<int:number>/active")
@needs(Role.ADMIN)
def active(number: int) -> ResponseReturnValue:
    """Lets somebody in no more, or again."""
    known = _known(number)
    try:
        if request.form.get("active") == "yes":
            services().accounts.reactivate(known.id)
            _note(Event.REACTIVATED, known)
        else:
            services().accounts.deactivate(known.id)
            _note(Event.DEACTIVATED, known)
    except InvalidAccount as error:
        return _person(known, problem=in_words(error))
    flash(_("Saved."))
    return _back(number)


@pages.route("/users/<int:number>/delete", methods=["GET", "POST"])
@needs(Role.ADMIN)
def delete(number: int) -> ResponseReturnValue:
    """Asks, and deletes for good."""
    known = _known(number)
    if request.method == "GET":
        return render_template("delete_user.html", person=known)
    try:
        services().accounts.remove(known.id)
    except InvalidAccount as error:
        return _person(known, problem=in_words(error))
    _note(Event.REMOVED, known)
    flash(_("The account %(email)s is deleted.", email=known.email))
    return redirect(url_for("users.users"))


def _known(number: int) -> Account:
    account = services().accounts.get(number)
    if account is None:
        abort(404)
    return account


def _asked_access() -> tuple[str, Mapping[str, str] | None]:
    form = request.form
    if form.get("where") != "some":
        return form.get("role", ""), None
    given = {name.removeprefix(SITE_FIELD): role for name, role in form.items() if name.startswith(SITE_FIELD) and role}
    return Role.VIEWER, {key: role for key, role in given.items() if services().sites.get(key)}


def _list(*, problem: str | None = None) -> ResponseReturnValue:
    services().sites.refresh()
    page = render_template(
        "users.html",
        people=services().accounts.all(),
        own_id=own().id,
        last_days=services().sessions.last_days(),
        sites=[site.key for site in services().sites.all()],
        roles=list(Role),
        problem=problem,
        email=request.form.get("email", "")[:EMAIL_MAX_CHARS],
        mail=services().mailer.configured,
    )
    return page, 400 if problem else 200


def _person(known: Account, *, problem: str | None = None) -> ResponseReturnValue:
    services().sites.refresh()
    page = render_template(
        "user.html",
        person=known,
        own_id=own().id,
        sites=sorted({site.key for site in services().sites.all()} | set(known.sites or ())),
        roles=list(Role),
        sessions=services().sessions.of(known.id),
        tokens=services().tokens.of(known.id),
        problem=problem,
    )
    return page, 400 if problem else 200


def _show_link(known: Account) -> ResponseReturnValue:
    try:
        path = services().accounts.password_link(known.email)
    except UnknownAccount:
        abort(404)
    _note(Event.LINK, known)
    sent = None
    if services().mailer.configured:
        try:
            letters.send_link(known, path, language.current())
            sent = True
        except MailNotSent:
            sent = False
    base = services().settings.public_url or request.url_root
    return render_template("link.html", person=known, link=base.rstrip("/") + path, sent=sent)


def _note(event: Event, known: Account) -> None:
    services().door.note(event, known.id, by=own().id)


def _back(number: int) -> ResponseReturnValue:
    return redirect(url_for("users.user", number=number))
