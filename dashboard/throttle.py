"""
How often somebody may try: a table of forms, rates, and what tries are counted by.

What is counted by is a keyed hash, under a key that lives in this process only: of the sender's network (an IPv4 address, or the /64
of IPv6), of the e-mail address that is tried, of the account, or of a shared link. So neither the limiter's memory nor its log line holds an address.
With several workers each counts for itself.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, request, session
from flask_limiter import Limiter
from flask_login import current_user

from collector import traits
from collector.settings import Network
from dashboard.login import HALF_WAY

SENDER: Final = "sender"
EMAIL: Final = "email"
ACCOUNT: Final = "account"
LINK: Final = "link"

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


def install(app: Flask, trusted: tuple[Network, ...]) -> None:
    """Put the limits on the forms of *app*; its views must be there."""
    keys = _keys(trusted)
    limiter = Limiter(keys[SENDER], app=app, headers_enabled=False)
    views: dict[str, Any] = app.view_functions
    for endpoint, by, rate in LIMITS:
        views[endpoint] = limiter.limit(rate, methods=["POST"], key_func=keys[by])(views[endpoint])


def _keys(trusted: tuple[Network, ...]) -> dict[str, Callable[[], str]]:
    key = secrets.token_bytes(16)

    def hashed(kind: str, text: str) -> str:
        return hashlib.blake2b(f"{kind} {text}".encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()

    def sender() -> str:
        headers = request.headers
        address = traits.client_address(
            request.remote_addr or "", headers.get("X-Forwarded-For", ""), headers.get("Forwarded", ""), trusted
        )
        return hashed(SENDER, traits.network_of(address))

    def email() -> str:
        return hashed(EMAIL, request.form.get("email", "").strip().lower()[:254])

    def account() -> str:
        if current_user.is_authenticated:
            return hashed(ACCOUNT, str(current_user.account.id))
        return hashed(ACCOUNT, str((session.get(HALF_WAY) or {}).get("account")))

    def link() -> str:
        return hashed(LINK, str((request.view_args or {}).get("token")))

    return {SENDER: sender, EMAIL: email, ACCOUNT: account, LINK: link}
