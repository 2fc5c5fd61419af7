"""
The public page of a site: "counted, not followed". What is kept, for how long, and how not to be counted.

For everybody, without logging in and without a cookie; it shows settings, and of the published run its totals, which are multiples of
*k* like everything in a run. A site whose owner has switched the page off answers like a site that is not there.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from collector.outcomes import KEPT_DAYS
from dashboard.access import public
from dashboard.services import services

pages = Blueprint("privacy", __name__)


@pages.get("/privacy/<key>")
@public
def privacy(key: str) -> ResponseReturnValue:
    """What is kept of the visits to a site."""
    sites = services().sites
    sites.refresh()
    site = sites.get(key)
    if site is None or not site.privacy_page:
        abort(404)
    try:
        run = services().readings.run(key)
    except NoRun:
        run = None
    settings = services().settings
    page: Response = make_response(
        render_template(
            "privacy.html",
            site=site,
            run=run,
            idle_minutes=settings.visit_idle_s // 60,
            key_hours=settings.key_lifetime_s // 3600,
            fine_days=site.fine_days or settings.fine_pattern_days,
            outcome_days=KEPT_DAYS,
            honours_opt_out=settings.honour_opt_out,
            has_countries=settings.country_file is not None,
        )
    )
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["X-Robots-Tag"] = "noindex"
    return page
