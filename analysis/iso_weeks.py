"""ISO weeks as the counts name them, "2026-W47": Monday is the first day, and the week that holds the first Thursday is W01 (ISO 8601)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta


def monday(week: str) -> date:
    """The first day of an ISO week such as "2026-W47"."""
    return date.fromisoformat(f"{week}-1")


def iso_week(day: date) -> str:
    """The ISO week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def weeks_between(first: date, last: date) -> Iterator[str]:
    """The ISO weeks from the one that holds *first* to the one that holds *last*."""
    day = first - timedelta(days=first.weekday())
    while day <= last:
        yield iso_week(day)
        day += timedelta(days=7)
