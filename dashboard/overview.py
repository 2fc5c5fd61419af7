"""The sites, and of one site what a person wants to know on Monday."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from analysis import runs
from analysis.runs import NoRun
from collector.outcomes import ACCEPTED, read_all
from collector.sites import Site
from dashboard import language
from dashboard.access import needs
from dashboard.accounts import Role
from dashboard.services import services

pages = Blueprint("overview", __name__)

CHANGES_SHOWN = 5  # newest first; the page of changes has all


def site_or_404(key: str) -> Site:
    """The site of a page's address."""
    sites = services().sites
    sites.refresh()
    site = sites.get(key)
    if site is None:
        abort(404)
    return site


@pages.get("/")
@needs(Role.VIEWER)
def home() -> ResponseReturnValue:
    """The sites to choose from; a single one opens at once."""
    services().sites.refresh()
    sites = services().sites.all()
    if len(sites) == 1:
        return redirect(url_for("overview.overview", key=sites[0].key))
    found: list[tuple[Site, runs.Run | None]] = []
    for site in sites:
        try:
            found.append((site, services().readings.run(site.key)))
        except NoRun:
            found.append((site, None))
    return render_template("sites.html", found=found)


@pages.get("/sites/<key>")
@needs(Role.VIEWER)
def overview(key: str) -> ResponseReturnValue:
    """The site at a glance; before its first analysis: what happens next."""
    site = site_or_404(key)
    lang = language.current()
    try:
        seen = services().readings.overview(key, lang)
    except NoRun:
        return waiting_page(site)
    return render_template(
        "overview.html", site=site, overview=seen, changes=services().readings.changes(key, lang)[:CHANGES_SHOWN]
    )


def waiting_page(site: Site) -> str:
    """What stands on the pages of a site that has no analysis yet: how far it is, and what happens next."""
    return render_template(
        "waiting.html",
        site=site,
        waiting=runs.waiting(services().folder, site.key),
        arrived=_arrived(site.key),
        analyse_at=services().settings.analyse_at,
    )


def _arrived(key: str) -> bool:
    return any(
        site == key and outcome == ACCEPTED and events > 0
        for (site, outcome, _), events in read_all(services().folder).items()
    )
