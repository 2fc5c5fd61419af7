"""
Vacancies and hires as they are kept: counts by family, with nothing in them about anybody.

Of a vacancy: family, kind of employment, city, the first and last day that it was open, and how many there were alike. Its title, its
text, its address and who recruits for it are read past. Of hires: month, family, and how many. Families and cities go
through the cleaning of :mod:`collector.cleaning`, as those of visits do, so that the same word comes out the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import polars as pl

from collector import cleaning
from collector.ingest import EMPLOYMENT_TYPES
from dashboard import spreadsheets
from dashboard.said import Said
from dashboard.said import Said as _

VACANCIES: Final = "vacancies"
HIRES: Final = "hires"
KINDS: Final = (VACANCIES, HIRES)
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    VACANCIES: {
        "family": pl.String,
        "employment_type": pl.String,
        "location": pl.String,  # city
        "opened": pl.Date,
        "closed": pl.Date,  # the last day that it is open; null: not known
        "count": pl.Int64,
    },
    HIRES: {"month": pl.String, "family": pl.String, "hires": pl.Int64, "applications": pl.Int64},
}
ROWS_MAX: Final = 50_000  # of one file or feed
TROUBLES_SHOWN: Final = 20
COUNT_MAX: Final = 100_000
EARLIEST: Final = date(2000, 1, 1)
AHEAD_DAYS: Final = 5 * 366  # that a last day may lie in the future
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d{2})?")
_KINDS_OF_WORK: Final = {
    "FULLTIME": "FULL_TIME",
    "PARTTIME": "PART_TIME",
    "CONTRACT": "CONTRACTOR",
    "FREELANCE": "CONTRACTOR",
    "INTERNSHIP": "INTERN",
    "STAGE": "INTERN",
    "VOLTIJD": "FULL_TIME",
    "DEELTIJD": "PART_TIME",
    "TIJDELIJK": "TEMPORARY",
    "VRIJWILLIGER": "VOLUNTEER",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """
    All that was brought in of a site.

    Attributes:
        vacancies, hires: columns of :data:`SCHEMAS`; none is no rows.
        families: family of the site per imported family, where an editor said so.
    """

    vacancies: pl.DataFrame
    hires: pl.DataFrame
    families: Mapping[str, str]

    @classmethod
    def nothing(cls) -> Imported:
        """Of a site that brought nothing in."""
        return cls(pl.DataFrame(schema=SCHEMAS[VACANCIES]), pl.DataFrame(schema=SCHEMAS[HIRES]), {})


class Wrong(Exception):
    """When a line or a vacancy cannot be taken; *said* is why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one line of a file, or one vacancy of a feed, by its number from 1; 0: with the whole."""

    number: int
    said: Said


@dataclass(frozen=True, slots=True)
class Read:
    """
    What a file or feed holds.

    Attributes:
        kind: of :data:`KINDS`.
        rows: columns of :data:`SCHEMAS`; what is alike is one row.
        troubles: what could not be taken.
        all_or_nothing: with any trouble, nothing is kept: a file of one's own can be mended, a feed of somebody else can't.
    """

    kind: str
    rows: pl.DataFrame
    troubles: tuple[Trouble, ...] = ()
    all_or_nothing: bool = True

    @property
    def can_be_kept(self) -> bool:
        """Is there anything in it, and nothing that must be mended first?"""
        return self.rows.height > 0 and not (self.all_or_nothing and self.troubles)

    @property
    def total(self) -> int:
        """How many vacancies, or hires."""
        return int(self.rows["count" if self.kind == VACANCIES else "hires"].sum())


def vacancy(fields: dict[str, str], today: date) -> dict[str, Any]:
    """
    A vacancy as it is kept; an empty count is 1.

    Args:
        fields: text by the names of :data:`SCHEMAS`; what is missing is empty, what is more is read past.

    Raises:
        Wrong: family or first day is missing, or something cannot be.
    """
    opened = day(fields.get("opened", ""), today)
    if opened is None:
        raise Wrong(_("opened is missing; expected a day such as 2026-11-22"))
    closed = day(fields.get("closed", ""), today)
    if closed is not None and closed < opened:
        raise Wrong(_("closed is %(closed)s, before opened", closed=closed.isoformat()))
    return {
        "family": _family(fields),
        "employment_type": employment_type(fields.get("employment_type", "")),
        "location": city(fields.get("location", "")),
        "opened": opened,
        "closed": closed,
        "count": whole("count", fields.get("count", "") or "1", least=1),
    }


def hired(fields: dict[str, str], today: date) -> dict[str, Any]:
    """
    The hires of a month and family as they are kept; applications may be empty.

    Raises:
        Wrong: month, family or hires is missing, or something cannot be.
    """
    text = fields.get("month", "").strip()
    found = _MONTH.fullmatch(text)
    if not found or not EARLIEST.isoformat()[:7] <= f"{found[1]}-{found[2]}" <= today.isoformat()[:7]:
        raise Wrong(_("month is %(found)s; expected a month such as 2026-11, not in the future", found=repr(text[:40])))
    applications = fields.get("applications", "").strip()
    return {
        "month": f"{found[1]}-{found[2]}",
        "family": _family(fields),
        "hires": whole("hires", fields.get("hires", "")),
        "applications": whole("applications", applications) if applications else None,
    }


def table(kind: str, found: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """*found* with what is alike added up, in a fixed order."""
    rows = pl.DataFrame(list(found), schema=SCHEMAS[kind])
    counted = ["count"] if kind == VACANCIES else ["hires", "applications"]
    keys = [name for name in SCHEMAS[kind] if name not in counted]
    sums = [
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in counted
    ]  # a sum of nulls is null, not 0
    return rows.group_by(keys).agg(sums).select(list(SCHEMAS[kind])).sort(keys, nulls_last=True)


def day(text: str, today: date) -> date | None:
    """
    A day as files and feeds write it: 2026-11-22 (with or without a time), 22-11-2026, or as in an e-mail; None when empty.

    Raises:
        Wrong: it is none, or lies before 2000 or more than five years ahead.
    """
    text = text.strip()[:80]
    if not text:
        return None
    try:
        found = spreadsheets.day_of(text) if text[:1].isdigit() else parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        raise Wrong(_("%(found)s is not a day; expected one such as 2026-11-22", found=repr(text[:40]))) from None
    if not EARLIEST <= found <= today + timedelta(days=AHEAD_DAYS):
        raise Wrong(_("%(found)s is not a day from 2000 to five years ahead", found=found.isoformat()))
    return found


def employment_type(text: str) -> str:
    """A value of schema.org's employmentType, "OTHER" for what is none, "" for nothing."""
    kind = text.strip()[:80].upper().replace("-", "_").replace(" ", "_").rpartition("/")[2]
    kind = _KINDS_OF_WORK.get(kind.replace("_", ""), kind)
    return kind if kind in EMPLOYMENT_TYPES else "OTHER" if kind else ""


def city(text: str) -> str:
    """The town of a place: the first part between commas that has no digit, so neither street nor postcode."""
    parts = [part for part in text[:200].split(",") if part.strip() and not any(sign.isdigit() for sign in part)]
    return cleaning.name(parts[0]) if parts else ""


def whole(name: str, text: str, least: int = 0) -> int:
    """
    A whole number.

    Raises:
        Wrong: it is none, or out of bounds.
    """
    bare = text.strip()
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 7 and least <= int(bare) <= COUNT_MAX):
        raise Wrong(
            _(
                "%(name)s is %(found)s; expected a whole number from %(least)s to %(most)s",
                name=name,
                found=repr(bare[:40]),
                least=least,
                most=COUNT_MAX,
            )
        )
    return int(bare)


def _family(fields: dict[str, str]) -> str:
    family = cleaning.name(fields.get("family", ""))
    if not family:
        raise Wrong(_("family is missing"))
    return family
