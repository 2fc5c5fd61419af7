"""What runs, how the jobs ended, what waits, what it takes on the disk, and what needs a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from analysis import gate, history, jobs, queue, running, runs, scheduler
from analysis.files import stats
from analysis.store import Store
from collector.errors import FileDamaged
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry

DISK_FREE_MIN: Final = 0.05  # of the disk
MIB: Final = 2**20


@dataclass
class Status:
    """
    The state of an installation.

    Attributes:
        lines: what is so.
        needs: what needs a person; the command's exit status is 1 when there is any.
    """

    lines: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


def look(folder: DataFolder, settings: Settings, sites: Registry, *, now: datetime) -> Status:
    """
    Look at everything.

    Args:
        now: UTC time, against which ages are reckoned.
    """
    status = Status()
    for chapter in (_serving, _sites, _jobs, _queue, _disk):
        for line, is_need in chapter(folder, settings, sites, now):
            (status.needs if is_need else status.lines).append(line)
    return status


Told = Iterator[tuple[str, bool]]


def _serving(folder: DataFolder, _settings: Settings, _sites: Registry, _now: datetime) -> Told:
    if running.is_held(folder, "serve"):
        by_itself = (
            "" if running.is_held(folder, scheduler.LOCK) else "; its jobs process is not: no job runs by itself"
        )
        yield f"telpunt serve is running{by_itself}", False
        return
    yield "telpunt serve is not running: nothing is counted now, and no job runs by itself", False
    if jobs.has_events(folder):
        yield "telpunt serve is not running while events wait to be counted; start it, or run: telpunt fold", True


def _sites(folder: DataFolder, _settings: Settings, sites: Registry, _now: datetime) -> Told:
    store = Store(folder)
    for site in sites.all():
        weeks = store.weeks(site.key)
        counted = f"counted {weeks[0]} to {weeks[-1]}" if weeks else "nothing counted yet"
        try:
            run = runs.current(folder, site.key).run
            found = f"{run.segments} audiences up to {run.end}"
            held = runs.held(folder, site.key)
            found += f". {gate.sentence(held, run, 'en')}" if held else ""
        except runs.NoRun:
            waits = runs.waiting(folder, site.key)
            found = f"no analysis yet ({waits.visits} of {waits.needed} visits)" if waits else "no analysis yet"
        except FileDamaged as damaged:
            found = "its analysis cannot be read"
            yield f"site {site.key}: {damaged}", True
        yield f"site {site.key}: {counted}; {found}", False
    if not sites.all():
        yield "no site is registered; add one with: telpunt site add KEY --host HOST", True


def _jobs(folder: DataFolder, _settings: Settings, sites: Registry, _now: datetime) -> Told:
    if not running.is_held(folder, scheduler.LOCK):
        running.settle(folder)  # what was killed by hand is told, though no jobs process has looked since
    at_work = running.running(folder)
    for one in at_work:
        yield str(one), False
    under_way = {running.key_of(one.job, one.site) for one in at_work}
    waits = [request for request in queue.waiting(folder) if request.key not in under_way]
    for request in waits:
        what = f"{request.job} of {request.site}" if request.site else request.job
        yield f"{what} waits for its turn since {_moment(request.asked)}", False
    if waits and not running.is_held(folder, "serve"):
        yield f"jobs that wait: {len(waits)}, and nobody does them: start telpunt serve", True
    rows = history.rows(folder)
    for key, row in sorted(history.last(folder).items()):
        if row.site and sites.get(row.site) is None:
            continue  # it is gone, and so is what was wrong with it
        times = history.in_a_row(rows, key, "failed", "hung", "interrupted")
        # A single interruption is made up for by itself.
        needs = not row.well and (row.ending != "interrupted" or times > 1)
        often = f", {times} times in a row" if times > 1 else ""
        name = " ".join(jobs.command(row.job, row.site))
        yield f"job {name}: {_moment(row.started)}, {row.seconds:.0f} s: {history.sentence(row)}{often}", needs


def _moment(iso: str) -> str:
    return f"{iso[:16].replace('T', ' ')} UTC"


def _queue(folder: DataFolder, settings: Settings, _sites: Registry, now: datetime) -> Told:
    waiting = [(path, found) for path, found in stats(folder.journal) if ".ndjson" in path.name]
    size = sum(found.st_size for _, found in waiting)
    yield f"queue: {size / MIB:.1f} MB of events in {len(waiting)} files", False
    late = now - timedelta(seconds=max(6 * settings.fold_every_s, 3600))
    if any(path.suffix == ".ndjson" and datetime.fromtimestamp(found.st_mtime, UTC) < late for path, found in waiting):
        yield "events wait for more than an hour to be counted; run: telpunt fold", True


def _disk(folder: DataFolder, _settings: Settings, _sites: Registry, _now: datetime) -> Told:
    sizes = {
        room.name: sum(found.st_size for _, found in stats(room))
        for room in (folder.journal, folder.facts, folder.runs)
    }
    disk = shutil.disk_usage(folder.path)
    parts = ", ".join(f"{name} {size / MIB:.1f} MB" for name, size in sizes.items())
    yield f"disk: {parts}; {disk.free / 2**30:.1f} GB of {disk.total / 2**30:.0f} GB free", False
    if disk.free < DISK_FREE_MIN * disk.total:
        yield f"the disk of {folder.path} is nearly full; make room, or events will be refused", True
