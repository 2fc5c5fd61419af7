"""
Everything Telpunt raises on purpose.

    TelpuntError                 one sentence: the thing, what it got, what was expected, what to do
    ├── UsageError               what was asked for cannot be meant (exit status 2)
    │   ├── UnknownSite          no site has that key
    │   └── InvalidSite          a key or rule that cannot be used
    │       ├── InvalidHost      a host that cannot be one
    │       ├── InvalidTimezone  a time zone that nobody knows
    │       ├── InvalidNumber    a number that is too small or too large
    │       └── KeyTaken         there is a site of that key
    ├── FolderError              the data folder cannot be used
    │   ├── FolderNotWritable    no right to write, or no room
    │   ├── FolderTooNew         written by a newer Telpunt
    │   ├── FolderBusy           another process holds it
    │   └── FileDamaged          a file of it is not what Telpunt wrote
    ├── UnreadableLog            an access log that is not there, not readable or not a log
    └── NotEnoughVisits          too little data for what was asked

"""

from __future__ import annotations

from pathlib import Path


class TelpuntError(Exception):
    """Root of the tree. Its text is one sentence that is fit to be shown to a person."""

    exit_status = 1


class UsageError(TelpuntError):
    """When what was asked for cannot be meant: the exit status is 2."""

    exit_status = 2


class UnknownSite(UsageError):
    """When a command or a page names a site that is not registered."""

    def __init__(self, key: str, known: list[str]) -> None:
        listed = ", ".join(known[:10]) if known else "none yet; add one with: telpunt site add KEY --host HOST"
        super().__init__(f"Site {key!r} is not registered; known sites: {listed}")


class InvalidSite(UsageError):
    """When a site's key, host, time zone or rule cannot be used."""


class InvalidHost(InvalidSite):
    """When a host of a site cannot be one, or there is none or too many."""


class InvalidTimezone(InvalidSite):
    """When a time zone is not in the IANA database."""


class InvalidNumber(InvalidSite):
    """When a number of a site is outside of its limits."""

    def __init__(self, name: str, site: str, number: int, limits: tuple[int, int]) -> None:
        self.name = name
        self.limits = limits
        super().__init__(f"{name} of site {site!r} is {number}; expected {limits[0]} to {limits[1]}")


class KeyTaken(InvalidSite):
    """When a site is to be added under a key that another has, or that is not free yet."""


class FolderError(TelpuntError):
    """When the data folder cannot be used."""


class FolderNotWritable(FolderError):
    """When the data folder cannot be made or written."""


class FolderTooNew(FolderError):
    """When the data folder was written by a newer Telpunt, so that reading it could lose something."""


class FolderBusy(FolderError):
    """When another process holds the part of the data folder that is asked for."""


class FileDamaged(FolderError):
    """When a file of the data folder does not hold what it should; *do* is what a person can do about it."""

    def __init__(self, path: Path, do: str) -> None:
        super().__init__(f"File {path} is damaged and cannot be read; {do}")


class UnreadableLog(TelpuntError):
    """When an access log is not there, may not be read, or is not a log at all."""


class NotEnoughVisits(TelpuntError):
    """When there are too few visits to say anything that is more than chance."""

    def __init__(self, visits: int, needed: int, k: int = 10) -> None:
        self.visits = visits
        self.needed = needed
        # A multiple of k, here too: two days' numbers must not differ by less.
        self.shown = visits // k * k
        so_far = str(self.shown) if self.shown or not visits else f"fewer than {k}"
        super().__init__(f"not enough visits yet: {so_far} of {needed}")
