"""The pages that are read beside the audiences: touchpoints, demand, comparison."""

from __future__ import annotations

import html

import pytest
from flask.testing import FlaskClient


def text(reader: FlaskClient, path: str) -> str:
    answer = reader.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.text)


@pytest.mark.parametrize("kind", ["touchpoint", "page", "vacancy", "action", "nonsense"])
@pytest.mark.parametrize("segment", ["", "a01", "unclustered"])
def test_touchpoints_open_for_the_site_and_for_each_audience(reader: FlaskClient, kind: str, segment: str) -> None:
    """Every kind opens; a kind that is not there shows the first that is."""
    page = text(reader, f"/sites/demo/touchpoints?kind={kind}&segment={segment}")
    assert "<h1>Touchpoints</h1>" in page


def test_a_vacancy_has_its_curve_and_its_audiences(reader: FlaskClient) -> None:
    """Interest week by week as a drawing and a table, and which audiences look at it."""
    page = text(reader, "/sites/demo/touchpoints/one?kind=vacancy&value=/vacatures/monteur-gemalen")
    assert "monteur gemalen" in page
    assert "Interest by week" in page
    assert "Job-board technicians" in page


def test_demand_names_what_is_not_there(reader: FlaskClient) -> None:
    """Searches in vain, and families with more interest than vacancies; of one audience as well."""
    page = text(reader, "/sites/demo/demand")
    assert "stage marketing" in page
    assert "210" in page, "the pull of a family with few vacancies"
    assert "bijbaan" in text(reader, "/sites/demo/demand?segment=a03")


def test_two_audiences_side_by_side(reader: FlaskClient) -> None:
    """Without a choice the two largest; widest differences first."""
    page = text(reader, "/sites/demo/audiences/compare")
    assert "Job-board technicians" in page
    assert "Culture readers" in page
    assert text(reader, "/sites/demo/audiences/compare?a=a03&b=a01").index("vacancy") > 0


@pytest.mark.parametrize(
    "path",
    [
        "/sites/demo/touchpoints?segment=nope",
        "/sites/demo/demand?segment=nope",
        "/sites/demo/audiences/compare?a=nope",
        "/sites/demo/touchpoints/one?kind=vacancy&value=nope",
    ],
)
def test_what_is_not_there_is_not_found(reader: FlaskClient, path: str) -> None:
    """An audience or a page that the run does not have is 404, not an empty page."""
    assert reader.get(path).status_code == 404


def test_one_audience_shows_shapes_journeys_and_what_brings_nearer(reader: FlaskClient) -> None:
    """The finer shapes of an audience, its steps, and what goes with applying, said with care."""
    page = text(reader, "/sites/demo/segments/a01")
    for words in ("quick looks", "Journeys", "vacancy overview", "40% start to apply", "Going together is not causing"):
        assert words in page
    assert "10% start to apply" not in page  # that goes with being further away


def test_changes_have_their_evidence(reader: FlaskClient) -> None:
    """The feed says what changed since when, with the interval and the visits that it rests on; audience and kind choose."""
    page = text(reader, "/sites/demo/changes")
    assert "grew from 12% to 17% of the visits" in page
    assert "between 16% and 18%" in page
    assert "In the newest week" in page  # what has gone again since must not be read as what is
    assert "1,800 visits" in page
    new = text(reader, "/sites/demo/changes?kind=appeared")
    assert "Open-day visitors" in new
    assert "grew from" not in new
    assert "No changes of this kind" in text(reader, "/sites/demo/changes?segment=a05")
