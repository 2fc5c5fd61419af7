"""
Does a path segment read like the title of one vacancy? "senior-systemadministrator-m-w-d", "beleidsmedewerker-zorg-12345".

A heuristic over ``data/titles.txt`` and the marks that titles carry. All functions take a folded segment, ``[a-z0-9-]``.
"""

from __future__ import annotations

import re
from typing import Final

from collector.wordlists import lines

# (m/w/d), (f/m/x), (w/m/d), (m/v): the mark of a job title in German, and often in Dutch.
_GENDER = re.compile(
    r"-(?:(?:[mwfdxvi]|div|gn|all)(?:-(?:[mwfdxvi]|div|gn)){1,2}|[mwfvd]{2,3}x?|mensch|all-genders?)(?:-|$)"
)
# The whole segment is an id: a number, "jr1981743", a UUID, "1f28d8b70b".
_ID = re.compile(r"\d{3,}|[a-z]{1,4}-?\d{4,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-z]*\d)[0-9a-z]{8,}")
# An id stands before or after the words: "123-slug", "slug-12345", "slug-r12345-1".
_ID_BESIDE = re.compile(r"^\d{3,}-|-[a-z]{0,4}\d{4,}(?:-\d)?$")

_TITLES: Final = frozenset(word for line in lines("titles.txt") for word in line.split())
# Endings are only tried for words that cannot be the end of something else: "chefkok", but not "blog" for "log".
_END_LENGTHS: Final = tuple(sorted({len(word) for word in _TITLES if len(word) > 3}, reverse=True))


def is_title(segment: str) -> bool:
    """Does one word of *segment* name an occupation, in the singular or as a German feminine?"""
    return has_gender(segment) or any(
        _is_occupation(word) or _is_occupation(word.removesuffix("in")) for word in segment.split("-")
    )


def is_group(segment: str) -> bool:
    """Does *segment* name occupations in the plural, "verpleegkundigen", so that it stands for a choice of vacancies?"""
    for word in segment.split("-"):
        for plural in ("innen", "en", "s", "n"):
            stem = word.removesuffix(plural)
            # "psychologen" has lost nothing, "artsen" and "engineers" only their ending.
            if stem != word and (_is_occupation(stem) or (plural == "en" and _is_occupation(stem + "e"))):
                return True
    return False


def has_gender(segment: str) -> bool:
    """Does *segment* carry a mark such as (m/w/d)?"""
    return bool(_GENDER.search(segment))


def is_id(segment: str) -> bool:
    """Is *segment* an id and nothing else?"""
    return bool(_ID.fullmatch(segment))


def has_id(segment: str) -> bool:
    """Does an id stand before or after the words of *segment*, or in their place?"""
    return bool(_ID_BESIDE.search(segment)) or is_id(segment)


def _is_occupation(word: str) -> bool:
    return word in _TITLES or any(word[-length:] in _TITLES for length in _END_LENGTHS if length < len(word))
