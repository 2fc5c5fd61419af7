"""
Rules to propose to who owns a site: what its pages are taken for, and what those might be that nothing knows.

A page that no rule and no word knows counts as a section, by the first part of its path. Each such section is a proposal: its pattern,
some of its pages, and a guess. A guess is a heuristic, for a person to confirm: by what the site itself calls the list that the pages
stand in, by what most of the pages of it would be without the unknown word, by a known word within the section's name, and by a
word that is nearly the same.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from collector import titles, touchpoints
from collector.events import SECTION_PREFIX, Touchpoint
from collector.rules import PATTERN_MAX_CHARS
from collector.sites import Site
from collector.urls import decode, split
from collector.wordlists import lines
from dashboard.owner.sitemap import Page
from dashboard.said import Said
from dashboard.said import Said as _

SHOWN: Final = 40
EXAMPLES: Final = 3
NOTHING_SEEN: Final[Said] = _("No page has been seen often enough yet. Use the sitemap.")
_ALIKE: Final = 0.84  # difflib's ratio: "verhalen" and "verhaln"
_MOST: Final = 0.6
_WORD_MIN_CHARS: Final = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What is recognised: a touchpoint, how many pages are taken for it, and some of them."""

    touchpoint: str
    pages: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    A part of the site that nothing knows.

    Attributes:
        pattern: of a rule that takes it in.
        counts_as: what its pages count as now, ``section:…`` or ``other``.
        guess: what they might be; "" when there is no telling.
        pages: how many there are.
        examples: some of them.
    """

    pattern: str
    counts_as: str
    guess: str
    pages: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposals:
    """All that is found in a list of pages; *others* are pages on hosts that are not the site's."""

    pages: int
    others: int
    known: tuple[Known, ...]
    unknown: tuple[Proposal, ...]


def propose(site: Site, pages: Iterable[Page]) -> Proposals:
    """What *site* takes *pages* for, the most frequent first, and rules to propose for what it does not know."""
    found: dict[str, dict[str, str]] = {}
    others = 0
    for page in pages:
        parts = split(page.url)
        host = f"{parts.host}:{parts.port}" if parts.port else parts.host
        if host and not site.accepts_host(host):
            others += 1
            continue
        path = decode(parts.path) or "/"
        if path.isprintable():
            found.setdefault(touchpoints.classify(page.url, site), {})[path] = page.listed_as
    known = [
        Known(touchpoint, len(paths), tuple(list(paths)[:EXAMPLES]))
        for touchpoint, paths in found.items()
        if not _is_unknown(touchpoint)
    ]
    unknown = [
        _proposal(touchpoint, prefix, paths)
        for touchpoint, all_paths in found.items()
        if _is_unknown(touchpoint)
        for prefix, paths in _by_prefix(site, touchpoint, all_paths).items()
    ]
    return Proposals(
        sum(map(len, found.values())),
        others,
        tuple(sorted(known, key=lambda one: (-one.pages, one.touchpoint))),
        tuple(
            sorted(
                (one for one in unknown if len(one.pattern) <= PATTERN_MAX_CHARS),
                key=lambda one: (-one.pages, one.pattern),
            )[:SHOWN]
        ),
    )


def _is_unknown(touchpoint: str) -> bool:
    return touchpoint == Touchpoint.OTHER or touchpoint.startswith(SECTION_PREFIX)


def _by_prefix(site: Site, section: str, paths: dict[str, str]) -> dict[str, dict[str, str]]:
    """The paths of one section by the shortest beginning that is taken for it too: "/en/werkplaats" and "/werkplaats" are two."""
    found: dict[str, dict[str, str]] = {}
    for path, listed_as in paths.items():
        segments = [segment for segment in path.split("/") if segment]
        beginnings = ("/" + "/".join(segments[:depth]) for depth in range(1, len(segments)))
        prefix = next(
            (one for one in beginnings if touchpoints.classify(one, site) == section), path.rstrip("/") or "/"
        )
        found.setdefault(prefix, {})[path] = listed_as
    return found


def _proposal(counts_as: str, prefix: str, paths: dict[str, str]) -> Proposal:
    here = [path for path in paths if path.rstrip("/") == prefix.rstrip("/")]
    below = len(paths) > len(here)
    pattern = prefix if not below else f"{prefix}*" if here else f"{prefix}/*"
    return Proposal(pattern, counts_as, _guess(prefix, paths), len(paths), tuple(list(paths)[:EXAMPLES]))


def _guess(prefix: str, paths: dict[str, str]) -> str:
    listed = Counter(listed_as for listed_as in paths.values() if listed_as)
    if listed:
        told = _of_words(listed.most_common(1)[0][0])
        if told:
            return told
    last = [path.rstrip("/").rpartition("/")[2] for path in paths if path.rstrip("/") != prefix]
    if last and sum(titles.is_title(slug) or titles.has_gender(slug) for slug in last) > _MOST * len(last):
        return Touchpoint.VACANCY
    return _of_words(prefix.rpartition("/")[2].lower())


def _of_words(name: str) -> str:
    """The touchpoint of a name: as it is, by a part of it, or by what is nearly the same; "" for none."""
    whole = _by_word(name)
    if whole:
        return whole
    parts = [part for part in name.replace("_", "-").split("-") if len(part) >= _WORD_MIN_CHARS]
    for part in parts:
        told = _by_word(part)
        if told:
            return told
    words = _words()
    for part in (name, *parts):
        near = difflib.get_close_matches(part, words, n=1, cutoff=_ALIKE) if len(part) >= _WORD_MIN_CHARS else []
        if near:
            return words[near[0]]
    return ""


def _by_word(word: str) -> str:
    told = touchpoints.classify(f"/{word}", _NOWHERE)
    if told == Touchpoint.VACANCY_LIST and word.rstrip("s") in ("vacature", "job", "vacancie", "vacancy", "stelle"):
        return Touchpoint.VACANCY  # the name of a list of pages that are one vacancy each
    return "" if _is_unknown(told) or told == Touchpoint.HOME else told


@cache
def _words() -> dict[str, str]:
    """The words that mean a touchpoint by themselves."""
    found: dict[str, str] = {}
    for line in lines("touchpoints.txt"):
        touchpoint, _colon, words = line.partition(": ")
        if touchpoint in set(Touchpoint):
            for word in words.split():
                if "*" not in word and len(word) >= _WORD_MIN_CHARS:
                    found.setdefault(word, touchpoint)
    return found


_NOWHERE: Final = Site(key="x", hosts=("example.org",))
