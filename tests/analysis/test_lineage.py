"""Ids survive a missed week, an absence, an unreadable model and a changed rule; what happened to them is told for four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analysis import audiences, likeness, lineage, runs
from analysis.runs import PROFILES, SEGMENTS, Run
from tests import factories

DAY = date(2026, 9, 6)
PATTERNS = [f"1;section:p{number}=1" for number in range(6)]
PROFILE = {"segment": pl.String, "dimension": pl.String, "value": pl.String, "share": pl.Float64}


@dataclass(frozen=True)
class FakeModel:
    """Gives each pattern the segment that a table says; -1 for patterns it does not know."""

    table: dict[str, int]

    @classmethod
    def load(cls, path):
        if not path.exists():
            raise audiences.UnreadableModel(str(path))
        return cls({line.split()[0]: int(line.split()[1]) for line in path.read_text().splitlines()})

    def assign(self, patterns):
        return pl.DataFrame(
            {"pattern": patterns, "segment": [self.table.get(pattern, -1) for pattern in patterns]},
            schema={"pattern": pl.String, "segment": pl.Int64},
        )

    def save(self, path):
        path.write_text("\n".join(f"{pattern} {segment}" for pattern, segment in self.table.items()))


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setattr(audiences, "Model", FakeModel)
    data = factories.folder(tmp_path)
    return data, factories.site(data)


def present(groups, end, *, visits=100, profile=None, before=None):
    """The patterns of each of a run's segments, and how many visits each pattern has."""
    rows = [(PATTERNS[number], segment, visits) for segment, members in enumerate(groups) for number in members]
    assigned = pl.DataFrame(rows, schema={"pattern": pl.String, "segment": pl.Int64, "visits": pl.Int64}, orient="row")
    table = pl.DataFrame(schema=PROFILE) if profile is None else profile
    return lineage.Present(assigned, table, before, len(groups), end)


def analyse(house, groups, weeks, *, model=True, profile=None, before=None):
    """A run, *weeks* after the first, whose segments hold these patterns; published."""
    data, site = house
    end = DAY + timedelta(days=7 * weeks)
    now = present(groups, end, profile=profile, before=before)
    line = lineage.trace(data, site, now)
    total = now.assigned["visits"].sum()
    listed = [
        (one.id, one.id, one.id, "", "", 100 * len(members), 100 * len(members) / total, one.status, one.first_seen, 0)
        for one, members in zip(line.found, groups, strict=True)
    ]
    run = Run(
        id=f"{end:%Y%m%d}T000000Z", site=site.key, start=end - timedelta(days=27), end=end, weeks=[], visits=total, patterns=6,
        k=10, unclustered=0, segments=len(groups), verdict="good", reasons=[], seed=1, seconds=1.0,
        ids=[one.id for one in line.found], next_id=line.next_id, gone=line.gone, absent=line.absent, news=line.news,
    )  # fmt: skip
    tables = {name: pl.DataFrame(schema=schema) for name, schema in runs.TABLES.items()}
    tables["segments"] = pl.DataFrame(listed, schema=SEGMENTS, orient="row")
    if profile is not None:
        ids = {str(number): one.id for number, one in enumerate(line.found)}
        shown = profile.with_columns(pl.col("segment").replace_strict(ids))
        tables["profiles"] = pl.concat([pl.DataFrame(schema=PROFILES), shown], how="diagonal")
    assigned = {PATTERNS[number]: segment for segment, members in enumerate(groups) for number in members}
    runs.write(data, run, tables, FakeModel(assigned).save if model else lambda _path: None)
    runs.publish(data, site.key, run.id)
    return line


def ids(line):
    return [one.id for one in line.found]


def test_a_missed_week_changes_nothing(house):
    """Two runs four weeks apart give the same audiences the same ids, in whatever order the model has them."""
    analyse(house, [[0, 1], [2, 3]], 0)
    assert ids(analyse(house, [[2, 3], [0, 1]], 4)) == ["s2", "s1"]


@pytest.mark.parametrize(
    ("weeks", "expected"), [(3, ("s3", "returned")), (12, ("s3", "returned")), (16, ("s4", "new"))]
)
def test_an_audience_that_comes_back_in_time_gets_its_id_back(house, weeks, expected):
    """An audience that was gone for at most a quarter is the same; after that it is a new one."""
    analyse(house, [[0, 1], [2, 3], [4, 5]], 0)
    gone = analyse(house, [[0, 1], [2, 3]], 1)
    assert gone.gone == ["s3"]
    assert [one.id for one in gone.absent] == ["s3"]
    analyse(house, [[0, 1], [2, 3]], 2)
    back = analyse(house, [[0, 1], [2, 3], [4, 5]], weeks)
    assert (back.found[2].id, back.found[2].status) == expected
    assert not back.absent


def test_an_id_of_an_absent_audience_is_given_to_no_other(house):
    """A new audience that shares nothing with the absent one gets a number that was never used."""
    analyse(house, [[0, 1], [2, 3]], 0)
    analyse(house, [[0, 1]], 1)
    line = analyse(house, [[0, 1], [4, 5]], 2)
    assert ids(line) == ["s1", "s3"]
    assert [one.id for one in line.absent] == ["s2"]


def test_news_lasts_four_weeks(house):
    """A new audience is called new in the nightly runs after the first one too, and is just there after four weeks."""
    analyse(house, [[0, 1]], 0)
    statuses = [analyse(house, [[0, 1], [2, 3]], weeks).found[1].status for weeks in (1, 2, 4, 5)]
    assert statuses == ["new", "new", "new", "kept"]


def test_split_and_merge_say_with_whom(house):
    """A part that splits off names what it came from; one that takes in another names it, and the absent one where it went."""
    analyse(house, [[0, 1, 2], [3, 4, 5]], 0)
    split = analyse(house, [[0, 1], [3, 4, 5], [2]], 1)
    assert (split.found[2].status, split.news["s3"].other) == ("split", "s1")
    merged = analyse(house, [[0, 1], [3, 4, 5, 2]], 2)
    assert merged.found[1].status == "merged"
    assert merged.news["s2"].other == "s3"
    assert [(one.id, one.into) for one in merged.absent] == [("s3", "s2")]


def test_growth_is_told_against_the_weeks_before_the_window(house):
    """Nightly runs hardly differ, so growth is that over as many weeks before, and only when it is beyond chance."""
    analyse(house, [[0, 1, 2], [3, 4, 5]], 0)
    grown = analyse(house, [[0, 1, 2], [3, 4, 5]], 1, before=[(150, 600), (450, 600)])
    assert [one.status for one in grown.found] == ["grown", "shrunk"]
    same = analyse(house, [[0, 1, 2], [3, 4, 5]], 2, before=[(290, 600), (310, 600)])
    assert [one.status for one in same.found] == ["kept", "kept"]


def profiles(*pages):
    """Profiles of segments that each see one page nearly always and another one seldom."""
    rows = []
    for segment, page in enumerate(pages):
        rows += [(str(segment), "page", page, 0.9), (str(segment), "channel", f"from-{page}", 0.7)]
        rows += [(str(segment), "page", other, 0.1) for other in dict.fromkeys(pages) if other != page]
    return pl.DataFrame(rows, schema=PROFILE, orient="row")


def test_an_unreadable_model_loses_no_id(house):
    """Where the old model can't be read (another version, a torn file), profiles tell who is who."""
    analyse(house, [[0, 1], [2, 3], [4, 5]], 0, model=False, profile=profiles("/a", "/b", "/c"))
    line = analyse(house, [[4, 5], [0, 1], [2, 3]], 1, profile=profiles("/c", "/a", "/b"))
    assert ids(line) == ["s3", "s1", "s2"]
    assert not line.gone


def test_a_changed_touchpoint_rule_loses_no_id(house):
    """Visits whose touchpoints are now called otherwise are strange to the old model; their pages are not."""
    analyse(house, [[0, 1], [2, 3]], 0, profile=profiles("/a", "/b"))
    line = analyse(house, [[2, 3], [4, 5]], 1, profile=profiles("/b", "/a"))
    assert ids(line) == ["s2", "s1"]


def test_a_rule_that_changes_in_the_middle_of_a_window_loses_no_id(house):
    """While the window holds weeks of both rules an audience is there twice; then it goes on under the id that people know."""
    analyse(house, [[0, 1], [2, 3]], 0, profile=profiles("/a", "/b"))
    both = analyse(house, [[0, 1], [2, 3], [4, 5]], 1, profile=profiles("/a", "/b", "/a"))
    assert ids(both) == ["s1", "s2", "s3"]
    after = analyse(house, [[4, 5], [2, 3]], 4, profile=profiles("/a", "/b"))
    assert ids(after) == ["s1", "s2"]
    assert after.gone == ["s3"]
    assert not after.absent


def test_unlike_profiles_are_not_matched(house):
    """An audience of other pages is a new one, also where the old one is gone."""
    analyse(house, [[0, 1], [2, 3]], 0, profile=profiles("/a", "/b"))
    line = analyse(house, [[2, 3], [4, 5]], 1, profile=profiles("/b", "/z"))
    assert ids(line) == ["s2", "s3"]
    assert line.gone == ["s1"]


def test_likeness_is_of_what_sets_apart():
    """What all audiences share makes none of them alike."""
    table = pl.concat(
        [
            profiles("/a", "/b"),
            pl.DataFrame([("0", "page", "/", 0.9), ("1", "page", "/", 0.9)], schema=PROFILE, orient="row"),
        ]
    )
    found = likeness.compare(table, table, ["0", "1"], ["0", "1"])
    assert np.allclose(np.diag(found), 1)
    assert found[0, 1] < 0
    assert likeness.compare(table, table.clear(), ["0"], ["0"]).tolist() == [[0.0]]


def test_models_of_absent_audiences_are_kept(house, monkeypatch):
    """Old runs are forgotten, but not the one whose model still knows an audience that may come back."""
    monkeypatch.setattr(runs, "KEPT", 1)
    data, site = house
    analyse(house, [[0, 1], [2, 3]], 0)
    for weeks in (1, 2, 3):
        analyse(house, [[0, 1]], weeks)
    runs.forget_old(data, site.key)
    kept = sorted(path.name for path in (data.runs / site.key).iterdir() if path.is_dir())
    assert kept == ["20260906T000000Z", "20260927T000000Z"]


def test_earlier_weeks_need_to_be_known():
    """Shares before the window are told only where at least half of those weeks have counts."""
    history = pl.DataFrame(
        {"period": ["2026-W40", "2026-W43", "2026-W44"], "pattern": ["p", "p", "p"], "visits": [30, 50, 70]}
    )
    of = pl.DataFrame({"pattern": ["p"], "segment": [0]})
    assert lineage.earlier(history, of, ["2026-W44"], 1) == [(50, 50)]
    assert lineage.earlier(history, of, ["2026-W40"], 1) is None
