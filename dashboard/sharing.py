"""The page on which editors make and revoke shared links."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from collector.sites import Site
from dashboard import language
from dashboard.access import needs, own, site_or_404
from dashboard.account_errors import PASSWORD_MIN_CHARS, GuessablePassword, WeakPassword
from dashboard.accounts import Role
from dashboard.door_log import Event
from dashboard.language import gettext as _
from dashboard.names import NAME_MAX_CHARS
from dashboard.services import services
from dashboard.shared_links import AUDIENCE, DAYS, EMBEDDED, HOSTS_MAX, PER_SITE_MAX, VIEWS, InvalidShare
from dashboard.views import Segment

pages = Blueprint("sharing", __name__)


@pages.get("/sites/<key>/sharing")
@needs(Role.EDITOR)
def sharing(key: str) -> ResponseReturnValue:
    """The links of a site, and the form for another one."""
    return _page(site_or_404(key))


@pages.post("/sites/<key>/sharing")
@needs(Role.EDITOR)
def make(key: str) -> ResponseReturnValue:
    """Makes a link and shows it, this once."""
    site = site_or_404(key)
    form = request.form
    days = form.get("days", "")
    view = form.get("view", "")
    segment = form.get("segment", "") if view == AUDIENCE else ""
    try:
        password = form.get("password", "")
        token = services().shared_links.make(
            site.key,
            form.get("name", ""),
            view,
            int(days) if days in [str(known) for known in DAYS] else 0,
            segment=segment if segment in [one.id for one in _segments(site)] else "",
            hosts=form.get("hosts", "").replace(",", " ").split(),
            password_hash=services().accounts.passwords.hash(password) if password else None,
            by=own().id,
        )
    except (InvalidShare, WeakPassword, GuessablePassword) as error:
        return _page(site, problem=_wrong(error)), 400
    services().door.note(Event.SHARED, own().id)
    return _page(site, token=token, embedded=bool(form.get("hosts", "").strip()))


@pages.post("/sites/<key>/sharing/<int:number>/revoke")
@needs(Role.EDITOR)
def revoke(key: str, number: int) -> ResponseReturnValue:
    """Ends a link."""
    site = site_or_404(key)
    if not services().shared_links.revoke(site.key, number):
        abort(404)
    services().door.note(Event.UNSHARED, own().id)
    flash(_("The link is revoked: it opens nothing from now on."))
    return redirect(url_for("sharing.sharing", key=key))


def _segments(site: Site) -> tuple[Segment, ...]:
    try:
        return services().readings.overview(site.key, language.current()).segments
    except NoRun:
        return ()


def _page(site: Site, *, problem: str = "", token: str = "", embedded: bool = False) -> str:
    segments = _segments(site)
    return render_template(
        "sharing.html",
        site=site,
        problem=problem,
        token=token,
        embedded=embedded,
        base=(services().settings.public_url or request.url_root).rstrip("/"),
        links=services().shared_links.of(site.key),
        labels={segment.id: segment.label for segment in segments},
        segments=segments,
        views=VIEWS,
        embeddable=EMBEDDED,
        days=DAYS,
        name_max=NAME_MAX_CHARS,
        password_min=PASSWORD_MIN_CHARS,
        now=services().clock(),
    )


def _wrong(error: InvalidShare | WeakPassword | GuessablePassword) -> str:
    if isinstance(error, WeakPassword):
        told = _("The password must have at least %(least)s characters, or be left out.", least=PASSWORD_MIN_CHARS)
    elif isinstance(error, GuessablePassword):
        told = _("The password is easy to guess. Four words in a row are good.")
    else:
        told = {
            "name": _("A name has 1 to %(most)s characters.", most=NAME_MAX_CHARS),
            "segment": _("Choose an audience."),
            "hosts": _(
                "Host names are such as www.example.org, at most %(most)s; only the overview and the audiences, without a password, can be embedded.",
                most=HOSTS_MAX,
            ),
            "many": _("This site has %(most)s links already; revoke one that is not used.", most=PER_SITE_MAX),
        }.get(error.field, _("The form was not complete."))
    return told + " " + _("No link was made.")
