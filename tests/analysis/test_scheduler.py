"""The jobs process does what is asked, keeps how it ended, and does again what was interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine

from analysis import history, jobs, queue, scheduler
from analysis.scheduler import Worker
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import hit, stage

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
# Stands for a command: what it runs is in its own source, what it is asked to do comes as arguments, as for `telpunt`.
AT_WORK = """
import os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from analysis.running import at_work
from collector.folder import DataFolder
with at_work(DataFolder(Path(os.environ["TELPUNT_DATA"])), sys.argv[1], "", by=sys.argv[-1], clock=lambda: datetime.now(UTC)) as work:
    work.tell("Folding the journal", 0.5)
    {what}
"""


@pytest.fixture
def folder(tmp_path):
    """A data folder with one site."""
    made = DataFolder(tmp_path / "data").prepare()
    Registry.open(made).save(made, make_site("s", ["s.example"]))
    return made


def worker(folder, what=None, stop=None, **options):
    """A worker; with *what*, its command is that line of Python at work."""
    if what is not None:
        options["command"] = (sys.executable, "-c", AT_WORK.format(what=what))
    return Worker(Settings.load(data=folder.path), folder, clock=lambda: NOW, stop=stop or threading.Event(), **options)


def ask(folder, job="fold", site="", by="page"):
    queue.ask(folder, job, site, by=by, now=NOW)


def last(folder, job="fold", site=""):
    return history.last(folder)[job, site]


def test_a_fold_that_is_asked_for_is_done(folder):
    """The real command counts what the journal holds; its row says who asked, and no number of visits under k."""
    stage(folder, [hit(-(10**7), touchpoint="home")])
    ask(folder)
    assert worker(folder).do_next()
    row = last(folder)
    assert (row.ending, row.by, row.numbers) == ("done", "page", {"visits": 0, "k": 10})
    assert queue.waiting(folder) == []
    assert not worker(folder).do_next()


def test_an_analysis_without_visits_waits_and_has_not_failed(folder):
    """Too few visits is an ending of its own."""
    ask(folder, "analyse", "s", by="clock")
    worker(folder).do_next()
    assert last(folder, "analyse", "s").ending == "waits"
    assert last(folder, "analyse", "s").well


def test_a_command_that_cannot_begin_says_why(folder):
    """A site that is gone is named by the command's own sentence."""
    ask(folder, "analyse", "gone")
    worker(folder).do_next()
    row = last(folder, "analyse", "gone")
    assert row.ending == "failed"
    assert "'gone' is not registered" in row.message
    assert queue.waiting(folder) == []


def test_what_a_crash_says_is_not_kept(folder):
    """The text of a traceback may hold anything: only the exit status is told."""
    ask(folder)
    crash = (sys.executable, "-c", "raise ValueError('ann@example.org')")
    worker(folder, command=crash).do_next()
    assert last(folder).message == "ended with exit status 1 before it began"


def test_a_job_that_the_system_kills_has_failed(folder):
    """When a job is killed while the jobs process lives, that is told, and it is not tried again at once."""
    ask(folder)
    worker(folder, "os.kill(os.getpid(), signal.SIGKILL)").do_next()
    assert (last(folder).ending, last(folder).message) == ("failed", "ended by SIGKILL; is there memory enough?")
    assert queue.waiting(folder) == []


def test_a_job_that_hangs_is_ended(folder):
    """After its time it is ended, and the row says so."""
    ask(folder)
    worker(folder, "time.sleep(600)", job_max_s=0.0).do_next()
    assert last(folder).ending == "hung"
    assert queue.waiting(folder) == []


def test_what_runs_when_the_worker_stops_is_done_again(folder):
    """A server that is stopped in the middle of a job leaves the request, and the next one does it."""
    ask(folder)
    stop = threading.Event()
    thread = threading.Thread(target=worker(folder, "time.sleep(600)", stop).run)
    thread.start()
    until = time.monotonic() + 60
    while not list(folder.jobs.glob("running-*")) and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    thread.join(60)
    assert last(folder).ending == "stopped"
    assert len(queue.waiting(folder)) == 1
    worker(folder, "pass").do_next()
    assert last(folder).ending == "done"
    assert queue.waiting(folder) == []


def interrupt(folder):
    """What a power cut in the middle of a job leaves behind."""
    environment = {**os.environ, "TELPUNT_DATA": str(folder.path)}
    code = AT_WORK.format(what="os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", code, "fold", "clock"], env=environment, check=False, timeout=60)


def test_what_a_power_cut_interrupted_is_said_and_done_again(folder):
    """At the next start the history says that it was interrupted, and the request that is still there is done."""
    ask(folder)
    interrupt(folder)
    worker(folder, "pass").do_next()
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]


def test_what_is_interrupted_again_and_again_is_left_alone(folder):
    """A job that may be what stops the machine is not tried for ever; asked for by a person it is."""
    ask(folder)
    for _ in range(scheduler.INTERRUPTED_MAX):
        interrupt(folder)
    worker(folder, "pass").do_next()
    assert last(folder).message == "not tried again after 3 interruptions in a row"
    assert queue.waiting(folder) == []
    ask(folder)
    worker(folder, "pass").do_next()
    assert last(folder).ending == "done"


def test_what_somebody_does_by_hand_is_not_begun_beside_it(folder):
    """While the same job runs elsewhere its request waits, and others are done."""
    ask(folder, "analyse", "s")
    with folder.hold("job-analyse-s"):
        assert not worker(folder).do_next()
        assert len(queue.waiting(folder)) == 1


@pytest.mark.parametrize(
    ("due", "expected"),
    [(None, None), (-600, 0), (600, 600), (7200, 3600)],
    ids=["never", "while nothing ran", "soon", "by an older setting"],
)
def test_an_hourly_job_keeps_its_hour_over_a_restart(due, expected):
    """What was due while nothing ran is due now; what is due soon stays so; a shorter interval counts at once."""
    at = None if due is None else NOW + timedelta(seconds=due)
    first = scheduler._first_time(at, {"trigger": "interval", "hours": 1}, NOW)
    assert first == ({} if expected is None else {"next_run_time": NOW + timedelta(seconds=expected)})


def test_a_new_time_of_night_counts_at_the_next_start():
    """The time that the settings say now, unless it was missed."""
    trigger = {"trigger": "cron", "hour": 5, "minute": 0}
    assert scheduler._first_time(NOW + timedelta(hours=1), trigger, NOW) == {}
    assert scheduler._first_time(NOW - timedelta(hours=1), trigger, NOW) == {"next_run_time": NOW}


@pytest.mark.slow
def test_the_jobs_process_folds_and_stops_on_sigterm(folder):
    """`telpunt jobs` folds what is there within its interval, does what is asked meanwhile, and ends at SIGTERM with its children."""
    stage(folder, [hit(-(10**7), touchpoint="home")])
    ask(folder, "analyse", "s")
    environment = {**os.environ, "TELPUNT_DATA": str(folder.path), "TELPUNT_FOLD_EVERY_S": "10"}
    with subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "jobs"], env=environment, stderr=subprocess.PIPE
    ) as process:
        try:
            deadline = time.monotonic() + 90
            while len(history.last(folder)) < 2 and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert last(folder).ending == "done"
    assert last(folder, "analyse", "s").ending == "waits"
    engine = create_engine(f"sqlite:///{folder.database}")
    assert set(jobs.due(engine)) == {job.name for job in jobs.JOBS}
    engine.dispose()


WORKER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from analysis.scheduler import Worker
from collector.folder import DataFolder
from collector.settings import Settings
folder = DataFolder(Path(sys.argv[1]))
command = (sys.executable, "-c", sys.argv[2])
Worker(Settings.load(data=folder.path), folder, clock=lambda: datetime.now(UTC), stop=threading.Event(), command=command).run()
"""


def test_a_job_that_dies_with_everything_is_done_at_the_next_start(folder):
    """When the jobs process and its job are killed at once, as by a power cut, the next one says so and does it again."""
    ask(folder)
    hanging = AT_WORK.format(what="time.sleep(600)")
    with subprocess.Popen([sys.executable, "-c", WORKER, str(folder.path), hanging], start_new_session=True) as process:
        until = time.monotonic() + 60
        while not list(folder.jobs.glob("running-*")) and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert list(folder.jobs.glob("running-*"))
    until = time.monotonic() + 60  # the system lets go of a dead process's locks in its own time
    while not worker(folder, "pass").do_next() and time.monotonic() < until:
        time.sleep(0.05)
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]
