"""
How jobs ended: a row per run, kept for a while, for the page, the status and who wonders about last night.

Rows lie in ``jobs/history.json``, replaced as a whole. They say how it went with the work, never what the visits were: numbers in them
obey the rule of *k*, and an error that we did not foresee is told by its name and its place in the program, since its text may quote
what it stumbled over.
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Final, Literal

import msgspec

from collector.errors import NotEnoughVisits, TelpuntError
from collector.folder import DataFolder, write_aside

log = logging.getLogger("telpunt.jobs")

Ending = Literal["done", "waits", "failed", "hung", "interrupted", "stopped"]
By = Literal["clock", "page", "hand"]

KEPT_ROWS: Final = 60  # of one job and site: two months of nights, five hours of folds
KEPT_DAYS: Final = 60
MESSAGE_MAX_CHARS: Final = 400


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One run of a job.

    Attributes:
        job: what was done, ``fold`` or ``analyse``.
        site: for which site; "" when for all.
        by: who started it: the clock, a button on the page, or a hand on the command line.
        started: UTC, ISO 8601.
        seconds: how long it took; of an interrupted one, how long it is known to have run.
        ending: done; waits (too few visits yet, nothing is wrong); failed; hung (ended because it took too long); interrupted (its
            process or the machine stopped); stopped (by a person, or with the server).
        message: why it did not go well, in English; "" when it did.
        numbers: what it did, such as the number of audiences.
    """

    job: str
    site: str
    by: By
    started: str
    seconds: float
    ending: Ending
    message: str = ""
    numbers: dict[str, int | str] = {}

    @property
    def key(self) -> tuple[str, str]:
        """Rows of one job and site are each other's history."""
        return self.job, self.site

    @property
    def well(self) -> bool:
        """Nobody needs to look at it."""
        return self.ending in ("done", "waits", "stopped")


def rows(folder: DataFolder) -> list[Row]:
    """All rows, the newest first; none when there is no history, or none that can be read."""
    path = _path(folder)
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Row])
    except FileNotFoundError:
        return []
    except msgspec.DecodeError as error:
        log.warning("%s can't be read and is begun anew: %s", path, error)
        return []


def last(folder: DataFolder) -> dict[tuple[str, str], Row]:
    """The newest row per job and site."""
    return {row.key: row for row in reversed(rows(folder))}


def in_a_row(newest_first: list[Row], key: tuple[str, str], *endings: Ending) -> int:
    """How many of the last runs of *key* ended one of these ways, without another in between."""
    own = (row for row in newest_first if row.key == key)
    return sum(1 for _ in takewhile(lambda row: row.ending in endings, own))


def keep(folder: DataFolder, row: Row) -> None:
    """Add a row, and forget what is older than :data:`KEPT_DAYS` or more than :data:`KEPT_ROWS` of its job and site."""
    with folder.hold("history", wait=True):
        write_aside(
            _path(folder), msgspec.json.format(msgspec.json.encode(pruned([row, *rows(folder)], row.started)), indent=1)
        )


def pruned(newest_first: list[Row], now: str) -> list[Row]:
    """
    What is kept of these rows.

    A run that found too few visits once more takes the place of the one before: a site that waits for its first visits is looked at
    every hour.
    """
    oldest = (datetime.fromisoformat(now) - timedelta(days=KEPT_DAYS)).isoformat(timespec="seconds")
    kept: list[Row] = []
    for row in newest_first:
        own = [other for other in kept if other.key == row.key]
        repeats = bool(own) and row.ending == own[-1].ending == "waits"
        if row.started >= oldest and len(own) < KEPT_ROWS and not repeats:
            kept.append(row)
    return kept


def told(error: BaseException) -> tuple[Ending, str, dict[str, int | str]]:
    """An error as the ending, message and numbers of a row."""
    if isinstance(error, NotEnoughVisits):
        return "waits", "", {"visits": error.shown, "needed": error.needed}
    if isinstance(error, TelpuntError):
        return "failed", clean(str(error)), {}
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        return "stopped", "", {}
    if isinstance(error, OSError) and error.strerror:
        return "failed", clean(error.strerror), {}
    where = [frame for frame in traceback.extract_tb(error.__traceback__) if _ours(frame.filename)]
    place = f" in {Path(where[-1].filename).name}, line {where[-1].lineno}" if where else ""
    return "failed", f"{type(error).__name__}{place}", {}


def clean(text: str) -> str:
    """One line of printable text, of bounded length."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MESSAGE_MAX_CHARS]


def sentence(row: Row) -> str:
    """The row in English, as ``telpunt status`` says it."""
    numbers = row.numbers
    if row.ending == "waits":
        return f"waits for visits: {numbers.get('visits') or 'too few'} of {numbers.get('needed')}"
    if row.ending == "interrupted":
        return "was interrupted" + (f": {row.message}" if row.message else "")
    if row.ending != "done":
        return row.ending + (f": {row.message}" if row.message else "")
    if "audiences" in numbers:
        held = "; not published, a better one is" if "held" in numbers else ""
        return f"done: {numbers['audiences']} audiences ({numbers.get('verdict')}){held}"
    if "sent" in numbers:
        return f"done: {numbers['sent']} sent"
    if "k" in numbers:
        return f"done: {numbers.get('visits') or 'fewer than ' + str(numbers['k'])} visits counted"
    return "done"


def _path(folder: DataFolder) -> Path:
    return folder.jobs / "history.json"


def _ours(filename: str) -> bool:
    return Path(filename).parent.name in ("analysis", "collector", "dashboard", "exports", "demo")
