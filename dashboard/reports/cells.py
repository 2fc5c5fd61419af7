"""Numbers as cells of a report: the value, and the text that the pages of the dashboard have for it."""

from __future__ import annotations

from dashboard import formatting
from dashboard.reports.model import Cell


def text(words: str) -> Cell:
    """Words."""
    return Cell(words, words)


def count(visits: int | None) -> Cell:
    """Visits, or None where they are held back."""
    return Cell(formatting.NOTHING if visits is None else formatting.number(visits), visits, "count")


def share(part: float | None) -> Cell:
    """A fraction (0 to 1), or None where it can't be said."""
    return Cell(formatting.percent(part), part, "share")


def index(value: float | None) -> Cell:
    """An index (100 = average), or None where it can't be said."""
    return Cell(formatting.index(value), value, "index")


def interval(low: float | None, high: float | None) -> Cell:
    """The interval of an index."""
    if low is None or high is None:
        return Cell(formatting.NOTHING)
    return text(f"{formatting.index(low)}–{formatting.index(high)}")


def week(name: str) -> str:
    """A week on an axis, by its first day."""
    monday = formatting.week_start(name)
    return name if monday is None else formatting.short_day(monday)
