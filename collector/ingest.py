"""
What happens to a beacon: :data:`PIPELINE`, from top to bottom.

A step named ``drop_…`` may give a reason why the event does not count; one named ``put_…`` fills something in. What comes out is a
line for the journal, and nothing in that line can tell a visitor. Live events, imported logs and the demo pass the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from collector import bots, channels, cleaning, links, traits
from collector.beacon import Beacon, BeaconJob
from collector.channels import Arrival
from collector.country import Countries
from collector.events import JOURNAL_VERSION, SECTION_PREFIX, DropReason, Hit, Job, Kind
from collector.examples import example
from collector.limits import OTHER, Crowd, Pace, Rate, Tail, network_key
from collector.outcomes import ACCEPTED, Outcomes
from collector.places import NOT_OURS, front, query_of, read_place, without_tracking
from collector.settings import Settings
from collector.sites import Registry, Site
from collector.tokens import Tokens
from collector.traits import Sender

__all__ = ["PIPELINE", "Ingest", "Sender"]

ENGAGED_MAX_MS: Final = 30 * 60 * 1000  # 30 min: a longer one is a page that was left open
OFF: Final = "telpunt=off"  # in the address of a page: the link of a privacy page that stores nothing
RESULTS_MAX: Final = 1_000_000
DAYS: Final = ("0-7", "8-30", "31-90", "90+")  # of JobPosting's dates, as the snippet bins them
# https://schema.org/employmentType, as Google for Jobs lists the values
EMPLOYMENT_TYPES: Final = (
    "FULL_TIME",
    "PART_TIME",
    "CONTRACTOR",
    "TEMPORARY",
    "INTERN",
    "VOLUNTEER",
    "PER_DIEM",
    "OTHER",
)

_EPOCH: Final = date(1970, 1, 1).toordinal()
_KINDS: Final = frozenset(kind.value for kind in Kind)
_REMEMBERED_PAGES: Final = 4096
_REMEMBERED_ARRIVALS: Final = 1024


class Draft:
    """A hit on its way through the steps. The last one makes the journal's line of it."""

    __slots__ = (
        "arrival",
        "beacon",
        "country",
        "device",
        "job",
        "language",
        "name",
        "network",
        "now",
        "place",
        "query",
        "sender",
        "site",
        "target",
        "visit",
    )

    def __init__(self, beacon: Beacon, sender: Sender, now: int, site: Site) -> None:
        self.beacon = beacon
        self.sender = sender
        self.now = now
        self.site = site
        self.place = NOT_OURS
        self.network = 0
        self.arrival = _NO_ARRIVAL
        self.country = ""
        self.device = ""
        self.language = ""
        self.query = ""
        self.target = ""
        self.name = ""
        self.job: Job | None = None
        self.visit = ""


class Ingest:
    """
    The steps, with what they need to know.

    Args:
        settings: ``honour_opt_out``, ``address_bits_…`` and the limits count here.
        sites: the registry; refreshed by its owner.
        tokens: makes the visit tokens.
        outcomes: counts what becomes of each event.
        countries: knows the country of an address; None: nobody does.
    """

    def __init__(
        self,
        settings: Settings,
        sites: Registry,
        tokens: Tokens,
        outcomes: Outcomes,
        countries: Countries | None = None,
    ) -> None:
        self.countries = countries
        self._bits = settings.address_bits_v4, settings.address_bits_v6
        self._cuts = self._bits != traits.ALL_BITS
        self.honour_opt_out = settings.honour_opt_out
        self.rate = Rate(settings.rate_max_per_minute)
        self.pace = Pace(settings.pace_max_per_minute)
        self.crowd = Crowd(settings.visits_max_per_address)
        self.tail = Tail() if settings.visits_max_per_address else Tail(1)
        self.tokens = tokens
        self._sites = sites
        self._outcomes = outcomes
        self.place = lru_cache(_REMEMBERED_PAGES)(read_place)
        self.arrival = lru_cache(_REMEMBERED_ARRIVALS)(channels.read)
        self.spam = lru_cache(_REMEMBERED_ARRIVALS)(channels.spam)
        self.job = lru_cache(_REMEMBERED_ARRIVALS)(_job)
        self._encode = msgspec.json.Encoder().encode

    def take(self, beacon: Beacon, sender: Sender, now: int) -> bytes | DropReason:
        """
        Pass a beacon through the steps and count what became of it. Writes nothing.

        Args:
            beacon: what happened.
            sender: who sent it; forgotten when this returns.
            now: when it happened, seconds since 1970.

        Returns:
            A line for the journal, newline included; or why there is none.
        """
        site = self._sites.get(beacon.site)
        if site is None:
            self._outcomes.add("", DropReason.UNKNOWN_SITE, now)
            return DropReason.UNKNOWN_SITE
        if self._cuts:
            sender = sender._replace(address=traits.cut(sender.address, *self._bits))
        draft = Draft(beacon, sender, now, site)
        for step in PIPELINE:
            reason = step(self, draft)
            if reason is not None:
                self._outcomes.add(site.key, reason, now)
                self._outcomes.note(site.key, reason, now, example(reason, beacon, sender))
                return reason
        self._outcomes.add(site.key, ACCEPTED, now)
        return self._line(draft)

    def forget(self) -> None:
        """Forget the URLs and referrers that are remembered to be quick. Call it now and then."""
        for remembered in (self.place, self.arrival, self.spam, self.job):
            remembered.cache_clear()

    def _line(self, draft: Draft) -> bytes:
        beacon, place, arrival = draft.beacon, draft.place, draft.arrival
        engaged = beacon.kind == Kind.ENGAGEMENT
        hit = Hit(
            v=JOURNAL_VERSION,
            t=draft.now,
            site=draft.site.key,
            visit=draft.visit,
            kind=beacon.kind,
            touchpoint=place.touchpoint,
            page=place.page,
            channel=arrival.channel,
            source=arrival.source,
            medium=arrival.medium,
            campaign=arrival.campaign,
            device=draft.device,
            language=draft.language,
            country=draft.country,
            engaged_ms=_between(beacon.engaged_ms, 0, ENGAGED_MAX_MS) if engaged else 0,
            depth_pct=_between(beacon.depth_pct, 0, 100) if engaged else 0,
            query=draft.query,
            results=_between(float(beacon.results), -1, RESULTS_MAX) if beacon.kind == Kind.SEARCH else -1,
            target=draft.target,
            name=draft.name,
            job=draft.job,
        )
        return self._encode(hit) + b"\n"


def drop_paused(_: Ingest, draft: Draft) -> DropReason | None:
    """The site's owner has paused counting."""
    return DropReason.PAUSED if draft.site.paused else None


def drop_rate(ingest: Ingest, draft: Draft) -> DropReason | None:
    """More events from one address than a person makes."""
    draft.network = network_key(draft.sender.address)
    return DropReason.RATE if ingest.rate.exceeded(draft.network, draft.now) else None


def put_place(ingest: Ingest, draft: Draft) -> None:
    """Which page of the site: its touchpoint, and its path cleaned of what looks like a person."""
    draft.place = ingest.place(without_tracking(draft.beacon.url), draft.site)


def drop_wrong_host(_: Ingest, draft: Draft) -> DropReason | None:
    """The page is not on a host of the site: a copy of the page, a test server, or somebody who uses the key of another."""
    return None if draft.place.host_is_own else DropReason.WRONG_HOST


def drop_opt_out(ingest: Ingest, draft: Draft) -> DropReason | None:
    """Who sends Global Privacy Control or Do Not Track is not counted, nor a page with telpunt=off in its address."""
    if OFF in draft.beacon.url:
        return DropReason.OPT_OUT
    return DropReason.OPT_OUT if draft.sender.opt_out and ingest.honour_opt_out else None


def drop_prefetch(_: Ingest, draft: Draft) -> DropReason | None:
    """What a browser loads ahead, nobody has seen."""
    return DropReason.PREFETCH if draft.sender.prefetch else None


def drop_bot(_: Ingest, draft: Draft) -> DropReason | None:
    """A program and no person."""
    return DropReason.BOT if draft.sender.automated or bots.verdict(draft.sender.agent) else None


def drop_internal(_: Ingest, draft: Draft) -> DropReason | None:
    """The people who make the site, at work on it."""
    return DropReason.INTERNAL if draft.place.internal else None


def drop_spam(ingest: Ingest, draft: Draft) -> DropReason | None:
    """A referrer that is there to be seen in statistics."""
    referrer = draft.beacon.referrer
    return DropReason.SPAM if referrer and ingest.spam(front(referrer)) else None


def put_traits(ingest: Ingest, draft: Draft) -> None:
    """Device, language and country, coarsely."""
    draft.device = traits.device(draft.sender.agent)
    draft.language = traits.language(draft.sender.language)
    if ingest.countries is not None:
        draft.country = ingest.countries.of(draft.sender.address)


def put_arrival(ingest: Ingest, draft: Draft) -> None:
    """How a page view came: channel, source and campaign. The referrer itself ends here."""
    beacon = draft.beacon
    if beacon.kind == Kind.PAGE_VIEW:
        draft.arrival = ingest.arrival(front(beacon.referrer), query_of(beacon.url), draft.site)


def put_kind(_: Ingest, draft: Draft) -> None:
    """What the snippet leaves to us: a custom event named like a kind is that kind; what a link, a form or a frame means."""
    beacon = draft.beacon
    if beacon.kind == Kind.CUSTOM and beacon.name in _KINDS:
        beacon.kind = beacon.name
    elif beacon.kind == Kind.OUTBOUND:
        beacon.kind, beacon.target = links.read(beacon.target, beacon.name, draft.site)
        if beacon.name == links.FRAME:
            beacon.name = ""


def put_details(ingest: Ingest, draft: Draft) -> None:
    """Search words, target, name and vacancy, cleaned of what looks like a person."""
    beacon = draft.beacon
    if beacon.query and beacon.kind in (Kind.SEARCH, Kind.FILTER):
        draft.query = cleaning.words(beacon.query)
    if beacon.target:
        draft.target = cleaning.target(beacon.target)
    if beacon.name:
        draft.name = cleaning.name(beacon.name)
    if beacon.job is not None:
        draft.job = ingest.job(beacon.job, draft.now // 86400)


def put_visit(ingest: Ingest, draft: Draft) -> None:
    """The token that ties the hits of a visit together. Address and agent end here."""
    sender = draft.sender
    draft.visit = ingest.tokens.token(draft.site.key, sender.address, sender.agent, draft.now)


def drop_crowd(ingest: Ingest, draft: Draft) -> DropReason | None:
    """More visits from one address than there are browsers behind it: somebody who calls himself another each time."""
    many = ingest.crowd.exceeded(draft.network, draft.visit, draft.sender.address, draft.now)
    return DropReason.RATE if many else None


def drop_impossible_pace(ingest: Ingest, draft: Draft) -> DropReason | None:
    """More page views in a minute than a person looks at: a program that calls itself a browser."""
    if draft.beacon.kind != Kind.PAGE_VIEW:
        return None
    return DropReason.BOT if ingest.pace.too_fast(draft.visit, draft.sender.address, draft.now) else None


def put_other(ingest: Ingest, draft: Draft) -> None:
    """The long tail: what is one value too many for its dimension becomes "other"."""
    passed = ingest.tail.passed(draft.now)
    key = hash((draft.site.key, draft.place, draft.arrival, draft.job))
    if key not in passed:
        before = draft.place, draft.arrival, draft.job
        _cut_place_arrival_job(ingest, draft)
        if before == (draft.place, draft.arrival, draft.job):
            ingest.tail.remember(key)
    if draft.query or draft.target or draft.name:
        sender = draft.network, draft.sender.address
        for field in ("query", "target", "name"):
            setattr(draft, field, ingest.tail.cut(draft.site.key, field, getattr(draft, field), sender, draft.now))


def _cut_place_arrival_job(ingest: Ingest, draft: Draft) -> None:
    place, arrival, job = draft.place, draft.arrival, draft.job
    sender = draft.network, draft.sender.address

    def cut(dimension: str, value: str) -> str:
        return ingest.tail.cut(draft.site.key, dimension, value, sender, draft.now)

    is_section = place.touchpoint.startswith(SECTION_PREFIX)
    section = OTHER if is_section and cut("section", place.touchpoint) == OTHER else place.touchpoint
    draft.place = place._replace(page=cut("page", place.page), touchpoint=section)
    draft.arrival = arrival._replace(
        source=cut("source", arrival.source),
        medium=cut("medium", arrival.medium),
        campaign=cut("campaign", arrival.campaign),
    )
    if job is not None:
        draft.job = msgspec.structs.replace(
            job, family=cut("family", job.family), location=cut("location", job.location)
        )


Step = Callable[[Ingest, Draft], DropReason | None]

# Before the first step, the site is looked up (drop_unknown_site). The rate comes early, so that a flood costs little: what is new
# to the steps after it, such as an agent nobody has seen, takes up to a millisecond.
PIPELINE: Final[tuple[Step, ...]] = (
    drop_paused,
    drop_rate,
    put_place,
    drop_wrong_host,
    drop_opt_out,
    drop_prefetch,
    drop_bot,
    drop_internal,
    drop_spam,
    put_traits,
    put_arrival,
    put_kind,
    put_details,
    put_visit,
    drop_crowd,
    drop_impossible_pace,
    put_other,
)


def _job(job: BeaconJob, today: int) -> Job:
    """The journal's facts of a vacancy; *today* in days since 1970."""
    kind = str(job.employment_type).strip().upper().replace("-", "_").replace(" ", "_").rpartition("/")[2]
    return Job(
        family=cleaning.name(str(job.family)),
        employment_type=kind if kind in EMPLOYMENT_TYPES else "OTHER" if kind else "",
        remote=job.remote,
        location=cleaning.name(str(job.location)),
        posted=_days(str(job.posted), today, -1),
        closes=_days(str(job.closes), today, 1),
    )


def _days(text: str, today: int, sign: int) -> str:
    """One of :data:`DAYS`, as sent or from an ISO 8601 date that lies before (*sign* -1) or after (1) *today*; "" for neither."""
    if not text or text in DAYS:
        return text
    try:
        day = date.fromisoformat(text.strip()[:10].replace("/", "-")).toordinal() - _EPOCH
    except ValueError:
        return ""
    gap = sign * (day - today)
    if gap < -1:  # a day of grace: it is tomorrow already in the east
        return ""
    return next((name for name, last in zip(DAYS, (7, 30, 90), strict=False) if gap <= last), DAYS[-1])


def _between(number: float, low: int, high: int) -> int:
    return int(min(max(number, low), high)) if math.isfinite(number) else low


_NO_ARRIVAL: Final = Arrival("", "", "", "")
