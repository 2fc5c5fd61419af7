"""Jobs run by themselves, keep their outcome, and stop when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from analysis import jobs
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import hit, stage


@pytest.fixture
def folder(tmp_path):
    """A data folder with one site."""
    made = DataFolder(tmp_path / "data").prepare()
    Registry.open(made).save(made, make_site("s", ["s.example"]))
    return made


def test_a_job_keeps_how_it_ended(folder):
    """The fold job counts what the journal holds and its outcome says so."""
    stage(folder, [hit(-(10**7), touchpoint="home")])
    jobs.run_job("fold", str(folder.path))
    outcome = jobs.outcomes(folder)["fold"]
    assert outcome.exit_status == 0
    assert "1 visits counted" in outcome.message


def test_a_job_with_nothing_to_do_does_nothing(folder):
    """No journal, no process, no outcome."""
    jobs.run_job("fold", str(folder.path))
    assert jobs.outcomes(folder) == {}


def test_a_job_that_fails_says_why(folder):
    """An analysis without visits fails with its sentence, per site."""
    jobs.run_job("analyse", str(folder.path))
    outcome = jobs.outcomes(folder)["analyse --site s"]
    assert outcome.exit_status == 1
    assert "not enough visits yet" in outcome.message


def test_every_job_says_what_it_does_and_when():
    """Each row has a sentence and a trigger that the scheduler understands."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler()
    for job in jobs.JOBS:
        assert job.does.endswith(".")
        scheduler.add_job(jobs.run_job, id=job.name, args=[job.name, "x"], **job.trigger(Settings.load()))


@pytest.mark.slow
def test_the_jobs_process_folds_and_stops_on_sigterm(folder):
    """`telpunt jobs` folds what is there within its interval, and ends at SIGTERM with its children."""
    stage(folder, [hit(-(10**7), touchpoint="home")])
    environment = {**os.environ, "TELPUNT_DATA": str(folder.path), "TELPUNT_FOLD_EVERY_S": "10"}
    with subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "jobs"], env=environment, stderr=subprocess.PIPE
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while "fold" not in jobs.outcomes(folder) and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert jobs.outcomes(folder)["fold"].exit_status == 0
