"""Chapter: a reach brief of one page per audience, to hand to whoever makes a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from analysis.runs import OTHER
from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import cells
from dashboard.reports.model import Block, Chapter, Chart, Fact, Facts, Section, Series
from dashboard.reports.source import INK, Source, colour_of, name_of, status_of
from dashboard.segments import COMES_FOR
from dashboard.views import NONE, Profile, Segment, Value

NAMED: Final = 3  # values of a dimension in a sentence
LEAST_SHARE: Final = 0.03  # what fewer of an audience's visits have says little about it
BARS_MAX: Final = 6
SMALL: Final = 300  # visits under which the intervals are wide


def chapter(source: Source) -> Chapter:
    """A page per audience."""
    return Chapter("briefs", _("Reach briefs"), tuple(_brief(source, segment) for segment in source.segments))


def _brief(source: Source, segment: Segment) -> Section:
    profile = source.profile(segment)
    facts = [
        Fact(_("Who"), _who(segment)),
        Fact(_("What they come for"), _told(profile, ("job_family", "vacancy", "employment_type", "job_location", "search", "search_empty"))),
        Fact(_("Where they come from"), _told(profile, ("channel", "source"))),
        Fact(_("When"), _told(profile, ("weekday", "day_part"))),
        Fact(_("How to reach them"), (*_told(profile, ("campaign", "device", "language")), *_strong(profile))),
        Fact(_("With which content"), (*_told(profile, ("touchpoint",)), *_nearer(source, segment))),
        Fact(_("What is uncertain"), _uncertain(source, segment, profile)),
    ]  # fmt: skip
    blocks: list[Block] = [Facts(tuple(fact for fact in facts if fact.sentences)), *_channels(profile)]
    evidence = _(
        "It rests on %(visits)s visits, %(share)s of all.",
        visits=formatting.number(segment.visits),
        share=formatting.percent(segment.share),
    )
    return Section(
        _("Reach brief: %(audience)s", audience=name_of(segment)), "", tuple(blocks), (evidence,), alone=True
    )


def _who(segment: Segment) -> tuple[str, ...]:
    size = _(
        "%(visits)s visits, %(share)s of the site.",
        visits=formatting.number(segment.visits),
        share=formatting.percent(segment.share),
    )
    status = status_of(segment)
    return tuple(
        filter(None, [segment.sentence, f"{size} {_('Status: %(status)s.', status=status)}" if status else size])
    )


def _told(profile: Profile, dimensions: Iterable[str]) -> tuple[str, ...]:
    """A sentence per dimension: its most common values with their shares."""
    found = []
    for dimension in dimensions:
        values = [one for one in _known(profile, dimension) if one.share >= LEAST_SHARE][:NAMED]
        if values:
            listed = ", ".join(
                f"{formatting.value(dimension, one.value)} {formatting.percent(one.share)}" for one in values
            )
            found.append(f"{formatting.dimension(dimension)}: {listed}.")
    return tuple(found)


def _known(profile: Profile, dimension: str) -> list[Value]:
    return [one for one in profile.of(dimension) if one.value not in (OTHER, NONE)]


def _strong(profile: Profile) -> tuple[str, ...]:
    """By which channel, source or campaign they come far more often than the site's visits do."""
    found = [
        one
        for dimension in ("source", "channel", "campaign")
        for one in _known(profile, dimension)
        if one.standing == "more" and one.share >= LEAST_SHARE
    ]
    best = sorted(found, key=lambda one: -(one.index_low or 0.0))[:NAMED]
    if not best:
        return (_("No channel stands out: they come as the average visit does."),)
    listed = ", ".join(
        _(
            "%(value)s (%(times)s times the average)",
            value=formatting.value(one.dimension, one.value),
            times=formatting.times(one.index),
        )
        for one in best
    )
    return (_("More often than average by: %(list)s.", list=listed),)


def _nearer(source: Source, segment: Segment) -> tuple[str, ...]:
    """What goes with getting nearer to applying and is more than chance."""
    column = "sentence_nl" if source.lang == "nl" else "sentence"
    rows = source.readings.table(source.site.key, "nearer").filter(
        pl.col("segment") == segment.id, pl.col("real"), pl.col("lift") > 1, pl.col("touchpoint") != ""
    )
    return tuple(text for text in rows.sort("low", descending=True)[column].head(NAMED).to_list() if text)


def _uncertain(source: Source, segment: Segment, profile: Profile) -> tuple[str, ...]:
    run = source.overview.run
    found = [_("Visits are counted, not people: who comes twice counts twice.")]
    if segment.visits < SMALL:
        found.append(_("The audience is small, so shares and indexes are rough."))
    if segment.status in ("new", "returned", "split"):
        found.append(_("It is recent; whether it stays will show in the coming weeks."))
    if run.verdict != "good":
        found.append(_("The analysis calls the picture of the whole site %(verdict)s.", verdict=verdict(run.verdict)))
    hidden = [
        one
        for dimension in (*COMES_FOR[:1], "source", "campaign")
        for one in profile.of(dimension)
        if one.is_other and one.share > LEAST_SHARE
    ]
    found += [
        _(
            "%(dimension)s: %(share)s is held back, because too few visits share a value.",
            dimension=formatting.dimension(one.dimension),
            share=formatting.percent(one.share),
        )
        for one in hidden
    ]
    return tuple(found)


def verdict(name: str) -> str:
    """How good an analysis is, in a word."""
    return {"good": _("clear"), "fair": _("fair"), "weak": _("weak")}.get(name, name)


def _channels(profile: Profile) -> list[Block]:
    """Where they come from, against the site's average."""
    values = _known(profile, "channel")[:BARS_MAX]
    if not values:
        return []
    title = _("Where they come from, against the average of the site")
    names = tuple(formatting.value("channel", one.value) for one in values)
    return [
        Chart(
            "bars",
            title,
            _("Bars: the share of each channel in this audience; a mark shows the average of the site."),
            names,
            (
                Series(
                    name_of(profile.segment),
                    tuple(cells.share(one.share) for one in values),
                    colour_of(profile.segment),
                ),
                Series(_("Average of the site"), tuple(cells.share(one.site_share) for one in values), INK),
            ),
        )
    ]
