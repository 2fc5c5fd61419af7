"""The own account: how the pages look, the password, where one is logged in, and API tokens."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from dashboard import language, whole_numbers
from dashboard.access import needs, own, site_or_404, visible_sites
from dashboard.language import gettext as _
from dashboard.names import NAME_MAX_CHARS
from dashboard.people import letters, login
from dashboard.people.accounts import THEMES, Role
from dashboard.people.door_log import Event
from dashboard.people.errors import InvalidAccount
from dashboard.people.forms import PasswordsDiffer, in_words, limits, new_password
from dashboard.people.tokens import DAYS, InvalidToken, Scope
from dashboard.services import services

pages = Blueprint("account", __name__)


@pages.get("/account")
@needs(Role.VIEWER)
def account() -> ResponseReturnValue:
    """The page."""
    return _page()


@pages.post("/account/password")
@needs(Role.VIEWER)
def password() -> ResponseReturnValue:
    """Sets a new password; all other sessions end."""
    known = own()
    try:
        chosen = new_password()
        if not login.confirms(known, request.form.get("current", "")):
            return _page(problem=_("The current password is not right."))
        changed = services().accounts.set_password(known.id, chosen)
    except (InvalidAccount, PasswordsDiffer) as error:
        return _page(problem=in_words(error))
    services().door.note(Event.PASSWORD, known.id)
    login.begin(changed)
    letters.tell_change(changed, letters.PASSWORD, language.current())
    flash(_("Your password is changed. Other sessions have ended."))
    return redirect(url_for("account.account"))


@pages.post("/account/preferences")
@needs(Role.VIEWER)
def preferences() -> ResponseReturnValue:
    """Keeps language and theme."""
    chosen = request.form.get("language", "")
    if chosen in language.LOCALES:
        language.choose(chosen)
        services().accounts.prefer(own().id, language=chosen, theme=request.form.get("theme", THEMES[0]))
        flash(_("Saved."))
    return redirect(url_for("account.account"))


@pages.post("/account/sessions/end")
@needs(Role.VIEWER)
def end_sessions() -> ResponseReturnValue:
    """Ends one session, or all but this one."""
    one = request.form.get("session", "")
    if one:
        services().sessions.end(own().id, one)
    else:
        services().sessions.end_all(own().id, but=current_user.session_id)
    services().door.note(Event.SESSIONS, own().id)
    flash(_("Logged out there.") if one else _("Logged out everywhere but here."))
    return redirect(url_for("account.account"))


@pages.post("/account/tokens")
@needs(Role.VIEWER)
def make_token() -> ResponseReturnValue:
    """Makes an API token and shows it, this once."""
    form = request.form
    site = site_or_404(form["site"]).key if form.get("site") else None
    try:
        days = whole_numbers.of_form(form.get("days", ""))
        token = services().tokens.make(own().id, form.get("name", ""), form.get("scope", ""), site, days)
    except InvalidToken:
        return _page(token_problem=_("A name has 1 to %(most)s characters; no token was made.", most=NAME_MAX_CHARS))
    services().door.note(Event.TOKEN, own().id)
    return _page(token=token)


@pages.post("/account/tokens/<int:number>/revoke")
@needs(Role.VIEWER)
def revoke_token(number: int) -> ResponseReturnValue:
    """Ends an API token."""
    services().tokens.revoke(own().id, number)
    services().door.note(Event.REVOKED, own().id)
    flash(_("The token is revoked: programs that use it are refused from now on."))
    return redirect(url_for("account.account"))


def _page(
    *, problem: str | None = None, token: str | None = None, token_problem: str | None = None
) -> ResponseReturnValue:
    known = own()
    page = render_template(
        "account.html",
        account=known,
        problem=problem,
        asks_current=login.asks_password(known),
        themes=THEMES,
        sessions=services().sessions.of(known.id),
        this_session=current_user.session_id,
        tokens=services().tokens.of(known.id),
        new_token=token,
        token_problem=token_problem,
        token_days=DAYS,
        scopes=list(Scope),
        sites=[site.key for site in visible_sites()],
        name_most=NAME_MAX_CHARS,
        now=services().clock(),
        codes_left=services().second_factor.codes_left(known.id),
        **limits(),
    )
    return page, 400 if problem or token_problem else 200
