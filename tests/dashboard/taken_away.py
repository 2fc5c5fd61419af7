"""Reads what a page shows, and what its files and the API hold, for tests that lay the one beside the other."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import lxml.html
import openpyxl
import polars as pl
from flask.testing import FlaskClient

Row = dict[str, Any]
Get = Callable[[str], Any]  # address → the answer's JSON

# What a table comes as; "excel" is the CSV for Excel in Dutch, "api" the answers of the API.
FORMS: Final = ("parquet", "json", "csv", "excel", "xlsx", "api")
WORKBOOK_DIGITS: Final = 16  # that XlsxWriter writes; Excel keeps 15


class Page:
    """
    What is to be seen of a page: without what only screen readers get, without drawings, blanks and lines taken out.

    Args:
        address: with its query.
    """

    def __init__(self, address: str, html: str) -> None:
        self.address = address
        self.query = dict(parse_qsl(urlsplit(address).query))
        self._root = lxml.html.fromstring(html)
        for gone in self._root.xpath(
            "//*[@aria-hidden='true'] | //*[contains(concat(' ', @class, ' '), ' unseen ')] | //script"
        ):
            gone.drop_tree()
        self._read: set[Any] = set()

    def grid(self, place: str) -> list[list[str]]:
        """The rows of the bodies of the tables at *place*, an XPath; none where there is no such table."""
        tables = self._root.xpath(place)
        self._read.update(tables)
        return [
            [squeezed(cell.text_content()) for cell in row.xpath("./th | ./td")]
            for table in tables
            for row in table.xpath("./tbody/tr")
        ]

    def texts(self, place: str) -> list[str]:
        """The text of each element at *place*."""
        return [squeezed(found.text_content()) for found in self._root.xpath(place)]

    def titles(self, place: str) -> list[str]:
        """What stands there when one points at each element at *place*."""
        return [squeezed(found.get("title")) for found in self._root.xpath(place)]

    def links(self, what: str) -> list[str]:
        """The addresses of the files (as CSV) of the table *what* that the page offers; without what they do to a CSV alone."""
        found = self._root.xpath(f"//a[@download and contains(@href, '/export/{what}.csv')]/@href")
        return [link for link in dict.fromkeys(found) if "excel=" not in link]

    def unread_tables(self) -> list[str]:
        """The tables that hold numbers, and that nobody asked for by :meth:`grid`."""
        found = self._root.xpath("//main//table[.//td[contains(@class, 'number')]]")
        return [squeezed(table.text_content())[:80] for table in found if table not in self._read]

    def tables_offered(self) -> set[str]:
        """The addresses of all files that the page offers, as CSV."""
        return {link for link in self._root.xpath("//a[@download]/@href") if ".csv" in link and "excel=" not in link}


def squeezed(text: str) -> str:
    """*text* without blanks, and without the soft marks of direction and line."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def fetch(client: FlaskClient, api: Get, link: str, form: str, lang: str) -> list[Row]:
    """
    The rows of a table as one of :data:`FORMS`.

    Args:
        link: the address of the table as CSV.
        form: of :data:`FORMS`.
        lang: of the reader.
    """
    split = urlsplit(link)
    query = parse_qsl(split.query, keep_blank_values=True)
    if form == "api":
        return _from_api(client, api, link, query)
    path = split.path.replace(".csv", f".{'csv' if form == 'excel' else form}")
    asked = urlencode([*query, *([("excel", "nl")] if form == "excel" else [])])
    answer = client.get(f"{path}?{asked}", headers={"Accept-Language": lang})
    assert answer.status_code == 200, (link, form, answer.status_code)
    return READERS[form](answer.data)


def _from_api(client: FlaskClient, api: Get, link: str, query: list[tuple[str, str]]) -> list[Row]:
    what = urlsplit(link).path.rpartition("/")[2].removesuffix(".csv")
    asked = [(name, value) for name, value in query if name not in ("weeks", "until")]
    if any(name == "weeks" for name, _ in query):
        # The API knows no periods of so many weeks, only from when to when.
        weeks = [row["week"] for row in fetch(client, api, link, "parquet", "en")]
        asked += [("from", min(weeks)), ("to", max(weeks))]
    found: list[Row] = []
    following: str | None = ""
    while following is not None:
        page = [("limit", "1000"), *([("cursor", following)] if following else [])]
        answer = api(f"/sites/demo/{what}?{urlencode([*asked, *page])}")
        found += answer["rows"]
        following = answer["next"]
    return found


def _from_csv(data: bytes) -> list[Row]:
    return pl.read_csv(io.BytesIO(data), infer_schema_length=None).rows(named=True)


def _from_excel(data: bytes) -> list[Row]:
    assert data.startswith(b"\xef\xbb\xbf")
    return pl.read_csv(io.BytesIO(data), separator=";", decimal_comma=True, infer_schema_length=None).rows(named=True)


def _from_json(data: bytes) -> list[Row]:
    found: list[Row] = json.loads(data)["rows"]
    return found


def _from_parquet(data: bytes) -> list[Row]:
    return pl.read_parquet(io.BytesIO(data)).rows(named=True)


def _from_xlsx(data: bytes) -> list[Row]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    # The first sheet says which column each heading is, in a row of heading, name and meaning.
    name_of = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True) if all(row[:3])}
    head, *body = book.worksheets[1].iter_rows(values_only=True)
    head = tuple(name_of[heading] for heading in head)
    return [
        {
            name: cell.date().isoformat() if isinstance(cell, datetime) else cell
            for name, cell in zip(head, row, strict=True)
        }
        for row in body
        if any(cell is not None for cell in row)
    ]


READERS: Final[dict[str, Callable[[bytes], list[Row]]]] = {
    "csv": _from_csv, "excel": _from_excel, "json": _from_json, "parquet": _from_parquet, "xlsx": _from_xlsx,
}  # fmt: skip


def alike(rows: list[Row], form: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """
    *rows* so that those of all forms can be compared: an empty text is none, and a workbook keeps 16 digits.

    Without names of audiences, which are in one language in files for people.
    """

    def plain(value: Any) -> Any:
        if value == "":
            return None
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return float(f"{value:.{WORKBOOK_DIGITS}g}" if form == "xlsx" else value)
        return value

    kept = [name for name in columns if not name.endswith("_nl") and name not in ("label", "name", "sentence")]
    return [tuple(plain(row.get(name)) for name in kept) for row in rows]
