"""
What a reach brief answers, in sentences: the most telling first, "more" and "less" only where the difference is real.

Nothing says why. That an audience comes by a way more often does not say that money spent there brings more of it, and the brief says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis.runs import OTHER
from collector.rules import preview
from collector.sites import Site
from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports.changes import words as change_in_words
from dashboard.reports.source import Source, origin_of, status_of
from dashboard.reports.telling import Telling, is_notable, listed, name_of, quoted
from dashboard.views import AVERAGE, NONE, Profile, Segment, Value

NAMED: Final = 3  # values in a sentence
LEAST_SHARE: Final = 0.03  # what fewer of an audience's visits have says little about it
LEAST_SEEN: Final = 0.1  # what belongs to the picture of an audience
LEAST_SEARCHED: Final = 0.01  # few visits search at all
SELDOM_FROM: Final = 0.05  # of the site; a channel that hardly anybody comes by is seldom everywhere
SMALL: Final = 300  # visits under which the intervals are wide
HALF: Final = 0.5
UNTOLD_MAX: Final = 0.02  # of how far visits go; with more held back, a rate would be a guess
FUNNEL: Final = ("home", "vacancy", "vacancy_list", "apply", "applied", "other")  # every campaign leads there anyway


@dataclass(frozen=True, slots=True)
class Subject:
    """The audience that a brief is about."""

    source: Source
    segment: Segment
    profile: Profile


def known(profile: Profile, dimension: str, least: float = 0.0) -> list[Value]:
    """The values of a dimension that are something, with at least that share, largest first."""
    return [one for one in profile.of(dimension) if one.value not in (OTHER, NONE) and one.share >= least]


def more(profile: Profile, *dimensions: str, least: float = LEAST_SHARE) -> list[Value]:
    """What they have or do more than average, and really so; first what adds most of their visits beyond the average."""
    found = [one for name in dimensions for one in known(profile, name, least) if one.standing == "more"]
    # A source and its campaign are often the same visits under two names.
    once = {(one.visits, one.index): one for one in reversed(found)}
    return sorted(once.values(), key=lambda one: (-_surplus(one), one.value))


def _surplus(one: Value) -> float:
    """The part (0 to 1) of their visits that is beyond the average at the least, by the lower end of the interval."""
    return one.share * (1 - AVERAGE / one.index_low) if one.index_low else 0.0


def ways(subject: Subject) -> list[Value]:
    """By which source or campaign, and else by which channel, they come more than average; not from the employer's own sites."""
    found = [
        one
        for one in more(subject.profile, "source", "campaign")
        if one.dimension != "source" or not _is_own(one.value, subject.source.site)
    ]
    return found or more(subject.profile, "channel")


def _is_own(host: str, site: Site) -> bool:
    """Is a source a host of the employer: one of the site, or one above or beside it?"""
    return any(
        host == own or own.endswith(f".{host}") or host.endswith(f".{own.partition('.')[2] or own}")
        for own in (name.removeprefix("*.") for name in site.hosts)
        if "." in host
    )


def draws(profile: Profile) -> list[Value]:
    """The content that they look at more than average."""
    return [one for one in _notable(more(profile, "touchpoint")) if one.value not in FUNNEL]


def beyond_vacancies(profile: Profile, dimension: str) -> list[Value]:
    """
    What is more than average beyond that they see vacancies more.

    Who sees vacancies twice as often sees each kind of them twice as often; that says nothing about the kind.
    """
    vacancies = _of(profile, "touchpoint", "vacancy")
    bar = max(AVERAGE, (vacancies.index_high or AVERAGE) if vacancies else AVERAGE)
    return [one for one in more(profile, dimension) if (one.index_low or 0.0) > bar]


def who(subject: Subject, tell: Telling) -> None:
    """How many, what they look at, how far they go, and whether that changes."""
    segment, profile = subject.segment, subject.profile
    tell.say(
        _(
            "This audience makes %(visits)s visits, %(share)s of those to the site.",
            visits=tell.count(segment.visits),
            share=tell.share(segment.share),
        )
    )
    if seen := known(profile, "touchpoint", LEAST_SEEN)[:NAMED]:
        tell.say(_("They look most at %(list)s.", list=tell.values(seen, plain=True)), short=True)
    own, average = starts(profile), starts_on_site(subject.source)
    if own is not None and average is not None:
        tell.say(
            _(
                "An application is started in %(share)s of the visits; on the whole site in %(average)s.",
                share=tell.share(own),
                average=tell.share(average),
            )
        )
    if (orienting := _of(profile, "stage", "orienting")) and orienting.standing == "more":
        share = tell.share(orienting.share)
        tell.say(
            _("Most only look around: %(share)s of the visits see no vacancy.", share=share)
            if orienting.share > HALF
            else _("Many only look around: %(share)s of the visits see no vacancy.", share=share)
        )
    if newest := next((change for change in subject.source.changes if change.segment.id == segment.id), None):
        changed = change_in_words(newest, tell.share)
        tell.say(_("Newest change, of %(week)s: it %(change)s.", week=formatting.week(newest.week), change=changed))
    elif sentence := identity(subject.source, segment):
        tell.say(sentence)


def comes_for(subject: Subject, tell: Telling) -> None:
    """Families, vacancies, kinds and places of work, searches."""
    profile = subject.profile
    special = beyond_vacancies(profile, "job_family")
    families = sorted(known(profile, "job_family", LEAST_SHARE), key=lambda one: (one not in special, -one.share))
    if families:
        tell.say(_("They look at vacancies in %(list)s.", list=_listed(families[:NAMED], special, tell)))
    if vacancies := known(profile, "vacancy", LEAST_SHARE)[:NAMED]:
        tell.say(_("The vacancies that they open most are %(list)s.", list=tell.values(vacancies, plain=True)))
    if kinds := beyond_vacancies(profile, "employment_type")[:NAMED]:
        tell.say(_("Kind of job that stands out: %(list)s.", list=tell.values(kinds)))
    if places := beyond_vacancies(profile, "job_location")[:NAMED]:
        tell.say(_("Places of work that stand out: %(list)s.", list=tell.values(places)))
    searches = more(profile, "search", least=LEAST_SEARCHED) or known(profile, "search", LEAST_SHARE)
    if searches:
        tell.say(_("They search for %(list)s.", list=tell.values(searches[:NAMED])))


def comes_from(subject: Subject, tell: Telling) -> None:
    """Channels, those by which they seldom come, and the sources that are not told under how to reach them."""
    profile = subject.profile
    channels = known(profile, "channel", LEAST_SHARE)[:NAMED]
    if channels:
        tell.say(_("They come most often by %(list)s.", list=tell.values(channels)))
    seldom = [
        one
        for one in known(profile, "channel")
        if one.standing == "less" and is_notable(one) and (one.site_share or 0.0) >= SELDOM_FROM and one not in channels
    ]
    if seldom:
        tell.say(_("Less than average by %(list)s.", list=tell.values(seldom[:2])))
    told = ways(subject)[:NAMED]
    sources = [one for one in known(profile, "source", LEAST_SHARE) if one not in told]
    if sources:
        tell.say(_("Large sources beside those under “How to reach them”: %(list)s.", list=tell.values(sources[:2], plain=True)))  # fmt: skip


def when(subject: Subject, tell: Telling) -> None:
    """The part of the day, and the days that stand out."""
    profile = subject.profile
    parts = known(profile, "day_part", LEAST_SEEN)
    if parts:
        most = max(parts, key=lambda one: one.share)
        tell.say(
            _("It is busiest %(when)s (%(share)s).", when=_part_of_day(most.value), share=tell.against(most))
        )  # fmt: skip
        for one in _notable(more(profile, "day_part", least=LEAST_SEEN)):
            if one is not most:
                tell.say(
                    _("More than average %(when)s (%(share)s).", when=_part_of_day(one.value), share=tell.against(one))
                )  # fmt: skip
    if days := _notable(more(profile, "weekday"))[:NAMED]:
        named = [f"{_weekday(one.value)} ({tell.against(one)})" for one in days]
        tell.say(_("Days that stand out: %(list)s.", list=listed(named)))
    elif known(profile, "weekday"):
        tell.say(_("No day of the week stands out."))


def how(subject: Subject, tell: Telling) -> None:
    """By which way, on what and in which language."""
    profile = subject.profile
    if best := ways(subject)[:NAMED]:
        tell.say(_("Meet them where they are already: %(list)s.", list=tell.values(best)))
    elif known(profile, "channel"):
        tell.say(_("No channel stands out: they come as the average visit does."))
    devices = [one for one in known(profile, "device", LEAST_SEEN) if one.value != "other"]
    if devices and devices[0].share > HALF:
        device = formatting.value("device", devices[0].value)
        tell.say(
            _(
                "Most use a %(device)s (%(share)s): look at your own pages on one first.",
                device=device,
                share=tell.against(devices[0]),
            )
        )
    elif devices:
        tell.say(_("Devices: %(list)s.", list=tell.values(devices[:2])))
    if languages := known(profile, "language", LEAST_SHARE):
        others = [one for one in _notable(more(profile, "language")) if one is not languages[0]][:NAMED]
        tell.say(_("Language of their browsers: %(list)s.", list=tell.values([languages[0], *others])))


def content(subject: Subject, tell: Telling) -> None:
    """What they look at more than others, what goes with a step further, and what they miss."""
    profile = subject.profile
    if seen := draws(profile)[:NAMED]:
        tell.say(_("What they look at more than average: %(list)s.", list=tell.values(seen)))
    site = subject.source.site
    pages = [one for one in beyond_vacancies(profile, "page") if preview(site, [one.value])[0].touchpoint not in FUNNEL]
    if linked := pages[:NAMED]:
        tell.say(_("Pages to link to: %(list)s.", list=tell.values(linked)))
    _nearer(subject, tell)
    if missed := known(profile, "search_empty")[:NAMED]:
        names = listed([name_of(one) for one in missed])
        tell.say(_("They search in vain for %(list)s: there the site can still give an answer.", list=names))


def uncertain(subject: Subject, tell: Telling) -> None:
    """What the figures can't say."""
    run, segment, profile = subject.source.overview.run, subject.segment, subject.profile
    tell.say(_("Visits are counted, not people: who comes twice counts twice."))
    if best := ways(subject)[:1]:
        (one,) = best
        tell.say(
            _(
                "The figure for %(value)s lies between %(low)s and %(high)s × the average, 19 times out of 20.",
                value=name_of(one),
                low=tell.times(one.index_low),
                high=tell.times(one.index_high),
            ),
            short=True,
        )
        tell.say(_("That they come that way does not say that money spent there brings more of them: begin small, and compare."))  # fmt: skip
    if segment.visits < SMALL:
        tell.say(_("The audience is small, so shares and indexes are rough."))
    if segment.status in ("new", "returned", "split"):
        tell.say(_("It is recent; whether it stays will show in the coming weeks."))
    if run.verdict != "good":
        tell.say(_("The analysis calls the picture of the whole site %(verdict)s.", verdict=verdict(run.verdict)))
    for name in ("job_family", "source", "campaign"):
        for one in profile.of(name):
            if one.is_other and one.share > LEAST_SHARE:
                tell.say(
                    _(
                        "%(dimension)s: %(share)s is held back, because too few visits share a value.",
                        dimension=formatting.dimension(name),
                        share=tell.share(one.share),
                    )
                )


def identity(source: Source, segment: Segment) -> str:
    """What last happened to an audience, in a sentence; "" when nothing did."""
    if other := origin_of(source, segment):
        named = quoted(other.label)
        if segment.status == "split":
            return _("It split off from %(other)s.", other=named)
        return _("It was merged with %(other)s.", other=named)
    status = status_of(segment)
    return _("Status: %(status)s.", status=status) if status else ""


def verdict(name: str) -> str:
    """How good an analysis is, in a word."""
    return {"good": _("clear"), "fair": _("fair"), "weak": _("weak")}.get(name, name)


def _notable(values: list[Value]) -> list[Value]:
    return [one for one in values if is_notable(one)]


def _listed(values: list[Value], special: list[Value], tell: Telling) -> str:
    """Values as a list in words; only of *special* ones is told how they stand to the average."""
    return listed(
        [f"{name_of(one)} ({tell.against(one) if one in special else tell.share(one.share)})" for one in values]
    )


def starts(profile: Profile) -> float | None:
    """In which part of the visits of an audience an application is started; None where too much of that is held back."""
    stages = profile.of("stage")
    if not stages or sum(one.share for one in stages if one.is_other) >= UNTOLD_MAX:
        return None
    return sum(one.share for one in stages if one.value in ("apply", "applied")) or None


def starts_on_site(source: Source) -> float | None:
    """The same of all visits in the weeks of the run, by the figures that the first page has."""
    figures = source.readings.table(source.site.key, "figures").filter(pl.col("week").is_in(source.overview.run.weeks))
    counted = dict(figures.group_by("measure").agg(pl.col("visits").sum()).iter_rows())
    begun, visits = counted.get("apply_starts"), counted.get("visits")
    return begun / visits if begun and visits else None


def _nearer(subject: Subject, tell: Telling) -> None:
    """What goes with getting nearer to applying and is more than chance."""
    rows = subject.source.readings.table(subject.source.site.key, "nearer").filter(
        pl.col("segment") == subject.segment.id,
        pl.col("real"),
        pl.col("lift") > 1,
        pl.col("touchpoint") != "",
        pl.col("rate").is_not_null(),
        pl.col("rate_without").is_not_null(),
    )
    found = rows.sort("low", "touchpoint", descending=[True, False]).head(2).to_dicts()
    for row in found:
        said = {
            "what": quoted(formatting.value("touchpoint", row["touchpoint"])),
            "rate": tell.share(row["rate"]),
            "without": tell.share(row["rate_without"]),
        }
        match row["goal"]:
            case "apply":
                tell.say(
                    _(
                        "Of the visits with %(what)s %(rate)s start to apply, of visits as long without it %(without)s.",
                        **said,
                    )
                )
            case "contact":
                tell.say(
                    _(
                        "Of the visits with %(what)s %(rate)s get in touch or sign up, of visits as long without it %(without)s.",
                        **said,
                    )
                )
            case "vacancy":
                tell.say(_("Of the visits with %(what)s %(rate)s come to a vacancy, of visits as long without it %(without)s.", **said))  # fmt: skip
    if found:
        tell.say(_("That goes together; which leads to which is not known."))


def _of(profile: Profile, dimension: str, value: str) -> Value | None:
    return next((one for one in profile.of(dimension) if one.value == value), None)


def _part_of_day(value: str) -> str:
    return {
        "00": _("in the night, from 0 to 6 h"),
        "06": _("in the morning, from 6 to 12 h"),
        "12": _("in the afternoon, from 12 to 18 h"),
        "18": _("in the evening, from 18 to 24 h"),
    }.get(value, value)


def _weekday(value: str) -> str:
    names = formatting.weekdays("wide")
    return names[int(value) - 1] if value in "1234567" and value else value
