"""The ways in by a link: set up the first account, accept an invitation, set a new password, enter once; and asking for such a link."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import language
from dashboard.access import public
from dashboard.language import gettext as _
from dashboard.people import letters, login
from dashboard.people.accounts import EMAIL_MAX_CHARS
from dashboard.people.door_log import Event
from dashboard.people.errors import InvalidAccount, LinkSpent
from dashboard.people.forms import PasswordsDiffer, in_words, limits, new_password
from dashboard.people.links import Purpose
from dashboard.services import services

pages = Blueprint("ways", __name__)


@pages.get("/setup")
@public
def setup_needed() -> ResponseReturnValue:
    """Says where the set-up link is."""
    if services().accounts.has_admin():
        return redirect(url_for("auth.login"))
    return render_template("setup_needed.html", spent=False), 403


@pages.route("/setup/<token>", methods=["GET", "POST"])
@public
def setup(token: str) -> ResponseReturnValue:
    """Makes the first admin."""
    accounts = services().accounts
    if not accounts.setup_is_open(token):
        if accounts.has_admin():
            return redirect(url_for("auth.login"))
        return render_template("setup_needed.html", spent=True), 403
    problem = None
    if request.method == "POST":
        try:
            account = accounts.set_up(token, request.form.get("email", ""), new_password())
        except (InvalidAccount, PasswordsDiffer) as error:
            problem = in_words(error)
        except LinkSpent:
            return redirect(url_for("auth.login"))
        else:
            services().door.note(Event.ADDED, account.id)
            login.begin(account)
            return redirect(url_for("overview.home"))
    email = request.form.get("email", "")[:EMAIL_MAX_CHARS]
    return render_template("setup.html", problem=problem, email=email, **limits()), 400 if problem else 200


@pages.get("/enter/<token>")
@public
def enter(token: str) -> ResponseReturnValue:
    """Logs in by one-time link; a browser that only looks ahead does not use it up."""
    purpose = f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}"
    if request.method == "HEAD" or "prefetch" in purpose:
        abort(503)
    try:
        account = services().accounts.enter(token)
    except LinkSpent:
        return _spent()
    return login.enter(account, None, by_link=True)


@pages.route("/invite/<token>", methods=["GET", "POST"])
@public
def invite(token: str) -> ResponseReturnValue:
    """Sets the first password of an account, and logs in."""
    return _set_password(Purpose.INVITE, token)


@pages.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Sets a new password; logging in with it comes after, with the second factor of who has one."""
    return _set_password(Purpose.RESET, token)


@pages.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Sends a link for a new password; the answer is the same whether the address has an account."""
    asked = request.method == "POST"
    possible = services().mailer.configured
    if asked and possible:
        letters.send_reset_later(request.form.get("email", "")[:EMAIL_MAX_CHARS], language.current())
    return render_template("forgot.html", asked=asked and possible, possible=possible)


def _set_password(purpose: Purpose, token: str) -> ResponseReturnValue:
    accounts = services().accounts
    known = accounts.whose(purpose, token)
    if known is None:
        return _spent()
    problem = None
    if request.method == "POST":
        try:
            account = accounts.accept(purpose, token, new_password())
        except (InvalidAccount, PasswordsDiffer) as error:
            problem = in_words(error)
        except LinkSpent:
            return _spent()
        else:
            services().door.note(Event.PASSWORD, account.id)
            if purpose is Purpose.INVITE:
                return login.enter(account, None, by_link=False)
            letters.tell_change(account, letters.PASSWORD, language.current())
            login.end()
            flash(_("Your password is changed. Log in with it."))
            return redirect(url_for("auth.login"))
    page = render_template(
        "new_password.html", problem=problem, email=known.email, first=purpose is Purpose.INVITE, **limits()
    )
    return page, 400 if problem else 200


def _spent() -> ResponseReturnValue:
    return render_template("link_spent.html"), 403
