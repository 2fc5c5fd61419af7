"""Jobs are rows: each says what it does, when, and for which sites there is something to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine

from analysis import jobs, queue
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import hit, stage


@pytest.fixture
def folder(tmp_path):
    """A data folder with two sites."""
    made = DataFolder(tmp_path / "data").prepare()
    for key in ("s", "t"):
        Registry.open(made).save(made, make_site(key, [f"{key}.example"]))
    return made


def asked(folder):
    return [(request.job, request.site, request.by) for request in queue.waiting(folder)]


def test_every_job_says_what_it_does_and_when():
    """Each row has a sentence and a trigger that the scheduler understands."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler()
    for job in jobs.JOBS:
        assert job.does.endswith(".")
        scheduler.add_job(jobs.run_job, id=job.name, args=[job.name, "x"], **job.trigger(Settings.load()))


def test_a_fold_is_asked_for_when_there_is_something_to_fold(folder):
    """No journal, no request; a journal with lines, one for all sites."""
    jobs.run_job("fold", str(folder.path))
    assert asked(folder) == []
    stage(folder, [hit(-(10**7), touchpoint="home")])
    jobs.run_job("fold", str(folder.path))
    assert asked(folder) == [("fold", "", "clock")]


def test_an_analysis_is_asked_for_per_site_and_only_once(folder):
    """Each site has a request of its own, and what waits already is not asked for again."""
    for _ in range(2):
        jobs.run_job("analyse", str(folder.path))
    assert sorted(asked(folder)) == [("analyse", "s", "clock"), ("analyse", "t", "clock")]


def test_a_first_analysis_is_for_sites_that_have_counts_and_no_run(folder):
    """A site where nothing was counted yet is not looked at."""
    (folder.facts / "t").mkdir()
    jobs.run_job("first-analysis", str(folder.path))
    assert asked(folder) == [("analyse", "t", "clock")]


def test_when_jobs_are_due_is_known_from_the_database(folder):
    """Before the first start nothing is due; after it, what the scheduler has written."""
    engine = create_engine(f"sqlite:///{folder.database}")
    assert jobs.due(engine) == {}
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE apscheduler_jobs (id TEXT, next_run_time FLOAT)")
        connection.exec_driver_sql("INSERT INTO apscheduler_jobs VALUES ('fold', 1795400000.5), ('paused', NULL)")
    assert jobs.due(engine) == {"fold": datetime.fromtimestamp(1795400000.5, UTC)}
    engine.dispose()
