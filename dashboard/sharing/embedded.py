"""
A chart of a shared link, for a frame in a page of somebody else: an intranet, a slide wall. Vector, without script, as wide as the frame.

    /shared/TOKEN/embed?chart=shares     the audiences by their share of the visits
                       ?chart=weeks      the audiences over time; weeks=4|13|26|52
                       ?chart=trend      one audience over time
                        &theme=light|dark    else as the reader's machine prefers
                        &lang=nl|en          else as the reader's browser asks
                        &heading=no          for a page that has a heading of its own above the frame

Which of the charts a link has is told by its view (:data:`dashboard.sharing.shares.EMBEDDED`); an address that asks for another gets the first.
The heading is the link's and not the address's, so that nobody can put words of his own on a page of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from dashboard import language, period, shapes
from dashboard.access import public
from dashboard.segments import TREND_HEIGHT, TREND_WIDTH
from dashboard.services import services
from dashboard.sharing.door import NO_AUDIENCE, check_run, is_unlocked, link_or_404, refuse
from dashboard.sharing.shared import employer
from dashboard.sharing.shares import EMBEDDED
from dashboard.views import Segment, UnknownSegment

pages = Blueprint("embedded", __name__)

WEEKS: Final = "13"  # of the chart over time, unless the address says another of the periods' lengths


@pages.get("/shared/<token>/embed")
@public
def embed(token: str) -> ResponseReturnValue:
    """The chart, to stand in a frame on the hosts that the link names, and on no others."""
    link = link_or_404(token)
    if not link.frame.hosts or link.view not in EMBEDDED or not is_unlocked(link):
        abort(404)
    check_run(link)
    readings = services().readings
    overview = readings.overview(link.site, language.current())
    try:
        segment = overview.segment(link.segment) if link.segment else None
    except UnknownSegment:
        refuse(NO_AUDIENCE)
    of_link = EMBEDDED[link.view]
    chart = request.args["chart"] if request.args.get("chart") in of_link else of_link[0]
    asked = period.of_figures(readings.table(link.site, "figures"), {"weeks": WEEKS, **request.args})
    weeks = asked.weeks if asked else ()
    shown = [one for one in overview.shown if _shares(one).keys() & set(weeks)] if chart == "weeks" else []
    return render_template(
        "embed.html",
        chart=chart,
        heading=link.frame.heading,
        employer=employer(link.site),
        has_heading=request.args.get("heading") != "no",
        theme=request.args.get("theme"),
        overview=overview,
        of=services().sites.get(link.site),
        segment=segment,
        largest=max((one.share for one in overview.shown), default=0.0),
        trend=shapes.line(segment.trend, TREND_WIDTH, TREND_HEIGHT, pad=8) if segment else None,
        trend_size=(TREND_WIDTH, TREND_HEIGHT),
        weeks=weeks,
        shown=shown,
        shares={one.id: _shares(one) for one in shown},
        stack=shapes.stack(
            [[_shares(one).get(week, 0.0) for week in weeks] for one in shown], TREND_WIDTH, TREND_HEIGHT, pad=8
        ),
    )


def _shares(segment: Segment) -> Mapping[str, float]:
    """Its share (0 to 1) by week; a week in which it is held back is not there."""
    return {week.week: week.share for week in segment.trend}
