"""A report as a workbook: a sheet that says what it is, then a sheet per table, with native charts beside those that have one."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dashboard.exports.xlsx import FIGURES, WIDTH_MAX, options, put
from dashboard.language import gettext as _
from dashboard.reports.look import Look
from dashboard.reports.model import Cell, Chart, Facts, Report, Section, Series, Table, Tiles
from dashboard.reports.speech import speaking

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LEAD_WIDE, TOLD_WIDE = 34, 110  # characters of the columns of the first sheet
LINE_HEIGHT: Final = 15  # points
NAME_MAX: Final = 31  # characters of a sheet's name (Excel's limit)
KINDS: Final = {"bars": {"type": "bar"}, "line": {"type": "line"}, "areas": {"type": "area", "subtype": "stacked"}}


def write(report: Report, look: Look) -> bytes:
    """The workbook; its charts draw from its cells."""
    from xlsxwriter.workbook import Workbook

    out = io.BytesIO()
    with speaking(report.lang), Workbook(out, {**options(), "constant_memory": False, "in_memory": True}) as book:
        book.set_properties(
            {
                "title": f"{report.title} · {report.subject}",
                "author": report.title,
                "created": datetime(report.end.year, report.end.month, report.end.day, tzinfo=UTC),
            }
        )
        maker = _Maker(book, report, look)
        maker.about()
        for chapter in report.chapters:
            for section in chapter.sections:
                maker.section(section)
    return out.getvalue()


class _Maker:
    """Puts sheets into one workbook."""

    def __init__(self, book: Workbook, report: Report, look: Look) -> None:
        self._book = book
        self._report = report
        self._names: set[str] = set()
        self._colour = look.colour
        self._kinds = {
            kind: book.add_format({"num_format": FIGURES[kind]}) for kind in ("count", "share", "index", "decimal")
        }
        self._head = book.add_format({"bold": True, "bottom": 2, "bottom_color": look.colour, "text_wrap": True})
        self._title = book.add_format({"bold": True, "font_size": 16, "font_color": look.colour})
        self._bold = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def about(self) -> None:
        """The first sheet: what it is, the rule of *k*, and all that is told in sentences."""
        report = self._report
        sheet = self._book.add_worksheet(self._name(_("About")))
        sheet.hide_gridlines(2)
        _for_paper(sheet)
        sheet.set_column(0, 0, LEAD_WIDE)
        sheet.set_column(1, 1, TOLD_WIDE)
        sheet.write_string(0, 0, f"{report.title} · {report.subject}", self._title)
        row = 1
        for line in filter(None, [report.period, *report.beside, report.warning, report.promise]):
            sheet.write_string(row, 0, line)
            row += 1
        for chapter in report.chapters:
            row += 1
            sheet.write_string(row, 0, chapter.title, self._title)
            row += 1
            for section in chapter.sections:
                row = self._told(sheet, row, section)

    def section(self, section: Section) -> None:
        """A sheet per table, with the charts of its section and their numbers to the right; a chart without a table has its own."""
        charts = [block for block in section.blocks if isinstance(block, Chart) and block.series]
        for block in section.blocks:
            if isinstance(block, Table):
                sheet = self._sheet(section.tab or section.title, [column.title for column in block.columns])
                self._table(sheet, block)
                for chart in charts:
                    self._chart(sheet, len(block.columns) + 1, chart)
                charts = []
            elif isinstance(block, Tiles):
                tiles = tuple(
                    (Cell(tile.title, tile.title), tile.figure, Cell(tile.beside, tile.beside)) for tile in block.tiles
                )
                self._rows(
                    self._sheet(section.tab or section.title, [_("Figure"), _("Value"), _("Share and change")]),
                    0,
                    tiles,
                )
        for chart in charts:
            self._chart(self._sheet(section.tab or section.title, []), 0, chart)

    def _told(self, sheet: Worksheet, row: int, section: Section) -> int:
        sheet.write_string(row, 0, section.title, self._bold)
        sheet.set_row(row, LINE_HEIGHT * (1 + len(section.title) // LEAD_WIDE))
        told = [("", line) for line in (section.message, *section.evidence) if line]
        told += [
            (fact.lead, "\n".join(fact.sentences))
            for block in section.blocks
            if isinstance(block, Facts)
            for fact in block.facts
        ]
        for lead, text in told:
            if lead:
                row += 1
                sheet.write_string(row, 0, lead, self._wrap)
            sheet.write_string(row, 1, text, self._wrap)
            lines = sum(1 + len(line) // TOLD_WIDE for line in text.split("\n"))
            sheet.set_row(row, LINE_HEIGHT * max(lines, 1 + len(lead or section.title) // LEAD_WIDE))
            row += not lead
        return row + 1

    def _table(self, sheet: Worksheet, table: Table) -> None:
        self._rows(sheet, 0, table.rows)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        if table.note:
            sheet.write_string(len(table.rows) + 2, 0, table.note)

    def _chart(self, sheet: Worksheet, left: int, chart: Chart) -> None:
        """A native chart of numbers that stand on the sheet from column *left* on."""
        for place, head in enumerate(["", *(series.name for series in chart.series)], left):
            sheet.write_string(0, place, head, self._head)
            sheet.set_column(place, place, 14)
        rows = tuple(
            (Cell(name, name), *(series.cells[place] for series in chart.series))
            for place, name in enumerate(chart.categories)
        )
        self._rows(sheet, left, rows)
        drawn = self._book.add_chart(KINDS[chart.shape])
        for place, series in enumerate(chart.series, left + 1):
            drawn.add_series(self._series(sheet.get_name(), left, place, len(rows), chart, series))
        drawn.set_title({"name": chart.title, "overlay": False, "name_font": {"size": 12}})
        drawn.show_hidden_data()  # a filter of the table beside it leaves it as it is
        numbers = {"num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#DFE3E8"}}}
        if chart.shape == "bars":
            drawn.set_y_axis({"reverse": True})
            drawn.set_x_axis(numbers)
        else:
            drawn.set_x_axis({"num_font": {"size": 9}})
            drawn.set_y_axis({**numbers, "min": 0})
        if len(chart.series) == 1:
            drawn.set_legend({"none": True})
        height = 110 + 24 * len(rows) * len(chart.series) if chart.shape == "bars" else 380
        drawn.set_size({"width": 900, "height": height})
        sheet.insert_chart(1, left + len(chart.series) + 2, drawn, {"description": f"{chart.title}. {chart.alt}"})

    def _series(self, sheet: str, left: int, place: int, rows: int, chart: Chart, series: Series) -> dict[str, Any]:
        look = {"color": series.colour}
        shown = {"line": {**look, "width": 2.25}} if chart.shape == "line" else {"fill": look}
        labels = {"data_labels": {"value": True}, "gap": 45} if chart.shape == "bars" else {}
        return {
            "name": [sheet, 0, place],
            "categories": [sheet, 1, left, rows, left],
            "values": [sheet, 1, place, rows, place],
            **shown,
            **labels,
        }

    def _sheet(self, title: str, heads: list[str]) -> Worksheet:
        sheet = self._book.add_worksheet(self._name(title))
        sheet.set_tab_color(self._colour)
        sheet.freeze_panes(1, 0)
        _for_paper(sheet)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, self._head)
            sheet.set_column(place, place, max(12, min(len(head) + 4, 24)))
        return sheet

    def _rows(self, sheet: Worksheet, left: int, rows: tuple[tuple[Cell, ...], ...]) -> None:
        widest: dict[int, int] = {}
        for y, row in enumerate(rows, 1):
            for x, cell in enumerate(row, left):
                look: Format | None = self._kinds.get(cell.kind) if cell.kind != "text" else None
                put(sheet, y, x, cell.text if cell.kind == "text" else cell.value, look)
                if cell.kind == "text":
                    widest[x] = max(widest.get(x, 10), len(cell.text))
        for x, width in widest.items():
            sheet.set_column(x, x, min(width + 3, WIDTH_MAX))

    def _name(self, title: str) -> str:
        """A sheet's name: without what Excel forbids, short, and there only once."""
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip().lstrip("'").strip()
        name, number = _cut(plain, NAME_MAX) or "–", 2
        while name.lower() in self._names or name.lower() == "history":
            tail = f" ({number})"
            name, number = _cut(plain, NAME_MAX - len(tail)) + tail, number + 1
        self._names.add(name.lower())
        return name


def _cut(text: str, most: int) -> str:
    """*text* in at most *most* units of UTF-16, which is how Excel counts; not ending with an apostrophe, which it refuses."""
    while len(text.encode("utf-16-le")) > 2 * most:
        text = text[:-1]
    return text.rstrip().rstrip("'")


def _for_paper(sheet: Worksheet) -> None:
    """As wide as one page of A4, lying."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
