"""Who is logged in, as Flask-Login wants it; and beginning and ending a session."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from collector import traits
from dashboard import language
from dashboard.people.accounts import Account, Role
from dashboard.people.door_log import Event
from dashboard.people.links import digest
from dashboard.services import services

ENTERED_BY_LINK: Final = "entered_by_link"
HALF_WAY: Final = "half_way"
HALF_WAY_S: Final = 600  # between the password and the code


class Person(UserMixin):  # type: ignore[misc]  # flask_login has no types
    """
    Who is logged in.

    Attributes:
        token: what the cookie holds; opens the session, so it is never shown.
    """

    def __init__(self, account: Account, token: str) -> None:
        self.account = account
        self.email = account.email
        self.token = token

    @property
    def role(self) -> Role:
        """What the account may do here: on the site of the page's address, else for the installation."""
        key = (request.view_args or {}).get("key")
        return (self.account.role_on(key) if key is not None else None) or self.account.role

    @property
    def session_id(self) -> str:
        """The id of this session, see :class:`dashboard.people.sessions.OpenSession`."""
        return digest(self.token)

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie."""
        return self.token


def install(app: Flask) -> None:
    """Let *app* know who is logged in."""
    manager = LoginManager(app)
    # It compares hashes of address and agent, which we do not want to make.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Person | None:
        account = services().sessions.find(token)
        return Person(account, token) if account else None


def enter(account: Account, target: str | None, *, by_link: bool) -> ResponseReturnValue:
    """Let somebody in who has shown a password or a link: at once, or by way of the second factor."""
    if not account.second_factor:
        begin(account, by_link=by_link)
        return redirect(target or url_for("overview.home"))
    _renew(account)
    until = services().clock() + HALF_WAY_S
    session[HALF_WAY] = {"account": account.id, "until": until, "next": target, "by_link": by_link}
    return redirect(url_for("auth.code"))


def half_way() -> tuple[Account, dict[str, Any]] | None:
    """Who has shown a password or a link and not yet the code, for ten minutes; with where to go after."""
    held = session.get(HALF_WAY)
    if not isinstance(held, dict) or held["until"] <= services().clock():
        return None
    account = services().accounts.get(held["account"])
    return (account, held) if account and account.active and account.second_factor else None


def begin(account: Account, *, by_link: bool = False) -> None:
    """A new session for this browser, in place of whatever it had."""
    _renew(account)
    session.permanent = True
    if by_link:
        session[ENTERED_BY_LINK] = True
    token = services().sessions.begin(account.id, traits.device(request.headers.get("User-Agent", "")))
    login_user(Person(account, token))
    services().door.note(Event.IN, account.id)
    # Flask-Login writes a hash of address and agent into the cookie, for the protection that is off; we want neither anywhere.
    session.pop("_id", None)


def end() -> None:
    """End the session of this browser, on the server too."""
    if current_user.is_authenticated:
        services().door.note(Event.OUT, current_user.account.id)
    _renew(None)
    logout_user()


def asks_password(account: Account) -> bool:
    """Must the current password be shown to change how somebody logs in? Not by who came in by a link: it may be forgotten."""
    return account.has_password and not session.get(ENTERED_BY_LINK)


def confirms(account: Account, password: str) -> bool:
    """Has the owner of this session shown to be the owner of the account?"""
    return not asks_password(account) or services().accounts.check(account.email, password) is not None


def _renew(account: Account | None) -> None:
    # What a stranger may have put into the old session must not come along (session fixation).
    if isinstance(token := session.get("_user_id"), str):
        services().sessions.end_token(token)
    chosen = (account.language if account else None) or session.get(language.SESSION_KEY)
    session.clear()
    if chosen:
        language.choose(chosen)


def theme() -> str:
    """The theme of this page: auto, light or dark."""
    return current_user.account.theme if current_user.is_authenticated else "auto"


def dark_media() -> str:
    """Where the dark colours apply, as a media query: never on paper."""
    return {"light": "not all", "dark": "screen"}.get(theme(), "screen and (prefers-color-scheme: dark)")
