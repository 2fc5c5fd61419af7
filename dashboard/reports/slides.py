"""
A report as slides: one idea each, native charts that can be edited, the evidence in the notes, a text beside every chart for who can't
see it.
"""

from __future__ import annotations

import io
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from dashboard.exports.xlsx import SHARE
from dashboard.language import gettext as _
from dashboard.reports.look import Look
from dashboard.reports.model import Block, Chart, Facts, Report, Section, Table, Tiles
from dashboard.reports.slide_parts import all_of, clean, describe, fills_up, short, skip_labels
from dashboard.reports.slide_room import (
    BAR_NAME,
    BOTTOM,
    FACT_SIZES,
    FEW_BARS,
    GAP,
    GLYPH,
    HEIGHT,
    LEFT,
    LINE,
    PAD,
    ROW_HEIGHT,
    ROWS_MAX,
    TOP,
    WIDE,
    WIDE_GLYPH,
    WIDTH,
    Box,
    height_of,
    lead_of,
    lines_of,
    pages_of,
    part_of,
    shown,
    widths_of,
)  # fmt: skip
from dashboard.reports.speech import speaking

if TYPE_CHECKING:
    from pptx.presentation import Presentation as Deck
    from pptx.slide import Slide

TITLE_ONLY: Final = 5  # layout of python-pptx's own template
INK, SOFT, PALE = "1C2430", "5B6472", "EEF1F4"
WEEK_INCHES: Final = 0.95  # of the name of a week on an axis
FEW_SERIES: Final = 12
LEGEND_NAME: Final = 32  # characters of a name in the legend of more
SMALLEST: Final = 10.5  # points, of facts that stand beside a chart and are many
LOCALES: Final = {"en": "en-GB", "nl": "nl-NL"}


def write(report: Report, look: Look) -> bytes:
    """The slides."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    deck.core_properties.title = f"{report.title} · {report.subject}"
    deck.core_properties.author = report.title
    deck.core_properties.language = LOCALES[report.lang]
    deck.core_properties.created = deck.core_properties.modified = datetime(  # noqa: DTZ001 (the format has no zone)
        report.end.year, report.end.month, report.end.day
    )
    deck.core_properties.last_modified_by = ""
    with speaking(report.lang):
        maker = _Maker(deck, report, look)
        maker.cover()
        for chapter in report.chapters:
            for section in chapter.sections:
                maker.section(chapter.title, section)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


class _Maker:
    """Puts slides into one deck."""

    def __init__(self, deck: Deck, report: Report, look: Look) -> None:
        self._deck = deck
        self._report = report
        self._look = look
        self._accent = look.colour.removeprefix("#").upper()

    def cover(self) -> None:
        """What it is, of whom and when."""
        report = self._report
        slide = self._blank(report.title, size=44, top=2.4, height=1.3)
        self._bar(slide, HEIGHT - 0.45, 0.45)
        self._text(slide, [report.subject], 3.75, 0.8, size=26)
        self._text(
            slide, list(filter(None, [report.period, *report.beside, report.warning])), 4.5, 1.2, size=18, colour=SOFT
        )
        self._text(slide, [report.promise], 5.75, 0.7, size=14, colour=SOFT)
        if self._look.logo:
            from pptx.util import Inches

            picture = slide.shapes.add_picture(
                io.BytesIO(self._look.logo), Inches(LEFT), Inches(0.7), height=Inches(1.1)
            )
            if picture.width > Inches(5):
                picture.height = int(picture.height * Inches(5) / picture.width)
                picture.width = Inches(5)
            describe(picture, _("Logo of %(name)s", name=report.title))

    def section(self, chapter: str, section: Section) -> None:
        """A slide for each idea: a chart with its table beside it where both fit, else each on its own, long tables in parts."""
        pages = list(pages_of(section))
        for number, page in enumerate(pages, 1):
            title = section.title if len(pages) == 1 else f"{section.title} ({number}/{len(pages)})"
            slide = self._blank(title, size=28, top=0.42, height=0.75)
            self._bar(slide, 0, 0.12)
            only = page[0] if len(page) == 1 else None
            message = section.message
            if not message and isinstance(only, (Chart, Table)) and only.title != section.title:
                message = only.title
            if message:
                self._text(slide, [message], 1.12, 0.75, size=16, colour=SOFT)
            left = LEFT
            for block in page:
                wide = WIDE if len(page) == 1 else (WIDE - GAP) * part_of(block, page)
                self._block(slide, block, Box(left, TOP if message else 1.35, wide))
                left += wide + GAP
            self._foot(slide, chapter)
            notes = [block.alt for block in page if isinstance(block, Chart)]
            notes += [block.note for block in page if isinstance(block, Table)]
            told = [section.message, *all_of(page), *section.evidence, *notes, self._report.promise]
            slide.notes_slide.notes_text_frame.text = clean("\n".join(filter(None, told)))

    def _block(self, slide: Slide, block: Block, box: Box) -> None:
        match block:
            case Chart():
                self._chart(slide, block, box)
            case Table():
                self._table(slide, block, box)
            case Tiles():
                self._tiles(slide, block, box)
            case Facts():
                self._facts(slide, block, box)

    def _blank(self, title: str, *, size: int, top: float, height: float) -> Slide:
        from pptx.util import Inches

        slide = self._deck.slides.add_slide(self._deck.slide_layouts[TITLE_ONLY])
        shape = slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = (
            Inches(LEFT), Inches(top), Inches(WIDE), Inches(height),
        )  # fmt: skip
        self._fill(shape.text_frame, [title], size=size, colour=self._accent, bold=True, lines_of_text=1)
        return slide

    def _text(self, slide: Slide, lines: list[str], top: float, height: float, *, size: int, colour: str = INK) -> None:
        from pptx.util import Inches

        box = slide.shapes.add_textbox(Inches(LEFT), Inches(top), Inches(WIDE), Inches(height))
        self._fill(box.text_frame, lines, size=size, colour=colour)

    def _fill(
        self,
        frame: Any,
        lines: list[str],
        *,
        size: float,
        colour: str = INK,
        bold: bool = False,
        lines_of_text: int = 2,
    ) -> None:
        """Set the text of a frame: plain runs, in the language of the report, that shrink rather than run out of the slide."""
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap = True
        frame.margin_left = 0
        frame.vertical_anchor = MSO_ANCHOR.TOP
        longest = max((len(line) for line in lines), default=0)
        fitted = max(
            size * 0.6, min(size, lines_of_text * WIDE * 72 / ((WIDE_GLYPH if bold else GLYPH) * max(longest, 1)))
        )
        for place, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text = clean(line)
            run.font.size, run.font.bold = Pt(fitted), bold
            run.font.color.rgb = RGBColor.from_string(colour)
            run._r.get_or_add_rPr().set("lang", LOCALES[self._report.lang])  # noqa: SLF001 (python-pptx has no other way)

    def _bar(self, slide: Slide, top: float, height: float) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        bar = slide.shapes.add_shape(
            MSO_SHAPE.RECTANGLE, Inches(0), Inches(top), self._deck.slide_width, Inches(height)
        )
        bar.fill.solid()
        bar.fill.fore_color.rgb = RGBColor.from_string(self._accent)
        bar.line.fill.background()
        bar.shadow.inherit = False
        describe(bar, "")

    def _foot(self, slide: Slide, chapter: str) -> None:
        number = len(self._deck.slides)
        words = [self._report.title, chapter, self._report.period, self._report.warning, str(number)]
        self._text(slide, [" · ".join(filter(None, words))], 6.98, 0.35, size=11, colour=SOFT)

    def _chart(self, slide: Slide, chart: Chart, box: Box) -> None:
        from pptx.chart.data import CategoryChartData
        from pptx.dml.color import RGBColor
        from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
        from pptx.util import Inches, Pt

        data = CategoryChartData(number_format=SHARE)
        data.categories = [short(clean(name), BAR_NAME) for name in chart.categories]
        for series in chart.series:
            name = clean(series.name)
            data.add_series(
                short(name, LEGEND_NAME) if len(chart.series) > FEW_SERIES else name,
                [cell.value for cell in series.cells],
            )
        kind = {
            "bars": XL_CHART_TYPE.BAR_CLUSTERED,
            "line": XL_CHART_TYPE.LINE_MARKERS,
            "areas": XL_CHART_TYPE.AREA_STACKED,
        }[chart.shape]
        frame = slide.shapes.add_chart(
            kind, Inches(box.left), Inches(box.top), Inches(box.width), Inches(BOTTOM - box.top), data
        )
        describe(frame, f"{chart.title}. {chart.alt}")
        drawn = frame.chart
        drawn.font.size = Pt(12)
        drawn.has_title = box.width < WIDE
        if drawn.has_title:
            drawn.chart_title.include_in_layout = False
            self._fill(drawn.chart_title.text_frame, [chart.title], size=12, colour=SOFT)
        drawn.font.color.rgb = RGBColor.from_string(INK)
        drawn.has_legend = len(chart.series) > 1
        if drawn.has_legend:
            drawn.legend.position = XL_LEGEND_POSITION.RIGHT if chart.shape == "areas" else XL_LEGEND_POSITION.BOTTOM
            drawn.legend.include_in_layout = False
            drawn.legend.font.size = Pt(11 if len(chart.series) <= FEW_SERIES else 8)
        values = drawn.value_axis
        values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "0%", False
        values.major_gridlines.format.line.color.rgb = RGBColor.from_string("DFE3E8")
        values.format.line.fill.background()
        drawn.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        drawn.category_axis.format.line.color.rgb = RGBColor.from_string("DFE3E8")
        if chart.shape != "bars":
            skip_labels(drawn.category_axis, math.ceil(len(chart.categories) * WEEK_INCHES / box.width))
        if chart.shape == "line":
            values.minimum_scale = 0
        if chart.shape == "areas" and fills_up(chart):
            values.maximum_scale = 1
        plot = drawn.plots[0]
        if chart.shape == "bars":
            drawn.category_axis.reverse_order = True
            drawn.category_axis.tick_labels.font.size = Pt(12 if len(chart.categories) <= ROWS_MAX else 9)
            values.visible = False
            values.has_major_gridlines = False
            plot.gap_width, plot.overlap = 45 if len(chart.categories) > FEW_BARS else 150, -5
            plot.has_data_labels = True
            plot.data_labels.number_format, plot.data_labels.number_format_is_linked = SHARE, False
            plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
            plot.data_labels.font.size = Pt(11)
        for series, wanted in zip(plot.series, chart.series, strict=True):
            colour = RGBColor.from_string(wanted.colour.removeprefix("#").upper())
            if chart.shape == "line":
                series.smooth = False
                series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = colour
                series.marker.format.line.color.rgb = colour
            else:
                series.format.fill.solid()
                series.format.fill.fore_color.rgb = colour

    def _table(self, slide: Slide, table: Table, box: Box) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Inches, Pt

        rows = [tuple(column.title for column in table.columns), *(tuple(c.text for c in row) for row in table.rows)]
        frame = slide.shapes.add_table(
            len(rows),
            len(table.columns),
            Inches(box.left),
            Inches(box.top),
            Inches(box.width),
            Inches(min(ROW_HEIGHT * len(rows), BOTTOM - box.top)),
        )
        describe(frame, table.title)
        drawn = frame.table
        for column, width in zip(drawn.columns, widths_of(table, box.width), strict=True):
            column.width = Inches(width)
        for y, row in enumerate(rows):
            drawn.rows[y].height = Inches(min(ROW_HEIGHT, (BOTTOM - box.top) / len(rows)))
            for x, text in enumerate(row):
                cell = drawn.cell(y, x)
                cell.margin_top = cell.margin_bottom = Inches(0.02)
                cell.margin_left = cell.margin_right = Inches(0.07)
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string(
                    self._accent if y == 0 else PALE if y % 2 == 0 else "FFFFFF"
                )
                self._fill(cell.text_frame, [short(text, 90)], size=13, colour="FFFFFF" if y == 0 else INK, bold=y == 0)
                small = box.width < WIDE or len(text) > 60
                cell.text_frame.paragraphs[0].runs[0].font.size = Pt(11 if small else 13)
                if table.columns[x].is_number:
                    cell.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT

    def _tiles(self, slide: Slide, block: Tiles, box: Box) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Inches, Pt

        columns = min(3, max(1, len(block.tiles)))
        gap, height = 0.3, 1.9
        width = (box.width - gap * (columns - 1)) / columns
        for place, tile in enumerate(block.tiles):
            left = box.left + (place % columns) * (width + gap)
            top = box.top + 0.1 + (place // columns) * (height + gap)
            shape = slide.shapes.add_shape(
                MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height)
            )
            shape.fill.solid()
            shape.fill.fore_color.rgb = RGBColor.from_string(PALE)
            shape.line.fill.background()
            shape.shadow.inherit = False
            self._fill(
                shape.text_frame, [tile.title, tile.figure.text, *([tile.beside] if tile.beside else [])], size=14
            )
            for run, size, colour in zip(
                (paragraph.runs[0] for paragraph in shape.text_frame.paragraphs),
                (14, 32, 14),
                (SOFT, INK, SOFT),
                strict=False,
            ):
                run.font.size = Pt(size)
                run.font.color.rgb = RGBColor.from_string(colour)
            shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
            shape.text_frame.margin_left = Inches(0.2)

    def _facts(self, slide: Slide, block: Facts, box: Box) -> None:
        """Leads and sentences in a table without lines, whose rows grow with their text."""
        from pptx.util import Inches, Pt

        lead = lead_of(block)
        told = box.width - lead
        size = next(
            (one for one in FACT_SIZES if height_of(block, told, one) <= BOTTOM - box.top),
            SMALLEST,
        )
        frame = slide.shapes.add_table(
            len(block.facts), 2, Inches(box.left), Inches(box.top), Inches(box.width), Inches(0.2 * len(block.facts))
        )
        describe(frame, "")
        drawn = frame.table
        drawn.first_row = drawn.horz_banding = False
        drawn.columns[0].width, drawn.columns[1].width = Inches(lead), Inches(told)
        for y, fact in enumerate(block.facts):
            drawn.rows[y].height = Inches(lines_of(fact, told, size, lead) * size * LINE / 72 + PAD)
            for x, lines in enumerate(([fact.lead], list(shown(fact)))):
                cell = drawn.cell(y, x)
                cell.fill.background()
                cell.margin_left = Inches(0)
                cell.margin_top = cell.margin_bottom = Inches(0.04)
                self._fill(cell.text_frame, lines, size=size, colour=INK if x else self._accent, bold=not x)
                for paragraph in cell.text_frame.paragraphs:
                    for run in paragraph.runs:
                        run.font.size = Pt(size)
