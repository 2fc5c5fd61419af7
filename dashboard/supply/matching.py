"""
Which imported family is which of the families that visits look at: the same words are the same; the rest an editor says.

The same words: apart from capitals, accents, signs and "&" for "and" or "en". A proposal is a heuristic, for a person to confirm.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_ALIKE: Final = 0.7  # difflib's ratio: "informatica" and "informatika" are 0.91, "zorg" and "verzorging" 0.57
_AND: Final = re.compile(r"&|\+|\b(?:and|en|und)\b")
_SIGNS: Final = re.compile(r"[\W_]+")


def normal(family: str) -> str:
    """What two ways to write the same family have in common."""
    plain = unicodedata.normalize("NFKD", family.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(_SIGNS.sub(" ", _AND.sub(" ", bare)).split())


def match(imported: Iterable[str], seen: Iterable[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Per imported family the one that it counts as: as an editor said, else that of the same words, else itself."""
    by_words: dict[str, str] = {}
    for family in seen:
        by_words.setdefault(normal(family), family)
    return {family: mapped.get(family) or by_words.get(normal(family)) or family for family in imported}


def propose(imported: Iterable[str], seen: Iterable[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Per imported family that nothing matches, the one seen that looks most like it; "" when none does."""
    there = list(seen)
    by_words = {normal(family): family for family in there}
    found = {}
    for family, counts_as in match(imported, there, mapped).items():
        if family in mapped or counts_as in there:
            continue
        near = difflib.get_close_matches(normal(family), by_words, n=1, cutoff=_ALIKE)
        found[family] = by_words[near[0]] if near else ""
    return found
