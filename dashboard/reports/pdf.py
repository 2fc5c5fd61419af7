"""
A report as PDF, set by Typst: tagged to PDF/UA-1, charts as vectors, no network and no file of this machine but its fonts.

The text goes to Typst as JSON, so none of it is ever read as Typst's markup.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from dashboard.language import gettext as _
from dashboard.reports import drawing, glyphs
from dashboard.reports.look import Look
from dashboard.reports.model import Block, Chart, Facts, Report, Section, Table, Tiles
from dashboard.reports.speech import speaking

log = logging.getLogger("telpunt.reports")

TEMPLATE: Final = Path(__file__).parents[1] / "templates" / "report.typ"
STANDARD: Final = "ua-1"
TOGETHER_ROWS: Final = 14  # of tables in a section; with more it may be parted between two pages
TEXT_CHARS: Final = 60  # of the longest text in a column, from which on it wraps
FULL_WIDTH_PX: Final = 680  # of a chart; narrower ones stay as large as their text


def write(report: Report, look: Look) -> bytes:
    """
    The PDF.

    PDF/UA forbids letters that no font has (with Debian's ``fonts-noto-core`` and ``fonts-noto-cjk`` there are few such): a sign stands in
    their place, and the cover says so. If Typst refuses even then, the report is tagged all the same, and does not claim PDF/UA.
    """
    import typst

    files: dict[str, bytes] = {"main": TEMPLATE.read_bytes()}
    with speaking(report.lang):
        note = _(
            "%(sign)s stands for letters that no font here can print; the other formats have them.",
            sign=glyphs.PLACEHOLDER,
        )
        words = {"page": _("Page"), "contents": _("Contents"), "logo": _("Logo of %(name)s", name=report.title)}
    chapters = [
        {"title": chapter.title, "sections": [_section(section, report, files) for section in chapter.sections]}
        for chapter in report.chapters
    ]
    beside = list(report.beside)
    data = {
        "title": report.title,
        "subject": report.subject,
        "period": report.period,
        "lang": report.lang,
        "promise": report.promise,
        "warning": report.warning,
        "beside": beside,
        "colour": look.colour,
        "logo": list(look.logo or b""),  # as numbers: a file in memory must be text for Typst
        "words": words,
        "chapters": chapters,
    }
    files["data.json"] = msgspec.json.encode(data)
    end = datetime(report.end.year, report.end.month, report.end.day, tzinfo=UTC)
    try:
        return _set(files, end)
    except typst.TypstError as error:
        unknown = glyphs.missing(error.diagnostic)
    files["data.json"] = msgspec.json.encode({**data, "beside": [*beside, note]})
    printable = {
        name: text if name == "main" else glyphs.replaced(text.decode(), unknown).encode()
        for name, text in files.items()
    }
    try:
        return _set(printable, end)
    except typst.TypstError as error:
        log.info("A report can't be PDF/UA and is only tagged: %s", error.message.split("`")[0])
        return typst.compile(printable, format="pdf", timestamp=end)  # type: ignore[no-any-return, call-overload]


def _set(files: dict[str, bytes], end: datetime) -> bytes:
    import typst

    return typst.compile(files, format="pdf", pdf_standards=[STANDARD], timestamp=end)  # type: ignore[no-any-return, call-overload]  # its types know no dictionary of files


def _section(section: Section, report: Report, files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "title": section.title,
        "message": section.message,
        "alone": section.alone,
        "together": sum(_rows(block) for block in section.blocks) <= TOGETHER_ROWS,
        "evidence": section.evidence,
        "blocks": [_block(block, section, report, files) for block in section.blocks],
    }


def _rows(block: Block) -> int:
    """How long a block is, in rows of a table."""
    match block:
        case Table():
            return len(block.rows)
        case Facts():
            return sum(max(1, len(fact.sentences)) for fact in block.facts)
    return 0


def _widths(table: Table) -> list[int]:
    """What of the width each column of text gets beside the others, by its longest text; 0 for numbers, which get what they need."""
    return [
        0
        if column.is_number
        else min(max([len(column.title), 12, *(len(row[place].text) for row in table.rows)]), TEXT_CHARS)
        for place, column in enumerate(table.columns)
    ]


def _block(block: Block, section: Section, report: Report, files: dict[str, bytes]) -> dict[str, Any]:
    match block:
        case Tiles():
            tiles = [{"title": one.title, "figure": one.figure.text, "beside": one.beside} for one in block.tiles]
            return {"kind": "tiles", "tiles": tiles}
        case Facts():
            return {
                "kind": "facts",
                "facts": [{"lead": one.lead, "sentences": one.sentences} for one in block.facts],
            }
        case Table():
            return {
                "kind": "table",
                "title": block.title,
                "titled": block.title != section.title,
                "note": block.note,
                "columns": [
                    {"title": column.title, "number": column.is_number, "part": part}
                    for column, part in zip(block.columns, _widths(block), strict=True)
                ],
                "rows": [[cell.text for cell in row] for row in block.rows],
            }
        case Chart():
            name = f"chart-{len(files)}.svg"
            drawn = drawing.svg(block, report.lang, drawing.PRINT)
            files[name] = drawn.encode()
            return {
                "kind": "chart",
                "title": block.title,
                "titled": block.title != section.title,
                "alt": block.alt,
                "file": name,
                "width": min(1.0, drawing.width_of(drawn) / FULL_WIDTH_PX),
                "legend": [
                    {"name": series.name, "colour": drawing.INK if place else series.colour, "mark": bool(place)}
                    for place, series in enumerate(block.series)
                ]
                if block.shape == "bars" and len(block.series) > 1
                else [],
            }
