"""Pages read journeys, shapes, goals, demand and touchpoints as the run has them, and nothing where it has none."""

from __future__ import annotations

import polars as pl
import pytest

from analysis import runs
from analysis.tables import TABLES
from collector.folder import DataFolder
from dashboard import insights
from dashboard.exports.tables import NotBySegment, export
from dashboard.queries import Readings, UnknownSegment
from tests import factories

ROWS: dict[str, list[dict[str, object]]] = {
    "shapes": [
        {"segment": "a01", "shape": "a01.1", "name": "Stories", "name_nl": "Verhalen",
         "sentence": "Seen.", "sentence_nl": "", "visits": 60, "share": 0.6},
        {"segment": "a01", "shape": "a01.2", "name": "Benefits", "name_nl": "Voorwaarden",
         "sentence": "Seen.", "sentence_nl": "Gezien.", "visits": 40, "share": 0.4},
    ],
    "journeys": [
        {"segment": "a01", "start": "(start)", "end": "story", "visits": 90, "share": 0.9, "index": 210.0, "real": True},
        {"segment": "a01", "start": "story", "end": "vacancy", "visits": 40, "share": 0.4, "index": 50.0, "real": True},
        {"segment": "a01", "start": "vacancy", "end": "(end)", "visits": 70, "share": 0.7, "index": 130.0, "real": False},
        {"segment": "", "start": "vacancy", "end": "(end)", "visits": 700, "share": 0.5},
    ],
    "nearer": [
        {"segment": "a01", "goal": "apply", "touchpoint": "", "visits": 100, "reached": 20, "rate": 0.2, "real": False, "sentence": ""},
        {"segment": "a01", "goal": "apply", "touchpoint": "story", "visits": 50, "reached": 20, "rate": 0.4, "rate_without": 0.1, "lift": 4.0,
         "low": 2.0, "high": 8.0, "real": True, "sentence": "Together.", "sentence_nl": "Samen."},
        {"segment": "a01", "goal": "apply", "touchpoint": "home", "visits": 50, "reached": 10, "rate": 0.2, "rate_without": 0.4, "lift": 0.5,
         "low": 0.2, "high": 0.9, "real": True, "sentence": "Apart.", "sentence_nl": "Uiteen."},
        {"segment": "a01", "goal": "vacancy", "touchpoint": "", "visits": 100, "reached": 70, "rate": 0.7, "real": False, "sentence": ""},
    ],
    "touchpoints": [
        {"segment": "a01", "kind": "vacancy", "value": "/v/1", "visits": 30, "share": 0.3, "index": 90.0, "real": True, "started": 0,
         "start_low": 0.0, "start_high": 0.4},
    ],
    "interest": [
        {"kind": "vacancy", "value": "/v/1", "week": "2026-W47", "visits": 20, "share": 0.02},
        {"kind": "vacancy", "value": "/v/1", "week": "2026-W46", "visits": 10, "share": 0.01},
    ],
    "demand": [
        {"segment": "", "kind": "search_empty", "value": "python", "visits": 50, "share": 0.01, "unanswered": 1.0},
        {"segment": "", "kind": "job_family", "value": "ict", "visits": 90, "share": 0.02, "offered": 3, "pull": 140.0},
    ],
}  # fmt: skip


@pytest.fixture
def folder_with_more(folder: DataFolder) -> DataFolder:
    """The made-up run, with a few rows of each further table."""
    factories.publish(folder, factories.site(folder))
    path = runs.current(folder, "demo").path
    for name, rows in ROWS.items():
        pl.DataFrame(rows, schema=TABLES[name], orient="row").write_parquet(path / f"{name}.parquet")
    return folder


@pytest.fixture
def readings(folder_with_more: DataFolder) -> Readings:
    return Readings(folder_with_more, lambda _site: {"a01": "Given"})


def test_shapes_have_names_in_the_language_of_the_page(readings: Readings) -> None:
    """A Dutch page gets Dutch names and falls back to English; a name given to the audience is not its shapes' name."""
    shapes = insights.shapes(readings, "demo", "a01", "nl")
    assert [(shape.name, shape.sentence) for shape in shapes] == [("Verhalen", "Seen."), ("Voorwaarden", "Gezien.")]
    assert insights.shapes(readings, "demo", "a02", "en") == ()


def test_a_journey_is_cut_in_three(readings: Readings) -> None:
    """Begins, steps and ends stand apart; only a real difference stands out."""
    journey = insights.journey(readings, "demo", "a01")
    assert [(step.end, step.standing) for step in journey.begins] == [("story", "more")]
    assert [(step.start, step.end, step.standing) for step in journey.steps] == [("story", "vacancy", "less")]
    assert [(step.start, step.standing) for step in journey.ends] == [("vacancy", "average")]
    assert [step.visits for step in insights.journey(readings, "demo").ends] == [700]


def test_goals_come_in_order_with_what_goes_with_them(readings: Readings) -> None:
    """A vacancy comes before applying; a lift above one is nearer, one below is further, each with its sentence."""
    vacancy, apply = insights.goals(readings, "demo", "a01", "nl")
    assert (vacancy.name, vacancy.rate, vacancy.ways) == ("vacancy", 0.7, ())
    assert [way.sentence for way in apply.nearer()] == ["Samen."]
    assert [way.touchpoint for way in apply.further()] == ["home"]


def test_what_is_wanted_and_seen_is_read_as_it_is(readings: Readings) -> None:
    """Demand, touchpoints and weekly interest come out as the run has them, weeks in order."""
    python, ict = insights.demand(readings, "demo")
    assert (python.unanswered, ict.offered, ict.pull) == (1.0, 3, 140.0)
    (vacancy,) = insights.touchpoints(readings, "demo", "a01")
    assert (vacancy.start_rate, vacancy.start_high, vacancy.standing) == (None, 0.4, "less")
    assert [week.week for week in insights.interest(readings, "demo", "vacancy", "/v/1")] == ["2026-W46", "2026-W47"]


def test_a_run_without_the_tables_has_none(folder: DataFolder) -> None:
    """A run from before there were such tables reads as empty, not as an error."""
    factories.publish(folder, factories.site(folder))
    old = Readings(folder, lambda _site: {})
    assert insights.goals(old, "demo", "a01", "en") == ()
    assert insights.journey(old, "demo").steps == ()
    assert insights.demand(old, "demo") == ()


def test_exports_say_whose_rows_they_are(folder_with_more: DataFolder) -> None:
    """A table of segments is exported with their labels, the site's rows as the whole site; a table of the site takes no segment."""
    from collector.settings import Settings
    from collector.sites import Registry

    settings = Settings(data=folder_with_more.path)
    site = Registry.open(folder_with_more)["demo"]
    csv = export(settings, folder_with_more, site, "journeys", "csv", None).decode()
    assert csv.startswith("segment,label,start,end,visits")
    assert "a01,Job-board technicians,(start),story,90" in csv
    assert ",(whole site),vacancy,(end),700" in csv
    assert "\r\na01," in export(settings, folder_with_more, site, "nearer", "csv", "a01").decode()
    with pytest.raises(NotBySegment, match="whole site"):
        export(settings, folder_with_more, site, "interest", "csv", "a01")
    with pytest.raises(UnknownSegment):
        export(settings, folder_with_more, site, "nearer", "csv", "zz")
