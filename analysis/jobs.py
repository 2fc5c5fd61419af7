"""
What happens by itself: jobs as rows, and the process that runs them.

Each job is a command of ``telpunt`` run as a process of its own, so that what it needs in memory (Polars, UMAP, numba: hundreds of
megabytes) is given back, and a crash in it is an outcome and not an outage. The scheduler keeps its times in the database, so that a
job that was due while nothing ran is made up for, once.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from analysis import runs
from collector.folder import DataFolder, write_aside
from collector.settings import Settings
from collector.sites import Registry, Site

log = logging.getLogger("telpunt.jobs")

COMMAND: Final = (sys.executable, "-m", "dashboard.cli")
# A job that hangs for longer than this is ended; a year of a large site is analysed in minutes.
JOB_MAX_S: Final = 6 * 3600
MESSAGE_MAX_CHARS: Final = 400


@dataclass(frozen=True)
class Job:
    """
    A row of the table below.

    Attributes:
        name: of the job.
        does: what it does, in a sentence for people.
        trigger: when, as arguments of an APScheduler trigger.
        arguments: of the command, per run; none: nothing to do now.
    """

    name: str
    does: str
    trigger: Callable[[Settings], dict[str, object]]
    arguments: Callable[[Settings, DataFolder, list[Site]], list[list[str]]]


class Outcome(msgspec.Struct, frozen=True):
    """
    How a job ended last time.

    Attributes:
        started: UTC, ISO 8601.
        seconds: how long it took.
        exit_status: 0 done, 1 failed, 2 could not be meant; 124 ended because it hung.
        message: the last thing it said.
    """

    started: str
    seconds: float
    exit_status: int
    message: str


def _every_fold(settings: Settings) -> dict[str, object]:
    return {"trigger": "interval", "seconds": settings.fold_every_s}


def _every_night(settings: Settings) -> dict[str, object]:
    hour, _, minute = settings.analyse_at.partition(":")
    return {"trigger": "cron", "hour": int(hour), "minute": int(minute)}


def _every_hour(_: Settings) -> dict[str, object]:
    return {"trigger": "interval", "hours": 1}


def _fold(_: Settings, folder: DataFolder, _sites: list[Site]) -> list[list[str]]:
    has_lines = any(path.stat().st_size for path in folder.journal.rglob("*.ndjson*"))
    return [["fold"]] if has_lines or any(folder.facts.glob("carry-*")) else []


def _analyse(_: Settings, _folder: DataFolder, sites: list[Site]) -> list[list[str]]:
    return [["analyse", "--site", site.key] for site in sites]


def _first_analysis(_: Settings, folder: DataFolder, sites: list[Site]) -> list[list[str]]:
    return [
        ["analyse", "--site", site.key]
        for site in sites
        if not runs.has_run(folder, site.key) and (folder.facts / site.key).is_dir()
    ]


JOBS: Final = (
    Job("fold", "Counts the visits that are closed and forgets their events.", _every_fold, _fold),
    Job(
        "analyse",
        "Finds the audiences of every site in the last weeks, and closes weeks that are over.",
        _every_night,
        _analyse,
    ),
    Job(
        "first-analysis",
        "Looks whether a new site has enough visits for its first analysis.",
        _every_hour,
        _first_analysis,
    ),
)


def run_job(name: str, data: str) -> None:
    """Run one job now: the function that the scheduler calls, by a name that survives a restart."""
    settings = Settings.load(data=Path(data))
    folder = DataFolder(settings.data)
    job = next(job for job in JOBS if job.name == name)
    for arguments in job.arguments(settings, folder, Registry.open(folder).all()):
        started, clock = datetime.now(UTC), time.monotonic()
        try:
            ended = subprocess.run(
                [*COMMAND, *arguments],
                capture_output=True,
                text=True,
                timeout=JOB_MAX_S,
                check=False,
                env=settings.environment(),
            )
            status, said = ended.returncode, (ended.stderr.strip() or ended.stdout.strip())
        except subprocess.TimeoutExpired:
            status, said = 124, f"ended after {JOB_MAX_S // 3600} hours"
        last = said.splitlines()[-1][:MESSAGE_MAX_CHARS] if said else ""
        note(
            folder,
            " ".join([name, *arguments[1:]]),
            Outcome(started.isoformat(timespec="seconds"), round(time.monotonic() - clock, 1), status, last),
        )
        if status:
            log.warning("job %s: exit status %s: %s", name, status, last)


def outcomes(folder: DataFolder) -> dict[str, Outcome]:
    """How each job ended last time, by its name and site."""
    try:
        return msgspec.json.decode((folder.path / "jobs.json").read_bytes(), type=dict[str, Outcome])
    except FileNotFoundError:
        return {}


def note(folder: DataFolder, name: str, outcome: Outcome) -> None:
    """Keep how a job ended."""
    with folder.hold("jobs", wait=True):
        known = outcomes(folder)
        known[name] = outcome
        write_aside(folder.path / "jobs.json", msgspec.json.format(msgspec.json.encode(known), indent=2))


def serve(settings: Settings, folder: DataFolder) -> None:
    """Run the jobs until SIGTERM or SIGINT; a job that is running is ended, which loses nothing: it is made up for."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    url = settings.database_url or f"sqlite:///{folder.database}"
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        # One at a time: two cores are for the collector too, and two analyses would double the memory.
        executors={"default": {"type": "threadpool", "max_workers": 1}},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 24 * 3600},
        timezone=None,
    )
    # A process group of its own, so that the commands that jobs have started can be ended with them.
    os.setpgrp()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    scheduler.start(paused=True)
    for job in JOBS:
        trigger = job.trigger(settings)
        known = scheduler.get_job(job.name)
        if known is None:
            scheduler.add_job(run_job, id=job.name, args=[job.name, str(folder.path)], **trigger)
        else:  # keep when it was due, take over what the settings say now
            due = known.next_run_time
            scheduler.add_job(run_job, id=job.name, args=[job.name, str(folder.path)], replace_existing=True, **trigger)
            if due is not None and due <= datetime.now(UTC):
                scheduler.modify_job(job.name, next_run_time=datetime.now(UTC))
    for stale in scheduler.get_jobs():
        if stale.id not in {job.name for job in JOBS}:
            stale.remove()
    scheduler.resume()
    stop.wait()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    scheduler.shutdown(wait=True)
