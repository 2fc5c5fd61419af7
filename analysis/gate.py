"""
Which run readers get: a weak one is kept, but it does not take the place of a better one.

A published run that is good or fair stays until one that is good or fair comes, or until it is *stale*: its window shares no day with
that of the new run, or ends more than :data:`STALE_DAYS` before it. A weak run of today's visits then says more than a good one of
other visits, and is published with its verdict. A first run is published whatever its verdict, and a weak one is followed by the next.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from analysis.runs import Held, Run
from analysis.words import Language, pick

STALE_DAYS: Final = 56  # eight weeks: two windows of the usual length
WEAK: Final = "weak"

_ENGLISH: Final = "The analysis of {start} to {end} was not published, because it is weak: {reason} What you see is that of {old_start} to {old_end}."
_DUTCH: Final = (
    "De analyse van {start} tot en met {end} is niet gepubliceerd, want ze is zwak: {reason} "
    "Wat je ziet is die van {old_start} tot en met {old_end}."
)


def admits(run: Run, published: Run | None) -> bool:
    """May *run* take the place of *published* (None: nothing is published yet)?"""
    if published is None or run.verdict != WEAK or published.verdict == WEAK:
        return True
    return is_stale(published, run.start, run.end)


def is_stale(published: Run, start: date, end: date) -> bool:
    """Does a published run say nothing any more of a window from *start* to *end*?"""
    return published.end < start or (end - published.end).days > STALE_DAYS


def sentence(held: Held, published: Run, lang: Language) -> str:
    """Why readers see an older analysis than the last one that was made."""
    reasons = held.reasons_nl if lang == "nl" and held.reasons_nl else held.reasons
    return pick((_ENGLISH, _DUTCH), lang).format(
        start=held.start.isoformat(),
        end=held.end.isoformat(),
        reason=reasons[0] if reasons else "",
        old_start=published.start.isoformat(),
        old_end=published.end.isoformat(),
    )
