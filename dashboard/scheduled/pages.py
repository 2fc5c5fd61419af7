"""The page on which editors say who gets reports by themselves, and the one on which a recipient ends it."""

from __future__ import annotations

import base64
from threading import BoundedSemaphore
from zoneinfo import available_timezones

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import queue
from analysis.runs import NoRun
from collector.sites import Site
from dashboard import language
from dashboard.access import needs, own, public, site_or_404
from dashboard.accounts import Role
from dashboard.exports.names import CHAPTERS
from dashboard.language import gettext as _
from dashboard.reports.pages import TURN, WAIT_S
from dashboard.scheduled import letter
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.sending import Sender, keys_of
from dashboard.scheduled.subscriptions import (
    ATTACHMENTS,
    CHANNELS,
    MAIL,
    ON,
    PAUSED,
    PER_SITE_MAX,
    UNSUBSCRIBED,
    InvalidSubscription,
    Subscription,
    Subscriptions,
    Wish,
)
from dashboard.scheduled.times import Plan
from dashboard.security import session_secret
from dashboard.services import services

pages = Blueprint("schedule", __name__)

# Of a page that is shown as the letter will be: its styles stand in it, its pictures too, and nothing in it acts.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"


@pages.get("/sites/<key>/reports/schedule")
@needs(Role.EDITOR)
def schedule(key: str) -> ResponseReturnValue:
    """Who gets reports of a site, and the form for another; ``change`` is the number of the one that is changed."""
    site = site_or_404(key)
    number = request.args.get("change", "")
    chosen = _found(site, int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else None
    return _page(site, chosen=chosen)


@pages.post("/sites/<key>/reports/schedule")
@needs(Role.EDITOR)
def add(key: str) -> ResponseReturnValue:
    """Keeps a new subscription."""
    site = site_or_404(key)
    try:
        _all().add(site.key, _wish(site), told=keys_of(services().folder, site.key), by=own().id)
    except InvalidSubscription as error:
        return _page(site, problem=_wrong(error)), 400
    flash(_("Kept. The list says when the next one goes out."))
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>")
@needs(Role.EDITOR)
def change(key: str, number: int) -> ResponseReturnValue:
    """Keeps what was changed."""
    site = site_or_404(key)
    chosen = _found(site, number)
    try:
        _all().change(site.key, number, _wish(site))
    except InvalidSubscription as error:
        return _page(site, chosen=chosen, problem=_wrong(error)), 400
    flash(_("Kept. The list says when the next one goes out."))
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>/pause")
@needs(Role.EDITOR)
def pause(key: str, number: int) -> ResponseReturnValue:
    """Pauses one, or goes on with it."""
    site = site_or_404(key)
    _all().pause(site.key, number, paused=_found(site, number).state == ON)
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>/remove")
@needs(Role.EDITOR)
def remove(key: str, number: int) -> ResponseReturnValue:
    """Deletes one."""
    site = site_or_404(key)
    if not _all().remove(site.key, number):
        abort(404)
    flash(_("Removed."))
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>/now")
@needs(Role.EDITOR)
def now(key: str, number: int) -> ResponseReturnValue:
    """Sends one now: the job does it, so that it is tried again when it does not succeed."""
    site = site_or_404(key)
    known = services()
    Deliveries(known.engine, known.clock).ask(_found(site, number))
    asked = _all().moment()
    queue.ask(known.folder, "reports", "", by="page", now=asked)
    flash(_("It is on its way; the page Jobs and this list say how it went."))
    return _back(site)


@pages.get("/sites/<key>/reports/schedule/<int:number>/preview")
@needs(Role.EDITOR)
def preview(key: str, number: int) -> ResponseReturnValue:
    """The letter as its recipient gets it."""
    site = site_or_404(key)
    chosen = _found(site, number)
    turn: BoundedSemaphore = current_app.extensions[TURN]
    if not turn.acquire(timeout=WAIT_S):
        abort(503)
    try:
        known = services()
        sender = Sender(known.settings, known.folder, known.sites, known.engine, _all(), known.clock, known.mailer)
        told = sender.compose(chosen, site, claim="preview")
        page = letter.html(told, lambda picture: "data:image/png;base64," + base64.b64encode(picture).decode())
    except NoRun:
        abort(404)
    finally:
        turn.release()
    return Response(page, headers={"Content-Security-Policy": PREVIEW_POLICY}, mimetype="text/html")


@pages.get("/unsubscribe/<int:number>/<token>")
@public
def leave(number: int, token: str) -> ResponseReturnValue:
    """Asks, so that a program that follows links in letters ends nothing."""
    found = _all().by_token(number, token) or abort(404)
    return render_template("unsubscribe.html", over=found.state == UNSUBSCRIBED)


@pages.post("/unsubscribe/<int:number>/<token>")
@public
def left(number: int, token: str) -> ResponseReturnValue:
    """Ends it; a mail program may send this by itself when its button is pressed (RFC 8058)."""
    _all().unsubscribe(_all().by_token(number, token) or abort(404))
    return render_template("unsubscribe.html", over=True)


def _all() -> Subscriptions:
    known = services()
    return Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)


def _found(site: Site, number: int) -> Subscription:
    return _all().find(site.key, number) or abort(404)


def _back(site: Site) -> ResponseReturnValue:
    return redirect(url_for("schedule.schedule", key=site.key))


def _wish(site: Site) -> Wish:
    form = request.form

    def whole(name: str, default: int) -> int:
        text = form.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else default

    monthly = form.get("every") == "month"
    plan = Plan(
        None if monthly else whole("weekday", -1), whole("day", 1), whole("hour", -1), form.get("zone") or site.timezone
    )
    channel = form.get("channel", "")
    return Wish(
        channel,
        form.get("recipient", "").strip(),
        form.get("language", ""),
        plan,
        tuple(form.getlist("chapter")),
        form.get("attachment", "") if channel == MAIL else "",
        "alerts" in form,
    )


def _page(site: Site, *, chosen: Subscription | None = None, problem: str = "") -> str:
    known = services()
    subscriptions = _all()
    return render_template(
        "schedule.html",
        site=site,
        problem=problem,
        chosen=chosen,
        wish=chosen.wish if chosen else None,
        subscriptions=subscriptions.of(site.key),
        last=Deliveries(known.engine, known.clock).last(site.key),
        keys={one.id: subscriptions.signing_key(one) for one in subscriptions.of(site.key) if one.wish.channel != MAIL},
        mails=known.mailer.configured,
        channels=CHANNELS,
        attachments=ATTACHMENTS,
        chapters=CHAPTERS,
        zones=sorted(available_timezones()),
        lang=language.current(),
        states={"on": ON, "paused": PAUSED, "unsubscribed": UNSUBSCRIBED},
    )


def _wrong(error: InvalidSubscription) -> str:
    told = {
        "recipient": _("Give one e-mail address, or the address of a webhook that begins with https."),
        "chapters": _("Choose at least one chapter."),
        "zone": _("Choose a time zone such as Europe/Amsterdam."),
        "many": _("This site has %(most)s already; remove one that is not used.", most=PER_SITE_MAX),
    }.get(error.field, _("The form was not complete."))
    return told + " " + _("Nothing was kept.")
