"""
Vacancies and hires from a CSV file, as a spreadsheet or a program for recruitment writes it.

Comma, semicolon or tab; UTF-8 with or without a mark, UTF-16 with one, else Windows-1252, which Excel writes in Western Europe. The first
line names the columns, in English or Dutch; others than those below are read past. With one wrong line nothing of it is kept.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Final

from analysis.words import Language
from dashboard import spreadsheets
from dashboard.owner.sitemap import BYTES_MAX, Unreadable
from dashboard.said import Said as _
from dashboard.supply.rows import (
    HIRES,
    ROWS_MAX,
    TROUBLES_SHOWN,
    VACANCIES,
    Read,
    Trouble,
    Wrong,
    hired,
    table,
    vacancy,
)

NEEDED: Final = {VACANCIES: ("family", "opened"), HIRES: ("month", "family", "hires")}
# What people call them in Dutch; the first that is a column's is the one that we tell.
_DUTCH: Final = {
    "functiegroep": "family",
    "familie": "family",
    "vakgebied": "family",
    "geopend": "opened",
    "startdatum": "opened",
    "gesloten": "closed",
    "einddatum": "closed",
    "plaats": "location",
    "standplaats": "location",
    "city": "location",
    "dienstverband": "employment_type",
    "aantal": "count",
    "maand": "month",
    "aannames": "hires",
    "aangenomen": "hires",
    "sollicitaties": "applications",
}
_EXAMPLES: Final = {
    VACANCIES: (
        ("family", "opened", "closed", "location", "employment_type", "count"),
        (("ict", "2026-09-01", "", "Utrecht", "FULL_TIME", "2"), ("techniek", "2026-08-15", "2026-10-31", "", "", "1")),
    ),
    HIRES: (
        ("month", "family", "hires", "applications"),
        (("2026-10", "ict", "6", "84"), ("2026-10", "techniek", "11", "")),
    ),
}


_NAMES: Final = {
    "family": _("family"),
    "opened": _("opened"),
    "month": _("month"),
    "hires": _("hires"),
}  # the columns that are needed, in the reader's language
_OTHER_KIND: Final = {
    VACANCIES: _("This looks like a file of vacancies; choose that kind."),
    HIRES: _("This looks like a file of hires; choose that kind."),
}


def read(data: bytes, kind: str, today: date) -> Read:
    """
    What a CSV file holds, and what is wrong in it, by line.

    Args:
        kind: of :data:`dashboard.supply.rows.KINDS`.
        today: the last month that hires can be of.

    Raises:
        Unreadable: it is no CSV file with the columns that are needed.
    """
    text = _text(data)
    reader = csv.DictReader(io.StringIO(text), delimiter=spreadsheets.separator_of(text), strict=True)
    found, troubles = [], []
    make = vacancy if kind == VACANCIES else hired
    try:
        named = [(name or "").strip().lower() for name in reader.fieldnames or []]
        named = [_DUTCH.get(name, name) for name in named]
        missing = [name for name in NEEDED[kind] if name not in named]
        (other,) = (each for each in NEEDED if each != kind)
        if missing and all(name in named for name in NEEDED[other]):
            raise Unreadable(_OTHER_KIND[other])
        if missing:
            raise Unreadable(
                _("The first line does not name the column %(name)s.", name=_NAMES.get(missing[0], missing[0]))
            )
        reader.fieldnames = named
        for number, row in enumerate(reader, start=1):
            if number > ROWS_MAX:
                raise Unreadable(_("The file has more than %(most)s lines.", most=ROWS_MAX))
            fields = {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
            if not any(value.strip() for value in fields.values()):
                continue
            try:
                found.append(make(fields, today))
            except Wrong as wrong:
                troubles.append(Trouble(reader.line_num, wrong.said))
            if len(troubles) >= TROUBLES_SHOWN:
                break
    except csv.Error as error:
        raise Unreadable(_("This is not a CSV file: %(error)s.", error=str(error)[:80])) from None
    return Read(kind, table(kind, found), tuple(troubles))


def example(kind: str, lang: Language) -> bytes:
    """A file of that kind, as Excel set to *lang* writes it."""
    names, lines = _EXAMPLES[kind]
    if lang == "nl":
        dutch = {name: word for word, name in reversed(_DUTCH.items())}
        names = tuple(dutch[name] for name in names)
    separator = ";" if lang == "nl" else ","
    return "".join(f"{separator.join(line)}\r\n" for line in (names, *lines)).encode("utf-8-sig")


def _text(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise Unreadable(_("The file is larger than %(size)s MB.", size=BYTES_MAX // 1024**2))
    text = spreadsheets.text_of(data)
    if text is None:
        raise Unreadable(_("This is not a CSV file in UTF-8, UTF-16 or Windows-1252, or it is empty."))
    return text
