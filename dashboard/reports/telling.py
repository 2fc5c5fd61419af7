"""Sentences of a report that tell numbers: each number is a cell, which is kept beside the sentence for who checks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import cells
from dashboard.reports.model import Cell, Fact
from dashboard.views import AVERAGE, Value

NOTABLE: Final = 1.2  # times the average, or its inverse; a smaller difference can be real and yet be of no use
WHOLE_FROM: Final = 1000.0  # index; ten times the average and more is told without decimals
QUOTED: Final = frozenset(
    {"touchpoint", "campaign", "job_family", "search", "search_empty", "vacancy", "page"}
)  # words of the site's own


class Telling:
    """Sentences about one thing, and the numbers in them."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.cells: list[Cell] = []
        self._short: list[str] = []

    def say(self, sentence: str, *, short: bool = False) -> None:
        """Add a sentence; *short*: it is one of those that are enough on a slide."""
        self.sentences.append(sentence)
        if short:
            self._short.append(sentence)

    def count(self, visits: int) -> str:
        """Visits, for a sentence."""
        return self._kept(cells.count(visits))

    def share(self, part: float | None) -> str:
        """A fraction (0 to 1), for a sentence."""
        return self._kept(cells.share(part))

    def times(self, index: float | None) -> str:
        """An index (100 = average) as a multiple of the average, for a sentence."""
        return self._kept(Cell(times(index), index, "index"))

    def against(self, value: Value) -> str:
        """The share of a value; with how it stands to the average where that is real and notable."""
        share = self.share(value.share)
        return (
            _("%(share)s, %(times)s × the average", share=share, times=self.times(value.index))
            if is_notable(value)
            else share
        )

    def values(self, found: Iterable[Value], *, plain: bool = False) -> str:
        """Values with their shares as a list in words; *plain*: without how they stand to the average."""
        return listed([f"{name_of(one)} ({self.share(one.share) if plain else self.against(one)})" for one in found])

    def fact(self, lead: str) -> Fact:
        """All of it, under what it is about; the first sentence is enough on a slide where none was said to be."""
        return Fact(lead, tuple(self.sentences), tuple(self.cells), tuple(self._short or self.sentences[:1]))

    def _kept(self, cell: Cell) -> str:
        self.cells.append(cell)
        return cell.text


def is_notable(value: Value) -> bool:
    """Is it really more or less than average, and so much that it matters?"""
    if value.index is None or value.standing not in ("more", "less"):
        return False
    ratio = value.index / AVERAGE
    return ratio >= NOTABLE or ratio <= 1 / NOTABLE


def times(index: float | None) -> str:
    """An index as a multiple of the average: with one decimal under ten."""
    return formatting.number(index / AVERAGE) if index is not None and index >= WHOLE_FROM else formatting.times(index)


def name_of(value: Value) -> str:
    """The words for a value; what the site or its visits call it stands in quotes."""
    name = formatting.value(value.dimension, value.value)
    return quoted(name) if value.dimension in QUOTED and not name.startswith("“") else name


def quoted(name: str) -> str:
    """A name in a sentence, so that it can't be read as a part of it."""
    return f"“{name}”"


def listed(parts: Sequence[str]) -> str:
    """One, two and three."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s", first=", ".join(parts[:-1]), last=parts[-1])
