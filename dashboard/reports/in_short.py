"""The first thing that a reader sees: what is new, who is there, what is missed, and what to do first; in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from dashboard import formatting, headlines
from dashboard.language import gettext as _
from dashboard.overview import gaps
from dashboard.reports import changes
from dashboard.reports.brief_facts import starts, starts_on_site, verdict
from dashboard.reports.model import Fact, Facts, Section
from dashboard.reports.source import Source, name_of, origin_of, status_of
from dashboard.reports.telling import Telling, listed, quoted
from dashboard.views import Change, Segment

NAMED: Final = 3  # of a kind, in a sentence
NEW_WEEKS: Final = 8  # before the end of the period; what is older is no news
RISING: Final = ("new", "grown", "returned")


def section(source: Source) -> Section:
    """The site, or one audience, in short."""
    parts: list[tuple[str, Callable[[Source, Telling], None]]] = [
        (_("What is new"), _new),
        (_("Who visits"), _largest),
        (_("Who starts to apply"), _nearest),
        (_("What is missed"), _missed),
        (_("What to do first"), _first),
        (_("How sure this is"), _sure),
    ]
    facts: list[Fact] = []
    for lead, part in parts:
        telling = Telling()
        part(source, telling)
        if telling.sentences:
            facts.append(replace(telling.fact(lead), short=()))
    return Section(_("In short"), "", (Facts(tuple(facts)),))


def _news(source: Source) -> list[Change]:
    """The changes that are recent, newest first."""
    begin = source.until - timedelta(weeks=NEW_WEEKS)
    return [change for change in source.changes if (formatting.week_start(change.week) or date.min) > begin]


def _new(source: Source, tell: Telling) -> None:
    found = _news(source)
    for change in found[:NAMED]:
        tell.say(
            _(
                "%(audience)s %(change)s (%(week)s).",
                audience=quoted(name_of(change.segment)),
                change=changes.words(change, tell.share),
                week=formatting.week(change.week),
            )
        )
    split = [one for one in source.segments if origin_of(source, one)]
    for one in split[:NAMED]:
        tell.say(_identity(source, one))
    moved = _moved(source) if source.segment is None else []
    for figure in moved[:NAMED]:
        assert figure.change is not None
        tell.say(
            _(
                "%(measure)s: %(change)s since the weeks that they are compared with.",
                measure=formatting.measure(figure.measure),
                change=formatting.signed(figure.change.share),
            )
        )
    if not found and not split and not moved:
        tell.say(_("Nothing that is more than chance."))


def _identity(source: Source, segment: Segment) -> str:
    """Which audience it split off from or took in."""
    other = origin_of(source, segment)
    names = {"audience": quoted(segment.label), "other": quoted(other.label) if other else ""}
    if segment.status == "split":
        return _("%(audience)s split off from %(other)s.", **names)
    return _("%(audience)s was merged with %(other)s.", **names)


def _moved(source: Source) -> list[headlines.Headline]:
    """The headline figures that really changed."""
    if source.period is None:
        return []
    built = headlines.build(source.readings.table(source.site.key, "figures"), source.period)
    return [one for one in built if one.change and one.change.is_real]


def _largest(source: Source, tell: Telling) -> None:
    if source.segment is not None or not source.overview.segments:
        return
    largest = [f"{quoted(one.label)} ({tell.share(one.share)})" for one in source.overview.segments[:NAMED]]
    if len(largest) == 1:
        tell.say(_("There is one audience: %(list)s of the visits.", list=largest[0]))
    else:
        tell.say(_("The largest audiences are %(list)s of the visits.", list=listed(largest)))


def _nearest(source: Source, tell: Telling) -> None:
    """Which audiences start to apply more often than average, and really so."""
    average = starts_on_site(source)
    if source.segment is not None or average is None:
        return
    found = [
        (own, segment)
        for segment in source.overview.segments
        if (own := starts(source.profile(segment))) is not None
        and any(
            one.value in ("apply", "applied") and one.standing == "more" for one in source.profile(segment).of("stage")
        )
    ]
    if found:
        most = sorted(found, key=lambda one: -one[0])[:NAMED]
        named = [f"{quoted(segment.label)} ({tell.share(own)})" for own, segment in most]
        tell.say(
            _(
                "An application is started most in the visits of %(list)s; on the whole site in %(average)s.",
                list=listed(named),
                average=tell.share(average),
            )
        )


def _missed(source: Source, tell: Telling) -> None:
    asked = gaps(source.readings.table(source.site.key, "demand")) if source.segment is None else []
    if asked:
        named = [
            _("%(words)s (in %(visits)s visits)", words=quoted(one.words), visits=tell.count(one.visits))
            for one in asked[:NAMED]
        ]
        tell.say(_("Searched for most, without an answer: %(list)s.", list=listed(named)))


def _first(source: Source, tell: Telling) -> None:
    """What follows, without a claim of cause."""
    is_weak = source.overview.run.verdict == "weak"
    if is_weak:
        tell.say(_("Make no large decisions on these audiences yet: the picture is weak."))
    for segment in [one for one in source.segments if one.status in RISING and not is_weak][:2]:
        tell.say(
            _(
                "Read the reach brief of %(audience)s first: that audience is %(status)s.",
                audience=quoted(name_of(segment)),
                status=status_of(segment),
            )
        )
    ended = [change.segment for change in _news(source) if change.kind == "vanished" and change.segment.is_gone]
    for segment in [*ended, *(one for one in source.segments if one.status == "shrunk" and not is_weak)][:2]:
        tell.say(
            _(
                "Find out whether %(audience)s became fewer by itself, or because something ended, such as a campaign or an event.",
                audience=quoted(name_of(segment)),
            )
        )
    if source.segment is None and (asked := gaps(source.readings.table(source.site.key, "demand"))):
        words = listed([quoted(one.words) for one in asked[:NAMED]])
        tell.say(_("Give an answer to %(words)s: a page, or these words in what is there already.", words=words))
    if not tell.sentences and source.segments:
        tell.say(_("Nothing asks for haste: take the reach brief of the audience that you want more of."))


def _sure(source: Source, tell: Telling) -> None:
    run = source.overview.run
    reasons = run.reasons_nl if source.lang == "nl" and run.reasons_nl else run.reasons
    tell.say(_("The picture is %(verdict)s.", verdict=verdict(run.verdict)))
    for reason in reasons[:1]:
        tell.say(reason)
