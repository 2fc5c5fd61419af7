"""
How a visit came: referrer and campaign tags → one channel, its source, medium and campaign.

A ladder of small predicates over data files: :data:`LADDER` read from top to bottom is the whole rule, and the first that holds
decides. Click ids (gclid, fbclid ...) can only say "paid"; their values are never looked at, let alone kept. Of a referrer
nothing is kept but a name or a host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from collector import cleaning
from collector.sites import Site
from collector.urls import Parts, decode, params, split
from collector.wordlists import lines


class Channel(StrEnum):
    """The ways to a careers site."""

    INTERNAL = "internal"  # from a page of the site itself
    JOB_BOARD = "job_board"
    AI_ASSISTANT = "ai_assistant"
    EMAIL = "email"
    DISPLAY = "display"
    PAID_SEARCH = "paid_search"
    PAID_SOCIAL = "paid_social"
    ORGANIC_SEARCH = "organic_search"
    ORGANIC_SOCIAL = "organic_social"
    CAMPAIGN = "campaign"  # tagged, and nothing above
    REFERRAL = "referral"  # another site
    DIRECT = "direct"  # nothing says how


class Arrival(NamedTuple):
    """How one page view came. Every text is clean and at most 60 characters; "" is unknown."""

    channel: str
    source: str = ""
    medium: str = ""
    campaign: str = ""


class _Clues(NamedTuple):
    """What the ladder looks at."""

    known: str  # kind of host or name that the data files know: search, social, job_board, ai, email; or ""
    referred: bool  # there is a referrer that is a page or an app
    tagged: bool  # there is a campaign tag
    medium: str
    paid: bool  # a medium or a click id says that the click was paid for
    click_kind: str  # search, social or display: whose click id it is; or ""


# The parameters that tag a link, most specific first. Matomo's own two families count as well.
_SOURCE_TAGS: Final = ("utm_source", "mtm_source", "pk_source", "lever-source", "source", "ref")
_MEDIUM_TAGS: Final = ("utm_medium", "mtm_medium", "pk_medium", "medium")
_CAMPAIGN_TAGS: Final = ("utm_campaign", "mtm_campaign", "pk_campaign", "campaign")

# Click ids: what was clicked, and on whose pages. Facebook adds fbclid to unpaid links too, so a medium that says "social" wins.
_CLICK_IDS: Final = {
    "gclid": ("search", "google"), "gbraid": ("search", "google"), "wbraid": ("search", "google"),
    "msclkid": ("search", "bing"), "yclid": ("search", "yandex"), "dclid": ("display", "google"),
    "fbclid": ("social", "facebook"), "li_fat_id": ("social", "linkedin"), "ttclid": ("social", "tiktok"),
    "twclid": ("social", "twitter"), "epik": ("social", "pinterest"), "sccid": ("social", "snapchat"),
    "rdt_cid": ("social", "reddit"), "tblci": ("display", "taboola"), "obclid": ("display", "outbrain"),
    "gad_source": ("search", "google"), "scclid": ("social", "snapchat"), "ob_click_id": ("display", "outbrain"),
}  # fmt: skip

_PAID: Final = frozenset(("cpc", "ppc", "cpa", "cpm", "cpv", "paid", "sea", "sem", "ads", "ad", "adwords", "retargeting", "remarketing",
    "betaald", "bezahlt", "sponsored", "promoted", "boost", "boosted"))  # fmt: skip
_SEARCH: Final = frozenset(("search", "sea", "sem", "seo", "adwords", "zoeken", "suche"))
_SOCIAL: Final = frozenset(
    ("social", "socials", "socialmedia", "sociaal", "smm", "sm", "story", "stories", "reel", "post")
)
_UNPAID: Final = frozenset(
    ("organic", "social", "socials", "socialmedia", "post", "organisch", "earned", "owned", "story", "reel")
)
_EMAIL: Final = frozenset(
    ("email", "mail", "mailing", "newsletter", "nieuwsbrief", "nieuwsmail", "mailings", "edm", "jobmail", "jobalert")
)
_DISPLAY: Final = frozenset(("display", "banner", "banners", "cpm", "programmatic", "native", "interstitial", "expandable", "dco",
    "video", "outstream", "rtb", "gdn"))  # fmt: skip
_JOB_BOARD: Final = frozenset(("jobboard", "jobboards", "jobbord", "vacaturesite", "vacaturebank", "jobboerse", "jobportal", "jobsite",
    "stellenboerse", "stellenmarkt", "vacaturesites", "aggregator"))  # fmt: skip
_REFERRAL: Final = frozenset(
    ("referral", "referrer", "link", "partner", "affiliate", "affiliates", "website", "verwijzing")
)

# Second-level names under which organisations register, so that "www.x.co.uk" is "x.co.uk".
_SECOND_LEVEL: Final = frozenset(
    ("co", "com", "org", "net", "ac", "gov", "gob", "edu", "or", "ne", "nom", "asso", "info")
)


# Names that say nothing, though somebody has registered them under some country: search.ch, jobs.ac.uk, mail.ru.
_NOBODY: Final = frozenset(
    ("search", "jobs", "job", "web", "news", "mail", "live", "start", "dir", "link", "find", "site", "online")
)


def _load() -> tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[str, str]]]:
    """Host → (kind, name) and name → (kind, name); the later file wins, so that xing.com/jobs is a job board."""
    hosts: dict[str, tuple[str, str]] = {}
    names: dict[str, tuple[str, str]] = {}
    for kind in ("search", "social", "email", "ai", "job_boards"):
        for line in lines(f"{kind}.txt"):
            name, _, listed = line.partition(": ")
            entry = (kind, name)
            for host in listed.split():
                hosts[host] = entry
                own = _own_name(host)
                if own:
                    names.setdefault(own, entry)
            names[_squeeze(name)] = entry
    return MappingProxyType(hosts), MappingProxyType(names)


def _own_name(host: str) -> str:
    """The name that an organisation has registered, "indeed" of "indeed.*"; "" for a part of somebody's: "jobs.example.org" names nobody."""
    labels = host.partition("/")[0].split(".")
    registered = len(labels) == 2 or (len(labels) == 3 and labels[1] in _SECOND_LEVEL)
    return _squeeze(labels[0]) if registered and "/" not in host and labels[0] not in _NOBODY else ""


def _squeeze(text: str) -> str:
    """Letters and digits only, so that "LinkedIn-Jobs", "linkedin_jobs" and "linkedin jobs" are one name."""
    return "".join(char for char in text.lower() if char.isalnum())


# How people write the sources in their tags, beside the names and hosts in the data files.
_ALIASES: Final = {
    "googlejobs": ("job_boards", "google jobs"), "googlejobsapply": ("job_boards", "google jobs"),
    "googleforjobs": ("job_boards", "google jobs"), "nvb": ("job_boards", "nationale vacaturebank"),
    "linkedinjobs": ("job_boards", "linkedin jobs"), "linkedinjob": ("job_boards", "linkedin jobs"),
    "linkedinslots": ("job_boards", "linkedin jobs"), "linkedinjobslots": ("job_boards", "linkedin jobs"),
    "xingjobs": ("job_boards", "xing jobs"), "monster": ("job_boards", "monsterboard"),
    "indeedsponsored": ("job_boards", "indeed"), "indeedorganic": ("job_boards", "indeed"),
    "fb": ("social", "facebook"), "ig": ("social", "instagram"), "meta": ("social", "facebook"), "li": ("social", "linkedin"),
    "insta": ("social", "instagram"), "yt": ("social", "youtube"), "x": ("social", "twitter"),
    "googleads": ("search", "google"), "adwords": ("search", "google"), "bingads": ("search", "bing"),
    "newsletter": ("email", "newsletter"), "nieuwsbrief": ("email", "newsletter"), "email": ("email", "email"), "mail": ("email", "email"),
    "jobmailing": ("email", "job alert"), "jobalert": ("email", "job alert"), "jobmail": ("email", "job alert"),
    "openai": ("ai", "chatgpt"),
}  # fmt: skip

_HOSTS, _FILE_NAMES = _load()
_NAMES: Final = MappingProxyType({**_FILE_NAMES, **_ALIASES})
_SPAM: Final = frozenset(lines("spam.txt"))


def _search_paid(clues: _Clues) -> bool:
    return clues.paid and (
        clues.known == "search" or bool(_words(clues.medium) & _SEARCH) or clues.click_kind == "search"
    )


def _social_paid(clues: _Clues) -> bool:
    return clues.paid and (
        clues.known == "social" or bool(_words(clues.medium) & _SOCIAL) or clues.click_kind == "social"
    )


# Names first, then what the medium claims, then what was paid for, then what is left.
LADDER: Final[tuple[tuple[Channel, Callable[[_Clues], bool]], ...]] = (
    (Channel.JOB_BOARD, lambda clues: clues.known == "job_boards" or bool(_words(clues.medium) & _JOB_BOARD)),
    (Channel.AI_ASSISTANT, lambda clues: clues.known == "ai"),
    (Channel.EMAIL, lambda clues: clues.known == "email" or bool(_words(clues.medium) & _EMAIL)),
    (Channel.DISPLAY, lambda clues: bool(_words(clues.medium) & _DISPLAY) or clues.click_kind == "display"),
    (Channel.PAID_SEARCH, _search_paid),
    (Channel.PAID_SOCIAL, _social_paid),
    (Channel.ORGANIC_SEARCH, lambda clues: clues.known == "search"),
    (Channel.ORGANIC_SOCIAL, lambda clues: clues.known == "social" or bool(_words(clues.medium) & _SOCIAL)),
    (Channel.REFERRAL, lambda clues: clues.tagged and bool(_words(clues.medium) & _REFERRAL)),
    (Channel.CAMPAIGN, lambda clues: clues.tagged),
    (Channel.REFERRAL, lambda clues: clues.referred),
    (Channel.DIRECT, lambda _clues: True),
)


def read(referrer: str, url: str, site: Site) -> Arrival:
    """
    How the page view of *url* came.

    Args:
        referrer: what the browser names as the page before; may be "" or anything at all.
        url: the page, with its parameters.
        site: whose hosts count as internal.
    """
    before = split(referrer)
    # A page of the site that links to itself with tags has brought nobody.
    if before.host and site.accepts_host(f"{before.host}:{before.port}" if before.port else before.host):
        return Arrival(Channel.INTERNAL)
    tags = params(split(url).query)
    source = _first(tags, _SOURCE_TAGS)
    medium = cleaning.name(_first(tags, _MEDIUM_TAGS))
    campaign = cleaning.name(_first(tags, _CAMPAIGN_TAGS))
    kind, known_as = _known_name(source) if source else _known_host(before)
    if source and not kind and before.host:
        kind = _known_host(before)[0]
    click_kind, clicked_on = next((found for name, found in _CLICK_IDS.items() if name in tags), ("", ""))
    medium_words = _words(medium)
    clues = _Clues(
        known=kind,
        referred=bool(before.host),
        tagged=bool(source or medium or campaign),
        medium=medium,
        paid=bool(medium_words & _PAID) or bool(click_kind and not medium_words & _UNPAID),
        click_kind=click_kind,
    )
    channel = next(channel for channel, holds in LADDER if holds(clues))
    if source:
        return Arrival(channel, known_as or _source(source), medium, campaign)
    return Arrival(channel, known_as or registrable(before.host) or clicked_on, medium, campaign)


def spam(referrer: str) -> bool:
    """Is *referrer* on the list of hosts that send made-up visits to be seen in statistics?"""
    labels = split(referrer).host.split(".")
    return any(".".join(labels[start:]) in _SPAM for start in range(max(0, len(labels) - 6), len(labels)))


def registrable(host: str) -> str:
    """
    About the part of *host* that an organisation registers: ``nieuws.nu.nl`` → ``nu.nl``; "" for an address. A heuristic.

    The public suffix list would be exact; it is 300 kB for a difference that a marketer does not see.
    """
    labels = cleaning.host(host).split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 2
    return cleaning.name(".".join(labels[-keep:]))


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((tags[name] for name in names if tags.get(name)), "")


def _words(medium: str) -> frozenset[str]:
    """The words of a medium, and the whole squeezed to one: "e-mail" and "paid_social" are both readable."""
    parts = medium.replace("_", " ").replace("-", " ").replace("+", " ").replace("/", " ").replace(".", " ").split()
    words = {_squeeze(medium), *parts}
    for word in tuple(words):
        if word.startswith("paid"):
            words |= {"paid", word.removeprefix("paid")}
    return frozenset(words)


def _known_host(before: Parts) -> tuple[str, str]:
    """Kind and name of a referrer by its host, with its path where a data file asks for one; ("", "") where unknown."""
    if not before.host:
        return "", ""
    labels = before.host.split(".")[-6:]
    first = "/" + decode(before.path).lower().lstrip("/").partition("/")[0]
    for start in range(len(labels)):
        rest = labels[start:]
        host = ".".join(rest)
        # A country's top-level domain, "de" or "co.uk"; "com" and its like count as one too. "google.example.com" is nobody's.
        country = len(rest[-1]) == 2 or rest[-1] in _SECOND_LEVEL
        anywhere = (
            f"{rest[0]}.*" if country and (len(rest) == 2 or (len(rest) == 3 and rest[1] in _SECOND_LEVEL)) else ""
        )
        for candidate in (host + first, host, anywhere):
            if candidate in _HOSTS:
                return _HOSTS[candidate]
    return "", ""


def _known_name(source: str) -> tuple[str, str]:
    """Kind and name of a source as people write it in a tag: "Indeed", "indeed.nl", "linkedin-jobs"."""
    squeezed = _squeeze(source[:80])
    if squeezed in _NAMES:
        return _NAMES[squeezed]
    if "." in source:
        return _known_host(split("//" + source.strip().removeprefix("https://").removeprefix("http://")))
    return "", ""


def _source(source: str) -> str:
    """A source that no file knows: of a URL the host, of anything else the cleaned name."""
    if "/" in source or source.lower().startswith("www."):
        bare = source.strip().removeprefix("https://").removeprefix("http://")
        return registrable(split("//" + bare).host)
    return cleaning.name(source)
