"""How much fits on a slide, and what stands on which. Letters are reckoned wide, since the font is the reader's."""

from __future__ import annotations

import textwrap
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
WORD_MAX: Final = 16
LEAD: Final = 2.2  # width of what a fact is about
LEAD_LONG: Final = 3.6  # of what is longer than so many characters:
LEAD_CHARS: Final = 32
LINE, PAD = 1.2, 0.12  # height of a line in sizes of the font, and inches between facts
FACT_SIZES: Final = (18.0, 17.0, 16.0, 15.0, 14.0, 13.0, 12.0)  # points, of facts on a slide of their own
GLYPH: Final = 0.5  # width of an average letter, in sizes of the font
WIDE_GLYPH: Final = 0.64  # of a bold one


@dataclass(frozen=True, slots=True)
class Box:
    """Where a block stands on a slide, in inches; it may go down to :data:`BOTTOM`."""

    left: float
    top: float
    width: float


def shown(fact: Fact) -> tuple[str, ...]:
    """The sentences of a fact that stand on a slide."""
    return fact.short or fact.sentences


def lines_of(fact: Fact, width: float, size: float, lead: float = LEAD) -> int:
    """Lines that a fact takes at a size of the font, reckoned with a wide one."""
    told = sum(_wrapped(one, width * 72 / (GLYPH * size)) for one in shown(fact))
    return max(told, _wrapped(fact.lead, lead * 72 / (WIDE_GLYPH * size)))


def _wrapped(text: str, most: float) -> int:
    """Lines of a text that breaks between words."""
    return max(1, len(textwrap.wrap(text, max(int(most), 1))))


def height_of(block: Facts, width: float, size: float) -> float:
    return sum(lines_of(fact, width, size, lead_of(block)) * size * LINE / 72 + PAD for fact in block.facts)


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
                if isinstance(block, Facts):
                    yield from ((part,) for part in _parted(block))
                elif isinstance(block, Table):
                    for start in range(0, max(1, len(block.rows)), ROWS_MAX):
                        yield (replace(block, rows=block.rows[start : start + ROWS_MAX]),)
                else:
                    yield (block,)


def _parted(block: Facts) -> Iterator[Facts]:
    """The facts of each slide: as many slides as the smallest size that can be read on a wall takes, with about as many facts each."""
    told = WIDE - lead_of(block)
    slides, height = 1, 0.0
    for fact in block.facts:
        own = height_of(Facts((fact,)), told, FACT_SIZES[-1])
        if height and height + own > BOTTOM - TOP:
            slides, height = slides + 1, 0.0
        height += own
    each = -(-len(block.facts) // slides)
    for start in range(0, len(block.facts), each):
        yield Facts(block.facts[start : start + each])


def lead_of(block: Facts) -> float:
    """The width of what the facts are about: more where that is names of audiences."""
    return LEAD_LONG if max((len(fact.lead) for fact in block.facts), default=0) > LEAD_CHARS else LEAD


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
    needed = [
        one if column.is_number else _longest_word(table, place) * 0.1 + 0.25
        for place, (one, column) in enumerate(zip(needed, table.columns, strict=True))
    ]
    texts = [0.0 if column.is_number else max(one, 8) + 4.0 for one, column in zip(longest, table.columns, strict=True)]
    left = max(width - sum(needed), 0.0)
    wanted = [number + left * one / (sum(texts) or 1.0) for number, one in zip(needed, texts, strict=True)]
    return [width * one / sum(wanted) for one in wanted]


def _longest_word(table: Table, place: int) -> int:
    """Characters of the longest word of a column that is not to be parted; of an address or the like, no more than WORD_MAX."""
    said = [table.columns[place].title, *(row[place].text for row in table.rows)]
    return min(max((len(word) for text in said for word in text.split()), default=0), WORD_MAX)
