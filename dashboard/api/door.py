"""
Who may use the API: the bearer of an API token, as often as its rate allows.

    Authorization: Bearer telpunt_…

No cookie is read and none is set, and no other site's script may call it (there are no CORS headers). Rates are counted in memory, for all
workers together (:mod:`dashboard.rate_table`): by the token, and of requests without a good one by the network that they come from. Beyond that
rate such a request is told to wait, and what was bad within the hour is not looked up again. A good token is always looked up: a network can
be a whole office, or everybody where the proxy is not named.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final, cast

from flask import Flask, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from collector.sites import Site
from dashboard.api.problems import refuse
from dashboard.people.links import digest
from dashboard.people.tokens import Grant, Scope
from dashboard.rate_table import RateTable
from dashboard.services import services
from dashboard.throttle import TableStorage, sender_key

EXTENSION: Final = "telpunt.api"
Rates = tuple[RateLimitItem, ...]
RATES: Final[Rates] = (RateLimitItemPerMinute(300), RateLimitItemPerHour(6000))
REPORT_RATES: Final[Rates] = (
    RateLimitItemPerMinute(10),
    RateLimitItemPerHour(120),
)  # each takes seconds of a processor
REFUSED_RATES: Final[Rates] = (RateLimitItemPerMinute(30), RateLimitItemPerHour(300))  # of one network
BAD: Final = RateLimitItemPerHour(1, namespace="bad")  # remembers what was no good token within the hour
OPEN: Final = frozenset({"api.openapi"})  # the document is the same for every installation, so it is for everybody
TOKEN_MAX_CHARS: Final = 200


def install(app: Flask, table: RateTable) -> None:
    """Give *app* what the rates are counted with."""
    app.extensions[EXTENSION] = FixedWindowRateLimiter(TableStorage(table=table))


def guard() -> None:
    """Before every request of the API: 401 without a good token, 429 when it asks too often."""
    if request.endpoint in OPEN:
        return
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    presented = rest.strip() if kind.lower() == "bearer" and _may_be(rest) else ""
    token, limiter = digest(presented), _limiter()
    over = [rate for rate in REFUSED_RATES if not limiter.test(rate, sender_key())]
    is_bad = not presented or (bool(over) and bool(limiter.storage.get(BAD.key_for(token))))
    grant = None if is_bad else services().tokens.find(presented)
    if grant is None:
        limiter.hit(BAD, token)
        _refuse(over, sender_key(), "Too many requests without a good API token came from this network")
        for rate in REFUSED_RATES:
            limiter.hit(rate, sender_key())
        refuse(
            HTTPStatus.UNAUTHORIZED,
            "There is no API token in the header Authorization, or it is not good (any more); expected: Bearer telpunt_…",
            WWW_Authenticate='Bearer realm="telpunt"',
        )
    g.grant, g.token = grant, token
    count(RATES)


def count(rates: Rates, what: str = "") -> None:
    """
    Count this request of its token; 429 when it is one too many.

    Args:
        what: is counted apart from the rest.
    """
    key = f"{g.token} {what}"
    # The first that is passed: who asks on while refused by the minute has not used up the hour.
    over = next(([rate] for rate in rates if not _limiter().hit(rate, key)), [])
    _refuse(over, key, f"This token has asked {f'for {what} ' if what else ''}too often")


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


def _limiter() -> FixedWindowRateLimiter:
    return cast("FixedWindowRateLimiter", current_app.extensions[EXTENSION])


def _refuse(over: list[RateLimitItem], key: str, said: str) -> None:
    """429 when there is a rate in *over*, until the last of them has room again."""
    if not over:
        return
    free = max(_limiter().get_window_stats(rate, key).reset_time for rate in over)
    wait_s = max(1, int(free - time.time()) + 1)
    rates = " and ".join(f"{rate.amount} a {rate.GRANULARITY.name}" for rate in over)
    refuse(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{said}: more than {rates}; ask again in {wait_s} seconds.",
        Retry_After=str(wait_s),
    )
