"""
Export formats: each a small class in one registry. A format gets a table that has passed the rule of *k*, piece by piece, and makes
pieces of a file of it, so that a large table is never in memory as a whole.

Text in a table came from outside. A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, tab or carriage return
for a formula, so text cells of a CSV that do get an apostrophe before them, and so does such a sign behind what another spreadsheet would
take for the end of a cell (OWASP, "CSV Injection"); numbers are never touched.
"""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec
import polars as pl

from analysis.words import Language
from collector.errors import UsageError

# Of a formula, with the wide signs that Japanese keyboards make.
SIGNS: Final = r"[=+\-@＝＋－＠]"
FORMULA_START: Final = rf"""^(?:[\t\r\n]|[\s"]*{SIGNS})"""
# What some spreadsheet takes for the end of a cell although we do not: Excel goes by the country of its machine.
CELL_ENDS: Final = r";\t\r\n"
PIECE_BYTES: Final = 1 << 18  # of a file that is made as a whole and handed out in pieces
ROW_GROUP_ROWS: Final = 50_000
SPOOL_BYTES: Final = 1 << 24  # up to here such a file is made in memory, beyond it on the disk


class UnknownFormat(UsageError):
    """When an export is asked for in a format that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Format {name!r} is not known; expected one of {', '.join(FORMATS)}")


class Format(Protocol):
    """A way to write a table."""

    name: str
    title: str
    media_type: str

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:
        """
        The file, in pieces.

        Args:
            parts: the table from top to bottom, at least one part (which may have no rows), all with the same columns.
            about: what the table is, where the format has room for that.
        """

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:
        """The file of a table that is in memory anyway, as a whole."""


class _Whole:
    """Formats that make a whole of their pieces in the same way."""

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:
        raise NotImplementedError

    def write(self, table: pl.DataFrame, about: dict[str, Any]) -> bytes:
        """The file as a whole."""
        return b"".join(self.stream([table], about))


class Csv(_Whole):
    """
    RFC 4180, UTF-8, a header line; null is an empty field, a number has all its digits.

    Args:
        excel: for Excel set to that language: both begin with a byte order mark, by which it knows that the text is UTF-8; "nl", like most
            of Europe, has semicolons between the fields and a decimal comma. None: comma and point, for programs.
    """

    name = "csv"
    title = "CSV"
    media_type = "text/csv; charset=utf-8"

    def __init__(self, *, excel: Language | None = None) -> None:
        self._marked = excel is not None
        self._decimal_comma = excel == "nl"

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:  # noqa: ARG002 (a CSV has no room for it)
        """The table as CSV, safe to open in a spreadsheet."""
        is_first = True
        for part in parts:
            out = io.BytesIO()
            _without_formulas(part, CELL_ENDS + ("," if self._decimal_comma else "")).write_csv(
                out,
                include_header=is_first,
                include_bom=self._marked and is_first,
                separator=";" if self._decimal_comma else ",",
                decimal_comma=self._decimal_comma,
                line_terminator="\r\n",
            )
            is_first = False
            yield out.getvalue()


class Json(_Whole):
    """One object: what it is, and a list of rows; a number that is not there is null."""

    name = "json"
    title = "JSON"
    media_type = "application/json"

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:
        """The table as JSON, with what it is in front, and a line for each row."""
        head = msgspec.json.format(msgspec.json.encode(about), indent=2).rstrip(b"}").rstrip()
        yield head + (b',\n  "rows": [' if about else b'\n  "rows": [')
        comma = b"\n    "
        for part in parts:
            rows = [
                msgspec.json.encode({name: _plain(value) for name, value in row.items()})
                for row in part.iter_rows(named=True)
            ]
            if rows:
                yield comma + b",\n    ".join(rows)
                comma = b",\n    "
        yield b"\n  ]\n}\n"


class Parquet(_Whole):
    """Apache Parquet, for notebooks and BI tools."""

    name = "parquet"
    title = "Parquet"
    media_type = "application/vnd.apache.parquet"

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:
        """The table as Parquet; what it is stands in the file's metadata."""
        metadata: dict[str, str] = {name: str(value) for name, value in about.items()}
        parts = iter(parts)
        first, second = next(parts), next(parts, None)
        if second is None:
            with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as small:
                first.write_parquet(small, metadata=metadata)
                yield from _pieces(small)
            return
        # Each part aside, then together piece by piece: put together in memory, two million rows take 340 MB, so they take 130.
        with tempfile.TemporaryDirectory() as folder:
            aside = []
            for number, part in enumerate(chain([first, second], parts)):
                aside.append(Path(folder) / f"{number}.parquet")
                part.write_parquet(aside[-1])
            whole = Path(folder) / "whole.parquet"
            pl.scan_parquet(aside).sink_parquet(whole, metadata=metadata, row_group_size=ROW_GROUP_ROWS)
            with whole.open("rb") as file:
                yield from _pieces(file)


class Xlsx(_Whole):
    """
    An Excel workbook: the table with real types, and a first sheet that explains every column, see :mod:`dashboard.exports.xlsx`.

    Args:
        lang: of a reader, for whom the first sheet and the headings are; None: in English, and headings are the names of the columns.
    """

    name = "xlsx"
    title = "Excel"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, *, lang: Language | None = None) -> None:
        self._lang = lang

    def stream(self, parts: Iterable[pl.DataFrame], about: dict[str, Any]) -> Iterator[bytes]:
        """The workbook; what the table is stands on its first sheet."""
        from dashboard.exports import explained, xlsx

        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
            xlsx.write(file, parts, about, lambda names: explained.of(about, self._lang, names))
            yield from _pieces(file)


FORMATS: Final[dict[str, Format]] = {each.name: each for each in (Csv(), Json(), Parquet(), Xlsx())}


def by_name(name: str, *, excel: Language | None = None, lang: Language | None = None) -> Format:
    """
    The format of that name.

    Args:
        excel: see :class:`Csv`; nothing to other formats.
        lang: see :class:`Xlsx`; nothing to other formats.

    Raises:
        UnknownFormat: there is none.
    """
    if excel is not None and name == Csv.name:
        return Csv(excel=excel)
    if name == Xlsx.name:
        return Xlsx(lang=lang)
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormat(name) from None


def _without_formulas(table: pl.DataFrame, ends: str) -> pl.DataFrame:
    """*table* with an apostrophe before what would begin a formula, where a cell begins or, by *ends*, would for some reader."""
    within = rf"""([{ends}][\s"]*)({SIGNS})"""
    made = []
    for name in (name for name, kind in table.schema.items() if kind == pl.String):
        text = pl.col(name).str.replace_all(within, "$1'$2")
        started = pl.col(name).str.contains(FORMULA_START)
        made.append(pl.when(started).then(pl.lit("'") + text).otherwise(text).alias(name))
    return table.with_columns(made)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def _plain(value: object) -> object:
    """JSON has no number for "not a number"."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
