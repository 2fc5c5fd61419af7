"""
What every answer of the dashboard carries and what every request passes: headers, the session's secret and cookie, the proxy's word.

The session secret signs the cookies of people who log in to the dashboard. It has nothing to do with the visit key, which is
never on a disk: whoever has this secret can pretend to be an editor, and learns nothing about a visit.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, has_request_context, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from collector.folder import DataFolder, write_aside
from collector.settings import Network
from dashboard.api.resources import is_api

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECRET_FILE: Final = "dashboard.secret"  # noqa: S105  # its name, not itself
SECRET_BYTES: Final = 32

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: under https Flask-WTF checks that a form came from a page of ours by its Referer.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONE_YEAR_S: Final = 31_536_000


def session_secret(folder: DataFolder) -> bytes:
    """The secret that signs session cookies: made at random the first time, kept in the data folder for this user only (0600)."""
    path = folder.path / SECRET_FILE
    with folder.hold("secret", wait=True):
        if not path.exists():
            write_aside(path, secrets.token_bytes(SECRET_BYTES))
        return path.read_bytes()


class SessionCookies(SecureCookieSessionInterface):
    """
    Session cookies that are ``Secure`` whenever the page came over https, without a setting to forget.

    Then their name begins with ``__Host-``, too: so no other host of the domain can set one in their place (RFC 6265bis, 4.1.3.2).
    The API has none, so its answers do not vary with them.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not is_api(request.path):
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  # Flask's interface
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if has_request_context() and request.is_secure else name


def set_headers(response: Response) -> Response:
    """Put the strict headers on an answer; pages of logged-in people are kept by no cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_S}")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


class BelieveProxies:
    """
    Take the scheme that a trusted proxy names, and nobody else's.

    Without this, https that ends at a proxy looks like http here, and the session cookie would not be ``Secure``.
    """

    def __init__(self, app: WSGIApplication, trusted: tuple[Network, ...]) -> None:
        self._app = app
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        scheme = str(environ.get("HTTP_X_FORWARDED_PROTO", "")).rpartition(",")[2].strip().lower()
        if scheme in ("http", "https") and self._trusts(str(environ.get("REMOTE_ADDR", ""))):
            environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
