"""How much fits on a slide, and what stands on which. Letters are reckoned wide, since the font is the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dashboard.reports.model import Block, Chart, Fact, Facts, Section, Table

WIDTH, HEIGHT = 13.333, 7.5  # inches: 16 to 9
LEFT: Final = 0.7
WIDE: Final = WIDTH - 2 * LEFT
TOP: Final = 1.95  # below title and message
BOTTOM: Final = 6.85
ROWS_MAX: Final = 12  # of a table on one slide
ROW_HEIGHT: Final = 0.36
GAP: Final = 0.35
FEW_BARS: Final = 4
BESIDE_ROWS_MAX: Final = 16  # lines of a table that stands beside its chart
BESIDE_NAME: Final = 38  # characters of a line of its first column
BAR_NAME: Final = 48  # characters of a name in a chart; its table has it all
LEAD: Final = 2.2  # width of what a fact is about
LINE, PAD = 1.2, 0.12  # height of a line in sizes of the font, and inches between facts
GLYPH: Final = 0.5  # width of an average letter, in sizes of the font
WIDE_GLYPH: Final = 0.64  # of a bold one


@dataclass(frozen=True, slots=True)
class Box:
    """Where a block stands on a slide, in inches; it may go down to :data:`BOTTOM`."""

    left: float
    top: float
    width: float


def lines_of(fact: Fact, width: float, size: float) -> int:
    """Lines that a fact takes at a size of the font, reckoned with a wide one."""
    most = width * 72 / (GLYPH * size)
    return max(
        sum(1 + int(len(one) / most) for one in fact.sentences), 1 + int(len(fact.lead) / (LEAD * 72 / (0.62 * size)))
    )


def height_of(block: Facts, width: float, size: float) -> float:
    return sum(lines_of(fact, width, size) * size * LINE / 72 + PAD for fact in block.facts)


def pages_of(section: Section) -> Iterator[tuple[Block, ...]]:
    """The blocks of each slide. A section without blocks is a slide with its message."""
    blocks = section.blocks
    match blocks:
        case (Chart(shape="bars" | "line"), Table() as table) if _beside(table) <= BESIDE_ROWS_MAX:
            yield blocks
        case (Facts(), Chart()) | ():
            yield blocks
        case _:
            for block in blocks:
                if isinstance(block, Table):
                    for start in range(0, max(1, len(block.rows)), ROWS_MAX):
                        yield (replace(block, rows=block.rows[start : start + ROWS_MAX]),)
                else:
                    yield (block,)


def _beside(table: Table) -> int:
    return sum(1 + len(row[0].text) // BESIDE_NAME for row in table.rows)


def part_of(block: Block, page: tuple[Block, ...]) -> float:
    """The part of the width that a block gets beside the other: 0 to 1."""
    if isinstance(page[0], Facts):
        return 0.66 if isinstance(block, Facts) else 0.34
    return 0.44 if isinstance(block, Chart) else 0.56


def widths_of(table: Table, width: float) -> list[float]:
    """Widths of columns in inches, that add up to *width*: what numbers need, and the rest to texts by their longest."""
    longest = [
        max([len(column.title), *(min(len(row[place].text), 60) for row in table.rows)])
        for place, column in enumerate(table.columns)
    ]
    needed = [
        min((one * 0.1 + 0.25) * (1.2 if width == WIDE else 1.0), 2.2) if column.is_number else 0.0
        for one, column in zip(longest, table.columns, strict=True)
    ]
    texts = [0.0 if column.is_number else max(one, 8) + 4.0 for one, column in zip(longest, table.columns, strict=True)]
    left = max(width - sum(needed), width / 3)
    wanted = [number + left * one / (sum(texts) or 1.0) for number, one in zip(needed, texts, strict=True)]
    return [width * one / sum(wanted) for one in wanted]
