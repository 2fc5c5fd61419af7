"""How jobs ended is kept for a while, and no longer."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import history
from analysis.history import KEPT_DAYS, KEPT_ROWS, Row, pruned
from collector.folder import DataFolder

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def row(minutes=0, ending="done", job="fold", site="", **fields):
    started = (NOW + timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return Row(job, site, "clock", started, 1.0, ending, **fields)


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data").prepare()


def test_the_newest_row_comes_first(folder):
    """Rows are listed newest first, and each job and site has its last."""
    for one in (row(0), row(1, "failed", message="the disk is full"), row(2, job="analyse", site="s")):
        history.keep(folder, one)
    assert [one.started for one in history.rows(folder)] == [row(2).started, row(1).started, row(0).started]
    assert history.last(folder)["fold", ""].ending == "failed"
    assert history.last(folder)["analyse", "s"].ending == "done"


@given(
    st.lists(
        st.tuples(st.integers(-90 * 1440, 0), st.sampled_from(["done", "waits", "failed"]), st.sampled_from("abc")),
        max_size=300,
    )
)
def test_pruning_bounds_the_rows_and_keeps_the_last_of_each(given_rows):
    """No job and site keeps more than its rows, nothing older stays, and the newest of each job and site is never lost."""
    rows = [row(minutes, ending, site=site) for minutes, ending, site in sorted(given_rows, reverse=True)]
    kept = pruned(rows, NOW.isoformat())
    oldest = (NOW - timedelta(days=KEPT_DAYS)).isoformat()
    assert all(one.started >= oldest for one in kept)
    for site in "abc":
        own = [one for one in rows if one.site == site and one.started >= oldest]
        left = [one for one in kept if one.site == site]
        assert len(left) <= KEPT_ROWS
        assert left[:1] == own[:1]
        assert not any(one.ending == other.ending == "waits" for one, other in itertools.pairwise(left))


def test_failures_in_a_row_are_counted():
    """Only the endings asked for, up to the first other one, of that job and site."""
    rows = [row(3, "failed"), row(2, "failed", site="x"), row(1, "failed"), row(0), row(-1, "failed")]
    assert history.in_a_row(rows, ("fold", ""), "failed") == 2
    assert history.in_a_row(rows, ("fold", "x"), "failed") == 1
    assert history.in_a_row([], ("fold", ""), "failed") == 0


def test_a_history_that_cannot_be_read_is_begun_anew(folder, caplog):
    """A damaged file costs the history, not the jobs."""
    (folder.jobs / "history.json").write_text("[{]")
    assert history.rows(folder) == []
    assert "begun anew" in caplog.text
    history.keep(folder, row())
    assert len(history.rows(folder)) == 1


def test_messages_are_one_printable_line():
    """What comes from outside can't draw in a terminal or fill the page."""
    assert history.clean("a\x1b[31mb\nc") == "a [31mb c"
    assert len(history.clean("x" * 10_000)) == history.MESSAGE_MAX_CHARS


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (row(numbers={"visits": 120, "k": 10}), "done: 120 visits counted"),
        (row(numbers={"visits": 0, "k": 10}), "done: fewer than 10 visits counted"),
        (row(numbers={"audiences": 7, "verdict": "good"}), "done: 7 audiences (good)"),
        (
            row(numbers={"audiences": 7, "verdict": "weak", "held": "yes"}),
            "done: 7 audiences (weak); not published, a better one is",
        ),
        (row(ending="waits", numbers={"visits": 0, "needed": 300}), "waits for visits: too few of 300"),
        (row(ending="interrupted"), "was interrupted"),
        (row(ending="failed", message="the disk is full"), "failed: the disk is full"),
        (row(), "done"),
    ],
)
def test_a_row_is_a_sentence(one, said):
    """Each ending says what a person wants to know, and no number of visits under k."""
    assert history.sentence(one) == said
