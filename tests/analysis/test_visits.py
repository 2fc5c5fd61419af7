"""Hits become visits by silence, and by nothing else."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import visits
from analysis.visits import SCHEMA
from tests.analysis.journals import MONDAY, hit, write

IDLE = 1800


def cut(path, hits, *, now=MONDAY + 10**6, close_all=False):
    return visits.cut(
        visits.scan([write(path, hits)]).collect(), now=now, idle_s=IDLE, max_s=82800, close_all=close_all
    )


def test_half_an_hour_of_silence_ends_a_visit(tmp_path):
    """Hits 30 minutes apart are one visit; one second more makes two."""
    together = cut(tmp_path / "a", [hit(0), hit(IDLE)])
    apart = cut(tmp_path / "b", [hit(0), hit(IDLE + 1)])
    assert together.closed["id"].n_unique() == 1
    assert apart.closed["id"].n_unique() == 2


def test_a_long_read_does_not_cut_a_visit(tmp_path):
    """An engagement hit counts from when the engagement began, so that 40 minutes of reading stay in their visit."""
    done = cut(tmp_path / "a", [hit(0), hit(2400, kind="engagement", engaged_ms=2_390_000)])
    assert done.closed["id"].n_unique() == 1
    assert done.closed.height == 2


def test_a_lone_engagement_is_no_visit(tmp_path):
    """An engagement that comes after its visit was closed is not counted as a visit."""
    assert cut(tmp_path / "a", [hit(0, kind="engagement", engaged_ms=10)]).closed.is_empty()


def test_the_same_token_at_two_sites_is_two_visits(tmp_path):
    """Visits are never tied together over sites."""
    assert cut(tmp_path / "a", [hit(0, site="s"), hit(1, site="t")]).closed["id"].n_unique() == 2


def test_a_visit_that_may_go_on_is_carried_whole(tmp_path):
    """A visit that was not silent long enough stays open, with every field as it came."""
    hits = [hit(0, page="/a", results=0, kind="search", query="x"), hit(60, page="/b")]
    done = cut(tmp_path / "a", hits, now=MONDAY + 61)
    assert done.closed.is_empty()
    done.open.write_ndjson(tmp_path / "carry")
    again = visits.scan([tmp_path / "carry"]).collect()
    assert again.sort("t").equals(visits.scan([write(tmp_path / "b", hits)]).collect().sort("t"))


def test_a_visit_never_stays_open_longer_than_its_limit(tmp_path):
    """A visit that goes on for a day is closed all the same, so that its events do not outlive their memory."""
    hits = [hit(minute * 60) for minute in range(0, 24 * 60, 20)]
    assert cut(tmp_path / "a", hits, now=MONDAY + 24 * 3600).open.is_empty()


def test_an_empty_journal_gives_no_visits(tmp_path):
    """No files and empty files give empty tables with the right columns."""
    (tmp_path / "empty").touch()
    hits = visits.scan([tmp_path / "empty"]).collect()
    assert hits.schema == pl.Schema(SCHEMA)
    done = visits.cut(hits, now=0, idle_s=IDLE, max_s=82800)
    assert done.closed.is_empty()
    assert visits.summarise(done.closed, {"s": "Europe/Amsterdam"}).is_empty()


def test_days_and_weeks_are_cut_at_the_site(tmp_path):
    """A visit on Sunday 23:30 UTC is on Monday in Amsterdam and on Sunday in New York."""
    done = cut(tmp_path / "a", [hit(-27_000, site="s"), hit(-27_000, site="t")])
    rows = visits.summarise(done.closed, {"s": "Europe/Amsterdam", "t": "America/New_York"}).sort("site")
    assert rows["day"].to_list() == ["2026-11-23", "2026-11-22"]
    assert rows["week"].to_list() == ["2026-W48", "2026-W47"]
    assert rows["hour_of_week"].to_list() == ["1-00", "7-18"]


def test_damaged_lines_are_left_out_and_the_rest_is_read(tmp_path):
    """A line that is not a hit is taken out of its file and counted; the hits around it stay."""
    path = write(tmp_path / "a", [hit(0), hit(1)])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n{\x00garbage\n[]\n", 1))
    assert visits.mend(path) == 2
    assert visits.scan([path]).collect().height == 2


@given(st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from("ab")), max_size=40), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_lines_does_not_matter(tmp_path_factory, events, random):
    """Any order of the same hits gives the same visits."""
    folder = tmp_path_factory.mktemp("order")
    hits = [hit(t, visit=f"{v:0>16}", page=f"/{t}") for t, v in events]
    shuffled = random.sample(hits, len(hits))
    first, second = (cut(folder / str(number), each).closed for number, each in enumerate((hits, shuffled)))
    columns = ["id", "visit", "t", "page"]
    assert first.select(columns).sort(columns).equals(second.select(columns).sort(columns))
