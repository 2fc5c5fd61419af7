"""
A site's own touchpoint rules: in order, the first that matches decides, before every default. Tried on paths before they count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from collector import touchpoints
from collector.errors import InvalidSite
from collector.events import SECTION_MAX_CHARS, SECTION_PREFIX, Touchpoint
from collector.sites import Rule, Site

RULES_MAX: Final = 200
PATTERN_MAX_CHARS: Final = 200
_SECTION: Final = re.compile(rf"{SECTION_PREFIX}[a-z0-9](?:[a-z0-9-]{{0,{SECTION_MAX_CHARS - 2}}}[a-z0-9])?")


class Preview(NamedTuple):
    """
    What becomes of one path.

    Attributes:
        touchpoint: what it counts as.
        rule: number of the site's rule that says so, from 1; 0: the defaults say so.
    """

    path: str
    touchpoint: str
    rule: int


def preview(site: Site, paths: Iterable[str]) -> list[Preview]:
    """What *site* makes of each of *paths* (or URLs), and by which of its rules."""
    return [Preview(path, touchpoints.classify(path, site), _rule(site, path)) for path in paths]


def add(site: Site, text: str, position: int | None = None) -> Site:
    """
    *site* with one more rule, as ``PATTERN=touchpoint``; ``*`` matches anything, a pattern with "?" also looks at the query.

    Args:
        site: stays as it is.
        text: such as ``/werken-bij/collega/*=story``.
        position: number that the rule gets, from 1; None: the last.

    Raises:
        InvalidSite: the rule cannot be used; the text says what was expected.
    """
    path, mark, touchpoint = text.strip().rpartition("=")
    if not mark or not path.startswith(("/", "*")) or len(path) > PATTERN_MAX_CHARS:
        raise InvalidSite(f"Rule {text[:80]!r} cannot be used; expected PATTERN=touchpoint, such as /collega/*=story")
    if touchpoint not in set(Touchpoint) and not _SECTION.fullmatch(touchpoint):
        raise InvalidSite(
            f"Touchpoint {touchpoint!r} is not known; expected one of {', '.join(Touchpoint)}, or section:NAME"
        )
    if len(site.rules) >= RULES_MAX:
        raise InvalidSite(f"Site {site.key!r} has {RULES_MAX} rules already; remove one first")
    rules = list(site.rules)
    rules.insert(len(rules) if position is None else max(0, position - 1), Rule(path, touchpoint))
    return msgspec.structs.replace(site, rules=tuple(rules))


def remove(site: Site, number: int) -> Site:
    """
    *site* without its rule *number*, from 1.

    Raises:
        InvalidSite: it has no such rule.
    """
    if not 1 <= number <= len(site.rules):
        raise InvalidSite(f"Site {site.key!r} has no rule {number}; it has {len(site.rules)}")
    return msgspec.structs.replace(site, rules=(*site.rules[: number - 1], *site.rules[number:]))


def _rule(site: Site, path: str) -> int:
    return next(
        (number for number in range(1, len(site.rules) + 1) if touchpoints.by_rule(site.rules[number - 1], path)), 0
    )
