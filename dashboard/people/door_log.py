"""
What happens at the door: a line on standard error each time somebody gets in, is refused, or is given or loses access.

Accounts are named by their number, as in the address of their page under *Users*; no line holds an e-mail address, an address of the
network, an agent or anything else that came in. Of refusals at most sixty a minute are told, so that who guesses can't fill a disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import click

REFUSALS_MAX: Final = 60  # a minute


class Event(StrEnum):
    """What happened."""

    IN = "logged in"
    OUT = "logged out"
    REFUSED = "log-in refused"
    CODE_REFUSED = "code refused"
    PAGE_REFUSED = "page refused"
    PASSWORD = "password set"  # noqa: S105  # what happened, not one
    STEP_ON = "second step on"
    STEP_OFF = "second step off"
    CODES = "recovery codes made"
    ADDED = "account added"
    LINK = "link made"
    ACCESS = "role or sites changed"
    SESSIONS = "sessions ended"
    DEACTIVATED = "deactivated"
    REACTIVATED = "let in again"
    REMOVED = "account removed"
    TOKEN = "API token made"  # noqa: S105  # what happened, not one
    REVOKED = "API token revoked"
    SHARED = "shared link made"
    RESHARED = "shared link changed"
    UNSHARED = "shared link revoked"


REFUSALS: Final = frozenset({Event.REFUSED, Event.CODE_REFUSED, Event.PAGE_REFUSED})


def to_stderr(line: str) -> None:
    """Where the lines go."""
    click.echo(line, err=True)


class DoorLog:
    """
    Tells what happens at the door.

    Args:
        clock: now, in whole seconds since 1970.
        say: takes a line.
    """

    def __init__(self, clock: Callable[[], int], say: Callable[[str], None] = to_stderr) -> None:
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()
        self._minute = 0
        self._refusals = 0

    def note(self, event: Event, account: int | None, *, by: int | None = None) -> None:
        """
        Tell it.

        Args:
            account: whom it is about; None: nobody that is known.
            by: the administrator who did it, when it was not that account itself.
        """
        now = self._clock()
        if event in REFUSALS and not self._has_room(now // 60):
            return
        whom = "no account" if account is None else f"account {account}"
        when = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._say(f"telpunt: {when} {event}: {whom}{'' if by is None else f', by account {by}'}")

    def _has_room(self, minute: int) -> bool:
        with self._lock:
            if minute != self._minute:
                left_out = self._refusals - REFUSALS_MAX
                if left_out > 0:
                    self._say(f"telpunt: {left_out} more refusals in a minute were not told one by one")
                self._minute, self._refusals = minute, 0
            self._refusals += 1
            return self._refusals <= REFUSALS_MAX
