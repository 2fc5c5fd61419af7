"""What the chapters of a report read: one published run through the eyes of the dashboard, for the whole site or for one audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analysis.runs import OTHER
from analysis.words import Language
from collector.sites import Site
from dashboard import charts, period
from dashboard.language import gettext as _
from dashboard.period import Period
from dashboard.queries import Readings
from dashboard.views import NONE, Overview, Profile, Segment

WHOLE_SITE: Final = ""
INK: Final = "#5b6472"  # of what an audience is compared with


@dataclass(frozen=True, slots=True)
class Source:
    """
    One run.

    Attributes:
        segment: the audience that the report is about; None: the whole site.
        period: the weeks of the headline figures, the same as the first page of the site shows; None without weekly figures.
    """

    readings: Readings
    site: Site
    lang: Language
    overview: Overview
    segment: Segment | None
    period: Period | None

    @classmethod
    def open(cls, readings: Readings, site: Site, lang: Language, segment: str | None) -> Source:
        """
        Read the published run of *site*.

        Raises:
            NoRun: nothing is published yet.
            UnknownSegment: the run does not have *segment*.
        """
        overview = readings.overview(site.key, lang)
        chosen = None if segment is None else overview.segment(segment)
        return cls(readings, site, lang, overview, chosen, period.of_figures(readings.table(site.key, "figures"), {}))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The audiences that the report tells of."""
        return self.overview.segments if self.segment is None else (self.segment,)

    def profile(self, segment: Segment) -> Profile:
        """An audience with its profile."""
        return self.readings.profile(self.site.key, segment.id, self.lang)

    def rows(self, table: str, **only: str) -> list[dict[str, Any]]:
        """Rows of a table of the report's subject, most visits first; ``only`` chooses by column. What is held back is left out."""
        found = self.readings.table(self.site.key, table).filter(
            pl.col("segment") == (self.segment.id if self.segment else WHOLE_SITE),
            ~pl.col("value").is_in([OTHER, NONE]),
            *(pl.col(column) == value for column, value in only.items()),
        )
        return found.sort(["visits", "value"], descending=[True, False]).to_dicts()


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
