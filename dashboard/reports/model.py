"""
What a report is made of, whatever it is written as.

    Report ── Chapter ── Section ── Tiles, Facts, Table, Chart
                            └── evidence: what the section rests on (the notes of its slide)

Every number is a :class:`Cell`: its value, for charts and spreadsheets, and its text, which is what the pages of the dashboard say.
It is made once, so no two formats can tell different numbers. All text is plain, and much of it came from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.words import Language

Kind = Literal["text", "count", "share", "index", "decimal"]
Shape = Literal["bars", "line", "areas"]


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One number or text.

    Attributes:
        text: as people read it, in the language of the report.
        value: a whole number for a count, a fraction (0 to 1) for a share, 100 = average for an index; None where it can't be said.
    """

    text: str
    value: str | int | float | None = None
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a table's column; *is_number* sets it flush right."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each row has a cell per column, and the first cell names the row."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """
    One row of a chart's numbers.

    Attributes:
        cells: one per category.
        colour: ``#rrggbb``.
    """

    name: str
    cells: tuple[Cell, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Chart:
    """
    A chart.

    Attributes:
        shape: horizontal bars (a second series is what it is compared with), one line, or areas on each other.
        alt: what is to be seen, for who can't see it.
        categories: names of the bars, or the weeks.
    """

    shape: Shape
    title: str
    alt: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure, with what is to be said beside it."""

    title: str
    figure: Cell
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Headline figures side by side."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """
    What something is about, and sentences that tell it.

    Attributes:
        cells: the numbers that the sentences tell, in their order; the text of each stands in one of them.
        short: those of the sentences that are enough on a slide, whose notes have all of them; none: all stand on it.
    """

    lead: str
    sentences: tuple[str, ...]
    cells: tuple[Cell, ...] = ()
    short: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A list of facts, such as the answers of a reach brief."""

    facts: tuple[Fact, ...]


Block = Tiles | Facts | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """
    One idea.

    Attributes:
        message: the idea in a sentence; "" when the blocks say it all.
        evidence: what it rests on, a sentence each.
        alone: begins a page of its own, and is not longer than that.
        tab: a shorter title, for the tab of a sheet; "": the title.
    """

    title: str
    message: str
    blocks: tuple[Block, ...]
    evidence: tuple[str, ...] = ()
    alone: bool = False
    tab: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter; *key* is its name in :data:`dashboard.exports.names.CHAPTERS`."""

    key: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """
    A whole report.

    Attributes:
        title: of the cover.
        subject: the site, or the audience that it is about.
        period: its days in words.
        end: its last day.
        promise: the rule of *k* in a sentence, for every page.
        warning: that the visits are simulated; "" when they are not.
        beside: what stands below the period on the cover: the weeks of what is told by week, where they were chosen, and how clear the
            picture is.
    """

    title: str
    subject: str
    period: str
    end: date
    lang: Language
    promise: str
    warning: str
    chapters: tuple[Chapter, ...]
    beside: tuple[str, ...] = ()

    def tables(self) -> Iterator[tuple[Section, Table]]:
        """Every table with the section that it stands in."""
        for chapter in self.chapters:
            for section in chapter.sections:
                for block in section.blocks:
                    if isinstance(block, Table):
                        yield section, block
