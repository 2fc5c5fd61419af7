"""A CSV is one, whoever reads it, and no cell of it is a formula, wherever its reader thinks that cells end."""

from __future__ import annotations

import csv
import io
import math
import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.words import Language
from dashboard.exports import formats

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    st.sampled_from("=+-@＝＋－＠\t\r\n;,|\"' \0a5"), max_size=12
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.none()
STARTS = tuple("=+-@＝＋－＠\t\r\n")
DIALECTS: list[tuple[Language | None, str, str]] = [(None, ",", "."), ("en", ",", "."), ("nl", ";", ",")]


def written(table: pl.DataFrame, excel: Language | None) -> str:
    return formats.by_name("csv", excel=excel).write(table, {}).decode("utf-8-sig")


def without_signs(text: str) -> str:
    """*text* without the apostrophes that make it safe, and without those that it had."""
    return text.replace("'", "")


@pytest.mark.parametrize(("excel", "separator", "point"), DIALECTS)
@given(rows=st.lists(st.tuples(TEXTS, NUMBERS, TEXTS), min_size=1, max_size=5))
@example(rows=[("x" * 40_000, -0.5, '"')])
@example(rows=[("a;=HYPERLINK(1)", 1e-12, "\n=1"), ("\u202e＝1", 1e22, ",=1")])
def test_a_csv_is_read_back_as_it_was(
    excel: Language | None, separator: str, point: str, rows: list[tuple[str, float | None, str]]
) -> None:
    """By RFC 4180 each row is a row with all its fields; texts lose nothing but apostrophes, and numbers have every digit."""
    table = pl.DataFrame(rows, schema={"a": pl.String, "n": pl.Float64, "b": pl.String}, orient="row")
    text = written(table, excel)
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    assert found[0] == ["a", "n", "b"]
    assert len(found) == len(rows) + 1
    for (first, number, last), (was, n, other) in zip(found[1:], rows, strict=True):
        assert without_signs(first) == without_signs(was)
        assert without_signs(last) == without_signs(other)
        assert (None if number == "" else float(number.replace(point, "."))) == n
    assert re.sub(r'"(?:[^"]|"")*"', "", text).replace("\r\n", "").count("\n") == 0  # lines end as the RFC says
    again = pl.read_csv(text.encode(), separator=separator, decimal_comma=excel == "nl", schema=table.schema)
    assert again["n"].to_list() == [n for _, n, _ in rows]
    assert [without_signs(one or "") for one in again["a"]] == [without_signs(was) for was, _, _ in rows]


@pytest.mark.parametrize(("excel", "separator", "point"), DIALECTS)
@given(text=TEXTS)
def test_no_cell_begins_a_formula_for_any_reader(excel: Language | None, separator: str, point: str, text: str) -> None:
    """Neither for a reader that splits as we do, nor for one that takes a semicolon, a tab or a line for the end of a cell."""
    table = pl.DataFrame({"a": [text], "n": [-5.5], "b": [text]})
    content = written(table, excel)
    _, row = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    assert row[1] == f"-5{point}5"
    for cell in (row[0], row[2]):
        for end in (";", "\t", "\r", "\n", *([","] if excel == "nl" else [])):
            for part in cell.split(end)[1:]:
                assert not part.lstrip(' "\t\r\n').startswith(STARTS[:8])
        assert not cell.startswith(STARTS)
        assert not cell.lstrip(' "').startswith(STARTS[:8])


@given(st.floats())
def test_what_is_no_number_is_nowhere(number: float) -> None:
    """Neither infinity nor "not a number" is a word in a file of a table: tables leave them empty, in each format."""
    from dashboard.exports.tables import finite

    (kept,) = pl.DataFrame({"n": [number]}).select(finite())["n"].to_list()
    assert kept == (number if math.isfinite(number) else None)
