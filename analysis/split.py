"""
A large journal cut into parts, each with all hits of its visits, so that a fold never holds more than one part in memory.

Done once, line by line, by the beginning of the visit's token: reading JSON costs ten times as much, and would have to be done
once for every part. The parts are rubbish by name (:mod:`analysis.store` deletes it), so a kill leaves no copy of an event behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

# As msgspec and Polars write it. It is in no value: a quote inside a value has a backslash before it.
FIELD: Final = b'"visit":"'
# Two hexadecimal digits of the token: at most so many parts.
PARTS_MAX: Final = 256


@contextmanager
def split(paths: list[Path], parts: int, room: Path) -> Iterator[list[Path]]:
    """
    Files with the lines of *paths*, those of one visit in one file; deleted at the end.

    Args:
        paths: NDJSON files of hits. A line without a token goes to the first part.
        parts: how many files, at most :data:`PARTS_MAX`.
        room: the folder in which they are made.
    """
    made = [room / f"part-{number}.aside" for number in range(parts)]
    begins = {f"{number:02x}".encode(): number % parts for number in range(PARTS_MAX)}
    try:
        with ExitStack() as files:
            writes = [
                files.enter_context(
                    os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
                ).write
                for path in made
            ]
            write_of = {begin: writes[number] for begin, number in begins.items()}
            skip = len(FIELD)
            for path in paths:
                with path.open("rb") as lines:
                    for line in lines:
                        at = line.find(FIELD) + skip
                        write_of.get(line[at : at + 2], writes[0])(line if line[-1:] == b"\n" else line + b"\n")
        yield made
    finally:
        for path in made:
            path.unlink(missing_ok=True)
