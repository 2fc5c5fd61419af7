"""A run without a model says so, and what it closes stays closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from analysis import fold, pipeline, runs, window
from analysis.store import State, Store
from collector.errors import NotEnoughVisits
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, stage

NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=30)


@pytest.fixture
def folder(tmp_path):
    """A data folder with a site of forty visits on two days, ten days apart."""
    made = DataFolder(tmp_path / "data").prepare()
    sites = Registry.open(made)
    sites.save(made, make_site("s", ["s.example"]))
    stage(
        made,
        [hit(n + 864_000 * (n % 2), f"{n:016x}", touchpoint="home", channel="direct", page="/") for n in range(40)],
    )
    fold.fold(made, Settings.load(data=made.path), sites, now=NOW)
    return made


def test_too_few_visits_are_said_and_noted(folder):
    """An analysis of forty visits publishes nothing, says "40 of 300", and leaves that for the page."""
    site = Registry.open(folder)["s"]
    with pytest.raises(NotEnoughVisits, match="40 of 300"):
        pipeline.refresh(folder, Settings.load(data=folder.path), site, now=NOW)
    assert not runs.has_run(folder, "s")
    assert runs.waiting(folder, "s") == runs.Waiting(40, 300)


def test_weeks_of_a_small_site_close_too(folder):
    """A site that never has enough visits for an analysis still has its weeks closed, so that the promise holds for it as well."""
    site = Registry.open(folder)["s"]
    with pytest.raises(NotEnoughVisits):
        pipeline.refresh(folder, Settings.load(data=folder.path), site, now=NOW)
    assert {file.state for file in Store(folder).manifest().files} == {State.CLOSED}


@pytest.mark.parametrize(
    ("days", "end", "weeks"),
    [
        (28, None, ["2026-W48", "2026-W49"]),
        (7, None, ["2026-W48", "2026-W49"]),
        (7, date(2026, 12, 6), ["2026-W49"]),
        (28, date(2026, 11, 25), ["2026-W48"]),
        (28, date(2026, 12, 2), ["2026-W48"]),
        (28, date(2020, 1, 1), []),
    ],
)
def test_a_window_is_made_of_whole_weeks(folder, days, end, weeks):
    """The window holds every week that its days touch, up to the last day with visits unless another is given."""
    assert window.look_at(Store(folder), Registry.open(folder)["s"], days=days, end=end).weeks == weeks


def test_a_site_without_counts_has_an_empty_window(folder):
    """A site that counted nothing yet is no error."""
    assert window.look_at(Store(folder), make_site("t", ["t.example"]), days=28, end=None).visits == 0


def test_weeks_close_when_the_model_fails_too(folder, monkeypatch):
    """An error in the search for audiences is told, and keeps no week open."""
    site = msgspec.structs.replace(Registry.open(folder)["s"], min_visits=20)

    def fail(*_, **__):
        raise MemoryError("too many patterns")

    monkeypatch.setattr("analysis.audiences.fit", fail)
    with pytest.raises(MemoryError):
        pipeline.refresh(folder, Settings.load(data=folder.path), site, now=NOW)
    assert {file.state for file in Store(folder).manifest().files} == {State.CLOSED}


@pytest.mark.parametrize(
    ("zone", "closed"), [("Pacific/Auckland", True), ("Europe/Amsterdam", False), ("America/Los_Angeles", False)]
)
def test_a_week_is_over_when_it_is_monday_where_the_site_is(tmp_path, zone, closed):
    """At noon (UTC) of Sunday 3 January 2027 week 2026-W53 is over in Auckland, where Monday has begun, and not in Amsterdam."""
    made = DataFolder(tmp_path / zone.replace("/", "-")).prepare()
    sites = Registry.open(made)
    sites.save(made, make_site("s", ["s.example"], timezone=zone))
    sunday = datetime(2027, 1, 3, 12, tzinfo=UTC)
    new_year = int(sunday.timestamp()) - MONDAY - 2 * 86_400
    stage(made, [hit(new_year + n, f"{n:016x}", touchpoint="home", page="/") for n in range(30)])
    fold.fold(made, Settings.load(data=made.path), sites, now=sunday)
    assert {file.week for file in Store(made).manifest().files} == {"2026-W53"}
    with pytest.raises(NotEnoughVisits):
        pipeline.refresh(made, Settings.load(data=made.path), sites["s"], now=sunday)
    assert {file.state for file in Store(made).manifest().files} == {State.CLOSED if closed else State.OPEN}
