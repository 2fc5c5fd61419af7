"""Answers of the API: JSON and files, with a tag that stays while the answer stays, and the address of the next part."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from flask import Response, request
from werkzeug.datastructures import MultiDict

from dashboard.api import asked

# Of the answers: raised when the same run is told in another shape; another Telpunt may make other files of it.
FORM: Final = f"1 {version('telpunt')}"


def listed(rows: list[Any], total: int, following: str | None, **about: Any) -> dict[str, Any]:
    """A part of a list."""
    return {**about, "total": total, "next": following, "rows": rows}


def part_of(rows: list[dict[str, Any]]) -> Response:
    """The part that is asked for of a list that belongs to no analysis."""
    part = asked.part()
    part.check(asked.LIST)
    etag = tag(msgspec.json.encode(rows))
    if is_known(etag):
        return unchanged(etag)
    shown = rows[part.offset : part.offset + part.limit]
    return answer(listed(shown, len(rows), part.next(asked.LIST, len(rows))), etag)


def whole(body: Any) -> Response:
    """*body*, which comes in no parts, with its tag."""
    etag = tag(msgspec.json.encode(body))
    return unchanged(etag) if is_known(etag) else answer(body, etag)


def file(made: Response, *name: str, ending: str, etag: str) -> Response:
    """
    *made* as a file to keep.

    Args:
        name: parts of its name, none of them from outside as it came.
    """
    made.headers["Content-Disposition"] = f'attachment; filename="{"-".join(filter(None, name))}.{ending}"'
    return _headed(made, etag)


def tag(*parts: object) -> str:
    """The tag of what *parts* and the address of this request decide."""
    text = msgspec.json.encode(
        [FORM, request.path, request.query_string.decode("latin-1"), *(str(one) for one in parts)]
    )
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def is_known(etag: str) -> bool:
    """Has who asks this answer already?"""
    return request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(etag)


def unchanged(etag: str) -> Response:
    """304: the answer is the one that they have."""
    return _headed(Response(status=304), etag)


def answer(body: Any, etag: str | None = None, status: int = 200) -> Response:
    """*body* as JSON; of a list, the header Link leads on."""
    made = Response(msgspec.json.encode(body) + b"\n", status=status, content_type="application/json")
    following = body.get("next") if isinstance(body, dict) else None
    if following:
        made.headers["Link"] = f'<{_address(following)}>; rel="next"'
    return _headed(made, etag) if etag else made


def _headed(made: Response, etag: str) -> Response:
    made.set_etag(etag)
    made.headers["Cache-Control"] = "private, no-cache"
    made.vary.add("Authorization")
    return made


def _address(cursor: str) -> str:
    wanted = MultiDict(request.args)
    wanted["cursor"] = cursor
    return f"{request.path}?{urlencode(list(wanted.items(multi=True)))}"
