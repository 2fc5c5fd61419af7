"""
Who may use the API: the bearer of an API token, as often as its rate allows.

    Authorization: Bearer telpunt_…

No cookie is read and none is set, and no other site's script may call it (there are no CORS headers). The rate is counted in memory
by the hash of the token, by each worker for itself.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final, cast

from flask import Flask, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from collector.sites import Site
from dashboard.api.problems import refuse
from dashboard.links import digest
from dashboard.services import services
from dashboard.tokens import Grant, Scope

EXTENSION: Final = "telpunt.api"
RATES: Final[tuple[RateLimitItem, ...]] = (RateLimitItemPerMinute(300), RateLimitItemPerHour(6000))
OPEN: Final = frozenset({"api.openapi"})  # the document is the same for every installation, so it is for everybody
TOKEN_MAX_CHARS: Final = 200


def install(app: Flask) -> None:
    """Give *app* what the rates are counted with."""
    app.extensions[EXTENSION] = FixedWindowRateLimiter(MemoryStorage())


def guard() -> None:
    """Before every request of the API: 401 without a good token, 429 when it asks too often."""
    if request.endpoint in OPEN:
        return
    kind, _, presented = request.headers.get("Authorization", "").partition(" ")
    grant = services().tokens.find(presented.strip()) if kind.lower() == "bearer" and _may_be(presented) else None
    if grant is None:
        refuse(
            HTTPStatus.UNAUTHORIZED,
            "There is no API token in the header Authorization, or it is not good (any more); expected: Bearer telpunt_…",
            WWW_Authenticate='Bearer realm="telpunt"',
        )
    limiter = cast("FixedWindowRateLimiter", current_app.extensions[EXTENSION])
    key = digest(presented.strip())
    for rate in RATES:
        if not limiter.hit(rate, key):
            wait_s = max(1, int(limiter.get_window_stats(rate, key).reset_time - time.time()) + 1)
            refuse(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"This token has asked more than {rate.amount} times in a {rate.GRANULARITY.name}; ask again in {wait_s} seconds.",
                Retry_After=str(wait_s),
            )
    g.grant = grant


def grant() -> Grant:
    """What the bearer of this request's token may do."""
    return cast("Grant", g.grant)


def site_for(key: str, scope: Scope = Scope.READ) -> Site:
    """The site of that key, when the token may do this there; a site that it may not see is 404, like one that is not there."""
    sites = services().sites
    sites.refresh()
    site = sites.get(key)
    if site is None or not grant().allows(Scope.READ, key):
        refuse(HTTPStatus.NOT_FOUND, f"Site {key[:40]!r} is not there, or the token may not see it; see /api/v1/sites.")
    if not grant().allows(scope, key):
        refuse(
            HTTPStatus.FORBIDDEN,
            f"The token may not do this: it needs the scope {scope.value!r}, and its owner the role {scope.role.value!r}.",
        )
    return site


def _may_be(presented: str) -> bool:
    return presented.isascii() and len(presented) <= TOKEN_MAX_CHARS
