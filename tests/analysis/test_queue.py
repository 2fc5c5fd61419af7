"""What is asked for is done once, in a fair order, and not lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import queue
from analysis.queue import Request, next_of
from collector.folder import DataFolder

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data").prepare()


def request(job, site="", minute=0):
    return Request(job, site, "clock", (NOW + timedelta(minutes=minute)).isoformat())


def test_what_waits_is_not_asked_for_twice(folder):
    """Two clicks are one request, of the one who asked first; another site's is another."""
    assert queue.ask(folder, "analyse", "s", by="page", now=NOW)
    assert not queue.ask(folder, "analyse", "s", by="clock", now=NOW + timedelta(minutes=1))
    assert queue.ask(folder, "analyse", "t", by="clock", now=NOW + timedelta(minutes=2))
    assert [(one.site, one.by) for one in queue.waiting(folder)] == [("s", "page"), ("t", "clock")]


def test_it_waits_until_it_is_done(folder):
    """A request is there for whoever starts after a power cut, until it is taken off."""
    queue.ask(folder, "fold", "", by="clock", now=NOW)
    (one,) = queue.waiting(folder)
    queue.done(folder, one)
    queue.done(folder, one)
    assert queue.waiting(folder) == []


def test_what_cannot_be_read_is_thrown_away(folder, caplog):
    """A damaged request stops no other."""
    (folder.jobs / "waiting-analyse-x.json").write_text("{")
    queue.ask(folder, "fold", "", by="clock", now=NOW)
    assert [one.job for one in queue.waiting(folder)] == ["fold"]
    assert "thrown away" in caplog.text
    assert not (folder.jobs / "waiting-analyse-x.json").exists()


def test_a_fold_goes_first_but_not_twice_in_a_row():
    """Twenty analyses don't keep events waiting, and folds that follow each other don't keep an analysis waiting."""
    night = [request("analyse", "a", 0), request("analyse", "b", 1), request("fold", "", 5)]
    assert next_of(night, "analyse") == request("fold", "", 5)
    assert next_of(night, "fold") == request("analyse", "a", 0)
    assert next_of(night[:2], "analyse") == request("analyse", "a", 0)
    assert next_of(night[2:], "fold") == request("fold", "", 5)
    assert next_of([], "fold") is None


@given(st.lists(st.tuples(st.sampled_from(["fold", "analyse"]), st.integers(0, 99)), min_size=1), st.booleans())
def test_nothing_waits_for_ever(asked, fold_last):
    """Though folds come back at once each time, every other request has its turn."""
    waiting = sorted({request(job, "", minute) for job, minute in asked}, key=lambda one: one.asked)
    waiting, last = [one for one in waiting if one.job == "analyse"], "fold" if fold_last else "analyse"
    for _ in range(2 * len(waiting)):
        done = next_of([*waiting, request("fold", "", 100)], last)
        last = done.job
        if done in waiting:
            waiting.remove(done)
    assert waiting == []
