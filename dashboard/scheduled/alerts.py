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
from typing import Final, Literal

import polars as pl

from analysis.words import Language
from collector.outcomes import ACCEPTED, Counts
from collector.sites import Site
from dashboard.language import gettext as _

TOLD_KINDS: Final = frozenset({"appeared", "split", "shrank", "vanished"})
STOPPED, RESUMED = "stopped", "resumed"
SEEN: Final = "feed"  # among what was told: the feed was looked at once
USUAL_DAYS: Final = 14
# Events on each of those days. With so many, a whole day without any is no chance: e^-100.
MANY: Final = 100
QUIET_H: Final = 14  # of a day (UTC) without any event; a night is shorter
HOUR_S: Final = 3600

Standing = Literal["stopped", "flows", "quiet"]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened to *segment*: a key that stays the same, and the sentence for each language."""

    key: str
    segment: str
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
            row["segment"],
            {"en": row["sentence"], "nl": row["sentence_nl"]},
        )
        for row in wanted.iter_rows(named=True)
    ]


def to_tell(told: frozenset[str], there: set[str], standing: Standing) -> tuple[frozenset[str], list[str]]:
    """
    What stays remembered as told, and what is to be told now.

    The first look tells nothing of the feed: what stands in it by then is old news, be it of a first analysis, of new rules, or of the
    weeks in which nobody asked for alerts.

    Args:
        told: keys that were told.
        there: keys of the feed.
    """
    new = sorted(there - told) if SEEN in told else []
    still = told & there if SEEN in told else there
    traffic: set[str] = {STOPPED} & told
    if standing == "stopped" and STOPPED not in told:
        new.insert(0, STOPPED)
    if standing == "flows" and STOPPED in told:
        traffic = set()
        new.insert(0, RESUMED)
    return frozenset(still | traffic | {SEEN}), new


def standing_of(counts: Counts, site: Site, now: datetime) -> Standing:
    """
    Do visits come in?

    Args:
        counts: of :func:`collector.outcomes.read_all`.
        now: UTC.

    Returns:
        ``quiet`` when nothing can be told: too few come at any time, nobody knows yet, or counting is paused on purpose.
    """
    if site.paused:
        return "quiet"
    if has_stopped(counts, site, now):
        return "stopped"
    today = int(now.timestamp()) // 86_400
    flows = any(counts.get((site.key, ACCEPTED, day), 0) >= MANY for day in (today, today - 1))
    return "flows" if flows else "quiet"


def has_stopped(counts: Counts, site: Site, now: datetime) -> bool:
    """
    Has a site that has many events every day next to none any more? Arguments as of :func:`standing_of`.

    Fewer than *k* are told as none: that one visit was there is told to nobody, and a robot or an old page that a browser kept does not
    keep the alert away.
    """

    def some(day: int) -> bool:
        return counts.get((site.key, ACCEPTED, day), 0) >= site.k

    second = int(now.timestamp())
    today = second // 86_400
    if second % 86_400 < QUIET_H * HOUR_S:
        today -= 1  # too early to say of today; yesterday was a whole day
        if some(today + 1):
            return False
    if some(today):
        return False
    # A day that was quiet already is not held against the site: the alert stands until events come again.
    quiet = next((back for back in range(1, 8) if some(today - back)), 0)
    usual = range(today - quiet - USUAL_DAYS + 1, today - quiet + 1)
    return bool(quiet) and sum(counts.get((site.key, ACCEPTED, day), 0) >= MANY for day in usual) >= USUAL_DAYS - 1


def traffic_words(site: str, keys: tuple[str, ...]) -> list[str]:
    """What is said of visits that have stopped or are back, in the language of the moment."""
    told = {
        STOPPED: _(
            "No visits of %(site)s are counted any more, or next to none. Perhaps the line of JavaScript was lost: see its page Install.",
            site=site,
        ),
        RESUMED: _("Visits of %(site)s are counted again.", site=site),
    }
    return [words for key, words in told.items() if key in keys]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
