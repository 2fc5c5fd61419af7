"""
Export formats: each a small class in one registry. A format gets a table that has passed the rule of *k* and makes bytes of it.

Text in a table came from outside. A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, tab or carriage return
for a formula, so text cells that do get an apostrophe before them (OWASP, "CSV Injection"); numbers are never touched.
"""

from __future__ import annotations

import io
import math
from typing import Any, Final, Protocol

import msgspec
import polars as pl

from collector.errors import UsageError

FORMULA_START: Final = r"^[=+\-@\t\r]"


class UnknownFormat(UsageError):
    """When an export is asked for in a format that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Format {name!r} is not known; expected one of {', '.join(FORMATS)}")


class Format(Protocol):
    """A way to write a table."""

    name: str
    media_type: str

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:
        """The bytes of *table*; *about* says what it is, where the format has room for that."""


class Csv:
    """RFC 4180, UTF-8, comma, a header line; null is an empty field."""

    name = "csv"
    media_type = "text/csv; charset=utf-8"

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:  # noqa: ARG002 (a CSV has no room for it)
        """The table as CSV, safe to open in a spreadsheet."""
        safe = [
            pl.when(pl.col(name).str.contains(FORMULA_START))
            .then(pl.lit("'") + pl.col(name))
            .otherwise(pl.col(name))
            .alias(name)
            for name, kind in table.schema.items()
            if kind == pl.String
        ]
        out = io.BytesIO()
        table.with_columns(safe).write_csv(out, float_precision=4, line_terminator="\r\n")
        return out.getvalue()


class Json:
    """One object: what it is, and a list of rows; a number that is not there is null."""

    name = "json"
    media_type = "application/json"

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:
        """The table as JSON, with what it is in front."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in table.iter_rows(named=True)]
        return msgspec.json.format(msgspec.json.encode({**about, "rows": rows}), indent=2) + b"\n"


class Parquet:
    """Apache Parquet, for notebooks and BI tools."""

    name = "parquet"
    media_type = "application/vnd.apache.parquet"

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:
        """The table as Parquet; what it is stands in the file's metadata."""
        out = io.BytesIO()
        table.write_parquet(out, metadata={name: str(value) for name, value in about.items()})
        return out.getvalue()


FORMATS: Final[dict[str, Format]] = {each.name: each for each in (Csv(), Json(), Parquet())}


def by_name(name: str) -> Format:
    """
    The format of that name.

    Raises:
        UnknownFormat: there is none.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormat(name) from None


def _plain(value: object) -> object:
    """JSON has no number for "not a number"."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
