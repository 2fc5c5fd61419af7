"""What runs is seen, one at a time, and what was interrupted is known for it."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from analysis import history, running
from analysis.running import at_work
from collector.errors import NotEnoughVisits, UnreadableLog
from collector.folder import DataFolder

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second each time somebody looks at it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data").prepare()


def work(folder, job="fold", site="", **options):
    return at_work(folder, job, site, by="hand", clock=Clock(), **options)


def test_what_runs_is_seen_with_its_chapter_and_share(folder):
    """While it runs a job shows what it does; after it nothing does, and the history has it."""
    with work(folder, "analyse", "acme") as one:
        one.tell("Finding audiences", 0.42)
        (seen,) = running.running(folder)
        assert (seen.job, seen.site, seen.chapter, seen.share) == ("analyse", "acme", "Finding audiences", 0.42)
        assert str(seen) == "analyse of acme runs since 2026-11-22 03:30 UTC: Finding audiences, 42%"
        one.did(audiences=7, verdict="good")
    assert running.running(folder) == []
    (row,) = history.rows(folder)
    assert (row.ending, row.seconds, row.numbers) == ("done", 2.0, {"audiences": 7, "verdict": "good"})
    assert not list(folder.jobs.glob("*running*"))


def test_small_steps_are_not_written(folder):
    """A thousand tiny steps are a hundred writes at the most, and all of them are shown."""
    shown = []
    with work(folder, show=lambda chapter, share: shown.append(share)) as one:
        written = 0
        before = one.running
        for step in range(1_001):
            one.tell("Folding the journal", step / 1_000)
            written += one.running is not before
            before = one.running
    assert len(shown) == 1_001
    assert written <= 101


@pytest.mark.parametrize(
    ("error", "ending", "message"),
    [
        (UnreadableLog("x is no log"), "failed", "x is no log"),
        (NotEnoughVisits(5, 300), "waits", ""),
        (OSError(28, "No space left on device"), "failed", "No space left on device"),
        (KeyboardInterrupt(), "stopped", ""),
        (ValueError("line of ann@example.org"), "failed", "ValueError in test_running.py"),
    ],
)
def test_how_it_ended_is_kept_and_an_unforeseen_error_tells_no_data(folder, error, ending, message, monkeypatch):
    """An error that is ours is told as it is; another one by its name and place, since its text may hold anything."""
    monkeypatch.setattr(history, "_ours", lambda filename: filename == __file__)
    with pytest.raises(type(error)), work(folder):
        raise error
    (row,) = history.rows(folder)
    assert row.ending == ending
    assert row.message.startswith(message)
    assert "ann@example.org" not in (folder.jobs / "history.json").read_text()


def test_a_second_one_waits_and_is_told_for_what(folder):
    """Somebody who starts the same job is told what runs, and begins when that is through; another site's does not wait."""
    told, order, started = [], [], threading.Event()

    def wait(other):
        told.append(other)
        started.set()

    def second():
        with work(folder, "analyse", "acme", waits=wait):
            order.append("second")

    with work(folder, "analyse", "acme") as first, work(folder, "analyse", "other", waits=wait):
        first.tell("Finding audiences", 0.5)
        assert told == []
        thread = threading.Thread(target=second)
        thread.start()
        assert started.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
    assert told[0].chapter == "Finding audiences"


KILLED = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from analysis.running import at_work
from collector.folder import DataFolder
moments = iter(datetime(2026, 11, 22, 3, 30, tzinfo=UTC) + timedelta(minutes=number) for number in range(9))
with at_work(DataFolder(Path(sys.argv[1])), "analyse", "acme", by="clock", clock=lambda: next(moments)) as one:
    one.tell("Finding audiences", 0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_killed_is_known_for_it(folder):
    """After a SIGKILL nothing runs, the history says that it was interrupted and how long it had run, once; and it can begin anew."""
    subprocess.run([sys.executable, "-c", KILLED, str(folder.path)], check=False, timeout=60)
    assert running.read(folder, "analyse-acme") is not None
    assert running.running(folder) == []
    (settled,) = running.settle(folder)
    assert (settled.ending, settled.seconds, settled.by) == ("interrupted", 60.0, "clock")
    assert running.settle(folder) == []
    assert history.rows(folder) == [settled]
    with work(folder, "analyse", "acme"):
        pass
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]


def test_one_that_begins_puts_the_interrupted_one_into_the_history(folder):
    """Who starts the job by hand after a power cut finds the old trace gone from what runs, and in the history."""
    subprocess.run([sys.executable, "-c", KILLED, str(folder.path)], check=False, timeout=60)
    with work(folder, "analyse", "acme"):
        assert len(running.running(folder)) == 1
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]


def test_a_torn_record_is_no_error(folder):
    """What a power cut left of a record is not read as something that runs."""
    (folder.jobs / "running-fold.json").write_bytes(b"")
    assert running.running(folder) == []
    assert running.settle(folder) == []
    assert not (folder.jobs / "running-fold.json").exists()
