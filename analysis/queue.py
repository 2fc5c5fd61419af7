"""
What is to be done: a small file per request, from the moment it is asked for until it is done.

    jobs/waiting-KEY.json

The clock asks, and a button asks; the jobs process (:mod:`analysis.scheduler`) does one after the other. A request that is there already
is not made twice, and it stays until its run has ended by itself: what was under way when the machine stopped is done again.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import msgspec

from analysis.history import By
from analysis.running import key_of
from collector.folder import DataFolder, write_aside

log = logging.getLogger("telpunt.jobs")


class Request(msgspec.Struct, frozen=True):
    """
    Something to be done.

    Attributes:
        job: ``fold`` or ``analyse``.
        site: its key, or "" for all.
        by: who asked.
        asked: when, UTC, ISO 8601.
    """

    job: str
    site: str
    by: By
    asked: str

    @property
    def key(self) -> str:
        """What excludes what, see :func:`analysis.running.key_of`."""
        return key_of(self.job, self.site)


def ask(folder: DataFolder, job: str, site: str, *, by: By, now: datetime) -> bool:
    """Ask for a job; False: it was asked for already."""
    request = Request(job, site, by, now.isoformat(timespec="seconds"))
    path = _path(folder, request.key)
    if path.exists():
        return False
    write_aside(path, msgspec.json.encode(request))
    return True


def waiting(folder: DataFolder) -> list[Request]:
    """What is asked for and not done, the oldest first; the one that is being done is among it."""
    found = []
    for path in folder.jobs.glob("waiting-*.json"):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Request))
        except FileNotFoundError:
            continue  # done meanwhile
        except msgspec.DecodeError as error:
            log.warning("%s can't be read and is thrown away: %s", path, error)
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda request: request.asked)


def next_of(requests: list[Request], last: str) -> Request | None:
    """
    Which to do next: a fold before analyses, since it is short and events wait for it, but not twice in a row while others wait.

    Args:
        requests: that can be done now, the oldest first.
        last: the job that was done last.
    """
    return min(requests, key=lambda request: (request.job == last, request.job != "fold", request.asked), default=None)


def done(folder: DataFolder, request: Request) -> None:
    """Take a request off."""
    _path(folder, request.key).unlink(missing_ok=True)


def _path(folder: DataFolder, key: str) -> Path:
    return folder.jobs / f"waiting-{key}.json"
