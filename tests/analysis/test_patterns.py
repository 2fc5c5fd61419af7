"""A pattern says what was done in a visit, coarsely and readably, and nothing else."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import patterns, visits
from analysis.patterns import Pattern, parse
from tests.analysis.journals import MONDAY, hit, write


def sign(path, hits):
    rows = visits.scan([write(path, hits)]).collect()
    closed = visits.cut(rows, now=MONDAY + 10**6, idle_s=1800, max_s=82800).closed
    return patterns.sign(closed)["pattern"].to_list()


def test_counts_are_binned(tmp_path):
    """One, two or three, and four or more are told apart, and no more than that."""
    hits = [
        hit(n, touchpoint=name) for name, times in [("home", 1), ("vacancy", 3), ("story", 9)] for n in range(times)
    ]
    assert sign(tmp_path / "a", hits) == ["1;home=1;story=4;vacancy=2;@engaged=0"]


def test_measured_time_and_depth_come_in_bins(tmp_path):
    """Engaged time is summed and depth is the deepest, each as the lower edge of its bin."""
    hits = [
        hit(0, touchpoint="story"),
        hit(50, kind="engagement", engaged_ms=50_000, depth_pct=20),
        hit(90, kind="engagement", engaged_ms=30_000, depth_pct=80),
    ]
    assert sign(tmp_path / "a", hits) == ["1;story=1;@engaged=60;@depth=50"]


def test_what_was_not_measured_is_not_in_it(tmp_path):
    """A single page view from a log says neither how long nor how deep."""
    assert sign(tmp_path / "a", [hit(0, touchpoint="story")]) == ["1;story=1"]


def test_a_search_without_result_is_an_action_of_its_own(tmp_path):
    """Searching and finding nothing is told apart from searching."""
    hits = [hit(0, touchpoint="vacancy_list"), hit(1, kind="search", query="x", results=0)]
    assert sign(tmp_path / "a", hits) == ["1;act:search=1;act:search_empty=1;vacancy_list=1"]


def test_context_is_never_in_a_pattern(tmp_path):
    """Two visits that differ in channel, campaign, device, language, page, query and hour have the same pattern."""
    one = hit(0, "1" * 16, touchpoint="home", channel="email", campaign="c", device="mobile", language="nl", page="/a")
    two = hit(40_000, "2" * 16, touchpoint="home", channel="direct", device="desktop", language="en", page="/b")
    assert len(set(sign(tmp_path / "a", [one, two]))) == 1


def test_a_visit_to_everything_has_a_bounded_pattern(tmp_path):
    """A crawler that slipped through and saw a thousand sections makes a pattern of 24 names."""
    hits = [hit(n, touchpoint=f"section:{n}") for n in range(1000)]
    assert len(parse(sign(tmp_path / "a", hits)[0]).counts) == patterns.NAMES_MAX


names = st.from_regex(r"(section:|act:)?[a-z][a-z0-9_-]{0,20}", fullmatch=True)


@given(
    st.builds(
        Pattern,
        st.dictionaries(names, st.sampled_from([1, 2, 4]), max_size=8),
        st.none() | st.sampled_from([0, 15, 60, 300]),
        st.none() | st.sampled_from([0, 50]),
    )
)
def test_a_signature_reads_back(pattern):
    """Writing and reading a pattern changes nothing, and what it says holds each name once."""
    assert parse(str(pattern)) == pattern
    said = patterns.describe(pl.LazyFrame({"pattern": [str(pattern)]})).collect()
    names_said = said.filter(pl.col("dimension").is_in(["touchpoint", "action"]))["value"].to_list()
    assert sorted(names_said) == sorted(pattern.counts)
    assert said.filter(pl.col("dimension") == "stage").height == 1


def test_a_pattern_of_another_version_is_refused():
    """A signature that this Telpunt does not know is not guessed at."""
    with pytest.raises(ValueError, match="version"):
        parse("99;home=1")
