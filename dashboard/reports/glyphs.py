"""Letters that no font of this machine has: found in what Typst says of them, and replaced by a sign that can be printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

PLACEHOLDER: Final = "[…]"  # for any number of such letters in a row
# Typst's words of 0.15 for each of them; the text is written as Rust writes it, with its escapes.
_MISSING: Final = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed')
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
_NAMED: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def missing(diagnostic: str) -> set[str]:
    """The letters that *diagnostic*, what Typst says when it gives up, tells that no font has."""
    return {_plain(found) for found in _MISSING.findall(diagnostic)}


def replaced(text: str, letters: Iterable[str]) -> str:
    """*text* with :data:`PLACEHOLDER` in place of each run of *letters*."""
    longest_first = sorted((letter for letter in letters if letter), key=len, reverse=True)
    if not longest_first:
        return text
    run = f"(?:{'|'.join(map(re.escape, longest_first))})+"
    return re.sub(run, PLACEHOLDER, text)


def _plain(written: str) -> str:
    def one(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _NAMED.get(found[2], found[2])

    return _ESCAPE.sub(one, written)
