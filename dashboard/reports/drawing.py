"""The charts of a report as SVG: Vega-Lite specs, drawn by vl-convert without a browser or a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.words import Language
from dashboard.reports.model import Chart, Series

WIDTH_PX: Final = {"bars": 410, "line": 630, "areas": 400}  # of the plot, beside names and legend
BAR_PX: Final = 21
HEIGHT_PX: Final = {"line": 130, "areas": 250}
WEEK_PX: Final = 74  # of the name of a week below a plot, with room around it
NAMES_PX: Final = 230
LEGEND_MAX_PX: Final = 230
CLOSE: Final = 0.09  # of the longest bar: so near to a mark, a number would stand on it
INK, SOFT, GRID = "#1c2430", "#5b6472", "#dfe3e8"


@dataclass(frozen=True, slots=True)
class Font:
    """The family that text is set in, and how much narrower it is than what vl-convert, which may not have it, takes it for."""

    family: str
    narrower: float


PRINT: Final = Font("Libertinus Serif", 1.25)  # comes with Typst
SCREEN: Final = Font("Georgia, Libertinus Serif, serif", 1.0)


def svg(chart: Chart, lang: Language, font: Font) -> str:
    """Draw a chart."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec(chart, lang, font)))


def spec(chart: Chart, lang: Language, font: Font) -> dict[str, Any]:
    """A Vega-Lite spec. Every text in it is data, never markup."""
    body = {"bars": lambda one, speech: _bars(one, speech, font), "line": _line, "areas": _areas}[chart.shape](
        chart, lang
    )
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH_PX[chart.shape],
        "padding": 2,
        "background": None,
        "config": {
            "font": font.family,
            "view": {"stroke": None},
            "axis": {
                "labelColor": INK,
                "labelFontSize": 11,
                "gridColor": GRID,
                "domain": False,
                "ticks": False,
                "title": None,
            },
            "legend": {
                "labelColor": INK,
                "labelFontSize": 11,
                "labelLimit": LEGEND_MAX_PX * font.narrower,
                "title": None,
                "symbolType": "square",
            },
        },
        **body,
    }


def _rows(chart: Chart, series: Series) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": cell.value, "text": cell.text}
        for name, cell in zip(_distinct(chart.categories), series.cells, strict=True)
    ]


def _beside_marks(chart: Chart) -> list[dict[str, Any]]:
    """Where the number of a bar stands: at its end, or beyond a mark that would be under it."""
    first, *others = chart.series
    longest = max((float(cell.value or 0) for series in chart.series for cell in series.cells), default=0.0)
    rows = _rows(chart, first)
    for place, row in enumerate(rows):
        end = at = float(row["value"] or 0)
        for series in others:
            mark = float(series.cells[place].value or 0)
            if end <= mark < end + CLOSE * longest:
                at = max(at, mark)
        row["at"] = at
    return rows


def _percent(lang: Language, **more: Any) -> dict[str, Any]:
    """An axis of shares, with the language's decimal sign."""
    shown = "format(datum.value, '~%')"
    return {"axis": {"labelExpr": f"replace({shown}, '.', ',')" if lang == "nl" else shown, "tickCount": 5, **more}}


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with blanks after one that was there before: two rows of one name stay two, and look the same."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        found.append(name + " " * seen.get(name, 0))
        seen[name] = seen.get(name, 0) + 1
    return found


def _bars(chart: Chart, lang: Language, font: Font) -> dict[str, Any]:
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {
            "labelLimit": NAMES_PX * font.narrower,
            "minExtent": NAMES_PX,
            "maxExtent": NAMES_PX,
            "labelPadding": 8,
        },
    }
    x = {"field": "value", "type": "quantitative", **_percent(lang)}
    first, *others = chart.series
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": _rows(chart, first)},
            "mark": {"type": "bar", "color": first.colour, "height": {"band": 0.62}},
            "encoding": {"y": y, "x": x},
        },
        {
            "data": {"values": _beside_marks(chart)},
            "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 11},
            "encoding": {"y": y, "x": {**x, "field": "at"}, "text": {"field": "text"}},
        },
    ]
    layers += [
        {
            "data": {"values": _rows(chart, series)},
            "mark": {"type": "tick", "color": INK, "thickness": 2, "height": {"band": 0.86}},
            "encoding": {"y": y, "x": x},
        }
        for series in others
    ]
    return {"height": {"step": BAR_PX}, "layer": layers}


def _line(chart: Chart, lang: Language) -> dict[str, Any]:
    series = chart.series[0]
    return {
        "height": HEIGHT_PX["line"],
        "data": {"values": _rows(chart, series)},
        "mark": {
            "type": "line",
            "color": series.colour,
            "strokeWidth": 2.5,
            "point": {"color": series.colour, "size": 24},
        },
        "encoding": {
            "x": _weeks(chart),
            "y": {"field": "value", "type": "quantitative", "scale": {"zero": True}, **_percent(lang, tickCount=4)},
        },
    }


def _areas(chart: Chart, lang: Language) -> dict[str, Any]:
    names = _distinct([series.name for series in chart.series])
    rows = [
        # What is held back is drawn as nothing: without a point the areas above it would be drawn into the gap.
        {**row, "value": row["value"] or 0.0, "series": names[order], "order": order}
        for order, series in enumerate(chart.series)
        for row in _rows(chart, series)
    ]
    return {
        "height": HEIGHT_PX["areas"],
        "data": {"values": rows},
        "mark": {"type": "area", "opacity": 0.88, "stroke": "#ffffff", "strokeWidth": 1},
        "encoding": {
            "x": _weeks(chart),
            "y": {"field": "value", "type": "quantitative", "stack": "zero", **_percent(lang, tickCount=4)},
            "color": {
                "field": "series",
                "type": "nominal",
                # From the top down, as the areas lie.
                "scale": {"domain": names[::-1], "range": [one.colour for one in chart.series][::-1]},
            },
            "order": {"field": "order", "type": "ordinal"},
        },
    }


def _weeks(chart: Chart) -> dict[str, Any]:
    names = _distinct(chart.categories)
    step = math.ceil(len(names) * WEEK_PX / WIDTH_PX[chart.shape])
    return {
        "field": "name",
        "type": "ordinal",
        "sort": None,
        "scale": {"padding": 0},
        "axis": {
            "grid": False,
            "labelAngle": 0,
            "labelOverlap": False,
            "values": names[::-1][::step][::-1],
            "labelColor": SOFT,
        },
    }


def width_of(drawn: str) -> float:
    """The width of a drawing of ours, in px."""
    return float(drawn.partition(' width="')[2].partition('"')[0])
