"""
What became of the events: counts per site, outcome and day, for ``/metrics`` and for the person who wonders why nothing arrives.

An outcome is ``accepted`` or a :class:`~collector.events.DropReason`. Counts only: nothing about the event is kept. Each process
counts in memory and writes its own file now and then; a reader adds the files up. What the outside invents (a site key that is not
registered) is counted under the site "", so it makes neither the memory nor the disk grow.

Beside a drop reason stand a few examples, for who has to find the cause: the host that is not one of the site's, the family of a bot.
Coarse, cleaned, at most :data:`EXAMPLES_MAX` a day, kept for a week.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import Counter
from pathlib import Path
from threading import get_ident
from typing import Final

import msgspec

from collector.events import DropReason
from collector.folder import DataFolder, write_aside

ACCEPTED: Final = "accepted"
KEPT_DAYS: Final = 35
EXAMPLES_MAX: Final = 20  # different ones per site, outcome and day, of one process
EXAMPLES_KEPT_DAYS: Final = 7

Day = int  # days since 1970-01-01, UTC
Counts = dict[tuple[str, str, Day], int]  # (site, outcome, day) → events


Examples = dict[tuple[str, str, Day], Counter[str]]  # (site, outcome, day) → events by example


class _Row(msgspec.Struct, array_like=True, omit_defaults=True):
    site: str
    outcome: str
    day: int
    events: int
    examples: dict[str, int] = {}


_DECODER: Final = msgspec.json.Decoder(list[_Row])


class Outcomes:
    """
    The counts of one process. ``Outcomes()`` counts in memory only; :meth:`open` also keeps them in the data folder.

    Args:
        path: file of this process, or None.
        counts: what the file held.
        examples: the same.
    """

    def __init__(
        self, path: Path | None = None, counts: Counts | None = None, examples: Examples | None = None
    ) -> None:
        self._path = path
        self._before: Counts = counts or {}
        self._examples: Examples = examples or {}
        self._of_examples = threading.Lock()
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
            outcomes = cls(path, *_read(path))
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

    def note(self, site: str, outcome: str, now: int, example: str) -> None:
        """
        Keep an example of what was dropped.

        Args:
            site: key of a registered site.
            outcome: a drop reason.
            now: time of the event.
            example: coarse and cleaned: nothing that tells a visitor; "" is none.
        """
        if not example:
            return
        with self._of_examples:  # not on the way of an event that counts
            noted = self._examples.setdefault((site, outcome, now // 86400), Counter())
            if example in noted or len(noted) < EXAMPLES_MAX:
                noted[example] += 1

    def forget(self, site: str) -> None:
        """Forget everything about *site*: it was removed."""
        for counts in (self._before, *list(self._by_thread.values())):
            for key in [key for key in counts.copy() if key[0] == site]:
                counts.pop(key, None)
                self._saved = -1  # so that it is written though the sum may come out the same
        with self._of_examples:
            for key in [key for key in self._examples if key[0] == site]:
                del self._examples[key]

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
        with self._of_examples:
            for key in [key for key in self._examples if key[2] < now // 86400 - EXAMPLES_KEPT_DAYS]:
                del self._examples[key]
            examples = {key: dict(noted) for key, noted in self._examples.items()}
        rows = [
            _Row(*key, events, examples.get(key, {}))
            for key, events in sorted(self._sum().items())
            if events and key[2] >= oldest
        ]
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
    for path in _files(folder):
        for key, events in _read(path)[0].items():
            counts[key] = counts.get(key, 0) + events
    return counts


def read_examples(folder: DataFolder, site: str, since: Day) -> dict[str, list[str]]:
    """
    Examples by outcome of one site, the most frequent first, at most :data:`EXAMPLES_MAX`.

    Args:
        folder: the data folder.
        site: key of the site.
        since: first day that counts, in days since 1970.
    """
    found: dict[str, Counter[str]] = {}
    for path in _files(folder):
        for (key, outcome, day), examples in _read(path)[1].items():
            if key == site and day >= since:
                found.setdefault(outcome, Counter()).update(examples)
    return {
        outcome: [example for example, _ in examples.most_common(EXAMPLES_MAX)] for outcome, examples in found.items()
    }


def read_bots(folder: DataFolder) -> Counter[tuple[str, str]]:
    """Events of bots by site and family, over the days that examples are kept."""
    found: Counter[tuple[str, str]] = Counter()
    for path in _files(folder):
        for (site, outcome, _), examples in _read(path)[1].items():
            if outcome == DropReason.BOT:
                for family, events in examples.items():
                    found[site, family] += events
    return found


def forget_site(folder: DataFolder, site: str, now: int) -> None:
    """
    Forget everything about *site* in the files of dead processes; the living forget by themselves (:meth:`Outcomes.forget`).

    Args:
        now: seconds since 1970.
    """
    for path in _files(folder):
        handle = os.open(folder.locks / f"outcomes-{path.stem}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            outcomes = Outcomes(path, *_read(path))
            outcomes.forget(site)
            outcomes.save(now)
        finally:
            os.close(handle)


def _files(folder: DataFolder) -> list[Path]:
    return sorted(folder.outcomes.glob("*.json")) if folder.outcomes.is_dir() else []


def _read(path: Path) -> tuple[Counts, Examples]:
    """
    The counts and examples in one file; a file that is not there or is damaged counts nothing.

    Figures for people are not worth a collector that does not start.
    """
    try:
        rows = _DECODER.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return {}, {}
    keys = [(row.site, row.outcome, row.day) for row in rows]
    counts = {key: row.events for key, row in zip(keys, rows, strict=True)}
    return counts, {key: Counter(row.examples) for key, row in zip(keys, rows, strict=True) if row.examples}
