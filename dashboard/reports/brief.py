"""Chapter: a reach brief of one page per audience, to hand to whoever makes a campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import brief_facts as facts
from dashboard.reports import cells
from dashboard.reports.brief_facts import Subject
from dashboard.reports.model import Block, Chapter, Chart, Facts, Section, Series
from dashboard.reports.source import INK, Source, colour_of, name_of
from dashboard.reports.telling import Telling, listed
from dashboard.reports.telling import name_of as words_for
from dashboard.views import Profile, Segment

BARS_MAX: Final = 6


def chapter(source: Source) -> Chapter:
    """A page per audience."""
    return Chapter("briefs", _("Reach briefs"), tuple(_brief(source, segment) for segment in source.segments))


def _brief(source: Source, segment: Segment) -> Section:
    subject = Subject(source, segment, source.profile(segment))
    questions: list[tuple[str, Callable[[Subject, Telling], None]]] = [
        (_("Who"), facts.who),
        (_("What they come for"), facts.comes_for),
        (_("Where they come from"), facts.comes_from),
        (_("When"), facts.when),
        (_("How to reach them"), facts.how),
        (_("With which content"), facts.content),
        (_("What is uncertain"), facts.uncertain),
    ]
    answers = []
    for lead, answer in questions:
        telling = Telling()
        answer(subject, telling)
        if telling.sentences:
            answers.append(telling.fact(lead))
    return Section(
        _("Reach brief: %(audience)s", audience=name_of(segment)),
        in_one_line(subject),
        (Facts(tuple(answers)), *_channels(subject.profile)),
        _evidence(subject),
        alone=True,
        tab=_("Brief %(number)s %(audience)s", number=segment.number, audience=name_of(segment)),
    )


def in_one_line(subject: Subject) -> str:
    """What to do, of what stands out; "" when nothing does. Where the picture is weak, that is the first thing to know."""
    if subject.source.overview.run.verdict == "weak":
        return _("The picture is weak: take this as a first impression, and make no campaign of it yet.")
    ways = listed([words_for(one) for one in facts.ways(subject)[:2]])
    seen = listed([words_for(one) for one in facts.draws(subject.profile)[:2]])
    if not seen and (families := facts.known(subject.profile, "job_family", facts.LEAST_SHARE)):
        seen = _("vacancies in %(family)s", family=words_for(families[0]))
    if ways and seen:
        return _("In one line: meet them by %(ways)s, and show them %(content)s.", ways=ways, content=seen)
    if ways:
        return _("In one line: meet them by %(ways)s.", ways=ways)
    return _("In one line: no way in stands out, so show them %(content)s.", content=seen) if seen else ""


def _evidence(subject: Subject) -> tuple[str, ...]:
    """The indexes behind what is proposed, with their intervals."""
    told = [*facts.ways(subject)[: facts.NAMED], *facts.draws(subject.profile)[: facts.NAMED]]
    rows = [
        f"{words_for(one)} {formatting.index(one.index)} ({cells.interval(one.index_low, one.index_high).text})"
        for one in told
    ]
    return (_("Index, and its interval: %(list)s.", list=", ".join(rows)),) if rows else ()


def _channels(profile: Profile) -> list[Block]:
    """Where they come from, against the site's average."""
    values = facts.known(profile, "channel")[:BARS_MAX]
    if not values:
        return []
    return [
        Chart(
            "bars",
            _("Where they come from, against the average of the site"),
            _("Bars: the share of each channel in this audience; a mark shows the average of the site."),
            tuple(formatting.value("channel", one.value) for one in values),
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
