"""
Reading what Telpunt wrote itself: a file that is damaged, by a full disk or a hand, is named in a sentence.

Counts and runs are written aside and renamed, so a kill damages nothing; what does is outside of Telpunt.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import polars as pl

from collector.errors import FileDamaged

T = TypeVar("T")

# What Polars says of bytes that are no Parquet; a disk that can't be read is an OSError, and stays one.
DAMAGE: Final = (pl.exceptions.ComputeError, pl.exceptions.SchemaError, pl.exceptions.ColumnNotFoundError)


# What a person can do about a damaged run.
POINT: Final = "write the name of one of the folders beside it into it"
PUT_BACK: Final = (
    "put back a copy of its folder, or write the name of an older folder beside that one into the file 'current' there"
)


@contextmanager
def reading(path: Path, do: str) -> Iterator[None]:
    """
    Read *path* within this.

    Args:
        do: what a person can do about it.

    Raises:
        FileDamaged: its content is not what it should be.
    """
    try:
        yield
    except (*DAMAGE, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileDamaged(path, do) from error


def record(path: Path, kind: type[T], do: str) -> T:
    """
    The record in a JSON file.

    Raises:
        FileDamaged: there is no such record in it.
        FileNotFoundError: there is no such file.
    """
    content = path.read_bytes()
    with reading(path, do):
        return msgspec.json.decode(content, type=kind)


def table(path: Path, do: str) -> pl.DataFrame:
    """
    The table in a Parquet file.

    Raises:
        FileDamaged: there is none in it.
        FileNotFoundError: there is no such file.
    """
    with reading(path, do):
        return pl.read_parquet(path)


def is_table(path: Path) -> bool:
    """Is there a table in a file, as far as its end tells?"""
    try:
        pl.read_parquet_metadata(path)
    except DAMAGE:
        return False
    return True
