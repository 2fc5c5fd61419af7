"""
What happens to a beacon: :data:`PIPELINE`, from top to bottom.

A step named ``drop_…`` may give a reason why the event does not count; one named ``put_…`` fills something in. What comes out is a
line for the journal, and nothing in that line can tell a visitor. Live events, imported logs and the demo pass the same steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from os import urandom
from typing import Final, NamedTuple

import msgspec

from collector import bots, channels, cleaning, touchpoints, traits
from collector.beacon import Beacon, BeaconJob
from collector.channels import Arrival
from collector.events import JOURNAL_VERSION, DropReason, Hit, Job, Kind
from collector.outcomes import ACCEPTED, Outcomes
from collector.settings import Settings
from collector.sites import Registry, Site
from collector.tokens import Tokens
from collector.traits import Sender
from collector.urls import split

__all__ = ["PIPELINE", "Ingest", "Sender"]

ENGAGED_MAX_MS: Final = 30 * 60 * 1000  # 30 min: a longer one is a page that was left open
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

_KINDS: Final = frozenset(kind.value for kind in Kind)
_REMEMBERED_PAGES: Final = 4096
_REMEMBERED_ARRIVALS: Final = 1024
_RATED_NETWORKS_MAX: Final = 50_000  # about 5 MB

# Pages of the people who make the site: content management, and previews of pages that are not published.
_INTERNAL: Final = re.compile(
    r"^/(?:[a-z]{2}/)?(?:wp-admin|wp-login\.php|admin|administrator|umbraco|typo3|sitecore|user/login|users/sign_in)(?:/|$)"
    r"|[?&](?:preview=(?:true|1)\b|preview_id=|elementor-preview|customize_changeset_uuid=)",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """What a URL says, once it is cleaned."""

    host_is_own: bool
    internal: bool
    touchpoint: str
    page: str


class Draft:
    """A hit on its way through the steps. The last one makes the journal's line of it."""

    __slots__ = (
        "arrival",
        "beacon",
        "device",
        "job",
        "language",
        "name",
        "now",
        "place",
        "query",
        "sender",
        "site",
        "target",
        "visit",
    )

    def __init__(self, beacon: Beacon, sender: Sender, now: int, site: Site, place: Place) -> None:
        self.beacon = beacon
        self.sender = sender
        self.now = now
        self.site = site
        self.place = place
        self.arrival = _NO_ARRIVAL
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
        settings: ``honour_opt_out`` and ``rate_max_per_minute`` count here.
        sites: the registry; refreshed by its owner.
        tokens: makes the visit tokens.
        outcomes: counts what becomes of each event.
    """

    def __init__(self, settings: Settings, sites: Registry, tokens: Tokens, outcomes: Outcomes) -> None:
        self.honour_opt_out = settings.honour_opt_out
        self.rate = Rate(settings.rate_max_per_minute)
        self.tokens = tokens
        self._sites = sites
        self._outcomes = outcomes
        self.place = lru_cache(_REMEMBERED_PAGES)(_place)
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
        draft = Draft(beacon, sender, now, site, self.place(_without_tracking(beacon.url), site))
        for step in PIPELINE:
            reason = step(self, draft)
            if reason is not None:
                self._outcomes.add(site.key, reason, now)
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
            engaged_ms=_between(beacon.engaged_ms, 0, ENGAGED_MAX_MS) if engaged else 0,
            depth_pct=_between(beacon.depth_pct, 0, 100) if engaged else 0,
            query=draft.query,
            results=_between(beacon.results, -1, RESULTS_MAX) if beacon.kind == Kind.SEARCH else -1,
            target=draft.target,
            name=draft.name,
            job=draft.job,
        )
        return self._encode(hit) + b"\n"


def drop_wrong_host(_: Ingest, draft: Draft) -> DropReason | None:
    """The page is not on a host of the site: a copy of the page, a test server, or somebody who uses the key of another."""
    return None if draft.place.host_is_own else DropReason.WRONG_HOST


def drop_opt_out(ingest: Ingest, draft: Draft) -> DropReason | None:
    """Who sends Global Privacy Control or Do Not Track is not counted."""
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
    return DropReason.SPAM if referrer and ingest.spam(_front(referrer)) else None


def drop_rate(ingest: Ingest, draft: Draft) -> DropReason | None:
    """More events from one address than a person makes."""
    return DropReason.RATE if ingest.rate.exceeded(draft.sender.address, draft.now) else None


def put_traits(_: Ingest, draft: Draft) -> None:
    """Device and language, coarsely."""
    draft.device = traits.device(draft.sender.agent)
    draft.language = traits.language(draft.sender.language)


def put_arrival(ingest: Ingest, draft: Draft) -> None:
    """How a page view came: channel, source and campaign. The referrer itself ends here."""
    beacon = draft.beacon
    if beacon.kind == Kind.PAGE_VIEW:
        draft.arrival = ingest.arrival(_front(beacon.referrer), _query(beacon.url), draft.site)


def put_kind(_: Ingest, draft: Draft) -> None:
    """What the snippet leaves to us: a custom event named like a kind is that kind; a link to an application system hands off."""
    beacon = draft.beacon
    if beacon.kind == Kind.CUSTOM and beacon.name in _KINDS:
        beacon.kind = beacon.name
    elif beacon.kind == Kind.OUTBOUND and touchpoints.is_handoff(beacon.target, draft.site):
        beacon.kind = Kind.HANDOFF


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
        draft.job = ingest.job(beacon.job)


def put_visit(ingest: Ingest, draft: Draft) -> None:
    """The token that ties the hits of a visit together. Address and agent end here."""
    sender = draft.sender
    draft.visit = ingest.tokens.token(draft.site.key, sender.address, sender.agent, draft.now)


Step = Callable[[Ingest, Draft], DropReason | None]

# Before the first step, the site is looked up (drop_unknown_site) and its URL cleaned.
PIPELINE: Final[tuple[Step, ...]] = (
    drop_wrong_host,
    drop_opt_out,
    drop_prefetch,
    drop_bot,
    drop_internal,
    drop_spam,
    drop_rate,
    put_traits,
    put_arrival,
    put_kind,
    put_details,
    put_visit,
)


class Rate:
    """
    Events per address and minute, in memory: a bounded table of keyed hashes under a key of this process.

    When the table is full, addresses that are not in it pass: a flood from 50,000 networks in a minute must not lock out the
    site's own visits. IPv6 addresses count by their first 64 bits.

    Args:
        max_per_minute: events; 0: no limit.
    """

    def __init__(self, max_per_minute: int) -> None:
        self._max = max_per_minute
        self._key = urandom(16)
        self._minute = -1
        self._counts: dict[bytes, int] = {}

    def exceeded(self, address: str, now: int) -> bool:
        """Count one event and say whether it is one too many."""
        if not self._max:
            return False
        minute = now // 60
        if minute != self._minute:
            self._minute = minute
            self._counts = {}
        network = traits.network_of(address).encode("utf-8", "replace")
        who = blake2b(network, digest_size=8, key=self._key).digest()
        counts = self._counts
        count = counts.get(who, 0) + 1
        if count > self._max:
            return True
        if count > 1 or len(counts) < _RATED_NETWORKS_MAX:
            counts[who] = count
        return False


# Parameters that say how somebody came, never what the page is.
_TRACKING: Final = (
    "utm_",
    "gclid=",
    "gbraid=",
    "wbraid=",
    "msclkid=",
    "fbclid=",
    "li_fat_id=",
    "ttclid=",
    "gad_",
    "_gl=",
    "_ga",
    "mc_",
)


def _without_tracking(url: str) -> str:
    """*url* without what differs from visit to visit on the same page, so that its place is remembered."""
    page, _, fragment = url.partition("#")
    head, _, query = page.partition("?")
    if query:
        kept = [pair for pair in query.split("&") if not pair.startswith(_TRACKING)]
        page = f"{head}?{'&'.join(kept)}" if kept else head
    # A fragment is part of the place where it is a route, "#/vacatures/x", and not where it is a position on the page.
    return f"{page}#{fragment}" if fragment.startswith(("/", "!/")) else page


def _front(referrer: str) -> str:
    """Scheme, host and first part of the path: all of a referrer that says how somebody came."""
    return "/".join(referrer.partition("?")[0].split("/", 4)[:4])


def _query(url: str) -> str:
    """The query of *url*, as a URL; "" without one."""
    _, mark, query = url.partition("#")[0].partition("?")
    return mark + query


def _place(url: str, site: Site) -> Place:
    parts = split(url)
    host = f"{parts.host}:{parts.port}" if parts.port else parts.host
    own = parts.scheme in ("http", "https") and bool(parts.host) and site.accepts_host(host)
    if not own:
        return _NOT_OURS
    internal = _INTERNAL.search(f"{parts.path}?{parts.query}") is not None
    return Place(own, internal, touchpoints.classify(url, site), cleaning.page(url))


def _job(job: BeaconJob) -> Job:
    kind = job.employment_type.strip().upper().replace("-", "_").replace(" ", "_")
    return Job(
        family=cleaning.name(job.family),
        employment_type=kind if kind in EMPLOYMENT_TYPES else "OTHER" if kind else "",
        remote=job.remote,
        location=cleaning.name(job.location),
        posted=job.posted if job.posted in DAYS else "",
        closes=job.closes if job.closes in DAYS else "",
    )


def _between(number: float, low: int, high: int) -> int:
    return int(min(max(number, low), high)) if math.isfinite(number) else low


_NOT_OURS: Final = Place(host_is_own=False, internal=False, touchpoint="", page="")
_NO_ARRIVAL: Final = Arrival("", "", "", "")
