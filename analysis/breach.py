"""One thing that breaks a promise, as :mod:`analysis.audit` tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """
    One thing that breaks a promise.

    Attributes:
        promise: its number in the README.
        where: file or table, below the data folder.
        what: what is wrong, and what to do; never the datum itself.
    """

    promise: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.where}: {self.what}"
