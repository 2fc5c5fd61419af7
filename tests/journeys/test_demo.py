"""The newcomer's journey: one command makes a simulated site, and its audiences can be taken away."""

from __future__ import annotations

import csv
import io
import json

import polars as pl
import pytest

from analysis import facts, memory, runs
from analysis.store import State, Store
from collector.folder import DataFolder
from tests.conftest import run_telpunt

pytestmark = pytest.mark.slow


def exported(demo, what, *options):
    done = run_telpunt(demo, "export", what, "--site", "demo", *options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_the_demo_has_audiences_with_names(demo):
    """`telpunt demo` finds 5 to 14 audiences, each with a name and a sentence of its own in both languages."""
    rows = list(csv.DictReader(io.StringIO(exported(demo, "segments"))))
    audiences = [row for row in rows if row["segment"] != "unclustered"]
    assert 5 <= len(audiences) <= 14
    assert len({row["label"] for row in audiences}) == len(audiences)
    assert all(row["sentence"] and row["sentence_nl"] for row in audiences)


def test_segments_add_up_to_all_visits(demo):
    """The segments and the unclustered visits together are the run's visits, which are those counted in its weeks, in steps of k."""
    run = runs.current(DataFolder(demo), "demo").run
    rows = json.loads(exported(demo, "segments", "--format", "json"))
    assert sum(row["visits"] for row in rows["rows"]) == run.visits == rows["visits"]
    counted = Store(DataFolder(demo)).read("demo", run.weeks, where=pl.col("dimension") == facts.CONTEXT_TOTAL)
    assert counted["visits"].sum() // run.k * run.k == run.visits
    assert sum(row["share"] for row in rows["rows"]) == pytest.approx(1)


def test_single_valued_dimensions_add_up_in_every_segment(demo):
    """Channels, devices, hours … of a segment sum to its visits, with what is held back in (other)."""
    profiles = pl.read_csv(io.StringIO(exported(demo, "profiles")))
    sizes = pl.read_csv(io.StringIO(exported(demo, "segments"))).select("segment", total="visits")
    for dimension in facts.SINGLE:
        sums = profiles.filter(pl.col("dimension") == dimension).group_by("segment").agg(pl.col("visits").sum())
        wrong = sums.join(sizes, on="segment").filter(pl.col("visits") != pl.col("total"))
        assert wrong.is_empty(), dimension


def test_nothing_published_rests_on_fewer_than_k_visits(demo):
    """No table of the published run has a number of 1 to k-1 visits."""
    published = runs.current(DataFolder(demo), "demo")
    for name in runs.TABLES:
        table = published.table(name)
        assert table.height or name == "changes"
        assert table.filter(pl.col("visits") < published.run.k).is_empty(), name


def test_weeks_that_are_over_are_closed(demo):
    """After the analysis the only open week is the running one, and no closed context rests on fewer than k visits."""
    store = Store(DataFolder(demo))
    files = store.manifest().files
    newest = max(file.week for file in files)
    assert all(file.state != State.OPEN for file in files if file.week < newest)
    for file in files:
        if file.state == State.CLOSED:
            assert memory.breaches(store.sum([file]), 10).is_empty()


def test_simulated_data_says_so_in_an_export(demo):
    """An export of the demo cannot be taken for a real site."""
    assert json.loads(exported(demo, "profiles", "--format", "json"))["simulated"] is True


def test_one_segment_can_be_exported_and_an_unknown_one_is_named(demo):
    """`--segment` gives one audience; a wrong id is one sentence with the ids that exist, and exit status 2."""
    rows = list(csv.DictReader(io.StringIO(exported(demo, "profiles", "--segment", "s1"))))
    assert {row["segment"] for row in rows} == {"s1"}
    wrong = run_telpunt(demo, "export", "profiles", "--site", "demo", "--segment", "s99")
    assert wrong.returncode == 2
    assert b"s99" in wrong.stderr
    assert b"s1" in wrong.stderr


def test_another_analysis_keeps_the_ids(demo, tmp_path):
    """Analysing the same window again gives the same segments under the same ids."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(demo, copy)
    before = pl.read_csv(io.StringIO(exported(copy, "segments"))).select("segment", "label")
    done = run_telpunt(copy, "analyse", "--site", "demo")
    assert done.returncode == 0, done.stderr.decode()
    after = pl.read_csv(io.StringIO(exported(copy, "segments")))
    shared = before.join(after.select("segment", "label"), on=["segment", "label"])
    assert shared.height >= 0.8 * before.height
