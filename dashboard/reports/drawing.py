"""The charts of a report as SVG: Vega-Lite specs, drawn by vl-convert without a browser or a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from analysis.words import Language
from dashboard.reports.model import Chart, Series

WIDTH_PX: Final = {"bars": 410, "line": 630, "areas": 400}  # of the plot, beside names and legend
BAR_PX: Final = 21
HEIGHT_PX: Final = {"line": 130, "areas": 250}
NAMES_PX: Final = 230
LEGEND_MAX_PX: Final = 230
INK, SOFT, GRID = "#1c2430", "#5b6472", "#dfe3e8"


def svg(chart: Chart, lang: Language, font: str) -> str:
    """
    Draw a chart.

    Args:
        font: family that its text is set in.
    """
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec(chart, lang, font)))


def spec(chart: Chart, lang: Language, font: str) -> dict[str, Any]:
    """A Vega-Lite spec. Every text in it is data, never markup."""
    body = {"bars": _bars, "line": _line, "areas": _areas}[chart.shape](chart, lang)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH_PX[chart.shape],
        "padding": 2,
        "background": None,
        "config": {
            "font": font,
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
                "labelLimit": LEGEND_MAX_PX,
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


def _bars(chart: Chart, lang: Language) -> dict[str, Any]:
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {"labelLimit": NAMES_PX, "minExtent": NAMES_PX, "maxExtent": NAMES_PX, "labelPadding": 8},
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
            "data": {"values": _rows(chart, first)},
            "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 11},
            "encoding": {"y": y, "x": x, "text": {"field": "text"}},
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
            "x": _weeks(),
            "y": {"field": "value", "type": "quantitative", "scale": {"zero": True}, **_percent(lang, tickCount=4)},
        },
    }


def _areas(chart: Chart, lang: Language) -> dict[str, Any]:
    names = _distinct([series.name for series in chart.series])
    rows = [
        {**row, "series": names[order], "order": order}
        for order, series in enumerate(chart.series)
        for row in _rows(chart, series)
    ]
    return {
        "height": HEIGHT_PX["areas"],
        "data": {"values": rows},
        "mark": {"type": "area", "opacity": 0.88, "stroke": "#ffffff", "strokeWidth": 0.5},
        "encoding": {
            "x": _weeks(),
            "y": {"field": "value", "type": "quantitative", "stack": "zero", **_percent(lang, tickCount=4)},
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": names, "range": [one.colour for one in chart.series]},
            },
            "order": {"field": "order", "type": "ordinal"},
        },
    }


def _weeks() -> dict[str, Any]:
    return {
        "field": "name",
        "type": "ordinal",
        "sort": None,
        "scale": {"padding": 0},
        "axis": {"grid": False, "labelAngle": 0, "labelOverlap": "greedy", "labelFlush": True, "labelColor": SOFT},
    }


def width_of(drawn: str) -> float:
    """The width of a drawing of ours, in px."""
    return float(drawn.partition(' width="')[2].partition('"')[0])
