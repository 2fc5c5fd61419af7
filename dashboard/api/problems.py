"""Errors of the API: problem details in JSON (RFC 9457), one sentence each."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, NoReturn

import msgspec
from flask import Response, abort
from werkzeug.exceptions import HTTPException

MEDIA_TYPE: Final = "application/problem+json"
KEPT_HEADERS: Final = frozenset({"Allow", "Retry-After"})  # of an error that Flask raised
SENTENCES: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address, or the token may not see it.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method; the header Allow has those that it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large; send fewer annotations at a time.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The answer could not be made. What happened is in the log of Telpunt.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Others are at it at this moment; ask again in a moment.",
}


def refuse(status: HTTPStatus, detail: str, **headers: str) -> NoReturn:
    """
    End the request with a problem.

    Args:
        detail: what is wrong, what was expected, what to do.
        headers: further headers of the answer, ``_`` standing for ``-``.
    """
    answer = _answer(status, detail)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    abort(answer)


def of_error(error: HTTPException) -> Response:
    """An error that Flask raised, such as a wrong method, as a problem."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = _answer(status, SENTENCES.get(status, "The request could not be read."))
    answer.headers.extend([header for header in error.get_headers() if header[0] in KEPT_HEADERS])
    return answer


def damaged() -> Response:
    """What is asked for cannot be read."""
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "A file of the analysis is damaged and cannot be read; telpunt status says which, and what to do.",
    )


def _answer(status: HTTPStatus, detail: str) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return Response(msgspec.json.encode(body), status=status.value, content_type=MEDIA_TYPE)
