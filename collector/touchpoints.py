"""
Where on a careers site a URL lies: site rules first, then what is known of applicant tracking systems, then the words of the path.

The words are data (``data/touchpoints.txt``, ``titles.txt``, ``ats.txt``), the order in which they speak is
:func:`_by_words`. What nothing knows is a *section*, named for its first meaningful path segment, so that a site with its own
words still has patterns. A heuristic all the way: a site's own rules are there to put it right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from collector import cleaning, titles
from collector.events import SECTION_MAX_CHARS, SECTION_PREFIX, Touchpoint
from collector.sites import Rule, Site
from collector.urls import Parts, decode, params, split
from collector.wordlists import lines

_SEGMENTS_MAX: Final = 16
_SEGMENT_MAX_CHARS: Final = 120

# Languages and countries that careers sites put in front of a path; "hr", "it" and "is" are words of the trade as well, so
# they count in front only, like all of them.
_LOCALES: Final = frozenset(
    ("nl", "en", "de", "fr", "es", "it", "pt", "pl", "cs", "da", "sv", "fi", "no", "nb", "nn", "ru", "uk", "tr", "hu", "ro", "bg", "el",
     "sk", "sl", "hr", "et", "lv", "lt", "lb", "ga", "zh", "ja", "ko", "ar", "he", "us", "gb", "eu", "ie", "be", "at", "ch", "lu", "dk",
     "se", "cz", "au", "nz", "ca", "in", "sg", "br", "mx", "jp", "cn", "global", "int", "intl", "world", "emea", "apac")
)  # fmt: skip
_LOCALE = re.compile(r"[a-z]{2}-(?:[a-z]{2}|[a-z]{4}|\d{3})")
_EXTENSION = re.compile(r"\.(?:html?|xhtml|php\d?|aspx?|jspx?|cfm|do|ftl|action|shtml)$")
_INDEX: Final = frozenset(("index", "default", "home", "start", "main", "welcome", "startseite"))

_STRONG_QUERY: Final = frozenset(
    ("gh_jid", "ashby_jid", "lever_jid", "jobid", "job_id", "job-id", "jid", "vacatureid", "vacature_id", "vacature", "vacancy",
     "vacancyid", "vacancy_id", "jobreqid", "career_job_req_id", "requisitionid", "reqid", "req_id", "opportunityid", "stelle",
     "stellenid", "stelle_id", "stellenangebot", "jobad", "jobadid", "job", "positionid", "position_id", "postingid",
     "offerid", "yid", "jobnr", "job_nr", "jobcode", "functie_id")
)  # fmt: skip
_ACTION_QUERY: Final = frozenset(("apply", "application", "solliciteren", "bewerben", "jobapply", "sollicitatie"))

# Hosts that are careers sites: careers.x, werkenbij.x, werkenbijx, x-jobs.com, x.jobs.
_CAREERS_HOST = re.compile(
    r"^(?:careers?|carriere|jobs?|karriere|vacatures?|stellen|stellenangebote|talents?|recruit(?:ing|ment)|bewerbung|work)[.-]"
    r"|(?:^|[.])(?:ga)?werken-?(?:bij|voor)"
    r"|[.-](?:jobs|karriere|careers)[.][a-z]{2,}$"
    r"|[.](?:jobs|careers|career|work)$"
)
# "job-working-student-startup", "vacature-verpleegkundige-utrecht"
_VACANCY_SLUG = re.compile(r"(?:job|vacature|vacancy|stelle|stellenangebot|stellenausschreibung)-[a-z0-9]+-")

# Words that hold other pages: /about/careers, /unternehmen/karriere, /over-ons/arbeidsvoorwaarden.
_CONTAINERS: Final = frozenset(
    ("about", "about-us", "aboutus", "company", "our-company", "over", "over-ons", "ueber-uns", "unternehmen", "das-unternehmen",
     "organisatie", "de-organisatie", "onze-organisatie", "who-we-are", "people", "our-people", "team", "teams", "our-team",
     "international", "locations", "location")
)  # fmt: skip


class _Vocabulary:
    """The words of ``touchpoints.txt``: whole segments, beginnings and ends."""

    def __init__(self, listed: Sequence[str]) -> None:
        whole: dict[str, str] = {}
        beginnings: dict[str, str] = {}
        ends: dict[str, str] = {}
        listing: set[str] = set()
        places: set[str] = set()
        for line in listed:
            touchpoint, _, words = line.partition(": ")
            for word in words.split():
                if touchpoint == "listing":
                    listing.add(word)
                elif touchpoint == "place":
                    places.add(word)
                elif word.endswith("*"):
                    beginnings.setdefault(word[:-1], touchpoint)
                elif word.startswith("*"):
                    ends.setdefault(word[1:], touchpoint)
                else:
                    whole.setdefault(word, touchpoint)
        self.whole = MappingProxyType(whole)
        self.beginnings = MappingProxyType(beginnings)
        self.ends = MappingProxyType(ends)
        self.listing = frozenset(listing)
        self.places = frozenset(places)
        self._longest = max(map(len, (*beginnings, *ends)))

    def affix(self, segment: str) -> str:
        """The touchpoint of the longest known beginning or end of *segment*; "" for none."""
        for length in range(min(len(segment), self._longest), 3, -1):
            found = self.beginnings.get(segment[:length]) or self.ends.get(segment[-length:])
            if found:
                return found
        return ""


def _load_systems() -> dict[str, tuple[Rule, ...]]:
    systems = {}
    for line in lines("ats.txt"):
        host, _, shapes = line.partition(": ")
        pairs = (shape.rpartition("=") for shape in shapes.split())
        systems[host] = tuple(Rule(path, touchpoint) for path, _, touchpoint in pairs)
    return systems


_WORDS: Final = _Vocabulary(lines("touchpoints.txt"))
_TITLES: Final = frozenset(word for line in lines("titles.txt") for word in line.split())
_SYSTEMS: Final = MappingProxyType(_load_systems())


def classify(url: str, site: Site) -> str:
    """
    The touchpoint of *url*.

    Args:
        url: full URL or path; anything at all is accepted, of which the first 2,048 characters count.
        site: its rules come first; its first host stands in where *url* has none.

    Returns:
        A :class:`~collector.events.Touchpoint` value, or ``section:<slug>`` with a slug of at most 32 of ``[a-z0-9-]``.
    """
    parts = split(url)
    path = _path(parts)
    own = _by_rules(site.rules, path, parts)
    if own:
        return own
    host = parts.host or (site.hosts[0].partition(":")[0].removeprefix("*.") if site.hosts else "")
    segments = _segments(path)
    shapes = _system(host)
    if shapes is not None:
        found = _by_rules(shapes, "/" + "/".join(segments), parts)
        if found:
            return found
    query = params(parts.query) if parts.query else {}
    return _by_words(
        segments, query, careers_host=shapes is not None or bool(_CAREERS_HOST.search(host.removeprefix("www.")))
    )


def by_rule(rule: Rule, url: str) -> bool:
    """Does *rule* of a site match *url*?"""
    parts = split(url)
    return bool(_by_rules((rule,), _path(parts), parts))


def is_handoff(target: str, site: Site) -> bool:
    """
    Does a link to *target* lead to an applicant tracking system?

    By its host; on another host of the employer's by a path that says apply; on a host of the site itself only by the paths
    that such systems build (``/o/slug/c/new``), since its own ``/apply`` is a page like any other.
    """
    parts = split(target)
    if not parts.host:
        return False
    if _system(parts.host) is not None:
        return True
    if site.accepts_host(f"{parts.host}:{parts.port}" if parts.port else parts.host):
        return _by_system(_segments(decode(parts.path)))
    return classify(target, site) == Touchpoint.APPLY


def _by_system(body: list[str]) -> bool:
    """Recruitee, Teamtailor and SuccessFactors build these forms on the employer's own domain as well."""
    return body[-2:] in (["c", "new"], ["applications", "new"]) or body[:2] == ["talentcommunity", "apply"]


def matches(pattern: str, text: str) -> bool:
    """Does *text* match *pattern*, in which ``*`` stands for anything? Linear: every ``*`` takes the first place that fits."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first) or len(text) < len(first) + len(rest[-1]) or not text.endswith(rest[-1]):
        return False
    position, end = len(first), len(text) - len(rest[-1])
    for piece in rest[:-1]:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _path(parts: Parts) -> str:
    """The path that says what the page is: a single-page application may route by fragment, "/#/vacatures/x", "/#!/vacatures/x"."""
    route = parts.fragment.removeprefix("!")
    return decode(parts.path + route.partition("?")[0] if route.startswith("/") else parts.path)


def _by_rules(rules: Sequence[Rule], path: str, parts: Parts) -> str:
    if not rules:
        return ""
    plain = path.lower().rstrip("/") or "/"
    for rule in rules:
        pattern = rule.path.lower()
        subject = f"{plain}?{decode(parts.query).lower()}" if "?" in pattern else plain
        if matches(pattern if pattern == "/" else pattern.rstrip("/"), subject):
            return rule.touchpoint
    return ""


def _system(host: str) -> tuple[Rule, ...] | None:
    labels = host.split(".")
    for start in range(max(0, len(labels) - 4), len(labels) - 1):
        found = _SYSTEMS.get(".".join(labels[start:]))
        if found is not None:
            return found
    return None


def _segments(path: str) -> list[str]:
    """The segments of a decoded path, folded, without locale prefix and without index page."""
    folded = [_fold(segment) for segment in path.lower().split("/")[: _SEGMENTS_MAX + 1] if segment]
    segments = [segment for segment in folded if segment]
    while segments and (segments[0] in _LOCALES or _LOCALE.fullmatch(segments[0])):
        del segments[0]
    if segments and segments[-1] in _INDEX:
        del segments[-1]
    return segments


def _fold(segment: str) -> str:
    """One segment in [a-z0-9-]: "Über uns.html" → "ueber-uns". What looks like an address or a person's page stays tellable."""
    segment = _EXTENSION.sub("", segment[:_SEGMENT_MAX_CHARS])
    if "@" in segment or segment.startswith("~"):
        return cleaning.ID
    if not segment.isascii():
        for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
            segment = segment.replace(letter, letters)
        segment = unicodedata.normalize("NFKD", segment).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", segment).strip("-")


def _by_words(segments: list[str], query: dict[str, str], *, careers_host: bool) -> str:
    """Touchpoint by the words of the path; the order of the questions is the rule."""
    kinds = [_WORDS.whole.get(segment, "") for segment in segments]
    start = _careers_start(segments, kinds)
    careers = careers_host or start > 0
    body, kinds = segments[start:], kinds[start:]
    kinds = [kind or _WORDS.affix(segment) for segment, kind in zip(body, kinds, strict=True)]
    if body and kinds[0] in (Touchpoint.NEWS, Touchpoint.EVENT):
        return kinds[0]
    found = _applying(body, kinds, careers=careers) or _vacancy(body, kinds, careers=careers)
    if found not in (Touchpoint.APPLY, Touchpoint.APPLIED) and _names_vacancy(query, found):
        return Touchpoint.APPLY if _ACTION_QUERY & set(map(str.lower, query.values())) else Touchpoint.VACANCY
    if found:
        return found
    if not body:
        return Touchpoint.HOME
    return _theme(body, kinds) or _section(body)


def _careers_start(segments: list[str], kinds: list[str]) -> int:
    """Where the careers pages begin: after "careers", "unternehmen/karriere", "careers/us/en"; 0 where no word says so."""
    start = 0
    for index, kind in enumerate(kinds[:3]):
        if kind in (Touchpoint.NEWS, Touchpoint.EVENT, Touchpoint.STORY, Touchpoint.VACANCY_LIST):
            break
        if kind == Touchpoint.HOME and (
            index == start or any(stem in segments[index] for stem in ("career", "karri", "werk", "carri"))
        ):
            start = index + 1
    while start and start < len(segments) - 1 and segments[start] in _LOCALES:
        start += 1
    return start


def _applying(body: list[str], kinds: list[str], *, careers: bool) -> str:
    if not body:
        return ""
    if kinds[-1] == Touchpoint.APPLIED:
        return Touchpoint.APPLIED
    if _by_system(body):
        return Touchpoint.APPLY
    if Touchpoint.OPEN_APPLICATION in kinds:
        return Touchpoint.OPEN_APPLICATION
    for index, kind in enumerate(kinds):
        if kind != Touchpoint.APPLY or (body[index] not in _WORDS.whole and titles.is_title(body[index])):
            continue
        # /applications/automotive is what a product is used for, /applications/jobs/123 a program.
        if body[index] in ("application", "applications") and (
            (index == 0 and len(body) > 1 and not careers) or Touchpoint.VACANCY_LIST in kinds[index:]
        ):
            continue
        return Touchpoint.APPLY
    return ""


def _vacancy(body: list[str], kinds: list[str], *, careers: bool) -> str:
    """A vacancy or the list of them; "" for neither."""
    for index, kind in enumerate(kinds):
        if kind == Touchpoint.VACANCY_LIST:
            return _under_list(body[index], body[index + 1 :])
        # "/o/slug" and its like: the letter alone says nothing.
        if kind == Touchpoint.VACANCY and index + 1 < len(body):
            return Touchpoint.VACANCY
    return _lone_slug(body, kinds, careers=careers) if body else ""


def _under_list(word: str, below: list[str]) -> str:
    """What lies below a word for vacancies: one vacancy, the list narrowed down, or a page about something else."""
    rest = [segment for segment in below if _WORDS.whole.get(segment) != Touchpoint.VACANCY_LIST]
    if not rest:
        # "stellenangebote-it" is a list, "zorg-jobs-verpleegkundige-m-v" one vacancy.
        one = not below and word not in _WORDS.whole and (titles.has_gender(word) or titles.has_id(word))
        return Touchpoint.VACANCY if one else Touchpoint.VACANCY_LIST
    if (rest[0] in _WORDS.listing or rest[0] in _WORDS.places) and not (len(rest) > 1 and titles.has_id(rest[-1])):
        return Touchpoint.VACANCY_LIST
    told = _WORDS.whole.get(rest[0], "")
    if len(rest) == 1 and told and told not in (Touchpoint.HOME, Touchpoint.VACANCY):
        return told
    return Touchpoint.VACANCY


def _lone_slug(body: list[str], kinds: list[str], *, careers: bool) -> str:
    """A vacancy that lies under no word for vacancies: "/senior-systemadministrator-mw", "/careers/6145443"."""
    last = body[-1]
    held = any(kind and segment not in _CONTAINERS for segment, kind in zip(body[:-1], kinds[:-1], strict=True))
    if held or last in _WORDS.whole:
        return ""
    if careers and len(body) == 1 and last in _WORDS.listing:
        return Touchpoint.VACANCY_LIST
    if titles.has_gender(last) or (_VACANCY_SLUG.match(last) and not kinds[-1]):
        return Touchpoint.VACANCY
    if careers and titles.is_group(last):
        return Touchpoint.VACANCY_LIST
    titled = titles.is_title(last) and (careers or (len(body) == 1 and "-" in last))
    numbered = careers and (titles.is_id(last) or (titles.has_id(last) and not kinds[-1]))
    return Touchpoint.VACANCY if titled or numbered else ""


def _names_vacancy(query: dict[str, str], found: str) -> bool:
    if found == Touchpoint.VACANCY_LIST and query.get("id", "").isdigit():
        return True
    return found in ("", Touchpoint.VACANCY_LIST, Touchpoint.VACANCY) and any(
        query.get(name) for name in _STRONG_QUERY & query.keys()
    )


def _theme(body: list[str], kinds: list[str]) -> str:
    """The first word that says what the page is about; words that only hold other pages speak last."""
    weak = ""
    for segment, kind in zip(body, kinds, strict=True):
        if not kind or kind == Touchpoint.VACANCY:
            continue
        if segment not in _CONTAINERS and kind != Touchpoint.HOME:
            return kind
        if not weak or kind == Touchpoint.HOME:
            weak = kind
    return weak


def _section(body: list[str]) -> str:
    first = body[0]
    if (
        first.startswith(cleaning.ID)
        or cleaning.looks_like_person_or_id(first)
        or not any(char.isalpha() for char in first)
    ):
        return Touchpoint.OTHER
    return SECTION_PREFIX + first[:SECTION_MAX_CHARS].strip("-")
