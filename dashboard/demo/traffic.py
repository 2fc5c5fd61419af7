"""
Twelve weeks at the made-up employer: which visits come on which day, and the way through the same pipeline as everybody's.

Everything is decided by the seed and the last day, so that two demos of one day are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from collector.beacon import Beacon
from collector.events import DropReason, Kind
from collector.folder import DataFolder
from collector.ingest import Ingest, Sender
from collector.outcomes import Outcomes
from collector.settings import Settings
from collector.sites import Registry, Site
from collector.stage import Stage
from collector.tokens import Tokens
from dashboard.demo.audiences import EVERYBODY, HOURS, Audience
from dashboard.demo.employer import KEY, Odds, Vacancies
from dashboard.demo.senders import browser, crawler
from dashboard.demo.visits import Cast, Visit

DAYS: Final = 84
_OPT_OUT: Final = 0.035  # of browsers send Global Privacy Control or Do Not Track
_PREFETCHES_A_DAY: Final = 9.0
_CRAWLS_A_DAY: Final = 14
_SPAM_A_DAY: Final = 0.7
_WRONG_HOST_A_DAY: Final = 1.5
_WEEKDAYS: Final = (1.16, 1.1, 1.04, 1.0, 0.82)  # Monday to Friday


class Simulated(NamedTuple):
    """One visit: its day from 0, whose it is (for tests; it is written nowhere), who sends, and what it sends."""

    day: int
    audience: str
    sender: Sender
    sent: list[tuple[Beacon, int]]


class Counts(NamedTuple):
    """What became of a simulation: visits and events made, events accepted, and events dropped by reason."""

    visits: int
    events: int
    accepted: int
    dropped: dict[DropReason, int]


def visits(site: Site, *, days: int, end: date, seed: int) -> Iterator[Simulated]:
    """
    All visits, day by day.

    Args:
        site: its key, first host and time zone are used.
        days: length, in days; audiences come and go in proportion to it.
        end: last day, in the site's time zone. No visit goes on after it.
        seed: decides everything.
    """
    dice = Random(seed)  # noqa: S311 (a simulation wants to be repeatable)
    zone = ZoneInfo(site.timezone)
    vacancies = Vacancies(days, dice)
    casts = [(Cast(audience), Odds(enumerate(HOURS[audience.hours]))) for audience in EVERYBODY]
    crawls = Cast(next(audience for audience in EVERYBODY if audience.name == "scrapers"))
    first = end - timedelta(days=days - 1)
    for day in range(days):
        today = first + timedelta(days=day)
        hours_at = [datetime.combine(today, time(hour), zone).timestamp() for hour in range(24)]
        last = datetime.combine(end + timedelta(days=1), time(0), zone).timestamp()

        def visit(
            cast: Cast, hours: Odds[int], day: int = day, hours_at: list[float] = hours_at, last: float = last
        ) -> list[tuple[Beacon, int]]:
            start = int(hours_at[hours.draw(dice)] + dice.random() * 3600)
            return [one for one in Visit(site, cast, day, start, vacancies, dice).go() if one[1] < last]

        for cast, hours in casts:
            audience = cast.audience
            for _ in range(_how_many(audience, today, day / max(1, days - 1), dice)):
                sender = browser(audience.mobile, cast.languages.draw(dice), _OPT_OUT, dice)
                yield Simulated(day, audience.name, sender, visit(cast, hours))
        any_hour = Odds(enumerate(HOURS["day"]))
        for _ in range(_round(_CRAWLS_A_DAY, dice)):
            yield Simulated(day, "crawlers", crawler(dice), visit(crawls, any_hour))
        yield from _oddities(site, day, int(hours_at[10]), dice)


def simulate(site: Site, *, days: int = DAYS, end: date, seed: int) -> Iterator[tuple[Beacon, Sender, int]]:
    """The same as :func:`visits`, beacon by beacon with its sender and time, as the collector would have got them."""
    for simulated in visits(site, days=days, end=end, seed=seed):
        for beacon, at in simulated.sent:
            yield beacon, simulated.sender, at


def fill(
    folder: DataFolder,
    settings: Settings,
    site: Site,
    *,
    days: int = DAYS,
    now: datetime,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Counts:
    """
    Send the simulated visits through the pipeline into the journal: all of them or, when something fails, none.

    Args:
        folder: the data folder.
        settings: of the installation.
        site: the simulated site; registered when its visits are there.
        days: length, in days; the last one is yesterday.
        now: with a time zone.
        seed: decides everything.
        progress: called with the number of days done since the last call.

    Raises:
        OSError: the journal can't be written.
    """
    end = now.astimezone(ZoneInfo(site.timezone)).date() - timedelta(days=1)
    outcomes = Outcomes.open(folder, KEY)
    ingest = Ingest(settings, Registry(folder.sites, {site.key: site}), Tokens.private(), outcomes)
    dropped: Counter[DropReason] = Counter()
    number = events = today = 0
    batch: list[bytes] = []
    with Stage(folder) as stage:
        for simulated in visits(site, days=days, end=end, seed=seed):
            number += 1
            events += len(simulated.sent)
            for beacon, at in simulated.sent:
                hit = ingest.take(beacon, simulated.sender, at)
                if isinstance(hit, DropReason):
                    dropped[hit] += 1
                else:
                    batch.append(hit)
            if simulated.day > today:
                progress(simulated.day - today)
                today = simulated.day
                stage.append(b"".join(batch))
                batch.clear()
        stage.append(b"".join(batch))
        # Registered only now: a site that is there has its visits, also when an earlier demo was stopped half-way.
        Registry.open(folder).save(folder, site)
        progress(days - today)
    outcomes.close(int(now.timestamp()))
    return Counts(number, events, events - dropped.total(), dict(dropped))


def _how_many(audience: Audience, today: date, position: float, dice: Random) -> int:
    """Visits of an audience on one day: the usual number, bent by the season, the day of the week and chance."""
    weekday = today.weekday()
    week = _WEEKDAYS[weekday] if weekday < len(_WEEKDAYS) else audience.weekend
    mean = audience.a_day * audience.curve(position) * week
    return max(0, round(dice.gauss(mean, mean**0.5)))


def _round(mean: float, dice: Random) -> int:
    """A whole number with *mean* as its mean."""
    return int(mean + dice.random())


def _oddities(site: Site, day: int, at: int, dice: Random) -> Iterator[Simulated]:
    """What every collector gets and must not count: spam, copies of the page elsewhere, pages that are loaded ahead."""
    own = f"https://{site.hosts[0].removeprefix('*.')}"
    kind = Kind.PAGE_VIEW.value
    for _ in range(_round(_SPAM_A_DAY, dice)):
        spam = Beacon(site.key, kind, f"{own}/", referrer="https://buttons-for-website.com/")
        yield Simulated(day, "spam", browser(0.0, "en", 0.0, dice), [(spam, at)])
    for _ in range(_round(_WRONG_HOST_A_DAY, dice)):
        copy = Beacon(site.key, kind, "https://acceptatie.waterland.example/vacatures")
        yield Simulated(day, "copies", browser(0.0, "nl", 0.0, dice), [(copy, at)])
    for _ in range(_round(_PREFETCHES_A_DAY, dice)):
        ahead = Beacon(site.key, kind, f"{own}/vacatures", referrer="https://www.google.com/")
        yield Simulated(day, "prefetches", browser(0.6, "nl", 0.0, dice)._replace(prefetch=True), [(ahead, at)])
