"""
What is worth a message before the next report: an audience appears, splits or drops, or visits have stopped.

The first three are told of the published changes, which obey the rule of *k*. Visits have stopped when nothing was counted for a whole
day or more than half of one, on a site where each of the fourteen days before had many: none is a number that may be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from analysis.words import Language
from collector.outcomes import ACCEPTED, Counts
from dashboard.language import gettext as _

TOLD_KINDS: Final = frozenset({"appeared", "split", "shrank", "vanished"})
STOPPED: Final = "stopped"
USUAL_DAYS: Final = 14
# Events on each of those days. With so many, a whole day without any is no chance: e^-100.
MANY: Final = 100
QUIET_H: Final = 14  # of a day (UTC) without any event; a night is shorter
HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened: a key that stays the same, and the sentence for each language."""

    key: str
    sentences: Mapping[Language, str]


def of_changes(changes: pl.DataFrame) -> list[Alert]:
    """
    The alerts of a published feed of changes.

    Args:
        changes: columns of :data:`analysis.runs.CHANGES`.
    """
    wanted = changes.filter(pl.col("kind").is_in([*TOLD_KINDS]))
    return [
        Alert(
            _key(row["segment"], row["kind"], row["week"], row["other"] or ""),
            {"en": row["sentence"], "nl": row["sentence_nl"]},
        )
        for row in wanted.iter_rows(named=True)
    ]


def has_stopped(counts: Counts, site: str, now: datetime) -> bool:
    """
    Has a site that has many events every day none any more?

    Args:
        counts: of :func:`collector.outcomes.read_all`.
        now: UTC.
    """
    second = int(now.timestamp())
    today = second // 86_400
    if second % 86_400 < QUIET_H * HOUR_S:
        today -= 1  # too early to say of today; yesterday was a whole day
        if counts.get((site, ACCEPTED, today + 1), 0):
            return False
    if counts.get((site, ACCEPTED, today), 0):
        return False
    # A day that was quiet already is not held against the site: the alert stands until events come again.
    quiet = next((back for back in range(1, 8) if counts.get((site, ACCEPTED, today - back), 0)), 0)
    usual = range(today - quiet - USUAL_DAYS + 1, today - quiet + 1)
    return bool(quiet) and sum(counts.get((site, ACCEPTED, day), 0) >= MANY for day in usual) >= USUAL_DAYS - 1


def stopped_words(site: str) -> str:
    """What is said of a site whose visits have stopped, in the language of the moment."""
    return _(
        "No visits of %(site)s are counted any more. Perhaps the line of JavaScript was lost when the site was changed: see its page Install.",
        site=site,
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
