"""Log in by password and second factor, log out, and the language of the pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from dashboard import language
from dashboard.access import public, safe_next
from dashboard.people import login
from dashboard.people.accounts import EMAIL_MAX_CHARS
from dashboard.people.door_log import Event
from dashboard.services import services

pages = Blueprint("auth", __name__)


@pages.route("/login", methods=["GET", "POST"], endpoint="login")
@public
def log_in() -> ResponseReturnValue:
    """Logs in by password, the first step or the only one."""
    accounts = services().accounts
    if not accounts.has_admin():
        return redirect(url_for("ways.setup_needed"))
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(target or url_for("overview.home"))
    failed = False
    email = request.form.get("email", "")[:EMAIL_MAX_CHARS]
    if request.method == "POST":
        account = accounts.check(email, request.form.get("password", ""))
        if account is not None:
            return login.enter(account, target, by_link=False)
        tried = accounts.find(email)
        services().door.note(Event.REFUSED, tried.id if tried else None)
        failed = True
    return render_template("login.html", failed=failed, email=email, next=target), 403 if failed else 200


@pages.route("/login/code", methods=["GET", "POST"])
@public
def code() -> ResponseReturnValue:
    """Logs in by the code of the second factor, or a recovery code: the second step."""
    held = login.half_way()
    if held is None:
        return redirect(url_for("auth.login"))
    account, rest = held
    failed = False
    if request.method == "POST":
        if services().second_factor.check(account.id, request.form.get("code", "")):
            login.begin(account, by_link=bool(rest["by_link"]))
            return redirect(safe_next(rest["next"]) or url_for("overview.home"))
        services().door.note(Event.CODE_REFUSED, account.id)
        failed = True
    return render_template("code.html", failed=failed), 403 if failed else 200


@pages.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """Ends the session."""
    login.end()
    return redirect(url_for("auth.login"))


@pages.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Keeps the language of the pages, with the account of who is logged in."""
    chosen = request.form.get("language", "")
    language.choose(chosen)
    if current_user.is_authenticated and chosen in language.LOCALES:
        services().accounts.prefer(current_user.account.id, language=chosen, theme=current_user.account.theme)
    return redirect(safe_next(request.form.get("next")) or url_for("overview.home"))
