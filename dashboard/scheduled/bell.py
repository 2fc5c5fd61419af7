"""
When the job has to look again. One note, ``jobs/reports-look``, says from when on; whoever changes something rings.

Who rings while the job is at work must not be forgotten: the job takes the note as its own when it begins, and what it finds then
stands only if the note is still its own when it ends.
"""

from __future__ import annotations

from analysis.jobs import REPORTS_LOOK, REPORTS_WITHIN_S
from collector.folder import DataFolder, write_aside


def ring(folder: DataFolder) -> None:
    """There may be something to send now."""
    with folder.hold(REPORTS_LOOK, wait=True):
        write_aside(folder.jobs / REPORTS_LOOK, b"0")


def begin(folder: DataFolder, name: str) -> None:
    """The round *name* (which is no number, and no other round's) looks now. When it is killed, its name stands there: look again."""
    with folder.hold(REPORTS_LOOK, wait=True):
        write_aside(folder.jobs / REPORTS_LOOK, name.encode())


def plan(folder: DataFolder, name: str, when: int | None, now: int) -> bool:
    """
    The round *name* is over.

    Args:
        when: seconds since 1970 at which there may be something again; an hour from now at the latest, so that a clock that was wrong
            is found out. None: nobody waits for anything.
        now: the same, of this moment.

    Returns:
        False: somebody rang meanwhile, so look again at once.
    """
    note = folder.jobs / REPORTS_LOOK
    with folder.hold(REPORTS_LOOK, wait=True):
        if not note.exists() or note.read_bytes() != name.encode():
            return False
        if when is None:
            note.unlink()
        else:
            write_aside(note, str(min(when, now + REPORTS_WITHIN_S)).encode())
    return True
