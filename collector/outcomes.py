"""
What became of the events: counts per site, outcome and day, for ``/metrics`` and for the person who wonders why nothing arrives.

An outcome is ``accepted`` or a :class:`~collector.events.DropReason`. Counts only: nothing about the event is kept. Each process
counts in memory and writes its own file now and then; a reader adds the files up. What the outside invents (a site key that is not
registered) is counted under the site "", so it makes neither the memory nor the disk grow.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from pathlib import Path
from threading import get_ident
from typing import Final

import msgspec

from collector.folder import DataFolder, write_aside

ACCEPTED: Final = "accepted"
KEPT_DAYS: Final = 35

Day = int  # days since 1970-01-01, UTC
Counts = dict[tuple[str, str, Day], int]  # (site, outcome, day) → events


class _Row(msgspec.Struct, array_like=True):
    site: str
    outcome: str
    day: int
    events: int


_DECODER: Final = msgspec.json.Decoder(list[_Row])


class Outcomes:
    """
    The counts of one process. ``Outcomes()`` counts in memory only; :meth:`open` also keeps them in the data folder.

    Args:
        path: file of this process, or None.
        counts: what the file held.
    """

    def __init__(self, path: Path | None = None, counts: Counts | None = None) -> None:
        self._path = path
        self._before: Counts = counts or {}
        self._by_thread: dict[int, Counts] = {}
        self._saved = sum(self._before.values())
        self._lock = -1

    @classmethod
    def open(cls, folder: DataFolder, name: str) -> Outcomes:
        """
        Go on where an earlier process of this *name* stopped, in a file that no living process has.

        There are at most as many files as processes of one name have lived at a time.
        """
        folder.outcomes.mkdir(mode=0o700, exist_ok=True)
        number = 0
        while True:
            number += 1
            handle = os.open(folder.locks / f"outcomes-{name}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                continue
            path = folder.outcomes / f"{name}-{number}.json"
            outcomes = cls(path, _read(path))
            outcomes._lock = handle
            return outcomes

    def add(self, site: str, outcome: str, now: int, events: int = 1) -> None:
        """
        Count *events* at *now* (seconds since 1970).

        Args:
            site: key of a registered site, or "".
            outcome: ``accepted`` or a drop reason.
            now: time of the event; days are cut in UTC.
            events: how many; negative takes back what could not be kept after all.
        """
        # A count per thread, so that adding one takes no lock and loses none. Numbers of threads come again, so there are few.
        thread = get_ident()
        counts = self._by_thread.get(thread)
        if counts is None:
            counts = self._by_thread[thread] = {}
        key = (site, outcome, now // 86400)
        counts[key] = counts.get(key, 0) + events

    def totals(self, site: str | None = None) -> Counter[str]:
        """Events per outcome over all days, of one site or of all."""
        totals: Counter[str] = Counter()
        for (key, outcome, _), events in self._sum().items():
            if site is None or key == site:
                totals[outcome] += events
        return totals

    def save(self, now: int) -> None:
        """
        Write the file when something was counted since the last time; days older than 35 are left out.

        Args:
            now: seconds since 1970, by the process's own clock.

        Raises:
            OSError: it can't be written; the counts stay in memory and go with the next try.
        """
        if self._path is None:
            return
        oldest = now // 86400 - KEPT_DAYS
        rows = [_Row(*key, events) for key, events in sorted(self._sum().items()) if events and key[2] >= oldest]
        events = sum(row.events for row in rows)
        if events == self._saved:
            return
        write_aside(self._path, msgspec.json.encode(rows) + b"\n")
        self._saved = events

    def _sum(self) -> Counts:
        total = Counter(self._before)
        for counts in list(self._by_thread.values()):
            for key, events in counts.copy().items():
                total[key] += events
        return total

    def close(self, now: int) -> None:
        """Write what is not written yet and let go of the file."""
        self.save(now)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def read_all(folder: DataFolder) -> Counts:
    """The counts of all processes, dead or alive, as last written (the living write every ten seconds)."""
    counts: Counts = {}
    for path in sorted(folder.outcomes.glob("*.json")) if folder.outcomes.is_dir() else ():
        for key, events in _read(path).items():
            counts[key] = counts.get(key, 0) + events
    return counts


def _read(path: Path) -> Counts:
    """
    The counts in one file; a file that is not there or is damaged counts nothing.

    Figures for people are not worth a collector that does not start.
    """
    try:
        rows = _DECODER.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {(row.site, row.outcome, row.day): row.events for row in rows}
