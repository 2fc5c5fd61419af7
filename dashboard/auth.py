"""Set-up, log in, log out, one-time links and the own account."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from dashboard import language
from dashboard.access import needs, public, safe_next
from dashboard.accounts import (
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    Account,
    EmailTaken,
    InvalidAccount,
    InvalidEmail,
    LinkSpent,
    Role,
    WeakPassword,
)
from dashboard.language import gettext as _
from dashboard.services import services

pages = Blueprint("auth", __name__)

ENTERED_BY_LINK = "entered_by_link"


class Person(UserMixin):  # type: ignore[misc]  # flask_login has no types
    """Who is logged in, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.email = account.email
        self.role = account.role

    def get_id(self) -> str:
        """Id and stamp: a session ends when the account's stamp changes."""
        return f"{self.account.id}.{self.account.stamp}"


def install(app: Flask) -> None:
    """Let *app* know who is logged in."""
    manager = LoginManager(app)
    # It compares hashes of address and agent, which we do not want to make.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(identity: str) -> Person | None:
        number, _dot, stamp = identity.partition(".")
        account = services().accounts.get(int(number)) if number.isdigit() else None
        return Person(account) if account and account.stamp == stamp else None


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
            account = accounts.set_up(token, request.form.get("email", ""), _new_password())
        except (InvalidAccount, PasswordsDiffer) as error:
            problem = _in_words(error)
        except LinkSpent:
            return redirect(url_for("auth.login"))
        else:
            _log_in(account, by_link=False)
            return redirect(url_for("overview.home"))
    page = render_template(
        "setup.html",
        problem=problem,
        email=request.form.get("email", "")[:254],
        least=PASSWORD_MIN_CHARS,
        most=PASSWORD_MAX_CHARS,
    )
    return page, 400 if problem else 200


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
        return render_template("link_spent.html"), 403
    _log_in(account, by_link=True)
    return redirect(url_for("overview.home"))


@pages.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    """Logs in by password."""
    accounts = services().accounts
    if not accounts.has_admin():
        return redirect(url_for("auth.setup_needed"))
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(target or url_for("overview.home"))
    failed = False
    if request.method == "POST":
        account = accounts.check(request.form.get("email", "")[:254], request.form.get("password", ""))
        if account is not None:
            _log_in(account, by_link=False)
            return redirect(target or url_for("overview.home"))
        failed = True
    page = render_template("login.html", failed=failed, email=request.form.get("email", "")[:254], next=target)
    return page, 403 if failed else 200


@pages.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """Ends the session."""
    chosen = session.get(language.SESSION_KEY)
    logout_user()
    session.clear()
    if chosen:
        language.choose(chosen)
    return redirect(url_for("auth.login"))


@pages.route("/account", methods=["GET", "POST"])
@needs(Role.VIEWER)
def account() -> ResponseReturnValue:
    """The own account: a new password ends all other sessions."""
    own = current_user.account
    # Who came in by a link has shown to be the owner of the account, and may have forgotten the password.
    asks_current = own.has_password and not session.get(ENTERED_BY_LINK)
    problem = None
    if request.method == "POST":
        try:
            if asks_current and services().accounts.check(own.email, request.form.get("current", "")) is None:
                problem = _("The current password is not right.")
            else:
                _log_in(services().accounts.set_password(own.id, _new_password()), by_link=False)
                flash(_("Your password is changed. Other sessions have ended."))
                return redirect(url_for("auth.account"))
        except (InvalidAccount, PasswordsDiffer) as error:
            problem = _in_words(error)
    page = render_template(
        "account.html", problem=problem, asks_current=asks_current, least=PASSWORD_MIN_CHARS, most=PASSWORD_MAX_CHARS
    )
    return page, 400 if problem else 200


@pages.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Keeps the language of the pages."""
    language.choose(request.form.get("language", ""))
    return redirect(safe_next(request.form.get("next")) or url_for("overview.home"))


class PasswordsDiffer(Exception):
    """When a new password and its repetition are not the same."""


def _new_password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise PasswordsDiffer
    return password


def _log_in(account: Account, *, by_link: bool) -> None:
    # A new session: what a stranger may have put into the old one must not come along (session fixation).
    chosen = session.get(language.SESSION_KEY)
    session.clear()
    if chosen:
        language.choose(chosen)
    session.permanent = True
    if by_link:
        session[ENTERED_BY_LINK] = True
    login_user(Person(account))
    # Flask-Login writes a hash of address and agent into the cookie, for the protection that is off; we want neither anywhere.
    session.pop("_id", None)


def _in_words(error: Exception) -> str:
    """An account problem as the page says it."""
    match error:
        case PasswordsDiffer():
            return _("The two passwords are not the same.")
        case WeakPassword():
            return _(
                "The password must have at least %(least)s characters. Four words in a row are good.",
                least=PASSWORD_MIN_CHARS,
            )
        case InvalidEmail():
            return _("That is not an e-mail address such as name@example.org.")
        case EmailTaken():
            return _("There is an account with that address already.")
        case _:
            return str(error)
