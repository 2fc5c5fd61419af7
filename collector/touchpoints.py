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
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from collector import cleaning
from collector.events import SECTION_MAX_CHARS, SECTION_PREFIX, Touchpoint
from collector.sites import Rule, Site
from collector.urls import Parts, decode, params, split

_SEGMENTS_MAX: Final = 16
_SEGMENT_MAX_CHARS: Final = 120

# Languages and countries that careers sites put in front of a path; "hr", "it" and "is" are words of the trade as well, so
# they count in front only, like all of them.
_LOCALES: Final = frozenset(
    "nl en de fr es it pt pl cs da sv fi no nb nn ru uk tr hu ro bg el sk sl hr et lv lt lb ga zh ja ko ar he "
    "us gb eu ie be at ch lu dk se cz au nz ca in sg br mx jp cn global int intl international-en world emea apac".split()
)
_LOCALE = re.compile(r"[a-z]{2}-(?:[a-z]{2}|[a-z]{4}|\d{3})")
_EXTENSION = re.compile(r"\.(?:html?|xhtml|php\d?|aspx?|jspx?|cfm|do|ftl|action|shtml)$")
_INDEX: Final = frozenset(("index", "default", "home", "start", "main", "welcome", "startseite"))

# An id within a folded segment: a number, a UUID, a requisition number such as "jr1981743".
_HAS_ID = re.compile(
    r"(?:^|-)(?:\d{3,}|[a-z]{1,4}\d{4,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-z]*\d)[0-9a-z]{10,})(?:-|$)"
)
_ID_AT_END = re.compile(r"(?:^\d{3,}(?:-|$)|-\d{3,}(?:-\d)?$|-[a-z]{1,4}\d{4,}(?:-\d)?$)")
# (m/w/d), (f/m/x), (w/m/d), (m/v): the mark of a job title in German, and often in Dutch.
_GENDER = re.compile(
    r"-(?:(?:[mwfdxvi]|div|gn|all)(?:-(?:[mwfdxvi]|div|gn)){1,2}|[mwfvd]{2,3}x?|mensch|all-genders?)(?:-|$)"
)

_STRONG_QUERY: Final = frozenset(
    ("gh_jid", "ashby_jid", "lever_jid", "jobid", "job_id", "job-id", "jid", "vacatureid", "vacature_id", "vacature", "vacancy",
     "vacancyid", "vacancy_id", "jobreqid", "career_job_req_id", "requisitionid", "reqid", "req_id", "opportunityid", "stelle",
     "stellenid", "stelle_id", "stellenangebot", "jobad", "jobadid", "job", "positionid", "position_id", "postingid",
     "offerid", "yid", "jobnr", "job_nr", "jobcode", "functie_id")
)  # fmt: skip
_ACTION_QUERY: Final = frozenset(("apply", "application", "solliciteren", "bewerben", "jobapply", "sollicitatie"))

# Words that say "careers are here" in a host name: careers.x, werkenbij.x, werkenbijx, x-jobs, jobs.x.
_CAREERS_HOST = re.compile(r"^(?:careers?|jobs?|karriere|werken-?(?:bij|voor)[a-z0-9-]*|vacatures?|stellen|stellenangebote|talents?|recruiting|recruitment|bewerbung|work|carriere)(?:\.|-)|(?:^|\.)werken-?bij[a-z0-9-]*\.|(?:-|\.)(?:jobs|karriere|careers)\.[a-z]{2,}$|\.(?:jobs|careers|career|work)$")  # fmt: skip

# Words that hold other pages: /about/careers, /unternehmen/karriere, /over-ons/arbeidsvoorwaarden.
_CONTAINERS: Final = frozenset(
    "about about-us aboutus company our-company over over-ons ueber-uns unternehmen das-unternehmen organisatie de-organisatie "
    "onze-organisatie who-we-are people our-people team teams our-team international locations location".split()
)


class _Vocabulary:
    """The words of ``touchpoints.txt``: whole segments, beginnings and ends."""

    def __init__(self, lines: Sequence[str]) -> None:
        whole: dict[str, str] = {}
        beginnings: dict[str, str] = {}
        ends: dict[str, str] = {}
        listing: set[str] = set()
        for line in lines:
            touchpoint, _, words = line.partition(": ")
            for word in words.split():
                if touchpoint == "listing":
                    listing.add(word)
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
        self._longest = max(map(len, (*beginnings, *ends)))

    def affix(self, segment: str) -> str:
        """The touchpoint of the longest known beginning or end of *segment*; "" for none."""
        for length in range(min(len(segment), self._longest), 3, -1):
            found = self.beginnings.get(segment[:length]) or self.ends.get(segment[-length:])
            if found:
                return found
        return ""


def _lines(file: str) -> list[str]:
    text = files("collector").joinpath("data", file).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _load_systems() -> dict[str, tuple[Rule, ...]]:
    systems = {}
    for line in _lines("ats.txt"):
        host, _, shapes = line.partition(": ")
        pairs = (shape.rpartition("=") for shape in shapes.split())
        systems[host] = tuple(Rule(path, touchpoint) for path, _, touchpoint in pairs)
    return systems


_WORDS: Final = _Vocabulary(_lines("touchpoints.txt"))
_TITLES: Final = frozenset(word for line in _lines("titles.txt") for word in line.split())
_TITLE_LENGTHS: Final = tuple(sorted({len(word) for word in _TITLES if len(word) > 3}, reverse=True))
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
    # A single-page application may route by fragment: "/#/vacatures/x", "/#!/vacatures/x".
    route = parts.fragment.removeprefix("!")
    path = decode(parts.path + route.partition("?")[0] if route.startswith("/") else parts.path)
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


def is_ats(host: str) -> bool:
    """Is *host* one of a known applicant tracking system?"""
    return _system(host.lower()) is not None


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
    if Touchpoint.OPEN_APPLICATION in kinds:
        return Touchpoint.OPEN_APPLICATION
    if body[-2:] == ["c", "new"] or body[-2:] == ["applications", "new"]:
        return Touchpoint.APPLY
    for index, kind in enumerate(kinds):
        if kind != Touchpoint.APPLY or (body[index] not in _WORDS.whole and _is_title(body[index])):
            continue
        # /applications/automotive is what a product is used for.
        if body[index] in ("application", "applications") and index == 0 and len(body) > 1 and not careers:
            continue
        return Touchpoint.APPLY
    return ""


def _vacancy(body: list[str], kinds: list[str], *, careers: bool) -> str:
    """A vacancy or the list of them; "" for neither."""
    for index, kind in enumerate(kinds):
        if kind not in (Touchpoint.VACANCY_LIST, Touchpoint.VACANCY):
            continue
        rest = [segment for segment in body[index + 1 :] if _WORDS.whole.get(segment) != Touchpoint.VACANCY_LIST]
        if kind == Touchpoint.VACANCY and not rest:
            continue
        if not rest:
            if index == len(body) - 1 and body[index] not in _WORDS.whole and _is_title(body[index]):
                return Touchpoint.VACANCY
            return Touchpoint.VACANCY_LIST
        if (
            kind == Touchpoint.VACANCY_LIST
            and rest[0] in _WORDS.listing
            and not (len(rest) > 1 and _ID_AT_END.search(rest[-1]))
        ):
            return Touchpoint.VACANCY_LIST
        told = _WORDS.whole.get(rest[0], "")
        if len(rest) == 1 and told and told not in (Touchpoint.HOME, Touchpoint.VACANCY):
            return told
        return Touchpoint.VACANCY
    if not body:
        return ""
    last = body[-1]
    holders = kinds[:-1]
    free = all(not kind or body[place] in _CONTAINERS for place, kind in enumerate(holders))
    if free and last not in _WORDS.whole:
        if _GENDER.search(last) and "-" in last:
            return Touchpoint.VACANCY
        if (
            re.match(r"(?:job|vacature|vacancy|stelle|stellenangebot|stellenausschreibung)-[a-z0-9]+-", last)
            and not kinds[-1]
        ):
            return Touchpoint.VACANCY
        if (careers or len(body) == 1) and (_is_title(last) and (careers or "-" in last)):
            return Touchpoint.VACANCY
        if careers and (_HAS_ID.fullmatch(last) or (_ID_AT_END.search(last) and not kinds[-1])):
            return Touchpoint.VACANCY
    return ""


def _names_vacancy(query: dict[str, str], found: str) -> bool:
    return found in ("", Touchpoint.VACANCY_LIST, Touchpoint.VACANCY) and any(
        query.get(name) for name in _STRONG_QUERY & query.keys()
    )


def _is_title(segment: str) -> bool:
    """Does one word of the segment name an occupation? "it-mitarbeiter-1st-level", "softwareentwicklerin", "verpleegkundigen"."""
    for word in segment.split("-"):
        for form in (
            word,
            word.removesuffix("in"),
            word.removesuffix("innen"),
            word.removesuffix("s"),
            word.removesuffix("n"),
        ):
            if form in _TITLES or any(form[-length:] in _TITLES for length in _TITLE_LENGTHS if length < len(form)):
                return True
    return False


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
