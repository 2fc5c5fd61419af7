"""What the chapters of a report read: one published run through the eyes of the dashboard, for the whole site or for one audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import polars as pl

from analysis.runs import OTHER
from analysis.words import Language
from collector.sites import Site
from dashboard import charts, period
from dashboard.language import gettext as _
from dashboard.period import Period
from dashboard.queries import Readings
from dashboard.views import NONE, Change, Overview, Profile, Segment

WHOLE_SITE: Final = ""
WEEKS_MAX: Final = 26  # of lines over time, where no period was chosen
INK: Final = "#5b6472"  # of what an audience is compared with


@dataclass(frozen=True)
class Source:
    """
    One run.

    Attributes:
        segment: the audience that the report is about; None: the whole site.
        period: the weeks of the headline figures, the same as the first page of the site shows; None without weekly figures.
        chosen: was the period asked for? Then lines over time and changes are of its weeks too, as on the pages.
    """

    readings: Readings
    site: Site
    lang: Language
    overview: Overview
    segment: Segment | None
    period: Period | None
    chosen: bool = False

    @classmethod
    def open(
        cls, readings: Readings, site: Site, lang: Language, segment: str | None, wish: Mapping[str, str] = {}
    ) -> Source:
        """
        Read the published run of *site*.

        Args:
            wish: of a period, as :func:`dashboard.period.choose` says.

        Raises:
            NoRun: nothing is published yet.
            UnknownSegment: the run does not have *segment*.
        """
        overview = readings.overview(site.key, lang)
        chosen = None if segment is None else overview.segment(segment)
        weeks = period.of_figures(readings.table(site.key, "figures"), wish)
        return cls(
            readings,
            site,
            lang,
            overview,
            chosen,
            weeks,
            weeks is not None and bool(wish.get("weeks") or wish.get("until")),
        )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The audiences that the report tells of."""
        return self.overview.segments if self.segment is None else (self.segment,)

    @property
    def until(self) -> date:
        """The last day that is told of."""
        return self.period.end if self.chosen and self.period else self.overview.run.end

    def weeks(self, known: Iterable[str]) -> list[str]:
        """The ISO weeks of lines over time: of those that are *known* the ones of the period, where it was chosen, else the newest."""
        listed = sorted(set(known))
        if self.chosen and self.period:
            return [week for week in listed if week in self.period.weeks]
        return listed[-WEEKS_MAX:]

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes of what the report is about, newest first; of a period that was chosen, those in it."""
        within = set(self.period.weeks) if self.chosen and self.period else None
        return tuple(
            change
            for change in self.readings.changes(self.site.key, self.lang)
            if (self.segment is None or change.segment.id == self.segment.id)
            and (within is None or change.week in within)
        )

    def profile(self, segment: Segment) -> Profile:
        """An audience with its profile."""
        if segment.id not in self._profiles:
            self._profiles[segment.id] = self.readings.profile(self.site.key, segment.id, self.lang)
        return self._profiles[segment.id]

    @cached_property
    def _profiles(self) -> dict[str, Profile]:
        """Those that were read already; several chapters ask for the same."""
        return {}

    def rows(self, table: str, **only: str) -> list[dict[str, Any]]:
        """Rows of a table of the report's subject, most visits first; ``only`` chooses by column. What is held back is left out."""
        found = self.readings.table(self.site.key, table).filter(
            pl.col("segment") == (self.segment.id if self.segment else WHOLE_SITE),
            ~pl.col("value").is_in([OTHER, NONE]),
            *(pl.col(column) == value for column, value in only.items()),
        )
        return found.sort(["visits", "value"], descending=[True, False]).to_dicts()


def origin_of(source: Source, segment: Segment) -> Segment | None:
    """The audience that this one split off from or took in, where the published run still has it."""
    news = source.overview.run.news.get(segment.id)
    if news is None or news.status not in ("split", "merged") or segment.status != news.status:
        return None
    return next((one for one in source.overview.segments if one.id == news.other), None)


def name_of(segment: Segment) -> str:
    """What an audience is called in a report, as on the pages."""
    return _("Unclustered visits") if segment.is_unclustered else segment.label


def colour_of(segment: Segment) -> str:
    """The colour of an audience on the pages."""
    return charts.PALETTES["light"][charts.colour_position(segment.colour)]


def status_of(segment: Segment) -> str:
    """What happened to an audience, in a word; "" when nothing did."""
    words: Mapping[str, str] = {
        "new": _("new"),
        "grown": _("growing"),
        "shrunk": _("shrinking"),
        "split": _("split off"),
        "merged": _("merged"),
        "returned": _("back again"),
    }
    return words.get(segment.status, "")
