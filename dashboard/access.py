"""
Who may open which page: each view says what it needs, and what says nothing is for admins only.

The whole rule is one function that runs before every request, so no view can forget to ask; a test walks all routes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from dashboard.accounts import Role
from dashboard.services import services

View = TypeVar("View", bound=Callable[..., Any])

_MARK: Final = "telpunt_needs"
_PUBLIC: Final = "public"


def needs(role: Role) -> Callable[[View], View]:
    """Mark a view: for this role and those above it."""

    def mark(view: View) -> View:
        setattr(view, _MARK, role)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view: for everybody, logged in or not."""
    setattr(view, _MARK, _PUBLIC)
    return view


def needed(view: Callable[..., Any]) -> Role | None:
    """What a view needs; None: nothing."""
    mark = getattr(view, _MARK, Role.ADMIN)
    return None if mark == _PUBLIC else mark


def guard() -> ResponseReturnValue | None:
    """Before every request: let through, send to the log-in (or set-up) page, or refuse."""
    if request.endpoint is None:
        return None  # no such page: the answer is 404 for everybody alike
    role = needed(current_app.view_functions[request.endpoint])
    if role is None:
        return None
    if not current_user.is_authenticated:
        if not services().accounts.has_admin():
            return redirect(url_for("auth.setup_needed"))
        here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(url_for("auth.login", next=here))
    if not current_user.role.covers(role):
        abort(403)
    return None


def safe_next(target: str | None) -> str | None:
    """*target* when it is a path on this host, else None: a log-in page must not send people elsewhere (CWE-601)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(character < " " or character == "\\" for character in target):
        return None
    return target
