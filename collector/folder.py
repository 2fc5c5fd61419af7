"""
The data folder: what lies where, which version wrote it, and who may hold which part.

    DIR/
    ├── VERSION          version of this layout; a newer one is refused
    ├── sites.json       the site registry
    ├── journal/         events of visits that are not yet folded (the first memory)
    ├── imports.json     digests of the access logs that were imported, so that none counts twice by mistake
    ├── outcomes/        how many events were accepted, or dropped and why, per site and day; counts only
    ├── facts/           counts: the open week and the closed weeks (the second and third memory)
    ├── runs/SITE/       published analyses: nothing in here rests on fewer than k visits
    ├── telpunt.db       users, sessions, when jobs are due
    ├── jobs/            what waits, what runs and how far, and how it ended (analysis/history.py)
    └── locks/           empty files, held while a process works on a part

"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.errors import FolderBusy, FolderNotWritable, FolderTooNew

VERSION = 1
_NAME_MAX_CHARS = 200  # of a file beside which another is written: its name grows by the process id


class DataFolder:
    """
    Where one installation keeps everything.

    Args:
        path: the folder; made (mode 0700) by :meth:`prepare` when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()
        self.sites = self.path / "sites.json"
        self.journal = self.path / "journal"
        self.imports = self.path / "imports.json"
        self.outcomes = self.path / "outcomes"
        self.facts = self.path / "facts"
        self.runs = self.path / "runs"
        self.jobs = self.path / "jobs"
        self.locks = self.path / "locks"
        self.database = self.path / "telpunt.db"

    def prepare(self) -> DataFolder:
        """
        Make the folder and its rooms, or check those that are there.

        Raises:
            FolderNotWritable: it cannot be made or written.
            FolderTooNew: a newer Telpunt wrote it.
        """
        version = self.path / "VERSION"
        try:
            for room in (self.path, self.journal, self.outcomes, self.facts, self.runs, self.jobs, self.locks):
                room.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not version.exists():
                write_aside(version, f"{VERSION}\n".encode())
            found = version.read_text(encoding="ascii", errors="replace").strip()
            # An existing folder can have become read-only; find out now and not at the first beacon.
            probe = self.locks / f"probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise FolderNotWritable(
                f"Data folder {self.path} is not writable ({error.strerror}); expected a folder that this user may write to; "
                "name another with TELPUNT_DATA=DIR"
            ) from error
        if not found.isdigit() or int(found) > VERSION:
            raise FolderTooNew(
                f"Data folder {self.path} has layout version {found[:20]!r}, this Telpunt knows up to {VERSION}; install the newer Telpunt again"
            )
        return self

    @contextmanager
    def hold(self, part: str, *, wait: bool = False) -> Iterator[None]:
        """
        Hold *part* of the folder against other processes; the system lets go when the process dies, however it dies.

        Args:
            part: name of the part, e.g. ``serve`` or ``facts``.
            wait: wait for the other process instead of raising.

        Raises:
            FolderBusy: another process holds it (only without *wait*).
        """
        handle = os.open(self.locks / part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
                raise FolderBusy(
                    f"Data folder {self.path} is in use by another telpunt ({part}); stop that one first or name another folder with TELPUNT_DATA=DIR"
                ) from None
            yield
        finally:
            os.close(handle)


def write_aside(path: Path, content: bytes) -> None:
    """Replace *path* by *content*, as :func:`stream_aside` does."""
    stream_aside(path, [content])


def stream_aside(path: Path, pieces: Iterable[bytes]) -> None:
    """
    Replace *path* by *pieces* so that a reader, and a kill at any instruction, sees the old or the new and nothing between.

    Written beside it, flushed to the disk, renamed over it; the folder is flushed too, so that the rename survives a power cut.
    """
    aside = path.with_name(f".{path.name[:_NAME_MAX_CHARS]}.{os.getpid()}.aside")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Flush the names in a folder to the disk: a rename is only durable after this (see fsync(2))."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
