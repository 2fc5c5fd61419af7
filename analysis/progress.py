"""
How far a new site is from its first audiences, and in about how many days it will be there.

Made of totals alone, each a multiple of *k* like everything that is shown, so it can be looked at as often as one likes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from analysis import facts
from analysis.store import Store
from collector.folder import DataFolder
from collector.sites import Site

WINDOW_DAYS: Final = 28  # what an analysis looks back, see telpunt analyse --days
RATE_DAYS: Final = 7  # whole weeks, since careers sites are quiet on Sundays
_WEEKS_READ: Final = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Visits so far.

    Attributes:
        visits: in the window of an analysis of today, rounded down to a multiple of k; 0 may stand for fewer than k.
        any: has there been any visit at all?
        needed: that a first analysis needs.
        per_day: average of the last days that are over; None: too few to tell.
        days_left: days until there are enough at that pace; 0: there are; None: can't be told.
        too_quiet: at that pace the window never has enough.
    """

    visits: int
    any: bool
    needed: int
    per_day: float | None
    days_left: int | None
    too_quiet: bool


def look(folder: DataFolder, site: Site, now: datetime) -> Progress:
    """The progress of *site* at *now* (UTC)."""
    store = Store(folder)
    weeks = store.weeks(site.key)[-_WEEKS_READ:]
    counts = store.read(site.key, weeks, where=pl.col("dimension") == facts.PATTERN_TOTAL)
    by_day = {
        date.fromisoformat(day): int(visits)
        for day, visits in counts.group_by("period").agg(pl.col("visits").sum()).iter_rows()
    }
    return reckon(by_day, site, now.astimezone(ZoneInfo(site.timezone)).date())


def reckon(by_day: dict[date, int], site: Site, today: date) -> Progress:
    """
    The progress by visits per day.

    Args:
        by_day: visits of the last weeks, by day at the site.
        today: the day it is at the site; not over, so it does not count for the pace.
    """
    needed = max(site.min_visits, 2 * site.k)
    if not by_day:
        return Progress(0, any=False, needed=needed, per_day=None, days_left=None, too_quiet=False)
    back = max(by_day) - timedelta(days=WINDOW_DAYS - 1)
    start = back - timedelta(days=back.weekday())  # whole weeks, as the analysis takes them
    visits = _down(sum(number for day, number in by_day.items() if day >= start), site.k)
    span = min(RATE_DAYS, (today - min(by_day)).days)
    recent = _down(sum(number for day, number in by_day.items() if today - timedelta(days=span) <= day < today), site.k)
    if visits >= needed:
        return Progress(visits, any=True, needed=needed, per_day=None, days_left=0, too_quiet=False)
    if not span or not recent:
        return Progress(visits, any=True, needed=needed, per_day=None, days_left=None, too_quiet=False)
    per_day = recent / span
    days_left = math.ceil((needed - visits) / per_day)
    too_quiet = per_day * WINDOW_DAYS < needed
    return Progress(visits, True, needed, per_day, None if too_quiet else days_left, too_quiet)


def _down(visits: int, k: int) -> int:
    return visits // k * k
