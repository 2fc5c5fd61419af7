"""
An import on its way into the journal: it counts whole or not at all.

    journal/.import-<id>.part/      while it is written; its process holds a lock on it for as long as it lives
    journal/import-<id>/            when it ended well: one rename
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from collector.folder import DataFolder, flush_folder

SEGMENT_BYTES: Final = 64 * 1024 * 1024  # about 250,000 events


class Stage:
    """
    An import on its way: all of it counts when the ``with`` block ends well, and nothing of it when it does not.

        with Stage(folder) as stage:
            stage.append(lines)

    Args:
        folder: the data folder.
        segment_bytes: size from which a new file is begun.
    """

    def __init__(self, folder: DataFolder, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        name = f"import-{time.time_ns() // 1000:016d}-{secrets.token_hex(4)}"
        self._part = folder.journal / f".{name}.part"
        self._whole = folder.journal / name
        self._segment_bytes = segment_bytes
        self._files = 0
        self._handle = -1
        self._size = 0
        self._lock = -1

    def __enter__(self) -> Self:
        self._part.mkdir(mode=0o700, parents=True)
        self._lock = os.open(self._part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def append(self, lines: bytes) -> None:
        """
        Add *lines* (whole lines, newline included).

        Raises:
            OSError: they can't be written; leave the block with it, so that nothing of the import counts.
        """
        if self._handle < 0 or self._size >= self._segment_bytes:
            self._finish_file()
            self._files += 1
            path = self._part / f"{self._files:06d}.ndjson"
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._size = 0
        written = 0
        while written < len(lines):
            written += os.write(self._handle, lines[written:] if written else lines)
        self._size += written

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish_file()
                if self._files:
                    flush_folder(self._part)
                    self._part.rename(self._whole)
                    flush_folder(self._whole.parent)
        finally:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1
            shutil.rmtree(self._part, ignore_errors=True)
            os.close(self._lock)

    def _finish_file(self) -> None:
        if self._handle >= 0:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = -1


def discard_dead_imports(journal: Path) -> None:
    """Delete parts of imports whose process is gone, and the folders of finished imports that the fold has emptied."""
    for part in journal.glob(".import-*.part"):
        try:
            handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(part, ignore_errors=True)
        finally:
            os.close(handle)
    for whole in journal.glob("import-*"):
        if whole.is_dir() and not any(whole.iterdir()):
            whole.rmdir()
