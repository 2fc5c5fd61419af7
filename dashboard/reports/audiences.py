"""Chapter: each audience in a sentence, over time, and by what it has or does more than average."""

from __future__ import annotations

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import cells
from dashboard.reports.model import Block, Chapter, Chart, Column, Section, Series, Table
from dashboard.reports.source import Source, colour_of, name_of, status_of
from dashboard.segments import stands_out
from dashboard.views import Segment


def chapter(source: Source) -> Chapter:
    """A section per audience, the largest first."""
    return Chapter("audiences", _("Audiences"), tuple(_section(source, segment) for segment in source.segments))


def _section(source: Source, segment: Segment) -> Section:
    blocks: list[Block] = []
    shown = set(source.weeks(point.week for point in segment.trend))
    weeks = [point for point in segment.trend if point.week in shown]
    if len(weeks) > 1:
        first, last = formatting.percent(weeks[0].share), formatting.percent(weeks[-1].share)
        blocks.append(
            Chart(
                "line",
                _("Share of the visits of the week"),
                _(
                    "A line: the share of %(audience)s by week, from %(first)s to %(last)s.",
                    audience=name_of(segment),
                    first=first,
                    last=last,
                ),
                tuple(cells.week(point.week) for point in weeks),
                (Series(name_of(segment), tuple(cells.share(point.share) for point in weeks), colour_of(segment)),),
            )
        )
    values = stands_out(source.profile(segment))
    if values:
        blocks.append(
            Table(
                _("What sets it apart"),
                (
                    Column(_("What")),
                    Column(_("Value")),
                    Column(_("Share"), True),
                    Column(_("Index"), True),
                    Column(_("Interval"), True),
                ),
                tuple(
                    (
                        cells.text(formatting.dimension(value.dimension)),
                        cells.text(formatting.value(value.dimension, value.value)),
                        cells.share(value.share),
                        cells.index(value.index),
                        cells.interval(value.index_low, value.index_high),
                    )
                    for value in values
                ),
                _(
                    "Index: 100 is the site's average, 250 is two and a half times as often; the interval is right 19 times out of 20."
                ),
            )
        )
    evidence = [
        _(
            "It rests on %(visits)s visits, %(share)s of all.",
            visits=formatting.number(segment.visits),
            share=formatting.percent(segment.share),
        )
    ]
    if segment.first_seen:
        evidence.append(_("First seen: %(day)s.", day=formatting.day(segment.first_seen)))
    title = name_of(segment) if segment.is_unclustered else f"{segment.number}. {segment.label}"
    status = status_of(segment)
    return Section(f"{title} ({status})" if status else title, segment.sentence, tuple(blocks), tuple(evidence))
