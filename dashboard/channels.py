"""Where audiences come from: channels, sources and campaigns against audiences, and the builder of campaign links."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from analysis.runs import NoRun
from dashboard import campaign_links, language, matrix
from dashboard.access import needs, site_or_404
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("channels", __name__)

DIMENSIONS: Final = ("channel", "source", "campaign", "medium")
ROWS_MAX: Final = 40
SUGGESTED: Final = 5  # sources of an audience beside the form


@pages.get("/sites/<key>/channels")
@needs(Role.VIEWER)
def channels(key: str) -> ResponseReturnValue:
    """How each audience arrives, beside the site's average; ``by`` chooses the dimension."""
    site = site_or_404(key)
    chosen = request.args.get("by", "")
    dimension = chosen if chosen in DIMENSIONS else DIMENSIONS[0]
    readings = services().readings
    try:
        overview = readings.overview(key, language.current())
        profiles = readings.table(key, "profiles")
    except NoRun:
        return waiting_page(site)
    return render_template(
        "channels.html",
        site=site,
        overview=overview,
        dimension=dimension,
        dimensions=DIMENSIONS,
        matrix=matrix.build(profiles, overview.shown, dimension, rows_max=ROWS_MAX),
    )


@pages.get("/sites/<key>/channels/link")
@needs(Role.VIEWER)
def link(key: str) -> ResponseReturnValue:
    """Makes the link of a campaign; the whole of it is in the address, so that it can be shared, changed and made again."""
    site = site_or_404(key)
    wish = campaign_links.Wish(*(request.args.get(name, "").strip() for name in campaign_links.FIELDS))
    made = campaign_links.build(wish, site) if wish.page or wish.source else None
    suggested = []
    overview = None
    try:
        overview = services().readings.overview(key, language.current())
        wanted = request.args.get("audience", "")
        if any(segment.id == wanted for segment in overview.segments):
            profile = services().readings.profile(key, wanted, language.current())
            suggested = [
                value for value in profile.of("source") if value.standing == "more" and not value.value.startswith("(")
            ][:SUGGESTED]
    except NoRun:
        pass  # a link can be made before anything was counted
    return render_template(
        "campaign_link.html",
        site=site,
        wish=wish,
        made=made,
        mediums=campaign_links.MEDIUMS,
        overview=overview,
        audience=request.args.get("audience", ""),
        suggested=suggested,
    )
