"""One truth, continued: the tables of a report, in each of its formats, are what the files of the pages hold."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import lxml.html
import openpyxl
import polars as pl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from analysis.runs import OTHER, UNCLUSTERED
from analysis.words import Language
from collector.folder import DataFolder
from dashboard import formatting
from dashboard.exports import tables
from dashboard.formatting import NOTHING, index, number, percent, value
from dashboard.language import gettext as _
from dashboard.queries import Readings
from dashboard.reports import formats
from dashboard.reports.build import build
from dashboard.reports.look import Look
from dashboard.reports.model import Report
from dashboard.reports.speech import speaking
from dashboard.supply import sheets
from dashboard.supply.rows import HIRES, VACANCIES, Imported
from dashboard.supply.section import opened
from dashboard.supply.table import Hires
from dashboard.views import NONE
from tests import factories
from tests.dashboard.supply.test_supply import HIRES_CSV, TODAY, VACANCIES_CSV
from tests.dashboard.taken_away import Row, squeezed
from tests.dashboard.test_same_numbers import spread

SEGMENTS = (None, "a03")
LANGUAGES: tuple[Language, ...] = ("en", "nl")


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    folder: DataFolder = factories.folder(tmp_path_factory.mktemp("same-reports"))
    factories.publish(folder, factories.site(folder))
    spread(folder)
    imported = Imported(
        sheets.read(VACANCIES_CSV, VACANCIES, TODAY).rows, sheets.read(HIRES_CSV, HIRES, TODAY).rows, {}
    )
    return Readings(folder, lambda _site: {"a02": "Lezers van verhalen"}, supply=lambda _site: imported)


def file(readings: Readings, what: str, **only: str) -> list[Row]:
    """The rows of the file of a table, most visits first, without what is held back."""
    chosen = {column: [value] for column, value in only.items()}
    site = factories.make_site("demo", ["werkenbij.example.org"])
    data = b"".join(tables.stream(readings, site, what, "parquet", chosen, hires=Hires.NONE))
    rows = pl.read_parquet(io.BytesIO(data)).rows(named=True)
    if what in ("touchpoints", "demand"):
        rows = [row for row in rows if row["value"] not in (OTHER, NONE)]
        rows.sort(key=lambda row: (-row["visits"], row["value"]))
    return rows


def expected(readings: Readings, lang: Language, segment: str | None) -> dict[str, list[dict[str, str]]]:
    """Per title of a table its rows, as heading → text; a table may have further columns that are no numbers."""
    of = segment or ""

    def name(row: Row) -> str:
        if row["segment"] == UNCLUSTERED:
            return _("Unclustered visits")
        return str(row["label_nl" if lang == "nl" else "label"])

    visits, share = _("Visits"), _("Share")
    found: dict[str, list[dict[str, str]]] = {}
    if segment is None:
        found[_("Audiences")] = [
            {_("Audience"): name(row), visits: number(row["visits"]), share: percent(row["share"])}
            for row in file(readings, "segments")
        ]
    own: dict[str, Callable[[Row], str]] = {_("Index"): lambda row: index(row["index"])} if segment else {}
    for kind in ("touchpoint", "action", "page", "vacancy"):
        heading = formatting.dimension(kind)
        found[heading] = [
            {
                heading: value(kind, row["value"]),
                visits: number(row["visits"]),
                share: percent(row["share"]),
                **{title: cell(row) for title, cell in own.items()},
                _("Start an application"): percent(row["start_rate"] if row["started"] else None),
            }
            for row in file(readings, "touchpoints", segment=of, kind=kind)
        ]
    wanted = file(readings, "demand", segment=of)
    found[_("Searched for in vain")] = [
        {_("Words"): row["value"], visits: number(row["visits"]), _("Found nothing"): percent(row["unanswered"])}
        for row in wanted
        if row["kind"] == "search_empty"
    ]
    for kind, more in (
        ("search", {_("Found nothing"): lambda row: percent(row["unanswered"])}),
        ("job_family", {}),
    ):
        heading = formatting.dimension(kind)
        found[heading] = [
            {
                heading: value(kind, row["value"]),
                visits: number(row["visits"]),
                share: percent(row["share"]),
                **{title: cell(row) for title, cell in {**own, **more}.items()},
            }
            for row in wanted
            if row["kind"] == kind
        ]
    found[_("Supply beside demand")] = [
        {
            formatting.dimension("job_family"): value("job_family", row["family"]),
            visits: NOTHING if row["visits"] is None else number(row["visits"]),
            share: percent(row["share"]),
            _("Open vacancies"): opened(row["open"]),
            _("Pull"): index(row["pull"]),
        }
        for row in file(readings, "supply", segment=of)
    ]
    return found


def in_html(data: bytes) -> set[str]:
    """Every row of every table, squeezed into one text."""
    rows = lxml.html.fromstring(data.decode()).xpath("//table//tr")
    return {"|".join(squeezed(cell.text_content()) for cell in row.xpath("./th | ./td")) for row in rows}


def in_slides(data: bytes) -> set[str]:
    """Every row of every table."""
    found = set()
    for slide in Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_table:
                found |= {"|".join(squeezed(cell.text) for cell in row.cells) for row in shape.table.rows}
    return found


def in_workbook(data: bytes) -> list[tuple[Any, ...]]:
    """Every row of every sheet, numbers to 14 digits."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [rounded(row) for sheet in book for row in sheet.iter_rows(values_only=True)]


def rounded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(f"{cell:.13g}" if isinstance(cell, int | float) else cell or None for cell in row)


def unbroken(text: str) -> str:
    """*text* without blanks and hyphens: a PDF has its own where a line ends."""
    return re.sub(r"[\s\-\u00ad\u2010\u2011]+", "", text)


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_says_what_the_files_say(readings: Readings, lang: Language, segment: str | None) -> None:
    """Each row of each table of things is that of the file, and stands in PDF, slides, HTML and workbook."""
    site = factories.make_site("demo", ["werkenbij.example.org"])
    report: Report = build(
        readings, site, segment=segment, lang=lang, chapters=["summary", "touchpoints", "demand"], title="x"
    )
    with speaking(lang):
        wanted = expected(readings, lang, segment)
    found = {table.title: table for _section, table in report.tables()}
    for title, rows in wanted.items():
        if not rows:
            continue
        table = found[title]
        headings = [column.title for column in table.columns]
        assert {column.title for column in table.columns if column.is_number} <= set(rows[0]), title
        shown = [dict(zip(headings, (cell.text for cell in row), strict=True)) for row in table.rows]
        assert [{heading: row[heading] for heading in rows[0]} for row in shown] == rows, title
    written = {name: form.write(report, Look()) for name, form in formats.FORMATS.items()}
    assert set(written) == {"pdf", "pptx", "xlsx", "html"}
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(written["pdf"])).pages)
    pdf = unbroken(pages)
    html, slides, book = in_html(written["html"]), in_slides(written["pptx"]), in_workbook(written["xlsx"])
    for title in wanted:
        for row in found[title].rows if title in found else ():
            texts = [squeezed(cell.text) for cell in row]
            assert "|".join(texts) in html
            assert "|".join(texts) in slides
            assert unbroken("".join(texts)) in pdf
            values = rounded(tuple(cell.text if cell.kind == "text" else cell.value for cell in row))
            assert any(each[: len(values)] == values for each in book), (title, values)
