"""
The journal: events of visits that are not yet folded, one line each, append-only. The first of the four memories.

    journal/
    ├── w1-0000000000000001.ndjson.open   being written; its writer holds a lock on it for as long as it lives
    ├── w1-0000000000000000.ndjson        complete and immutable; belongs to the fold, which deletes it
    ├── import-<id>/000001.ndjson         complete; an import counts whole or not at all
    ├── .import-<id>.part/                an import on its way; nothing of it counts
    └── .rotate                           touched by who wants complete files; writers look at it once a second

A line is with the operating system before its event is acknowledged, so a process that is killed at any instruction loses nothing
that it acknowledged. A line is written by one ``write`` to a file opened with O_APPEND; a write that stops halfway (full disk) is
cut off again before the next one, and a tail that a dead writer left is cut off when its file is adopted.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.folder import DataFolder
from collector.settings import Settings
from collector.stage import discard_dead_imports

SEGMENT_BYTES: Final = 64 * 1024 * 1024  # about 250,000 events: what a fold takes at a time
_OPEN: Final = ".ndjson.open"
_REQUEST: Final = ".rotate"
_TAIL_BYTES: Final = 65536
# Kept free on the disk, so that a fold can still write its counts and make room: this, or a twentieth of a small disk.
RESERVE_BYTES: Final = 64 * 1024 * 1024
RESERVE_SHARE: Final = 20


class JournalFull(OSError):
    """When the journal has reached its size, or the disk its reserve; nothing is written until a fold has made room."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.ENOSPC, reason)


class _Segment:
    """One file that is being written, by one thread at a time. Locked until it is closed."""

    __slots__ = ("handle", "path", "requested", "size", "synced")

    def __init__(self, path: Path, handle: int, requested: int) -> None:
        self.path = path
        self.handle = handle
        self.requested = requested  # the request for complete files that was the last one when this file was begun
        self.size = 0  # bytes, always after a newline
        self.synced = 0

    def write(self, lines: bytes) -> None:
        """
        Append whole lines.

        Raises:
            OSError: not all of it could be written; what was written of it is cut off again.
        """
        try:
            written = os.write(self.handle, lines)
            while written < len(lines):  # the disk is full, or a signal came: the next write tells which
                written += os.write(self.handle, lines[written:])
        except OSError:
            os.ftruncate(self.handle, self.size)
            raise
        self.size += len(lines)

    def sync(self) -> None:
        size = self.size
        if size != self.synced:
            os.fsync(self.handle)
            self.synced = size

    def seal(self) -> None:
        """Make it a complete file, or nothing when it is empty, and close it."""
        try:
            if self.size:
                os.ftruncate(self.handle, self.size)  # fails: it stays .open, and who adopts it cuts off the tail
                self.sync()
                self.path.rename(self.path.with_suffix(""))
            else:
                self.path.unlink()
        except FileNotFoundError:
            pass  # somebody deleted it, or moved the folder
        finally:
            os.close(self.handle)


class Journal:
    """
    The journal of one worker.

    :meth:`append` may be called from several threads and takes no lock: a file is checked out of a pool (one atomic operation
    of a deque) and put back after the write, so nobody else can be writing to it. All else is for one housekeeping thread, which
    calls :meth:`tend` about once a second.
    """

    def __init__(
        self, folder: Path, worker: str, fsync_every_s: float, max_bytes: int, clock: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._worker = worker
        self._fsync_every_s = fsync_every_s
        self._max_bytes = max_bytes
        self.full = ""  # why nothing is written at the moment
        self._clock = clock
        self._idle: deque[_Segment] = deque()
        self._all: dict[_Segment, None] = {}  # an ordered set; its operations are atomic, too
        self._opening = threading.Lock()  # files are opened a few times an hour
        self._last_name = 0
        self._next_sync = 0.0

    @classmethod
    def open(
        cls, folder: DataFolder, worker: str, settings: Settings, *, clock: Callable[[], float] = time.monotonic
    ) -> Journal:
        """
        Begin a journal.

        Args:
            folder: the data folder.
            worker: name of the worker; part of the file names.
            settings: ``fsync_every_s`` and ``journal_max_mb`` count here.
            clock: seconds that only go up.

        Raises:
            OSError: the folder can't be written.
        """
        folder.journal.mkdir(mode=0o700, exist_ok=True)
        journal = cls(folder.journal, worker, settings.fsync_every_s, settings.journal_max_mb * 1_000_000, clock)
        journal._idle.append(journal._new_segment())
        return journal

    def append(self, lines: bytes) -> None:
        """
        Write *lines* (whole lines, newline included); when this returns they are with the operating system.

        Raises:
            OSError: they could not be written, and nothing of them is kept. The next call tries anew.
            JournalFull: so much is waiting to be folded, or the disk so full, that nothing is tried.
        """
        if self.full:
            raise JournalFull(self.full)
        try:
            segment = self._idle.pop()
        except IndexError:
            segment = self._new_segment()
        try:
            segment.write(lines)
            if self._fsync_every_s == 0:
                segment.sync()
        except OSError:
            self._retire(segment)
            raise
        self._idle.append(segment)

    def tend(self) -> None:
        """
        Flush to the disk when it is time; complete the files that are large, asked for, or deleted by somebody else.

        Raises:
            OSError: the disk refuses; call again later.
        """
        self.full = self._find_full()
        now = self._clock()
        if self._fsync_every_s and now >= self._next_sync:
            self._next_sync = now + self._fsync_every_s
            for segment in list(self._all):
                self._sync(segment)
        requested = _stamp(self._folder / _REQUEST)
        for segment in list(self._all):
            asked = requested != segment.requested
            due = asked or segment.size >= SEGMENT_BYTES or not _is_at(segment.handle, segment.path)
            if due and segment.size and self._check_out(segment):
                self._retire(segment)

    def _find_full(self) -> str:
        """Why there is no room, or ""; at most a second old, in which a worker writes some 5 MB."""
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < min(RESERVE_BYTES, disk.f_blocks * disk.f_frsize // RESERVE_SHARE):
            return "the disk is full"
        with os.scandir(self._folder) as files:
            waiting = sum(_size(file) for file in files if ".ndjson" in file.name)
        return "the journal is full" if waiting >= self._max_bytes else ""

    def _sync(self, segment: _Segment) -> None:
        """Flush *segment* while nobody writes to it: a write would wait for the disk, some 50 ms where others take 0.002."""
        mine = segment.size != segment.synced and self._check_out(segment)
        try:
            segment.sync()
        finally:
            if mine:
                self._idle.appendleft(segment)

    def _check_out(self, segment: _Segment) -> bool:
        """Take *segment* out of the pool, so that nobody writes to it; False when it is in use all the time."""
        for _ in range(100):
            try:
                self._idle.remove(segment)
            except ValueError:
                time.sleep(0.001)  # a thread has it, for the time of one write
            else:
                return True
        return False

    def close(self) -> None:
        """
        Complete all files. Call it when no more events come.

        A file that a thread still writes to stays open, and is adopted once the process is gone.
        """
        for segment in list(self._all):
            if self._check_out(segment):
                self._retire(segment)

    def _retire(self, segment: _Segment) -> None:
        """Complete *segment*, which nobody else can write to now."""
        self._all.pop(segment, None)
        segment.seal()

    def _new_segment(self) -> _Segment:
        with self._opening:
            while True:
                # Microseconds since 1970, so that a name never comes twice, not even after its file was folded and deleted.
                self._last_name = max(self._last_name + 1, time.time_ns() // 1000)
                path = self._folder / f"{self._worker}-{self._last_name:016d}{_OPEN}"
                handle = _create_locked(path)
                if handle is not None:
                    segment = _Segment(path, handle, _stamp(self._folder / _REQUEST))
                    self._all[segment] = None
                    return segment


def sealed(folder: DataFolder, wait_s: float = 3.0) -> list[Path]:
    """
    The complete files: what the fold may read, and must delete after it has counted them.

    Asks living writers for their files, adopts those of dead ones (a torn last line is cut off: nobody was told that it is
    kept), and throws away what a killed import left behind.

    Args:
        folder: the data folder.
        wait_s: seconds to wait for living writers; what comes later is for the next call.

    Returns:
        Complete files in order of name, those of finished imports included.
    """
    journal = folder.journal
    if not journal.is_dir():
        return []
    discard_dead_imports(journal)
    waiting = [path for path in sorted(journal.glob(f"*{_OPEN}")) if not _adopt(path)]
    if waiting:
        (journal / _REQUEST).touch(mode=0o600)
        deadline = time.monotonic() + wait_s
        while waiting and time.monotonic() < deadline:
            time.sleep(0.05)
            waiting = [path for path in waiting if not _adopt(path)]
    return sorted([*journal.glob("*.ndjson"), *journal.glob("import-*/*.ndjson")])


def _size(file: os.DirEntry[str]) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # folded since
        return 0


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_at(handle: int, path: Path) -> bool:
    """Is the open file still the one at *path*?"""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _create_locked(path: Path) -> int | None:
    """
    Make *path* and lock it.

    Returns:
        Its handle; None when the name is taken, or when the file was adopted in the instant before it was locked.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return None
    with suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(handle, path):
            return handle
    os.close(handle)
    return None


def _adopt(path: Path) -> bool:
    """
    Complete the file of a dead writer.

    Returns:
        True when there is nothing left to wait for under this name: adopted, completed by its writer meanwhile, or empty.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.fstat(handle).st_size == 0
        if not _is_at(handle, path):
            return True
        whole = _whole_lines_bytes(handle)
        if whole == 0:
            path.unlink()
            return True
        os.ftruncate(handle, whole)
        os.fsync(handle)
        path.rename(path.with_suffix(""))
        return True
    finally:
        os.close(handle)


def _whole_lines_bytes(handle: int) -> int:
    """Size of the file up to and including its last newline."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - _TAIL_BYTES)
        newline = os.pread(handle, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
