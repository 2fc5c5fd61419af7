"""What a request asks for: filters, weeks and the part of a list. What is not understood is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from flask import request

from analysis.words import Language
from dashboard.api.problems import refuse
from dashboard.api.resources import FILTER_MAX_CHARS, LIMIT, LIMIT_MAX
from dashboard.exports.names import LANGUAGES

WEEK: Final = r"^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$"
CURSOR: Final = r"^([0-9]{8}T[0-9]{6}Z|list)\.[0-9]{1,9}$"
LIST: Final = "list"  # the version of a list that belongs to no run


@dataclass(frozen=True, slots=True)
class Part:
    """
    A part of a list.

    Attributes:
        limit: rows at most, 1 to 1000.
        offset: rows before it.
        version: of the list that the cursor was made for; None: there was no cursor.
    """

    limit: int
    offset: int
    version: str | None

    def next(self, version: str, total: int) -> str | None:
        """The cursor of the part behind this one; None: there is none."""
        behind = self.offset + self.limit
        return f"{version}.{behind}" if behind < total else None

    def check(self, version: str) -> None:
        """409 when the cursor is of another version of the list: pages of two analyses must not be put together."""
        if self.version not in (None, version):
            refuse(
                HTTPStatus.CONFLICT,
                f"The cursor is of the analysis {self.version}, and {version} was published since; begin again without a cursor.",
            )


def only(*known: str) -> None:
    """400 for a parameter that is none of *known*: one that is misspelled must not silently choose everything."""
    for name in request.args:
        if name not in known:
            expected = ", ".join(known) or "none"
            refuse(HTTPStatus.BAD_REQUEST, f"Parameter {name[:40]!r} is not known here; expected: {expected}.")


def part() -> Part:
    """The part that ``limit`` and ``cursor`` ask for."""
    limit = _one("limit", r"^[0-9]{1,4}$", f"a number from 1 to {LIMIT_MAX}")
    rows = LIMIT if limit is None else int(limit)
    if not 1 <= rows <= LIMIT_MAX:
        refuse(HTTPStatus.BAD_REQUEST, f"limit is {rows}; expected a number from 1 to {LIMIT_MAX}.")
    cursor = _one("cursor", CURSOR, "what the answer before had as next")
    if cursor is None:
        return Part(rows, 0, None)
    version, _, offset = cursor.partition(".")
    return Part(rows, int(offset), version)


def filters(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """The values to keep, per column of *names* that is asked for."""
    found = {name: request.args.getlist(name) for name in names if name in request.args}
    for name, values in found.items():
        if any(len(value) > FILTER_MAX_CHARS for value in values):
            refuse(HTTPStatus.BAD_REQUEST, f"{name} has more than {FILTER_MAX_CHARS} characters.")
    return found


def weeks() -> tuple[str | None, str | None]:
    """The first and the last ISO week that are asked for."""
    first, last = week("from"), week("to")
    if first is not None and last is not None and first > last:
        refuse(HTTPStatus.BAD_REQUEST, f"from is {first}, after {last}; expected a week that is not.")
    return first, last


def week(name: str) -> str | None:
    """An ISO week; None: it is not asked for."""
    return _one(name, WEEK, "an ISO week such as 2026-W47")


def one_of(name: str, known: tuple[str, ...]) -> str | None:
    """The value of a parameter that has a list of them; None: it is not asked for."""
    return _one(name, "|".join(known), " or ".join(known))


def lang() -> Language | None:
    """The language that is asked for; None: none is."""
    return cast("Language | None", one_of("lang", LANGUAGES))


def several_of(name: str, known: tuple[str, ...]) -> list[str] | None:
    """The values of a parameter that takes several, with commas between them; None: it is not asked for."""
    text = _one(name, ".*", "names with commas between them")
    found = None if text is None else text.split(",")
    for value in found or ():
        if value not in known:
            refuse(HTTPStatus.BAD_REQUEST, f"{name} has {value[:40]!r}; expected one or more of: {', '.join(known)}.")
    return found


def takes(content_type: str) -> None:
    """406 when the header Accept is there and does not take that media type."""
    accepted = request.accept_mimetypes
    kind = content_type.partition(";")[0]
    if accepted and not accepted.best_match([kind]):
        refuse(HTTPStatus.NOT_ACCEPTABLE, f"This address gives {kind}, and the header Accept does not take that.")


def body(what: str) -> Any:
    """The JSON that was sent; *what* it should be."""
    if request.mimetype != "application/json":
        refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON; expected Content-Type: application/json.")
    try:
        return msgspec.json.decode(request.get_data())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refuse(HTTPStatus.BAD_REQUEST, f"The body is not JSON; expected {what}.")


def _one(name: str, pattern: str, expected: str) -> str | None:
    values = request.args.getlist(name)
    if not values:
        return None
    # Not re.match with "$": that lets a line break through at the end.
    if len(values) > 1 or not re.fullmatch(pattern.strip("^$"), values[0], re.ASCII):
        refuse(HTTPStatus.BAD_REQUEST, f"{name} is {', '.join(values)[:60]!r}; expected {expected}, once.")
    return values[0]
