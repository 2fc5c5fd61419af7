"""
Who may open which page: each view says what it needs, and what says nothing is closed to everybody.

The whole rule is one function that runs before every request, so no view can forget to ask; a test walks all routes. A page of a site
has the site's key in its address as ``key``: whoever may not see that site gets the same answer as for a site that is not there.
Pages that list or name sites otherwise take them from :func:`visible_sites` and :func:`site_or_404`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, TypeVar, cast

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from collector.sites import Site
from dashboard.people.accounts import Account, Role
from dashboard.people.door_log import Event
from dashboard.services import services

View = TypeVar("View", bound=Callable[..., Any])

_MARK: Final = "telpunt_needs"
_EVERYWHERE: Final = "telpunt_everywhere"


class Rule(Enum):
    """What a view may say beside a role."""

    PUBLIC = "public"  # for everybody, logged in or not
    UNDECLARED = "undeclared"  # it says nothing, so it is for nobody


def needs(role: Role, *, everywhere: bool = False) -> Callable[[View], View]:
    """
    Mark a view: for this role and those above it.

    Args:
        role: on the site of its address, when it has one; else for the installation.
        everywhere: a view of a site asks for the role on all sites: what it does, such as deleting, is the installation's business.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, role)
        setattr(view, _EVERYWHERE, everywhere)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view: for everybody, logged in or not."""
    setattr(view, _MARK, Rule.PUBLIC)
    return view


def rule_of(view: Callable[..., Any]) -> Role | Rule:
    """What a view says that it needs."""
    return cast("Role | Rule", getattr(view, _MARK, Rule.UNDECLARED))


def needed(view: Callable[..., Any]) -> Role | None:
    """The role that a view needs; None: it is public. One that says nothing needs the highest, and is closed all the same."""
    rule = rule_of(view)
    if isinstance(rule, Role):
        return rule
    return None if rule is Rule.PUBLIC else Role.ADMIN


def is_everywhere(view: Callable[..., Any]) -> bool:
    """Does a view need its role on all sites?"""
    return bool(getattr(view, _EVERYWHERE, False))


def may_open(view: Callable[..., Any], key: str | None) -> bool:
    """May who is logged in open this view; of the site *key*, when it is a page of a site?"""
    rule = rule_of(view)
    if rule is Rule.PUBLIC:
        return True
    if not isinstance(rule, Role) or not current_user.is_authenticated:
        return False
    role = own().role if key is None else own().role_on(key)
    return role is not None and (own().role if is_everywhere(view) else role).covers(rule)


def guard() -> ResponseReturnValue | None:
    """Before every request: let through, send to the log-in (or set-up) page, or refuse."""
    if request.endpoint is None:
        return None  # no such page: the answer is 404 for everybody alike
    view = current_app.view_functions[request.endpoint]
    rule = rule_of(view)
    if rule is Rule.PUBLIC:
        return None
    if not current_user.is_authenticated:
        if not services().accounts.has_admin():
            return redirect(url_for("ways.setup_needed"))
        here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(url_for("auth.login", next=here))
    key = (request.view_args or {}).get("key")
    if key is not None and own().role_on(key) is None:
        abort(404)
    if not may_open(view, key):
        services().door.note(Event.PAGE_REFUSED, own().id)
        abort(403)
    return None


def own() -> Account:
    """The account of who is logged in; only for views that need a role."""
    return cast("Account", current_user.account)


def site_or_404(key: str) -> Site:
    """The site of that key, when it is there and who is logged in may see it; both noes are the same 404."""
    sites = services().sites
    sites.refresh()
    site = sites.get(key)
    if site is None or own().role_on(key) is None:
        abort(404)
    return site


def visible_sites() -> list[Site]:
    """The sites that who is logged in may see."""
    sites = services().sites
    sites.refresh()
    return [site for site in sites.all() if own().role_on(site.key) is not None]


def safe_next(target: str | None) -> str | None:
    """*target* when it is a path on this host, else None: a log-in page must not send people elsewhere (CWE-601)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(character < " " or character == "\\" for character in target):
        return None
    return target
