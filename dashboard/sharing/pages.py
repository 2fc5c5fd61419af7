"""The pages on which editors make, change and revoke shared links."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from analysis.runs import NoRun
from collector.sites import Site
from dashboard import language
from dashboard.access import needs, own, site_or_404
from dashboard.exports.names import CHAPTERS
from dashboard.language import gettext as _
from dashboard.names import NAME_MAX_CHARS
from dashboard.people.accounts import Role
from dashboard.people.door_log import Event
from dashboard.people.errors import PASSWORD_MIN_CHARS, GuessablePassword, WeakPassword
from dashboard.services import services
from dashboard.sharing import forms as share_forms
from dashboard.sharing.forms import Form, fresh, wrong
from dashboard.sharing.here import choices
from dashboard.sharing.shared import employer
from dashboard.sharing.shares import DAYS, DOWNLOADS, VIEWS, InvalidShare, Share
from dashboard.views import Segment

pages = Blueprint("sharing", __name__)

SEARCH_FROM: Final = 8  # links; fewer are seen at a glance


@pages.get("/sites/<key>/sharing")
@needs(Role.EDITOR)
def sharing(key: str) -> ResponseReturnValue:
    """The links of a site, with ``q`` those whose name has these words, and the form for another; ``view`` and ``segment`` fill it in."""
    return _page(site_or_404(key), fresh(request.args, language.current()))


@pages.post("/sites/<key>/sharing")
@needs(Role.EDITOR)
def make(key: str) -> ResponseReturnValue:
    """Makes a link and shows it, this once."""
    site = site_or_404(key)
    form = request.form
    frame = share_forms.frame(form)
    try:
        token = services().shared_links.make(
            site.key,
            form.get("name", ""),
            form.get("view", ""),
            share_forms.days(form),
            segment=share_forms.segment(form, _segments(site)),
            paper=share_forms.paper(form),
            frame=frame,
            password_hash=_hashed(form.get("password", "")),
            by=own().id,
        )
    except (InvalidShare, WeakPassword, GuessablePassword) as error:
        return _page(site, form, problem=wrong(error, _("No link was made."))), 400
    services().door.note(Event.SHARED, own().id)
    base = (services().settings.public_url or request.url_root).rstrip("/")
    framed = base + url_for("embedded.embed", token=token)
    chosen = choices(form["view"], MultiDict(parse_qsl(form.get("choices", ""))))
    return _page(
        site,
        fresh(request.args, language.current()),
        address=base + url_for("shared.shared", token=token) + (f"?{chosen}" if chosen else ""),
        frame_line=share_forms.frame_line(framed, form, employer(site.key), _segments(site)) if frame.hosts else "",
    )


@pages.get("/sites/<key>/sharing/<int:number>")
@needs(Role.EDITOR)
def link(key: str, number: int) -> ResponseReturnValue:
    """One link: what it opens, and forms to let it go on, protect it and end it."""
    site = site_or_404(key)
    return _link_page(site, _link_or_404(site, number))


@pages.post("/sites/<key>/sharing/<int:number>/prolong")
@needs(Role.EDITOR)
def prolong(key: str, number: int) -> ResponseReturnValue:
    """Lets a link end so many days from now, later or sooner than it would; one that is over opens again."""
    site = site_or_404(key)
    found = _link_or_404(site, number)
    try:
        services().shared_links.prolong(site.key, number, share_forms.days(request.form))
    except InvalidShare as error:
        return _link_page(site, found, problem=wrong(error, _("Nothing was changed."))), 400
    return _changed(site, number, _("Kept: the link has a new last day."))


@pages.post("/sites/<key>/sharing/<int:number>/password")
@needs(Role.EDITOR)
def password(key: str, number: int) -> ResponseReturnValue:
    """Gives a link another password, or with ``none`` none; who typed the earlier one is asked again."""
    site = site_or_404(key)
    found = _link_or_404(site, number)
    taken_off = "none" in request.form
    try:
        hashed = None if taken_off else services().accounts.passwords.hash(request.form.get("password", ""))
        services().shared_links.protect(site.key, number, hashed)
    except (InvalidShare, WeakPassword, GuessablePassword) as error:
        return _link_page(site, found, problem=wrong(error, _("Nothing was changed."))), 400
    said = _("Kept: the new password is asked for from now on, of everybody.")
    return _changed(site, number, _("Kept: the link alone opens it now.") if taken_off else said)


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


def _page(site: Site, wish: Form, *, problem: str = "", address: str = "", frame_line: str = "") -> str:
    links, now = services().shared_links.of(site.key), services().clock()
    words = request.args.get("q", "").strip()
    found = [each for each in links if words.casefold() in each.name.casefold()]
    return render_template(
        "sharing.html",
        **_known(site),
        problem=problem,
        address=address,
        frame_line=frame_line,
        links=sorted(found, key=lambda each: each.expires_at <= now),  # those that are over come last
        total=len(links),
        words=words,
        search_from=SEARCH_FROM,
        wish=wish,
        views=VIEWS,
        chapters=CHAPTERS,
        downloads=DOWNLOADS,
        themes=share_forms.THEMES,
        name_max=NAME_MAX_CHARS,
    )


def _link_page(site: Site, found: Share, *, problem: str = "") -> str:
    return render_template("shared_link.html", **_known(site), each=found, problem=problem)


def _known(site: Site) -> dict[str, Any]:
    segments = _segments(site)
    return {
        "site": site,
        "segments": segments,
        "labels": {segment.id: segment.label for segment in segments},
        "days": DAYS,
        "password_min": PASSWORD_MIN_CHARS,
        "now": services().clock(),
    }


def _segments(site: Site) -> tuple[Segment, ...]:
    try:
        return services().readings.overview(site.key, language.current()).segments
    except NoRun:
        return ()


def _link_or_404(site: Site, number: int) -> Share:
    return services().shared_links.one(site.key, number) or abort(404)


def _hashed(password: str) -> str | None:
    return services().accounts.passwords.hash(password) if password else None


def _changed(site: Site, number: int, said: str) -> ResponseReturnValue:
    services().door.note(Event.RESHARED, own().id)
    flash(said)
    return redirect(url_for("sharing.link", key=site.key, number=number))
