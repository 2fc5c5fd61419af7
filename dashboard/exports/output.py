"""Where a file goes: to standard output, or to a path that has the whole of it or nothing new."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from collector.errors import UsageError
from collector.folder import stream_aside


class NoSuchFolder(UsageError):
    """When a file is to be written in a folder that is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} cannot be written: there is no folder {path.absolute().parent}; make it first")


def check(path: Path | None) -> None:
    """
    Is there a place for the file? To be asked before any work.

    Raises:
        NoSuchFolder: the folder is not there.
    """
    if path is not None and not _is_standard(path) and not path.absolute().parent.is_dir():
        raise NoSuchFolder(path)


def deliver(pieces: Iterable[bytes], path: Path | None) -> None:
    """
    Write *pieces* to *path*; None and ``-`` are standard output.

    A file is written aside and renamed, so that an error or a kill on the way leaves what was there before. What a kill leaves aside is
    deleted by the next command that writes the same file.
    """
    if path is None or _is_standard(path):
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    check(path)
    whole = path.absolute()
    if whole.exists() and not whole.is_file():  # a pipe or /dev/null can't be renamed over
        with whole.open("wb") as file:
            file.writelines(pieces)
        return
    _sweep(whole)
    try:
        stream_aside(whole, pieces)
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)  # a full disk does not say of which file it was
        raise


def _sweep(path: Path) -> None:
    """Delete what was written aside for *path* by a command that was killed; one that still runs keeps its own."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.aside"):
        process = left.name.removesuffix(".aside").rpartition(".")[2]
        if process.isdecimal() and int(process) != os.getpid() and not _runs(int(process)):
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass  # somebody else's, or no number of a process: not for us to judge
    return True


def _is_standard(path: Path) -> bool:
    return str(path) == "-"
