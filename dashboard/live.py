"""The last half hour of a site, in numbers that are multiples of *k*."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from analysis import live as analysis
from dashboard.access import needs, site_or_404
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("live", __name__)


@pages.get("/sites/<key>/live")
@needs(Role.VIEWER)
def live(key: str) -> ResponseReturnValue:
    """What is on the site now; the page looks again by itself."""
    site = site_or_404(key)
    now = services().clock()
    seen = analysis.look(services().folder, key, k=site.k, now=now)
    return render_template(
        "live.html",
        site=site,
        live=seen,
        minutes=analysis.MINUTES,
        slot_minutes=analysis.SLOT_MINUTES,
        now=now,
    )
