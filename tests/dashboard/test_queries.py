from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import runs
from analysis.runs import NoRun
from collector.folder import DataFolder
from dashboard import queries
from dashboard.queries import PALETTE_SLOTS, Readings, with_given_names
from dashboard.views import NONE, UnknownSegment, Value
from tests import factories


def readings(folder: DataFolder, names: Mapping[str, str] | None = None) -> Readings:
    return Readings(folder, lambda _site: names or {})


@pytest.fixture
def published(folder: DataFolder) -> DataFolder:
    factories.publish(folder, factories.site(folder))
    return folder


def test_segments_are_numbered_by_size_and_unclustered_stands_apart(published: DataFolder) -> None:
    """Audience 1 is the largest; unclustered visits have no number; together they are all visits."""
    overview = readings(published).overview("demo", "en")
    assert [segment.number for segment in overview.segments] == list(range(1, 9))
    assert overview.segments[0].label == "Job-board technicians"
    assert overview.segments[0].first_seen == date(2026, 9, 27)
    assert overview.unclustered
    assert overview.unclustered.number == 0
    assert sum(segment.visits for segment in overview.segments) + overview.unclustered.visits == overview.run.visits
    assert [week.week for week in overview.segments[0].trend] == factories.WEEKS


def test_dutch_labels_and_sentences(published: DataFolder) -> None:
    """A Dutch page gets the Dutch words of the analysis."""
    segment = readings(published).overview("demo", "nl").segments[1]
    assert segment.label == "Lezers over cultuur"
    assert segment.sentence.startswith("Ze lezen")


def test_a_given_name_wins_everywhere(published: DataFolder) -> None:
    """A name given by hand takes the place of the label on pages and in tables, in both languages, and of one segment only."""
    reading = readings(published, {"a02": "Water lovers"})
    for language in ("en", "nl"):
        segment = reading.overview("demo", language).segment("a02")
        assert segment.label == "Water lovers"
        assert segment.automatic_label != "Water lovers"
    for name in ("segments", "profiles"):
        labels = dict(reading.table("demo", name).select("segment", "label").unique().iter_rows())
        assert labels["a02"] == "Water lovers"
        assert labels["a01"] == "Job-board technicians"
    assert reading.table("demo", "segments").filter(pl.col("segment") == "a02")["label_nl"].to_list() == [
        "Water lovers"
    ]


def test_tables_without_names_come_as_they_are(published: DataFolder) -> None:
    """Without given names an export is the run's own table."""
    reading = readings(published)
    for name in ("segments", "profiles", "map", "trends"):
        table = reading.table("demo", name)
        assert table.equals(with_given_names(table, {"nobody": "x"}))


def test_a_profile_is_sorted_with_the_held_back_last(published: DataFolder) -> None:
    """Values stand by visits, largest first, and what is held back under k last however large."""
    profile = readings(published).profile("demo", "a03", "en")
    for dimension in profile.values:
        values = profile.of(dimension)
        named = [value.visits for value in values if not value.is_other]
        assert named == sorted(named, reverse=True)
        assert not any(value.is_other for value in values[: len(named)])
    assert profile.of("nothing of the kind") == ()


def test_dimensions_that_say_nothing_are_not_told(published: DataFolder) -> None:
    """A dimension of only "none" and "held back" is left out of a page."""
    profile = readings(published).profile("demo", "a03", "en")
    empty = Value("country", NONE, 100, 1.0, 100.0, 99.0, 101.0)
    assert "touchpoint" in profile.told
    assert "country" not in queries.Profile(profile.overview, profile.segment, {"country": (empty,)}).told


def test_the_newest_run_is_read_without_a_restart(published: DataFolder) -> None:
    """Publishing another run shows at the next page."""
    reading = readings(published)
    assert reading.overview("demo", "en").run.id == "20261122T033000Z"
    site = factories.site(published)
    factories.publish(published, site, visits=40_000, identity="20261123T033000Z")
    assert reading.overview("demo", "en").run.visits == 40_000
    assert reading.overview("demo", "en").segments[0].visits == 10_800


def test_no_run_and_no_segment_have_their_own_errors(published: DataFolder) -> None:
    """What is not there is said, with what is."""
    with pytest.raises(NoRun):
        readings(published).overview("elsewhere", "en")
    with pytest.raises(UnknownSegment, match="a01"):
        readings(published).profile("demo", "nope", "en")


def test_map_points_draw_small_over_large(published: DataFolder) -> None:
    """Points come largest first, so a large dot never hides a small one."""
    visits = [point.visits for point in readings(published).map_points("demo", "en")]
    assert visits == sorted(visits, reverse=True)


@pytest.mark.parametrize(
    ("index", "low", "high", "standing"),
    [
        (200.0, 150.0, 260.0, "more"), (120.0, 95.0, 150.0, "average"), (50.0, 30.0, 80.0, "less"),
        (100.0, 100.0, 100.0, "average"), (None, None, None, "unknown"), (150.0, None, None, "unknown"),
    ],
)  # fmt: skip
def test_a_difference_is_claimed_only_with_its_whole_interval(
    index: float | None, low: float | None, high: float | None, standing: str
) -> None:
    """More or less than average is said only where the whole interval lies on that side of 100."""
    assert Value("channel", "direct", 50, 0.5, index, low, high).standing == standing


@given(st.lists(st.integers(-1, 60), max_size=40))
def test_audiences_share_a_colour_only_without_need(colours: list[int]) -> None:
    """Up to fourteen audiences have fourteen colours, whatever the run counts; a larger one keeps its own."""
    wanted = [(str(position), colour) for position, colour in enumerate(colours)]
    slots = queries._colours(wanted)
    shown = [slots[identity] for identity, colour in wanted if colour >= 0]
    assert all(0 <= slot < PALETTE_SLOTS for slot in shown)
    assert len(set(shown[:PALETTE_SLOTS])) == len(shown[:PALETTE_SLOTS])
    if shown:
        assert shown[0] == next(colour for colour in colours if colour >= 0) % PALETTE_SLOTS


def test_an_audience_that_is_gone_stays_in_the_feed(published: DataFolder) -> None:
    """A change of an audience that the run no longer has is told under its given name, without a page to lead to."""
    change = {
        "segment": "s99", "label": "Night readers", "label_nl": "Nachtlezers", "week": "2026-W40", "kind": "vanished", "before": 0.05,
        "after": 0.0, "after_low": 0.0, "after_high": 0.01, "visits": 100, "other": "", "told": "2026-11-01", "sentence": "Gone.",
        "sentence_nl": "Weg.",
    }  # fmt: skip
    path = runs.current(published, "demo").path / "changes.parquet"
    pl.DataFrame([change], schema=runs.CHANGES).write_parquet(path)
    (told,) = readings(published).changes("demo", "nl")
    assert told.segment.is_gone
    assert told.segment.label == "Nachtlezers"
    assert told.sentence == "Weg."
