"""
The vocabulary: what can happen on a careers site, where it can happen, why something is not counted, and the journal's record.

Nothing in a :class:`Hit` can tell a visitor: no address, no agent, no full referrer, no URL parameter that is not listed here.
The visit token ties the hits of one visit together until the fold, and is kept nowhere after.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

JOURNAL_VERSION: Final = 1


class Kind(StrEnum):
    """What happened."""

    PAGE_VIEW = "page_view"
    ENGAGEMENT = "engagement"  # time and depth of the page before; never a view of its own
    SEARCH = "search"
    FILTER = "filter"
    APPLY_START = "apply_start"
    APPLY_STEP = "apply_step"
    APPLY_COMPLETE = "apply_complete"
    HANDOFF = "handoff"  # to the applicant tracking system, often on another domain
    JOB_ALERT = "job_alert"
    SAVE = "save"
    SHARE = "share"
    CONTACT = "contact"  # tel:, mailto:, WhatsApp, contact form
    VIDEO = "video"
    DOWNLOAD = "download"
    OUTBOUND = "outbound"
    EVENT_SIGNUP = "event_signup"
    CUSTOM = "custom"


class Touchpoint(StrEnum):
    """Where on a careers site: the page types of the trade."""

    HOME = "home"
    VACANCY_LIST = "vacancy_list"
    VACANCY = "vacancy"
    APPLY = "apply"
    APPLIED = "applied"
    OPEN_APPLICATION = "open_application"
    STORY = "story"
    CULTURE = "culture"
    BENEFITS = "benefits"
    DIVERSITY = "diversity"
    GROWTH = "growth"
    TEAM = "team"
    LOCATION = "location"
    EARLY_CAREERS = "early_careers"
    RELOCATION = "relocation"
    EVENT = "event"
    NEWS = "news"
    JOB_ALERT = "job_alert"
    PROCESS = "process"
    RECRUITER = "recruiter"
    OTHER = "other"


# A page that no rule and no default knows is its first path segment, so that a site with its own words still has patterns:
# "section:werkplaats". Kept short: it is part of a pattern.
SECTION_PREFIX: Final = "section:"
SECTION_MAX_CHARS: Final = 32


class DropReason(StrEnum):
    """Why an event was not counted. Typed data: counted per site, shown to the installer, one test each."""

    MALFORMED = "malformed"  # not an event, or a log line that does not parse
    UNKNOWN_SITE = "unknown_site"
    WRONG_HOST = "wrong_host"  # the page is not on a host of the site
    OPT_OUT = "opt_out"  # Global Privacy Control or Do Not Track
    BOT = "bot"
    PREFETCH = "prefetch"  # a browser that loads ahead; nobody has seen it
    SPAM = "spam"  # referrer spam
    RATE = "rate"  # more events from one address than a person makes
    ASSET = "asset"  # log only: image, style, script, font, feed
    METHOD = "method"  # log only: not a GET
    ERROR_STATUS = "error_status"  # log only: not a 2xx or 304 answer
    INTERNAL = "internal"  # admin and preview pages
    FUTURE = "future"  # a log line from after now
    PAUSED = "paused"  # the site's owner has paused counting


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """The coarse facts of a vacancy, from schema.org JobPosting (https://schema.org/JobPosting)."""

    family: str = ""
    employment_type: str = ""
    remote: bool = False
    location: str = ""  # city at the finest
    posted: str = ""  # days since, binned: 0-7, 8-30, 31-90, 90+
    closes: str = ""  # days to go, binned alike


class Hit(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One line of the journal.

    Attributes:
        v: version of this record.
        t: when, in whole seconds since 1970 (UTC).
        site: key of the site.
        visit: visit token, 16 hexadecimal digits; means nothing after the key is gone.
        kind: a :class:`Kind`.
        touchpoint: a :class:`Touchpoint`, or ``section:…``.
        page: path of the page, cleaned of parameters and of what looks like a person, at most 120 characters.
        channel: how the visit came, by :mod:`collector.channels`; on page views only.
        source: referring host or campaign source.
        medium: campaign medium (utm_medium).
        campaign: campaign name (utm_campaign).
        device: desktop, mobile, tablet or other.
        language: primary language, ISO 639-1, of the browser.
        country: ISO 3166-1 alpha-2, where a country file is installed.
        engaged_ms: time that the page was visible and used, in milliseconds; on engagement only.
        depth_pct: how far the page was scrolled, in percent; on engagement only.
        query: search words, cleaned of what looks like a person, at most 60 characters.
        results: number of results of that search; -1 is unknown.
        target: host of a hand-off or outbound link, or extension of a download.
        name: name of a custom event, video or way of contact.
        job: coarse facts of the vacancy.
    """

    v: int
    t: int
    site: str
    visit: str
    kind: str
    touchpoint: str = ""
    page: str = ""
    channel: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    device: str = ""
    language: str = ""
    country: str = ""
    engaged_ms: int = 0
    depth_pct: int = 0
    query: str = ""
    results: int = -1
    target: str = ""
    name: str = ""
    job: Job | None = None
