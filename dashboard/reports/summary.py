"""Chapter: the site, or one audience, at a glance."""

from __future__ import annotations

from dashboard import formatting, headlines
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.period import Period
from dashboard.reports import about, cells, in_short
from dashboard.reports.model import Cell, Chapter, Chart, Column, Fact, Facts, Section, Series, Table, Tile, Tiles
from dashboard.reports.source import Source, colour_of, name_of, status_of


def chapter(source: Source) -> Chapter:
    """What a person wants to know first."""
    short = in_short.section(source)
    if source.segment:
        sections = [_audience(source), short]
    else:
        sections = [short, *_figures(source), _by_size(source), *_sentences(source), *_over_time(source)]
    return Chapter("summary", _("Summary"), tuple(sections))


def _figures(source: Source) -> list[Section]:
    if source.period is None:
        return []
    found = headlines.build(source.readings.table(source.site.key, "figures"), source.period)
    tiles, evidence = [], []
    for one in found:
        beside = "" if one.rate is None else formatting.percent(one.rate)
        changed = ""
        if one.change:
            changed = formatting.signed(one.change.share)
            span = _(
                "%(low)s to %(high)s", low=formatting.signed(one.change.low), high=formatting.signed(one.change.high)
            )
            evidence.append(f"{formatting.measure(one.measure)}: {changed} ({span})")
        tiles.append(
            Tile(formatting.measure(one.measure), cells.count(one.visits), " · ".join(filter(None, [beside, changed])))
        )
    return [
        Section(
            _("The site in figures"),
            formatting.period(source.period.start, source.period.end),
            (Tiles(tuple(tiles)),),
            (
                _since(source.period) if evidence else _("There are no weeks before these to compare them with."),
                *evidence,
                *about.weeks(source),
                _(
                    "Each number is rounded down by itself to a multiple of %(k)s, so sums on different pages can differ a little.",
                    k=source.overview.run.k,
                ),
                _(
                    "A start of an application is a form that is opened, or a visit that goes on to the application system."
                ),
            ),
        )
    ]


def _since(weeks: Period) -> str:
    if weeks.compare == "year":
        return _(
            "The change is since the same weeks a year earlier; the interval behind it is right 19 times out of 20."
        )
    return _("The change is since as many weeks before; the interval behind it is right 19 times out of 20.")


def _by_size(source: Source) -> Section:
    overview = source.overview
    rest = overview.unclustered.share if overview.unclustered else 0.0
    shown = overview.shown
    if not shown:
        return Section(_("Audiences by size"), _("The analysis found no audiences."), ())
    return Section(
        _("Audiences by size"),
        ngettext(
            "%(num)s audience holds %(share)s of the %(visits)s visits.",
            "%(num)s audiences hold %(share)s of the %(visits)s visits.",
            len(overview.segments),
            share=formatting.percent(1 - rest),
            visits=formatting.number(overview.run.visits),
        ),
        (
            Chart(
                "bars",
                _("Share of the visits"),
                _("Bars: the share of the visits of each audience. The table beside it has the same numbers."),
                tuple(name_of(one) for one in shown),
                (
                    Series(
                        _("Share of the visits"), tuple(cells.share(one.share) for one in shown), colour_of(shown[0])
                    ),
                ),
            ),
            Table(
                _("Audiences"),
                (Column(_("Audience")), Column(_("Visits"), True), Column(_("Share"), True), Column(_("Status"))),
                tuple(
                    (
                        cells.text(name_of(one)),
                        cells.count(one.visits),
                        cells.share(one.share),
                        cells.text(status_of(one)),
                    )
                    for one in shown
                ),
            ),
        ),
        (_("Visits of no audience are counted, and shown as unclustered."),),
    )


def _sentences(source: Source) -> list[Section]:
    """Each audience in a sentence, on one page."""
    facts = tuple(Fact(f"{one.number}. {one.label}", (one.sentence,)) for one in source.overview.segments)
    return [Section(_("Each audience in a sentence"), "", (Facts(facts),))] if facts else []


def _over_time(source: Source) -> list[Section]:
    weeks = source.weeks(point.week for one in source.overview.shown for point in one.trend)
    if len(weeks) < 2:
        return []
    return [
        Section(
            _("Audiences over time"),
            "",
            (
                Chart(
                    "areas",
                    _("Share of the visits of the week"),
                    _("Areas: the share of each audience by week, the largest at the bottom."),
                    tuple(cells.week(week) for week in weeks),
                    tuple(
                        Series(name_of(one), tuple(cells.share(one.share_in(week)) for week in weeks), colour_of(one))
                        for one in source.overview.shown
                    ),
                ),
            ),
            (_("A week in which an audience is held back is nothing for it."),),
        )
    ]


def _audience(source: Source) -> Section:
    segment = source.segment
    assert segment is not None
    tiles = [
        Tile(_("Visits"), cells.count(segment.visits), _("visits, not people")),
        Tile(_("Share of the visits"), cells.share(segment.share)),
    ]
    if status := status_of(segment):
        tiles.append(Tile(_("Status"), cells.text(status)))
    if segment.first_seen:
        tiles.append(Tile(_("First seen"), Cell(formatting.day(segment.first_seen))))
    return Section(_("At a glance"), segment.sentence, (Tiles(tuple(tiles)),))
