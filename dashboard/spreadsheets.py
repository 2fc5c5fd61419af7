"""
What spreadsheets and the people at them write into CSV files: any of three signs between, any of four encodings, days the Dutch way.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_DUTCH_DAY: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\w)")


def text_of(data: bytes) -> str | None:
    """UTF-8 with or without a mark, UTF-16 with one, else Windows-1252, which Excel writes in Western Europe; None: no text, or nothing."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and text.strip():
            return text
    return None


def separator_of(text: str) -> str:
    """The sign between the names of the first line: comma, semicolon or tab."""
    return max(",;\t", key=text.partition("\n")[0].count)


def day_of(text: str) -> date:
    """
    2026-11-22, also with a time after it; or 22-11-2026, with hyphens, points or strokes, as one writes it in the Netherlands.

    Raises:
        ValueError: neither, or there is no such day.
    """
    if dutch := _DUTCH_DAY.match(text):
        return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
    if text[10:11] not in ("", " ", "T", "Z", "+", "-"):  # a time, or the zone of an XML date
        raise ValueError(text)
    return date.fromisoformat(text[:10])
