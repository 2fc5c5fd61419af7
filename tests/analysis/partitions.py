"""Work for an engine: functions found by their name, as a process elsewhere has to find them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from collector.errors import NotEnoughVisits


@dataclass(frozen=True)
class Numbers:
    """A partition of whole numbers."""

    name: str
    numbers: tuple[int, ...]


def total(part: Numbers) -> int:
    return sum(part.numbers)


def where(part: Numbers) -> int:
    """The process that this runs in."""
    return os.getpid()


def refuse(part: Numbers) -> int:
    """Fails, without a word about what it holds, at the partition that has a 13."""
    if 13 in part.numbers:
        raise ValueError(f"a secret: {part.numbers}")
    return 0


def say(part: Numbers) -> int:
    """Fails with an error of ours, whose constructor takes more than a text."""
    raise NotEnoughVisits(3, 300)


def die(part: Numbers) -> int:
    """Ends its process, as the system does when there is no memory left."""
    os._exit(1)
