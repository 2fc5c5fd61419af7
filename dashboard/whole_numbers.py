"""Whole numbers that come in from outside, as large as a database can hold; what is larger is the number of nothing."""

from __future__ import annotations

import re
from typing import Final

from werkzeug.routing import IntegerConverter, Map

MOST: Final = 2**31 - 1  # of an INTEGER in PostgreSQL; SQLite's is larger
_DIGITS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


class Numbers(IntegerConverter):
    """``<int:…>`` in the address of a page, without numbers that no row can have."""

    regex = r"[0-9]{1,10}"

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=MOST)


def of_form(text: str) -> int:
    """The number that was typed or sent; 0, which no row has, for anything else."""
    found = int(text) if _DIGITS.fullmatch(text.strip()) else 0
    return found if found <= MOST else 0
