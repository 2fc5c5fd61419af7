"""The page on which editors say who gets reports by themselves, and the one on which a recipient ends it."""

from __future__ import annotations

import base64
from zoneinfo import available_timezones

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import queue
from analysis.runs import NoRun
from collector.sites import Site
from dashboard import job_words, language
from dashboard.access import needs, own, public, site_or_404
from dashboard.exports.names import CHAPTERS
from dashboard.language import gettext as _
from dashboard.people.accounts import Role
from dashboard.reports.apart import Busy, turn
from dashboard.scheduled import bell, letter, problems
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.sending import Sender
from dashboard.scheduled.subscriptions import ON, PER_SITE_MAX, UNSUBSCRIBED, Subscription, Subscriptions
from dashboard.scheduled.times import Plan
from dashboard.scheduled.wishes import ATTACHMENTS, CHANNELS, MAIL, InvalidSubscription, Wish
from dashboard.security import session_secret
from dashboard.services import services
from dashboard.views import UnknownSegment

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
        _all().add(site.key, _wish(site), by=own().id)
    except InvalidSubscription as error:
        return _page(site, wish=_wish(site), problem=_wrong(error), wrong=error.field), 400
    _flash_kept()
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>")
@needs(Role.EDITOR)
def change(key: str, number: int) -> ResponseReturnValue:
    """Keeps what was changed."""
    site = site_or_404(key)
    chosen = _found(site, number)
    try:
        _all().change(site.key, number, _wish(site, chosen))
    except InvalidSubscription as error:
        return _page(site, chosen=chosen, wish=_wish(site, chosen), problem=_wrong(error), wrong=error.field), 400
    _flash_kept()
    return _back(site)


def _flash_kept() -> None:
    if request.form.get("channel") == MAIL and not services().mailer.configured:
        flash(_("Kept, but nothing is sent before e-mail is set up. Ask who runs Telpunt here to do that."))
    else:
        flash(_("Kept. The list says when the next one goes out."))


@pages.post("/sites/<key>/reports/schedule/<int:number>/pause")
@needs(Role.EDITOR)
def pause(key: str, number: int) -> ResponseReturnValue:
    """Pauses one, or goes on with it."""
    site = site_or_404(key)
    paused = _found(site, number).state == ON
    if _all().pause(site.key, number, paused=paused):
        flash(
            _("Paused: nothing is sent until you let it go on.")
            if paused
            else _("It goes on. The list says when the next one goes out.")
        )
    else:
        flash(_("Its recipient has unsubscribed, so it can't go on."))
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>/remove")
@needs(Role.EDITOR)
def remove(key: str, number: int) -> ResponseReturnValue:
    """Deletes one; the form has asked whether that is meant."""
    site = site_or_404(key)
    gone = _found(site, number)
    _all().remove(site.key, number)
    flash(_("Removed: %(who)s gets no more reports.", who=gone.wish.shown))
    return _back(site)


@pages.post("/sites/<key>/reports/schedule/<int:number>/now")
@needs(Role.EDITOR)
def now(key: str, number: int) -> ResponseReturnValue:
    """Sends one now: the job does it, so that it is tried again when it does not succeed."""
    site = site_or_404(key)
    known = services()
    chosen = _found(site, number)
    if chosen.wish.channel == MAIL and not known.mailer.configured:
        flash(_("Nothing was sent: e-mail is not set up. Ask who runs Telpunt here to do that."))
    elif Deliveries(known.engine, known.clock).ask(chosen):
        bell.ring(known.folder)
        queue.ask(known.folder, "reports", "", by="page", now=_all().moment())
        flash(_("It is on its way; this list and the page Jobs say how it went."))
    elif chosen.state == ON:
        flash(_("One was sent to this recipient in the last five minutes. Please wait a little."))
    else:
        flash(_("Nothing was sent: it is paused, or its recipient has unsubscribed."))
    return _back(site)


@pages.get("/sites/<key>/reports/schedule/<int:number>/preview")
@needs(Role.EDITOR)
def preview(key: str, number: int) -> ResponseReturnValue:
    """The letter as its recipient gets it."""
    site = site_or_404(key)
    chosen = _found(site, number)
    known = services()
    sender = Sender(known.settings, known.folder, known.sites, known.engine, _all(), known.clock, known.mailer)
    try:
        with turn():
            told = letter.fitting(sender.compose(chosen, site, sender.way(chosen, "preview", 0)))
            page = letter.html(told, lambda picture: "data:image/png;base64," + base64.b64encode(picture).decode())
    except Busy:
        flash(_("Another report is being made at this moment. Please try again in a few seconds."))
        return _back(site)
    except NoRun:
        flash(_("There is nothing to show yet: this site has no analysis."))
        return _back(site)
    except UnknownSegment:
        flash(_("The audience of this report is no longer there. Choose another one."))
        return _back(site)
    return Response(page, headers={"Content-Security-Policy": PREVIEW_POLICY}, mimetype="text/html")


@pages.get("/unsubscribe/<int:number>/<token>")
@public
def leave(number: int, token: str) -> ResponseReturnValue:
    """Asks, so that a program that follows links in letters ends nothing."""
    found = _all().by_token(number, token)
    if found is None:
        return broken_link()
    return render_template("unsubscribe.html", found=found, over=found.state == UNSUBSCRIBED)


@pages.get("/unsubscribe/", defaults={"_rest": ""})
@pages.get("/unsubscribe/<path:_rest>")
@public
def broken_link(_rest: str = "") -> ResponseReturnValue:
    """Says what a recipient can do whose mail program broke the link off, or whose report is removed."""
    return render_template("unsubscribe.html", found=None, over=False), 404


@pages.post("/unsubscribe/<int:number>/<token>")
@public
def left(number: int, token: str) -> ResponseReturnValue:
    """Ends it; a mail program may send this by itself when its button is pressed (RFC 8058)."""
    found = _all().by_token(number, token)
    if found is None:
        return broken_link()
    _all().unsubscribe(found)
    return render_template("unsubscribe.html", found=found, over=True)


def _all() -> Subscriptions:
    known = services()
    return Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)


def _found(site: Site, number: int) -> Subscription:
    return _all().find(site.key, number) or abort(404)


def _back(site: Site) -> ResponseReturnValue:
    return redirect(url_for("schedule.schedule", key=site.key))


def _wish(site: Site, chosen: Subscription | None = None) -> Wish:
    """What stands in the form; the address of a webhook, which is not shown again, stays when nothing is typed."""
    form = request.form

    def whole(name: str, default: int) -> int:
        text = form.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else default

    every = form.get("every", "")
    weekday = None if every == "month" else whole("weekday", -1) if every == "week" else -1
    day = whole("day", 0) if weekday is None else 1  # of no meaning, and perhaps empty, when it is weekly
    channel = form.get("channel", "")
    recipient = form.get("recipient", "").strip()
    if not recipient and chosen and chosen.wish.channel == channel != MAIL:
        recipient = chosen.wish.recipient
    return Wish(
        channel,
        recipient,
        form.get("language", ""),
        Plan(weekday, day, whole("hour", -1), form.get("zone") or site.timezone),
        tuple(form.getlist("chapter")),
        form.get("attachment", "") if channel == MAIL else "",
        "alerts" in form,
        _segment(site, chosen),
    )


def _segment(site: Site, chosen: Subscription | None) -> str:
    """The audience that was asked for; what is none of this site's, nor what it was before, can't be used."""
    asked = request.form.get("segment", "")
    known = asked in _audiences(site) or (chosen is not None and asked == chosen.wish.segment)
    return asked if known or not asked else "none of them"


def _page(
    site: Site, *, chosen: Subscription | None = None, wish: Wish | None = None, problem: str = "", wrong: str = ""
) -> str:
    """The page; *wish* is what stands in the form, *wrong* the field that *problem* is about."""
    known = services()
    subscriptions = _all()
    there = subscriptions.of(site.key)
    return render_template(
        "schedule.html",
        site=site,
        problem=problem,
        wrong=wrong,
        chosen=chosen,
        wish=wish or (chosen.wish if chosen else None),
        subscriptions=there,
        newest=Deliveries(known.engine, known.clock).newest(site.key),
        keys={one.id: subscriptions.signing_key(one) for one in there if one.wish.channel != MAIL},
        audiences=_audiences(site),
        mails=known.mailer.configured,
        channels=CHANNELS,
        attachments=ATTACHMENTS,
        chapters=CHAPTERS,
        zones=sorted(available_timezones()),
        lang=language.current(),
        mail=MAIL,
        own_address=own().email,
        words=problems.words,
        moment=job_words.moment,
    )


def _audiences(site: Site) -> dict[str, str]:
    """Names of the audiences by id; none before the first analysis."""
    try:
        return {one.id: one.label for one in services().readings.overview(site.key, language.current()).segments}
    except NoRun:
        return {}


def _wrong(error: InvalidSubscription) -> str:
    told = {
        "recipient": _("Give one e-mail address, or the address of a webhook that begins with https."),
        "chapters": _("Choose at least one chapter."),
        "zone": _("Choose a time zone such as Europe/Amsterdam."),
        "time": _("Choose a weekday, or a day of the month from 1 to 31, and an hour."),
        "segment": _("That audience is not there. Choose another one."),
        "many": _("This site has %(most)s already; remove one that is not used.", most=PER_SITE_MAX),
        "twice": _("This recipient gets this report already; change that one."),
        "ended": _("This recipient has unsubscribed. When they ask for it themselves, remove their entry first."),
    }.get(error.field, _("The form was not complete."))
    return told + " " + _("Nothing was kept.")
