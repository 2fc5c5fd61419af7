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


class InvalidPattern(InvalidSite):
    """When the pattern of a rule can match no path."""


class InvalidTouchpoint(InvalidSite):
    """When a rule names a touchpoint that is none."""


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
    rule = read(text)
    if len(site.rules) >= RULES_MAX:
        raise InvalidSite(f"Site {site.key!r} has {RULES_MAX} rules already; remove one first")
    rules = list(site.rules)
    rules.insert(len(rules) if position is None else max(0, position - 1), rule)
    return _with(site, rules)


def read(text: str) -> Rule:
    """
    The rule that ``PATTERN=touchpoint`` stands for.

    Raises:
        InvalidPattern, InvalidTouchpoint: it cannot be used; the text says what was expected.
    """
    path, mark, touchpoint = text.strip().rpartition("=")
    path, touchpoint = path.strip(), touchpoint.strip()
    if not mark or not path.startswith(("/", "*")) or len(path) > PATTERN_MAX_CHARS or not path.isprintable():
        raise InvalidPattern(
            f"Rule {text[:80]!r} cannot be used; expected PATTERN=touchpoint, such as /collega/*=story"
        )
    if touchpoint not in set(Touchpoint) and not _SECTION.fullmatch(touchpoint):
        raise InvalidTouchpoint(
            f"Touchpoint {touchpoint[:80]!r} is not known; expected one of {', '.join(Touchpoint)}, or section:NAME"
        )
    return Rule(path, touchpoint)


def edit(site: Site, number: int, text: str) -> Site:
    """
    *site* with another rule in the place of its rule *number*, from 1.

    Raises:
        InvalidSite: it has no such rule, or the new one cannot be used.
    """
    _check_number(site, number)
    return _with(site, [*site.rules[: number - 1], read(text), *site.rules[number:]])


def remove(site: Site, number: int) -> Site:
    """
    *site* without its rule *number*, from 1.

    Raises:
        InvalidSite: it has no such rule.
    """
    _check_number(site, number)
    return _with(site, [*site.rules[: number - 1], *site.rules[number:]])


def move(site: Site, number: int, to: int) -> Site:
    """
    *site* with its rule *number* in the place *to*, both from 1; what is past an end means that end.

    Raises:
        InvalidSite: it has no such rule.
    """
    _check_number(site, number)
    rules = list(site.rules)
    rules.insert(min(max(to, 1), len(rules)) - 1, rules.pop(number - 1))
    return _with(site, rules)


def undo(site: Site) -> Site:
    """*site* with its rules as they were before the last change; a second time gives them back. Without a change: as it is."""
    return site if site.rules_before is None else _with(site, site.rules_before)


def at_once(before: Site, after: Site) -> Site:
    """*after*, several changes from *before*, as one change, so that it is taken back as one."""
    return _with(before, after.rules)


def _with(site: Site, rules: Iterable[Rule]) -> Site:
    changed = tuple(rules)
    if changed == site.rules:
        return site
    return msgspec.structs.replace(site, rules=changed, rules_before=site.rules)


def _check_number(site: Site, number: int) -> None:
    if not 1 <= number <= len(site.rules):
        raise InvalidSite(f"Site {site.key!r} has no rule {number}; it has {len(site.rules)}")


def _rule(site: Site, path: str) -> int:
    return next(
        (number for number in range(1, len(site.rules) + 1) if touchpoints.by_rule(site.rules[number - 1], path)), 0
    )
