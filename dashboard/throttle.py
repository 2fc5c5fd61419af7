"""
How often somebody may try: a table of forms, rates, and what tries are counted by.

What is counted by is a keyed hash, under a key that lives in memory only (:mod:`dashboard.rate_table`): of the sender's network (an IPv4
address, or the /64 of IPv6), of the e-mail address that is tried, of the account, or of a shared link. So neither the limiter's memory nor its
log line holds an address. The workers of one ``serve`` count together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from flask import Flask, current_app, request, session
from flask_limiter import Limiter
from flask_login import current_user
from limits.storage import Storage

from collector import traits
from collector.settings import Network
from dashboard.people.login import HALF_WAY
from dashboard.rate_table import RateTable

SENDER: Final = "sender"
EMAIL: Final = "email"
ACCOUNT: Final = "account"
LINK: Final = "link"
SENDER_KEY: Final = "telpunt.sender_key"

TRIES: Final = "10 per minute; 100 per hour"
FEW: Final = "10 per minute; 30 per hour"  # 30 of a million codes, of which three are good: 1 in 11,000 an hour
LETTERS: Final = "3 per hour"
LIMITS: Final = (
    ("auth.login", SENDER, TRIES),
    ("auth.login", EMAIL, TRIES),
    ("auth.code", SENDER, TRIES),
    ("auth.code", ACCOUNT, FEW),
    ("ways.setup", SENDER, TRIES),
    ("ways.invite", SENDER, TRIES),
    ("ways.reset", SENDER, TRIES),
    ("ways.forgot", SENDER, TRIES),
    ("ways.forgot", EMAIL, LETTERS),
    ("account.password", ACCOUNT, FEW),
    ("second_step.begin", ACCOUNT, FEW),
    ("second_step.confirm", ACCOUNT, FEW),
    ("second_step.new_codes", ACCOUNT, FEW),
    ("second_step.turn_off", ACCOUNT, FEW),
    ("shared.unlock", SENDER, TRIES),
    ("shared.unlock", LINK, FEW),
)


class TableStorage(Storage):
    """
    A :class:`dashboard.rate_table.RateTable`, as the library that knows rates wants it.

    Args:
        table: where it counts.
    """

    STORAGE_SCHEME = ["telpunt"]  # noqa: RUF012  # the library's own way to register one

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, table: RateTable) -> None:
        super().__init__(uri, wrap_exceptions)
        self.table = table

    @property
    def base_exceptions(self) -> type[Exception]:
        """What counting may raise."""
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count *key* for *expiry* seconds from the first time on; returns the count."""
        return self.table.add(key, expiry, amount)

    def get(self, key: str) -> int:
        """The count of *key*."""
        return self.table.count(key)

    def get_expiry(self, key: str) -> float:
        """When it ends, in seconds since 1970."""
        return self.table.ends(key)

    def check(self) -> bool:
        """It is there."""
        return True

    def reset(self) -> int | None:
        """Nobody may forget all counts at once."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Forget the count of *key*."""
        self.table.clear(key)


def install(app: Flask, trusted: tuple[Network, ...], table: RateTable) -> None:
    """Put the limits on the forms of *app*; its views must be there."""
    keys = _keys(trusted, table)
    app.extensions[SENDER_KEY] = keys[SENDER]
    options = cast(
        "dict[str, str | int]", {"table": table}
    )  # the library's type knows texts only, and hands it on as it is
    limiter = Limiter(keys[SENDER], app=app, storage_uri="telpunt://", storage_options=options, headers_enabled=False)
    views: dict[str, Any] = app.view_functions
    for endpoint, by, rate in LIMITS:
        views[endpoint] = limiter.limit(rate, methods=["POST"], key_func=keys[by])(views[endpoint])


def sender_key() -> str:
    """What the sender of this request is counted by."""
    return cast("Callable[[], str]", current_app.extensions[SENDER_KEY])()


def _keys(trusted: tuple[Network, ...], table: RateTable) -> dict[str, Callable[[], str]]:
    def sender() -> str:
        headers = request.headers
        address = traits.client_address(
            request.remote_addr or "", headers.get("X-Forwarded-For", ""), headers.get("Forwarded", ""), trusted
        )
        return table.hashed(SENDER, traits.network_of(address))

    def email() -> str:
        return table.hashed(EMAIL, request.form.get("email", "").strip().lower()[:254])

    def account() -> str:
        if current_user.is_authenticated:
            return table.hashed(ACCOUNT, str(current_user.account.id))
        return table.hashed(ACCOUNT, str((session.get(HALF_WAY) or {}).get("account")))

    def link() -> str:
        return table.hashed(LINK, str((request.view_args or {}).get("token")))

    return {SENDER: sender, EMAIL: email, ACCOUNT: account, LINK: link}
