"""
A site owner's first day: name the site, put the snippet on it, see that it works, say what its pages are; then wait with an end in sight.

Every step is a page of its own that works by itself, so each can be skipped; this one says which are done. To look around meanwhile,
there is the simulated site: made by a job through the real collector, marked on every page, and removed like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import progress, queue, running, runs, scheduler
from analysis.progress import Progress
from collector import snippet
from collector.errors import InvalidSite
from collector.outcomes import ACCEPTED, read_all
from collector.sites import Site, make_site
from dashboard.access import needs, site_or_404
from dashboard.demo.employer import KEY as DEMO
from dashboard.language import gettext as _
from dashboard.owner.site_settings import TIMEZONES, in_words
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("first_day", __name__)

TOUR: Final = "tour"  # the job that makes the simulated site


@dataclass(frozen=True, slots=True)
class Tour:
    """
    The simulated site.

    Attributes:
        state: ``none``, ``making``, ``there``, or ``taken`` when a real site has its key.
        chapter: what is being done, in English.
        percent: how far it is.
        can_be_made: do jobs run?
    """

    state: str
    chapter: str = ""
    percent: int = 0
    can_be_made: bool = True


@pages.route("/welcome", methods=["GET", "POST"])
@needs(Role.ADMIN)
def welcome() -> ResponseReturnValue:
    """Adds a site."""
    problem = ""
    form = request.form
    if request.method == "POST":
        try:
            site = make_site(
                form.get("key", "").strip().lower()[:80],
                form.get("hosts", "")[:20_000].replace(",", " ").split(),
                timezone=form.get("timezone", "").strip()[:80],
            )
            services().sites.add(services().folder, site)
        except InvalidSite as error:
            problem = in_words(error)
        else:
            flash(_("Site %(key)s is added.", key=site.key))
            return redirect(url_for("first_day.first_day", key=site.key))
    services().sites.refresh()
    page = render_template(
        "welcome.html",
        problem=problem,
        form=form,
        timezones=TIMEZONES,
        tour=tour(),
        first=not services().sites.all(),
    )
    return page, 400 if problem else 200


@pages.post("/welcome/tour")
@needs(Role.ADMIN)
def make_tour() -> ResponseReturnValue:
    """Asks for the simulated site."""
    if tour().state == "none":
        now = datetime.fromtimestamp(services().clock(), UTC)
        queue.ask(services().folder, TOUR, DEMO, by="page", now=now)
        flash(_("The simulated site is being made; it takes about a minute."))
    return redirect(url_for("first_day.tour_page"))


@pages.get("/welcome/tour")
@needs(Role.ADMIN)
def tour_page() -> ResponseReturnValue:
    """How far the simulated site is; looks again by itself until it is there."""
    services().sites.refresh()
    return render_template("tour.html", tour=tour())


@pages.get("/sites/<key>/first-day")
@needs(Role.EDITOR)
def first_day(key: str) -> ResponseReturnValue:
    """The steps, and which of them are done."""
    site = site_or_404(key)
    address = request.url_root.rstrip("/")
    return render_template(
        "first_day.html",
        site=site,
        tag=snippet.tag(address, site.key),
        arrived=has_arrived(site),
        progress=look(site),
        has_run=runs.has_run(services().folder, key),
        analyse_at=services().settings.analyse_at,
        sitemap_url=f"https://{site.hosts[0].removeprefix('*.')}/sitemap.xml",
        tour=tour(),
    )


def look(site: Site) -> Progress:
    """How far *site* is from its first audiences."""
    return progress.look(services().folder, site, datetime.fromtimestamp(services().clock(), UTC))


def has_arrived(site: Site) -> bool:
    """Has an event of *site* been counted lately?"""
    return any(
        key == site.key and outcome == ACCEPTED and events > 0
        for (key, outcome, _day), events in read_all(services().folder).items()
    )


def tour() -> Tour:
    """Where the simulated site stands."""
    folder = services().folder
    known = services().sites.get(DEMO)
    if known is not None and not known.simulated:
        return Tour("taken")
    for one in running.running(folder):
        if one.job == TOUR:
            return Tour("making", one.chapter, round(one.share * 100))
    if known is not None and runs.has_run(folder, DEMO):
        return Tour("there")
    if any(one.job == TOUR for one in queue.waiting(folder)):
        return Tour("making")
    return Tour("none", can_be_made=running.is_held(folder, scheduler.LOCK))
