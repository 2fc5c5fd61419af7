"""What lies in a room of the data folder, while other processes write and delete there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def stats(room: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file below *room* with its size and times; what vanishes while one looks is left out."""
    for folder, _, names in os.walk(room):
        for name in names:
            path = Path(folder, name)
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            yield path, found
