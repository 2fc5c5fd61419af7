from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

import pytest

import dashboard
from collector.folder import DataFolder
from dashboard import charts, queries
from dashboard.queries import Readings
from dashboard.views import MapPoint, Segment
from tests import factories

STATIC = Path(dashboard.__file__).parent / "static"


@pytest.fixture
def mapped(folder: DataFolder) -> tuple[list[MapPoint], list[Segment]]:
    factories.publish(folder, factories.site(folder), points=60)
    readings = Readings(folder, lambda _site: {})
    overview = readings.overview("demo", "en")
    assert overview.unclustered
    return readings.map_points("demo", "en"), [*overview.segments, overview.unclustered]


def test_the_stylesheet_has_the_palette() -> None:
    """The colours on screen are those in exports, in both themes."""
    for theme, palette in charts.PALETTES.items():
        block = (STATIC / ("dark.css" if theme == "dark" else "style.css")).read_text()
        found = dict(re.findall(r"--c(\d+): (#[0-9a-f]{6});", block))
        assert [found[str(position)] for position in range(len(palette))] == list(palette)


def test_every_colour_can_be_told_from_the_ground() -> None:
    """Each colour but the grey of unclustered visits has a contrast of 2:1 or more with what it lies on, in both themes (a heuristic)."""
    for theme, palette in charts.PALETTES.items():
        ground = luminance(charts.INKS[theme][1])
        for colour in palette[:-1]:
            light, dark = sorted((luminance(colour), ground), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 2, (theme, colour)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_slots_are_those_of_the_palette() -> None:
    """Queries give out as many colours as the palette has, beside the grey."""
    assert queries.PALETTE_SLOTS == charts.COLOURS == len(charts.PALETTES["dark"]) - 1
    assert charts.colour_position(-1) == charts.GREY


def rows(spec: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    """The data of one layer; Altair keeps it beside the layers."""
    found: list[dict[str, Any]] = spec["datasets"][spec["layer"][layer]["data"]["name"]]
    return found


def test_a_dot_per_point_and_a_number_per_audience(mapped: tuple[list[MapPoint], list[Segment]]) -> None:
    """The map holds each point with its words, and one number for each audience that has points."""
    points, segments = mapped
    spec = charts.pattern_map(points, segments, lambda visits: f"{visits} visits")
    dots, numbers = (rows(spec, layer) for layer in (0, 1))
    assert len(dots) == len(points)
    assert dots[0]["amount"] == f"{points[0].visits} visits"
    with_points = {point.segment for point in points} - {"unclustered"}
    assert sorted(int(number["number"]) for number in numbers) == sorted(
        segment.number for segment in segments if segment.id in with_points
    )


def test_a_point_of_an_unknown_segment_is_left_out(mapped: tuple[list[MapPoint], list[Segment]]) -> None:
    """A point whose segment the run does not list is not drawn."""
    points, segments = mapped
    spec = charts.pattern_map([MapPoint(0, 0, "gone", 20, "x"), *points], segments, str)
    assert len(rows(spec, 0)) == len(points)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_same_spec_draws_without_a_browser(
    mapped: tuple[list[MapPoint], list[Segment]], theme: Literal["light", "dark"]
) -> None:
    """SVG and PNG come from the spec of the page, in the colours of the theme; hostile texts stay text."""
    points, segments = mapped
    hostile = [
        MapPoint(point.x, point.y, point.segment, point.visits, "<script>alert(1)</script>&\"'") for point in points
    ]
    spec = charts.pattern_map(hostile, segments, str)
    svg = charts.render(spec, "svg", theme).decode()
    root = ET.fromstring(svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert charts.PALETTES[theme][0] in svg.lower()
    assert charts.render(spec, "png", theme).startswith(b"\x89PNG")


def test_an_empty_map_is_a_spec_too() -> None:
    """A run without points draws an empty map rather than none."""
    assert charts.pattern_map([], [], str)["layer"]
