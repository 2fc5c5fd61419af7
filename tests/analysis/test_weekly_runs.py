"""Several runs of one site, one after the other: what is published, under which ids, and what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from analysis import audiences, departures, facts, measures, pipeline, runs
from analysis.iso_weeks import iso_week
from analysis.lineage import Lineage
from analysis.runs import Absent, News
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests import weekly

WEEKS = 10


@pytest.fixture
def site(tmp_path, fitted, monkeypatch):
    """Ten weeks of the same traffic; a fit costs nothing, and its verdict is what the test wants."""
    folder = DataFolder(tmp_path / "data").prepare()
    Registry.open(folder).save(folder, make_site("s", ["s.example"]))
    visits = fitted.truth.select("pattern", "visits", campaign=pl.format("a{}", "audience"))
    added = [
        Addition("s", week, State.OPEN, weekly.counts(visits, week))
        for week in (iso_week(weekly.FIRST + timedelta(days=7 * number)) for number in range(WEEKS))
    ]
    Store(folder).commit(now=datetime(2025, 3, 17, tzinfo=UTC), add=added)

    def run(week, grade="good"):
        verdict = replace(fitted.fit.verdict, grade=grade)
        monkeypatch.setattr(audiences, "fit", lambda *_args, **_options: replace(fitted.fit, verdict=verdict))
        end = weekly.FIRST + timedelta(days=7 * week + 6)
        now = datetime(end.year, end.month, end.day, 3, tzinfo=UTC) + timedelta(days=1)
        return pipeline.refresh(
            folder, Settings.load(data=folder.path), Registry.open(folder)["s"], now=now, days=28, end=end
        )

    return folder, run


def test_runs_of_a_site(site):
    """
    The first run is published though it is weak; a weak one is held back behind a good one until their windows share no day; ids stay,
    and quiet traffic has no changes.
    """
    folder, run = site
    first = run(3, "weak")
    assert runs.current(folder, "s").run.id == first.id
    good = run(4)
    held = run(5, "weak")
    current = runs.current(folder, "s")
    assert current.run.id == good.id
    assert runs.held(folder, "s").run == held.id
    stale = run(9, "weak")
    current = runs.current(folder, "s")
    assert current.run.id == stale.id
    assert runs.held(folder, "s") is None
    assert first.ids == good.ids == held.ids == stale.ids
    assert set(current.table("segments")["status"]) == {"kept"}
    assert current.table("changes").is_empty()
    weeks = current.table("trends").filter(pl.col("segment") == "s1")
    assert weeks.height == WEEKS
    assert weeks["expected"].null_count() == 3
    assert set(current.table("figures")["measure"]) <= set(measures.MEASURES)
    assert (current.table("figures")["visits"] % current.run.k == 0).all()


def test_departures_are_told_after_two_weeks(site):
    """
    An audience that lost its visits has vanished, one whose visits others have is merged; a split is told when it has lasted, and not of
    an audience that was told to have appeared.
    """
    folder, run = site
    made = run(9)
    published = runs.current(folder, "s")
    counts = Store(folder).read("s", where=measures.WHERE)
    model = audiences.Model.load(published.path / "model.npz")
    mine = (
        model.assign(counts["pattern"].unique()).filter(pl.col("segment") == made.ids.index("s2"))["pattern"].to_list()
    )
    newest = [iso_week(weekly.FIRST + timedelta(days=7 * number)) for number in (6, 7, 8, 9)]
    without = counts.filter(~(pl.col("pattern").is_in(mine) & pl.col("period").is_in(newest)))
    listed = published.table("segments").filter(pl.col("segment") != "s2")
    since = (made.end - timedelta(days=14)).isoformat()
    fresh = made.end.isoformat()
    line = Lineage([], [], 9, [Absent("s2", made.id, since, "2025-01-05", "s1")], {"s3": News("split", since, "s1")})

    def told(line, counts, feed=None):
        found, named = departures.look_at(
            folder, "s", line, measures.measure(counts), listed, feed, end=made.end, k=weekly.K
        )
        assert {change.segment for change in found} - set(listed["segment"]) <= set(named)
        return {(change.segment, change.kind, change.other) for change in found}

    assert told(line, without) == {("s2", "vanished", ""), ("s3", "split", "s1")}
    assert told(line, counts) == {("s2", "merged", "s1"), ("s3", "split", "s1")}
    young = Lineage([], [], 9, [Absent("s2", made.id, fresh, "2025-01-05", "s1")], {"s3": News("split", fresh, "s1")})
    assert told(young, without) == set()
    known = pl.DataFrame([{"segment": "s2", "kind": "vanished"}], schema_overrides=runs.CHANGES)
    assert told(line, without, known) == {("s3", "split", "s1")}
    appeared = pl.DataFrame([{"segment": "s3", "kind": "appeared"}], schema_overrides=runs.CHANGES)
    assert told(line, counts, appeared) == {("s2", "merged", "s1")}
    assert facts.CONTEXT_TOTAL in set(counts["dimension"])
