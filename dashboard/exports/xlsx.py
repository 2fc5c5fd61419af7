"""
One published table as an Excel workbook: a first sheet that says what it is and what every column means, then the rows with real types.

No cell is ever a formula or a link: text is written as text, whatever it begins with.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, Final

import polars as pl

from dashboard.exports import columns
from dashboard.exports.explained import Explanation

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS_MAX: Final = 1_048_575  # of a sheet, below the heading (Excel's limit)
TEXT_MAX: Final = 32_767  # characters of a cell (Excel's limit)
WIDTH_MAX: Final = 60  # characters
MEANING_WIDTH: Final = 100  # characters of the column of meanings
LINE_HEIGHT: Final = 15  # points
HEAD_LINES_MAX: Final = 3
# As on the pages: one decimal under 10 %.
SHARE: Final = "[>=0.0995]0%;0.0%"  # python-pptx writes it into XML as it is, so no "less than"
FIGURES: Final[dict[columns.Kind, str]] = {
    "text": "@", "day": "yyyy-mm-dd", "count": "#,##0", "share": SHARE, "index": "0", "number": "0.00##", "decimal": "#,##0.0",
    "truth": "General",
}  # fmt: skip
PRINTED_MAX: Final = 260  # characters of a row that can still be read on a sheet of A4


@dataclass(frozen=True, slots=True)
class Drawn:
    """
    A chart of a table.

    Attributes:
        shape: bar or line.
        names: the columns of names, the first that is there.
        numbers: the column of numbers.
        one: of these columns the file must hold one value, or the rows are of different things.
        most: rows that are drawn.
    """

    shape: str
    names: tuple[str, ...]
    numbers: str
    one: tuple[str, ...] = ()
    most: int = 40


CHARTED: Final = {
    "segments": Drawn("bar", ("label",), "share"),
    "touchpoints": Drawn("bar", ("value_in_words", "value"), "share", ("segment", "kind"), 20),
    "trends": Drawn("line", ("week",), "share", ("segment",), 200),
    "interest": Drawn("line", ("week",), "visits", ("kind", "value"), 200),
}


def options() -> dict[str, Any]:
    """How every workbook of ours is written: rows go to the disk as they come, nothing is taken for a formula, a number or a link."""
    return {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }


def write(
    file: IO[bytes],
    parts: Iterable[pl.DataFrame],
    about: dict[str, Any],
    wording: Callable[[tuple[str, ...]], Explanation],
) -> None:
    """
    Write the workbook.

    Args:
        parts: the table from top to bottom, at least one part, all with the same columns.
        about: ``what`` names the table, ``site`` and ``end`` the workbook.
        wording: gives the words for the columns of these names.

    Raises:
        OSError: there is no room, for the file or for what is put aside while it is made.
    """
    from xlsxwriter.exceptions import FileCreateError

    try:
        _write(file, parts, about, wording)
    except FileCreateError as error:
        cause = error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error))
        # Its archive is in these frames, and would write its end to the full disk when it is forgotten, after the file is closed.
        file.seek(0)
        file.truncate()
        for failed in (error, cause):
            traceback.clear_frames(failed.__traceback__)
        raise OSError(cause.errno, cause.strerror) from None


def _write(
    file: IO[bytes],
    parts: Iterable[pl.DataFrame],
    about: dict[str, Any],
    wording: Callable[[tuple[str, ...]], Explanation],
) -> None:
    from xlsxwriter.workbook import Workbook

    what = str(about.get("what", "table"))
    parts = iter(parts)
    begin = next(parts)
    names = begin.columns
    words = wording(tuple(names))
    with Workbook(file, options()) as book:
        book.set_properties({"title": f"{words.title} · {about.get('site', '')}", "created": _made(about)})
        _explain(book, book.add_worksheet(words.sheet), names, words)
        look = {kind: book.add_format({"num_format": shown}) for kind, shown in FIGURES.items()}
        sheet: Worksheet | None = None
        rows = sheets = 0
        seen: dict[str, set[object]] = {column: set() for column in (CHARTED[what].one if what in CHARTED else ())}
        for part in chain([begin], parts):
            for column, values in seen.items():
                values.update(part[column].unique().head(2) if column in part.columns else ())
            for row in part.iter_rows():
                if sheet is None or rows == ROWS_MAX:
                    if sheet is not None:
                        sheet.autofilter(0, 0, rows, len(names) - 1)
                    sheets += 1
                    sheet = _sheet(book, f" ({sheets})" if sheets > 1 else "", part, words)
                    rows = 0
                rows += 1
                _row(sheet, rows, what, names, row, look)
        if sheet is None:
            sheet = _sheet(book, "", begin, words)
        sheet.autofilter(0, 0, max(rows, 1), len(names) - 1)
        if rows and sheets == 1 and all(len(values) == 1 for values in seen.values()):
            _chart(book, what, names, rows, words)
        (sheet if sheets < 2 else book.worksheets()[1]).activate()


def _explain(book: Workbook, sheet: Worksheet, names: list[str], words: Explanation) -> None:
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    wrapped_day = book.add_format({"num_format": FIGURES["day"], "valign": "top", "align": "left"})
    top = book.add_format({"valign": "top"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 30, wrap)
    sheet.set_column(2, 2, MEANING_WIDTH, wrap)
    row = 0
    for name, value in words.facts:
        sheet.write_string(row, 0, name, bold)
        if isinstance(value, str) and len(value) > 30:
            sheet.merge_range(row, 1, row, 2, "", wrap)
        put(sheet, row, 1, value, wrapped_day if isinstance(value, date) else wrap)
        row += 1
    row += 1
    for place, name in enumerate(words.head):
        sheet.write_string(row, place, name, bold)
    for name in names:
        row += 1
        sheet.set_row(row, LINE_HEIGHT * (1 + len(words.meaning(name)) // MEANING_WIDTH))
        sheet.write_string(row, 0, words.headings[name], top)
        sheet.write_string(row, 1, name, top)
        sheet.write_string(row, 2, words.meaning(name), wrap)


def _sheet(book: Workbook, number: str, part: pl.DataFrame, words: Explanation) -> Worksheet:
    """A sheet with its heading: frozen, bold, and columns as wide as what the first rows need."""
    sheet = book.add_worksheet(words.rows + number)
    what = words.what
    heads = {
        side: book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": side})
        for side in ("left", "right")
    }
    lines = max((1 + words.headings[name].count(" ") for name in part.columns), default=1)
    sheet.set_row(0, LINE_HEIGHT * min(lines, HEAD_LINES_MAX))
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)
    sample = part.head(500)
    together = 0
    for place, name in enumerate(part.columns):
        longest = sample.get_column(name).cast(pl.String, strict=False).str.len_chars().max() if sample.height else 0
        is_text = columns.kind(what, name) == "text"
        longest_word = max(len(word) for word in words.headings[name].split(" "))
        width = max(longest_word + 4, min(int(str(longest or 0)), WIDTH_MAX) + 1 if is_text else 10)
        together += width
        sheet.set_column(place, place, width)
    if together <= PRINTED_MAX:
        sheet.fit_to_pages(1, 0)
    for place, name in enumerate(part.columns):
        side = "left" if columns.kind(what, name) in ("text", "truth") else "right"
        sheet.write_string(0, place, words.headings[name], heads[side])
    return sheet


def _row(
    sheet: Worksheet, row: int, what: str, names: list[str], values: tuple[Any, ...], look: dict[columns.Kind, Format]
) -> None:
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        kind = columns.kind(what, name)
        put(sheet, row, place, _day(value) if kind == "day" else value, None if kind == "text" else look[kind])


def put(sheet: Worksheet, row: int, column: int, value: object, look: Format | None = None) -> None:
    """Write one cell by the type of its value; what is not there, and a number that is none, stay empty."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value, look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look)
    else:
        sheet.write_string(row, column, str(value)[:TEXT_MAX], look)


def _chart(book: Workbook, what: str, names: list[str], rows: int, words: Explanation) -> None:
    """A native chart on a sheet of its own, for the tables that read well as one."""
    if what not in CHARTED:
        return
    drawn = CHARTED[what]
    titles = next((name for name in drawn.names if name in names), None)
    if titles is None or drawn.numbers not in names:
        return
    last = min(rows, drawn.most)
    across, up = names.index(titles), names.index(drawn.numbers)
    looks = {"num_format": FIGURES[columns.kind(what, drawn.numbers)]}
    chart = book.add_chart({"type": drawn.shape})
    series: dict[str, Any] = {
        "name": [words.rows, 0, up],
        "categories": [words.rows, 1, across, last, across],
        "values": [words.rows, 1, up, last, up],
    }
    if drawn.shape == "bar":
        series |= {"data_labels": {"value": True, **looks}, "gap": 40}
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({**looks, "min": 0})
    else:
        chart.set_y_axis({**looks, "min": 0})
    chart.add_series(series)
    chart.set_title({"name": f"{words.title}: {words.meaning(drawn.numbers)}", "overlay": False})
    chart.set_legend({"none": True})
    sheet = book.add_worksheet(words.chart)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    chart.set_size({"width": 960, "height": max(320, 120 + 28 * last if drawn.shape == "bar" else 420)})
    sheet.insert_chart(0, 0, chart, {"description": f"{words.title}: {words.meaning(drawn.numbers)} ({what}, {last})"})


def _day(value: object) -> object:
    """A day of the tables as a date; what is none stays as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _made(about: dict[str, Any]) -> datetime:
    """The workbook's own date: the last day of the period, so that the same table is the same file."""
    end = _day(about.get("end"))
    return (
        datetime(end.year, end.month, end.day, tzinfo=UTC)
        if isinstance(end, date)
        else datetime(2000, 1, 1, tzinfo=UTC)
    )
