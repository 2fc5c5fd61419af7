"""
What happens by itself: jobs as rows.

When a job is due it puts requests in the queue (:mod:`analysis.queue`), one per site; the jobs process (:mod:`analysis.scheduler`) does
them. APScheduler keeps its times in the database, so that what was due while nothing ran is made up for, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from analysis import queue, retention, runs
from analysis.files import stats
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Site

if TYPE_CHECKING:
    from sqlalchemy import Engine

ALL_SITES: Final = ("",)
REPORTS_LOOK: Final = "reports-look"  # in jobs/: from when on (seconds since 1970) there may be a report to send
REPORTS_WITHIN_S: Final = 3600  # what is noted is never later than this; if it is, a clock was wrong


@dataclass(frozen=True)
class Job:
    """
    A row of the table below.

    Attributes:
        name: of the job.
        does: what it does, in a sentence for people.
        runs: what it asks for, ``fold`` or ``analyse``.
        trigger: when, as arguments of an APScheduler trigger.
        sites: for which site keys it asks that when it is due; "" is all at once, none: nothing to do now.
    """

    name: str
    does: str
    runs: str
    trigger: Callable[[Settings], dict[str, object]]
    sites: Callable[[DataFolder, list[Site]], list[str]]


def _every_fold(settings: Settings) -> dict[str, object]:
    return {"trigger": "interval", "seconds": settings.fold_every_s}


def _every_night(settings: Settings) -> dict[str, object]:
    hour, _, minute = settings.analyse_at.partition(":")
    return {"trigger": "cron", "hour": int(hour), "minute": int(minute)}


def _every_hour(_: Settings) -> dict[str, object]:
    return {"trigger": "interval", "hours": 1}


def _every_ten_minutes(_: Settings) -> dict[str, object]:
    return {"trigger": "interval", "minutes": 10}


def has_events(folder: DataFolder, _sites: list[Site] | None = None) -> list[str]:
    """All sites at once when there are events that a fold would read, else none."""
    journal = (found.st_size for path, found in stats(folder.journal) if ".ndjson" in path.name)
    carried = (found.st_size for path, found in stats(folder.facts) if path.name.startswith("carry-"))
    return [*ALL_SITES] if any(journal) or any(carried) else []


def _each(_: DataFolder, sites: list[Site]) -> list[str]:
    return [site.key for site in sites]


def _without_a_run(folder: DataFolder, sites: list[Site]) -> list[str]:
    return [site.key for site in sites if not runs.has_run(folder, site.key) and (folder.facts / site.key).is_dir()]


def _to_tidy(folder: DataFolder, sites: list[Site]) -> list[str]:
    """All sites at once when a removed one has left something, or one has counts that are older than it keeps."""
    now = datetime.now(UTC)
    old = any(retention.is_due(folder, site, now) for site in sites)
    return [*ALL_SITES] if old or Registry.open(folder).removed else []


def _to_send(folder: DataFolder, _sites: list[Site]) -> list[str]:
    """All sites at once when the time has come that was noted by who keeps the subscriptions; none where there never was one."""
    try:
        noted = (folder.jobs / REPORTS_LOOK).read_text()
    except FileNotFoundError:
        return []
    when = int(noted) if noted.isdecimal() else 0
    now = datetime.now(UTC).timestamp()
    return [*ALL_SITES] if when <= now or when > now + REPORTS_WITHIN_S else []


JOBS: Final = (
    Job("fold", "Counts the visits that are closed and forgets their events.", "fold", _every_fold, has_events),
    Job(
        "analyse",
        "Finds the audiences of every site in the last weeks, and closes weeks that are over.",
        "analyse",
        _every_night,
        _each,
    ),
    Job(
        "first-analysis",
        "Looks whether a new site has enough visits for its first analysis.",
        "analyse",
        _every_hour,
        _without_a_run,
    ),
    Job(
        "tidy",
        "Deletes what removed sites have left, and counts that are older than a site keeps.",
        "tidy",
        _every_fold,
        _to_tidy,
    ),
    Job("reports", "Sends the reports and alerts that are due.", "reports", _every_ten_minutes, _to_send),
)


def command(job: str, site: str) -> list[str]:
    """The arguments of ``telpunt`` that do a job."""
    return [job, "--site", site] if site else [job]


def run_job(name: str, data: str) -> None:
    """Ask for what a job is there for: the function that the scheduler calls, by a name that survives a restart."""
    folder = DataFolder(Path(data))
    job = next(job for job in JOBS if job.name == name)
    for site in job.sites(folder, Registry.open(folder).all()):
        queue.ask(folder, job.runs, site, by="clock", now=datetime.now(UTC))


def due(engine: Engine) -> dict[str, datetime]:
    """When each job is due next, by its name, UTC; nothing before the jobs process has ever run."""
    from sqlalchemy import inspect, text

    if not inspect(engine).has_table("apscheduler_jobs"):
        return {}
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, next_run_time FROM apscheduler_jobs")).all()
    return {str(name): datetime.fromtimestamp(float(when), UTC) for name, when in found if when is not None}
