"""
Charts as Altair specs: the same spec is drawn by Vega in the browser and by vl-convert as SVG or PNG, so screen, page and print agree.

A spec names colours by position only. The browser fills them in from the stylesheet (which knows about dark mode), :func:`render`
from the palettes below; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from analysis.iso_weeks import monday as day_of
from dashboard.views import MapPoint, Segment

if TYPE_CHECKING:
    import altair as alt

Theme = Literal["light", "dark"]

# Okabe & Ito (2008), "Color Universal Design", without black and yellow, then Paul Tol's "muted" scheme (2021): apart for people with
# any common colour blindness as far as fourteen colours can be. Nothing is told by colour alone: every audience has its number.
# The last one is for unclustered visits.
PALETTES: Final[Mapping[Theme, tuple[str, ...]]] = {
    "light": (
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255",
        "#332288", "#999933", "#117733", "#cc6677", "#44aa99", "#aa4499", "#8c510a", "#a3a8b0",
    ),
    "dark": (
        "#3d9ee0", "#f0803c", "#20c095", "#e08fbd", "#f0b429", "#7cc8f5", "#d96ba0",
        "#9a8ff0", "#c2c25a", "#5cb870", "#ee8c9b", "#66cbbb", "#d27ad0", "#cf9358", "#6b7280",
    ),
}  # fmt: skip
INKS: Final[Mapping[Theme, tuple[str, str]]] = {
    "light": ("#1c2430", "#ffffff"),
    "dark": ("#eef1f6", "#171c24"),
}  # text, ground

COLOURS: Final = len(PALETTES["light"]) - 1
GREY: Final = COLOURS

MAP_HEIGHT_PX: Final = 460
OVER_TIME_HEIGHT_PX: Final = 300
MAP_WIDTH_PX: Final = 920  # of SVG and PNG; on a page it takes the width there is
LARGEST_DOT_PX2: Final = 1800
SMALLEST_DOT_PX2: Final = 24
NUMBER_ABOVE_PX: Final = -13  # so that it does not cover the dot that it marks


def colour_position(colour: int) -> int:
    """Position in the palette for a run's ``colour``: past the end it begins anew, -1 is grey."""
    return GREY if colour < 0 else colour % COLOURS


def pattern_map(
    points: Sequence[MapPoint], segments: Sequence[Segment], amount: Callable[[int], str]
) -> dict[str, Any]:
    """
    The 2-D map of patterns: a dot per point, its area by visits, its colour by segment, and each audience's number at its middle.

    Args:
        points: as :meth:`dashboard.queries.Readings.map_points` gives them.
        segments: the segments they belong to, unclustered too; a point of another segment is left out.
        amount: says a number of visits in words, "1,234 visits".

    Returns:
        A Vega-Lite spec. Every text in it is data, never markup.
    """
    import altair as alt

    by_id = {segment.id: segment for segment in segments}
    dots: list[dict[str, Any]] = []
    for point in points:
        segment = by_id.get(point.segment)
        if segment is not None:
            dots.append(
                {
                    "x": round(point.x, 3),
                    "y": round(point.y, 3),
                    "visits": point.visits,
                    "colour": colour_position(segment.colour),
                    "number": segment.number,
                    "label": segment.label,
                    "words": point.words,
                    "amount": amount(point.visits),
                }
            )
    middles = [
        {"x": x, "y": y, "number": str(by_id[identity].number)}
        for identity, (x, y) in _middles(points).items()
        if identity in by_id and not by_id[identity].is_unclustered
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(zero=False, nice=False, padding=24))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(zero=False, nice=False, padding=24))
    circles = (
        alt.Chart(_inline(dots))
        .mark_circle(opacity=0.72, style="dot")
        .encode(
            x=x,
            y=y,
            size=alt.Size(
                "visits:Q", legend=None, scale=alt.Scale(type="linear", range=[SMALLEST_DOT_PX2, LARGEST_DOT_PX2])
            ),
            color=alt.Color("colour:N", legend=None, scale=alt.Scale(domain=list(range(COLOURS + 1)))),
            tooltip=["label:N", "words:N", "amount:N"],
        )
    )
    numbers = alt.Chart(_inline(middles)).encode(x=x, y=y, text="number:N")
    layered = alt.layer(
        circles,
        numbers.mark_text(style="halo", dy=NUMBER_ABOVE_PX),
        numbers.mark_text(style="number", dy=NUMBER_ABOVE_PX),
    )
    spec: dict[str, Any] = layered.properties(width="container", height=MAP_HEIGHT_PX).to_dict()
    spec["config"] = {"view": {"stroke": None}}
    return spec


def over_time(
    weeks: Sequence[str],
    segments: Sequence[Segment],
    day: Callable[[date], str],
    week: Callable[[str], str],
    amount: Callable[[float], str],
) -> dict[str, Any]:
    """
    Audiences over time: the share of each, stacked, the largest at the bottom.

    Args:
        weeks: ISO weeks, oldest first; a week in which an audience is held back is nothing for it.
        segments: in the order of the stack.
        day: says a day shortly, different for each of the weeks' first days.
        week: says a week in words.
        amount: says a share (0 to 1) in words.

    Returns:
        A Vega-Lite spec. Every text in it is data, never markup.
    """
    import altair as alt

    rows: list[dict[str, Any]] = []
    for order, segment in enumerate(segments):
        shares = {point.week: point.share for point in segment.trend}
        rows += [
            {
                "week": day(day_of(name)),
                "share": round(shares.get(name, 0.0), 4),
                "order": order,
                "colour": colour_position(segment.colour),
                "label": segment.label,
                "words": week(name),
                "amount": amount(shares.get(name, 0.0)),
            }
            for name in weeks
        ]
    areas = (
        alt.Chart(_inline(rows))
        .mark_area(line=True, opacity=0.85, style="layer")
        .encode(
            x=alt.X(
                "week:O",
                sort=None,
                scale=alt.Scale(padding=0),
                axis=alt.Axis(title=None, grid=False, labelAngle=0, labelOverlap="greedy", labelFlush=True),
            ),
            y=alt.Y("share:Q", stack="zero", axis=alt.Axis(title=None, format="%", tickCount=4)),
            color=alt.Color("colour:N", legend=None, scale=alt.Scale(domain=list(range(COLOURS + 1)))),
            detail="label:N",
            order=alt.Order("order:Q"),
            tooltip=["label:N", "words:N", "amount:N"],
        )
    )
    spec: dict[str, Any] = areas.properties(width="container", height=OVER_TIME_HEIGHT_PX).to_dict()
    spec["config"] = {"view": {"stroke": None}}
    return spec


def _inline(rows: list[dict[str, Any]]) -> alt.InlineData:
    import altair as alt

    return alt.InlineData(values=rows)


def render(spec: Mapping[str, Any], form: Literal["svg", "png"], theme: Theme = "light") -> bytes:
    """Draw a spec without a browser; PNG at twice the size for sharp slides."""
    import vl_convert

    sized = {**spec, "width": MAP_WIDTH_PX, "config": config(theme)}
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(sized)).encode()
    return bytes(vl_convert.vegalite_to_png(sized, scale=2))


def config(theme: Theme) -> dict[str, Any]:
    """What ``charts.js`` reads from the stylesheet, for drawing without one."""
    ink, ground = INKS[theme]
    number = {"fontSize": 15, "fontWeight": 700}
    return {
        "background": ground,
        "font": "Liberation Sans, Arial, sans-serif",
        "view": {"stroke": None},
        "range": {"category": list(PALETTES[theme])},
        "style": {
            "number": {**number, "color": ink},
            "halo": {**number, "color": ground, "stroke": ground, "strokeWidth": 4},
            "dot": {"stroke": ground, "strokeWidth": 0.5},
        },
        "axis": {
            "labelColor": ink,
            "gridColor": ink,
            "gridOpacity": 0.12,
            "domain": False,
            "tickColor": ink,
            "tickOpacity": 0.3,
        },
    }


def _middles(points: Sequence[MapPoint]) -> dict[str, tuple[float, float]]:
    """The point of each segment that is nearest to its middle by visits: a true place on the map, also when the segment is in two parts."""
    sums: dict[str, list[float]] = {}
    for point in points:
        total = sums.setdefault(point.segment, [0.0, 0.0, 0.0])
        total[0] += point.x * point.visits
        total[1] += point.y * point.visits
        total[2] += point.visits
    centres = {segment: (x / weight, y / weight) for segment, (x, y, weight) in sums.items() if weight}
    nearest: dict[str, tuple[float, float, float]] = {}
    for point in points:
        if point.segment not in centres:
            continue
        centre_x, centre_y = centres[point.segment]
        distance = (point.x - centre_x) ** 2 + (point.y - centre_y) ** 2
        if point.segment not in nearest or distance < nearest[point.segment][0]:
            nearest[point.segment] = (distance, point.x, point.y)
    return {segment: (x, y) for segment, (_, x, y) in nearest.items()}
