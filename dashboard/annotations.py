"""Annotations: campaigns and changes of the site, by day, to be laid beside what changed. Made by people, so nothing about visits."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Engine, delete, select

from collector.errors import UsageError
from dashboard import database, spreadsheets
from dashboard.database import AnnotationRow
from dashboard.names import clean_name

KINDS: Final = ("campaign", "site", "other")
TEXT_MAX_CHARS: Final = 200
ROWS_MAX: Final = 1000  # of an import
SITE_MAX: Final = 5000  # annotations of a site
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2100, 1, 1)
COLUMNS: Final = ("start", "end", "kind", "text")
# What people call columns and kinds in Dutch.
_DUTCH: Final = {
    "begin": "start",
    "van": "start",
    "eind": "end",
    "einde": "end",
    "tot": "end",
    "soort": "kind",
    "tekst": "text",
}
_DUTCH_KINDS: Final = {"campagne": "campaign", "anders": "other"}


class InvalidAnnotation(UsageError):
    """
    When an annotation cannot be kept.

    Attributes:
        field: which part of it: start, end, kind, text, or file; number: the site has too many.
        line: of the imported file, counted from 1; None for a form.
    """

    def __init__(self, field: str, found: str, expected: str, line: int | None = None) -> None:
        self.field = field
        self.line = line
        where = "" if line is None else f"Line {line}: "
        super().__init__(f"{where}{field} is {found[:40]!r}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """
    What happened from *start* to *end* (the same day for a single one).

    Attributes:
        id: 0 before it is kept.
        kind: of :data:`KINDS`.
        text: 1 to 200 characters in one line.
    """

    id: int
    start: date
    end: date
    kind: str
    text: str


def parse(start: str, end: str, kind: str, text: str, *, line: int | None = None) -> Annotation:
    """
    An annotation from what was typed or imported; an empty *end* is the *start*, an empty *kind* is "other".

    Raises:
        InvalidAnnotation: naming the part that is wrong.
    """
    first = _day("start", start, line)
    last = _day("end", end, line) if end.strip() else first
    if last < first:
        raise InvalidAnnotation("end", end, f"a day not before {first.isoformat()}", line)
    chosen = kind.strip().lower() or "other"
    chosen = _DUTCH_KINDS.get(chosen, chosen)
    if chosen not in KINDS:
        raise InvalidAnnotation("kind", kind, " or ".join(KINDS), line)
    clean = clean_name(text)
    if not 1 <= len(clean) <= TEXT_MAX_CHARS:
        raise InvalidAnnotation("text", clean, f"1 to {TEXT_MAX_CHARS} characters", line)
    return Annotation(0, first, last, chosen, clean)


def read_csv(data: bytes) -> list[Annotation]:
    """
    The annotations of a CSV file with a header: columns start and text, and where wanted end and kind.

    As spreadsheets write it (:mod:`dashboard.spreadsheets`); columns, kinds and days in Dutch too.

    Raises:
        InvalidAnnotation: the file or a line is wrong; then nothing of it is taken.
    """
    text = spreadsheets.text_of(data)
    if text is None:
        raise InvalidAnnotation("file", "no text", "a CSV file in UTF-8, UTF-16 or Windows-1252")
    reader = csv.DictReader(io.StringIO(text), delimiter=spreadsheets.separator_of(text), strict=True)
    found = []
    try:
        named = [(name or "").strip().lower() for name in reader.fieldnames or []]
        named = [_DUTCH.get(name, name) for name in named]
        if not {"start", "text"} <= set(named):
            raise InvalidAnnotation(
                "file",
                text.partition("\n")[0].strip(),
                "a first line with the columns start and text, and end and kind if wanted",
            )
        reader.fieldnames = named
        for row in reader:
            values = [str(row.get(name) or "") for name in COLUMNS]
            if any(values):
                found.append(parse(*values, line=reader.line_num))
            if len(found) > ROWS_MAX:
                raise InvalidAnnotation("file", f"more than {ROWS_MAX} lines", f"at most {ROWS_MAX}")
    except csv.Error as error:
        raise InvalidAnnotation("file", str(error), "a CSV file", reader.line_num) from None
    return found


class Annotations:
    """
    The annotations of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock

    def of(self, site: str) -> list[Annotation]:
        """Those of *site*, newest first."""
        with database.session(self._engine) as session:
            rows = session.scalars(
                select(AnnotationRow)
                .where(AnnotationRow.site == site)
                .order_by(AnnotationRow.start.desc(), AnnotationRow.id.desc())
            )
            return [
                Annotation(row.id, date.fromisoformat(row.start), date.fromisoformat(row.end), row.kind, row.text)
                for row in rows
            ]

    def add(self, site: str, new: list[Annotation], *, by: int | None) -> int:
        """
        Keep *new*, all of them or none; one that is there already word for word is not kept twice.

        Returns:
            How many are new.

        Raises:
            InvalidAnnotation: the site would have too many.
        """
        there = {(one.start, one.end, one.kind, one.text) for one in self.of(site)}
        if len(there | {(one.start, one.end, one.kind, one.text) for one in new}) > SITE_MAX:
            raise InvalidAnnotation("number", f"more than {SITE_MAX}", "that old annotations are removed first")
        with database.session(self._engine) as session, session.begin():
            kept = 0
            for one in new:
                if (one.start, one.end, one.kind, one.text) in there:
                    continue
                there.add((one.start, one.end, one.kind, one.text))
                session.add(
                    AnnotationRow(
                        site=site,
                        start=one.start.isoformat(),
                        end=one.end.isoformat(),
                        kind=one.kind,
                        text=one.text,
                        made_by=by,
                        made_at=self._clock(),
                    )
                )
                kept += 1
        return kept

    def change(self, site: str, identity: int, to: Annotation) -> bool:
        """Put *to* in the place of the annotation *identity*; False when *site* has no such annotation."""
        with database.session(self._engine) as session, session.begin():
            row = session.get(AnnotationRow, identity)
            if row is None or row.site != site:
                return False
            row.start, row.end, row.kind, row.text = to.start.isoformat(), to.end.isoformat(), to.kind, to.text
            return True

    def remove(self, site: str, identity: int) -> bool:
        """Forget an annotation; False when *site* has no such annotation."""
        with database.session(self._engine) as session, session.begin():
            gone = session.execute(
                delete(AnnotationRow)
                .where(AnnotationRow.site == site, AnnotationRow.id == identity)
                .returning(AnnotationRow.id)
            )
            return gone.first() is not None


def _day(field: str, text: str, line: int | None) -> date:
    try:
        found = spreadsheets.day_of(text.strip())
    except ValueError:
        raise InvalidAnnotation(field, text, "a day such as 2026-11-22", line) from None
    if not EARLIEST <= found <= LATEST:
        raise InvalidAnnotation(field, text, f"a day from {EARLIEST} to {LATEST}", line)
    return found
