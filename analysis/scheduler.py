"""
The jobs process: asks for what is due, and does what is asked, one after the other.

Each request is done by a command of ``telpunt`` as a process of its own, so that what it needs in memory (Polars, UMAP, numba: hundreds
of megabytes) is given back, and a crash in it is an outcome and not an outage. One at a time: two cores are for the collector too, and
two analyses would double the memory.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, Final

from sqlalchemy import Engine, create_engine

from analysis import history, jobs, queue, running
from analysis.history import Ending, Row
from analysis.queue import Request
from analysis.running import Clock
from collector.folder import DataFolder
from collector.settings import Settings

log = logging.getLogger("telpunt.jobs")

# -P: what lies in the folder that it was started in is no part of it.
COMMAND: Final = (sys.executable, "-P", "-m", "dashboard.cli")
# A job that hangs for longer than this is ended; a year of a large site is analysed in minutes.
JOB_MAX_S: Final = 6 * 3600
# What was interrupted is done again, but not for ever: it may be what stops the machine.
INTERRUPTED_MAX: Final = 3
LOOK_EVERY_S: Final = 0.5
LOCK: Final = "jobs"


class Worker:
    """
    Does what the queue holds.

    Args:
        command: that does a job, before its arguments.
        job_max_s: seconds after which it is ended.
        stop: set by who wants it to stop; what is under way is ended then, and done again at the next start.
    """

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        *,
        clock: Clock,
        stop: threading.Event,
        command: tuple[str, ...] = COMMAND,
        job_max_s: float = JOB_MAX_S,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._stop = stop
        self._command = command
        self._job_max_s = job_max_s
        self._last = ""  # the job that was done last

    def run(self) -> None:
        """Work until it is told to stop."""
        while not self._stop.is_set():
            if not self.do_next():
                self._stop.wait(LOOK_EVERY_S)

    def do_next(self) -> bool:
        """Do one request; False: there is none that can be done now."""
        running.settle(self._folder)
        free = [one for one in queue.waiting(self._folder) if not running.held(self._folder, one.key)]
        request = queue.next_of(free, self._last)
        if request is None:
            return False
        self._last = request.job
        if self._gives_up(request) or self._do(request):
            queue.done(self._folder, request)
        return True

    def _gives_up(self, request: Request) -> bool:
        """Is it one that was interrupted again and again? A person may ask for it once more."""
        key = (request.job, request.site)
        if history.in_a_row(history.rows(self._folder), key, "interrupted") < INTERRUPTED_MAX:
            return False
        self._note(request, self._clock(), "failed", f"not tried again after {INTERRUPTED_MAX} interruptions in a row")
        return True

    def _do(self, request: Request) -> bool:
        """Run its command; False: it was ended because this process stops."""
        began, clock = self._clock(), time.monotonic()
        before = history.last(self._folder).get((request.job, request.site))
        arguments = [*self._command, *jobs.command(request.job, request.site), "--by", request.by]
        hangs = False
        with subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=self._settings.environment(),
        ) as process:
            while True:
                try:
                    _, said = process.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    hangs = hangs or time.monotonic() - clock > self._job_max_s
                    if hangs or self._stop.is_set():
                        process.terminate()
        if self._stop.is_set():
            running.settle(self._folder, ending="stopped", message="with the server; done again at its next start")
            return False
        ended: tuple[Ending, str] = ("failed", _reason(process.returncode, said))
        if hangs:
            ended = "hung", f"ended after {self._job_max_s / 3600:.0f} hours"
        elif process.returncode < 0:
            ended = "failed", f"ended by {signal.Signals(-process.returncode).name}; is there memory enough?"
        running.settle(self._folder, ending=ended[0], message=ended[1])
        after = history.last(self._folder).get((request.job, request.site))
        if after == before:  # it did not come so far as to leave a trace itself, or there was nothing to do
            if process.returncode or hangs:
                self._note(request, began, *ended)
        elif after is not None and not after.well:
            log.warning("job %s: %s", " ".join(jobs.command(request.job, request.site)), history.sentence(after))
        return True

    def _note(self, request: Request, began: datetime, ending: Ending, message: str) -> None:
        seconds = round((self._clock() - began).total_seconds(), 1)
        row = Row(
            request.job, request.site, request.by, began.isoformat(timespec="milliseconds"), seconds, ending, message
        )
        history.keep(self._folder, row)
        log.warning("job %s: %s", " ".join(jobs.command(request.job, request.site)), history.sentence(row))


def _reason(status: int, said: str) -> str:
    """Why a command ended before it began: our own sentence when it said one. What else it said may hold anything, and is not kept."""
    own = [line.removeprefix("telpunt: ") for line in said.splitlines() if line.startswith("telpunt: ")]
    return history.clean(own[-1]) if own else f"ended with exit status {status} before it began"


def serve(settings: Settings, folder: DataFolder) -> None:
    """Ask for jobs when they are due and do them, until SIGTERM or SIGINT; what is under way then is done again at the next start."""
    # A process group of its own, so that the commands that jobs have started can be ended with them.
    os.setpgrp()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with folder.hold(LOCK, wait=True):
        engine = create_engine(
            settings.database_url or f"sqlite:///{folder.database}",
            **({} if settings.database_url else {"connect_args": {"timeout": 15}}),
        )
        scheduler = _scheduler(engine, settings, folder)
        try:
            Worker(settings, folder, clock=lambda: datetime.now(UTC), stop=stop).run()
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)
            scheduler.shutdown(wait=True)
            engine.dispose()


def _scheduler(engine: Engine, settings: Settings, folder: DataFolder) -> Any:  # APScheduler has no types
    """APScheduler with the rows of :data:`analysis.jobs.JOBS`, started."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=engine)},
        executors={"default": {"type": "threadpool", "max_workers": 1}},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 24 * 3600},
        timezone=None,
    )
    was_due = jobs.due(engine)
    scheduler.start(paused=True)
    for job in jobs.JOBS:
        trigger = job.trigger(settings)
        given = {"replace_existing": True, **trigger, **_first_time(was_due.get(job.name), trigger, datetime.now(UTC))}
        scheduler.add_job(jobs.run_job, id=job.name, args=[job.name, str(folder.path)], **given)
    for stale in scheduler.get_jobs():
        if stale.id not in {job.name for job in jobs.JOBS}:
            stale.remove()
    scheduler.resume()
    return scheduler


def _first_time(due: datetime | None, trigger: dict[str, object], now: datetime) -> dict[str, datetime]:
    """
    When a job is due first after a start: at once when it was due while nothing ran; else when it was due, so that a server which
    is started again every half hour does its hourly jobs too. Settings that have changed meanwhile count.
    """
    if due is None:
        return {}
    if due <= now:
        return {"next_run_time": now}
    if trigger["trigger"] != "interval":
        return {}
    length = timedelta(**{name: value for name, value in trigger.items() if name != "trigger"})  # type: ignore[arg-type]
    return {"next_run_time": min(due, now + length)}
