"""
What runs at this moment, and how far it is: told by the process that does it, read by the page, the status and the next one in line.

    jobs/running-KEY.json    the record, replaced at each step, removed at the end
    locks/job-KEY            held by the process for as long as it lives

KEY is ``fold``, or ``analyse-SITE``: one at a time, whoever asks. The system lets go of a lock when its process dies, however it dies; so
a record whose lock is free is the trace of a run that was interrupted, whatever process has its number now.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from analysis import history
from analysis.history import By, Ending, Row
from collector.errors import FolderBusy
from collector.folder import DataFolder

Clock = Callable[[], datetime]
Show = Callable[[str, float], None]

STEP: Final = 0.01  # share of the work by which it has to have moved before it is written down


class Running(msgspec.Struct, frozen=True):
    """
    A job that runs.

    Attributes:
        job, site, by, started: as in :class:`analysis.history.Row`.
        pid: of its process.
        chapter: what it is doing, in English.
        share: how far it is, 0 to 1.
        seen: when it last told, UTC, ISO 8601.
    """

    job: str
    site: str
    by: By
    started: str
    pid: int
    chapter: str
    share: float
    seen: str

    def __str__(self) -> str:
        what = f"{self.job} of {self.site}" if self.site else self.job
        doing = f": {self.chapter}, {self.share:.0%}" if self.chapter else ""
        return f"{what} runs since {self.started[:16].replace('T', ' ')} UTC{doing}"


class Work:
    """The record of the run that this process does; made by :func:`at_work`."""

    def __init__(self, path: Path, running: Running, clock: Clock, show: Show) -> None:
        self._path = path
        self._clock = clock
        self._show = show
        self.running = running
        self.numbers: dict[str, int | str] = {}
        self._write()

    def tell(self, chapter: str, share: float) -> None:
        """Say what is being done, and how far it is (0 to 1)."""
        self._show(chapter, share)
        if chapter != self.running.chapter or abs(share - self.running.share) >= STEP:
            self.running = msgspec.structs.replace(
                self.running, chapter=chapter, share=min(1.0, max(0.0, share)), seen=_iso(self._clock())
            )
            self._write()

    def did(self, **numbers: int | str) -> None:
        """Say what was done, for the history. Numbers of visits obey the rule of k."""
        self.numbers = numbers

    def _write(self) -> None:
        # Not flushed to the disk: after a power cut it only has to say that something ran, and its first version says that.
        aside = self._path.with_name(f".{self._path.name}.{os.getpid()}.aside")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(self.running))
        aside.replace(self._path)


def key_of(job: str, site: str) -> str:
    """What excludes what: an analysis excludes those of its site, a fold all folds, since they share one journal."""
    return f"{job}-{site}" if job == "analyse" else job


@contextmanager
def at_work(
    folder: DataFolder,
    job: str,
    site: str = "",
    *,
    by: By,
    clock: Clock,
    waits: Callable[[Running | None], None] = lambda _other: None,
    show: Show = lambda _chapter, _share: None,
) -> Iterator[Work]:
    """
    Do a job, alone: what runs is seen by others meanwhile, and how it ended is kept.

    Args:
        job: ``fold`` or ``analyse``.
        site: its key, or "" for all.
        clock: UTC time.
        waits: called when somebody else is at it, with what they do, before waiting until they are through.
        show: told what is being done and how far, as the record is.
    """
    key = key_of(job, site)
    with ExitStack() as held_until_the_end:
        try:
            held_until_the_end.enter_context(folder.hold(f"job-{key}"))
        except FolderBusy:
            waits(read(folder, key))
            held_until_the_end.enter_context(folder.hold(f"job-{key}", wait=True))
        yield from _work(folder, key, job, site, by, clock, show)


def _work(folder: DataFolder, key: str, job: str, site: str, by: By, clock: Clock, show: Show) -> Iterator[Work]:
    _note_interrupted(folder, key, "interrupted", "")
    path = _path(folder, key)
    began = clock()
    work = Work(path, Running(job, site, by, _iso(began), os.getpid(), "", 0.0, _iso(began)), clock, show)
    ending: tuple[Ending, str, dict[str, int | str]] = ("done", "", {})
    try:
        yield work
    except BaseException as error:
        ending = history.told(error)
        raise
    finally:
        seconds = round((clock() - began).total_seconds(), 1)
        history.keep(folder, Row(job, site, by, _iso(began), seconds, ending[0], ending[1], ending[2] or work.numbers))
        path.unlink(missing_ok=True)


def running(folder: DataFolder) -> list[Running]:
    """What runs now, the oldest first."""
    found = [record for key in _keys(folder) if (record := read(folder, key)) and held(folder, key)]
    return sorted(found, key=lambda record: record.started)


def settle(folder: DataFolder, *, ending: Ending = "interrupted", message: str = "") -> list[Row]:
    """Put what was interrupted into the history, and say what that was."""
    settled = []
    for key in _keys(folder):
        try:
            with folder.hold(f"job-{key}"):
                settled += _note_interrupted(folder, key, ending, message)
        except FolderBusy:
            continue  # it runs
    return settled


def held(folder: DataFolder, key: str) -> bool:
    """Is somebody at it?"""
    return is_held(folder, f"job-{key}")


def is_held(folder: DataFolder, part: str) -> bool:
    """Does a process that lives hold *part* of the folder?"""
    try:
        with folder.hold(part):
            return False
    except FolderBusy:
        return True


def read(folder: DataFolder, key: str) -> Running | None:
    """The record of *key*, whether it still runs or not; None: there is none."""
    try:
        return msgspec.json.decode(_path(folder, key).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):  # a power cut may leave an empty file
        return None


def _note_interrupted(folder: DataFolder, key: str, ending: Ending, message: str) -> list[Row]:
    """To be called with the lock of *key*: a record that is there then is the trace of a run that did not end."""
    path, record = _path(folder, key), read(folder, key)
    found = []
    # A kill between the row of a run and the end of its record leaves both.
    if record is not None and not any(
        row.started == record.started for row in history.rows(folder) if row.key == (record.job, record.site)
    ):
        seconds = (datetime.fromisoformat(record.seen) - datetime.fromisoformat(record.started)).total_seconds()
        found = [Row(record.job, record.site, record.by, record.started, round(seconds, 1), ending, message)]
        history.keep(folder, found[0])
    path.unlink(missing_ok=True)
    return found


def _keys(folder: DataFolder) -> list[str]:
    return [path.name.removeprefix("running-").removesuffix(".json") for path in folder.jobs.glob("running-*.json")]


def _path(folder: DataFolder, key: str) -> Path:
    return folder.jobs / f"running-{key}.json"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
