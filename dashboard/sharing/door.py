"""
The door of shared links: the token in the address, the password where there is one, and what a link that opens nothing says.

Whether a token never was, has expired, was revoked, or is of a site that was removed: the answer is the same, so that it tells nothing.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from flask import Flask, Response, abort, current_app, g, make_response, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from analysis.runs import NoRun
from dashboard.people.links import digest
from dashboard.services import services
from dashboard.sharing.shares import Share

PREFIX: Final = "/shared/"
COOKIE: Final = "telpunt_shared"
UNLOCKED_S: Final = 12 * 3600  # that a password holds

GONE, WAITING, NO_AUDIENCE = "gone", "waiting", "audience"  # why a link opens nothing


def install(app: Flask) -> None:
    """Put the headers of shared pages on answers. Before :func:`dashboard.security.set_headers`, so that it has the last word."""
    app.after_request(_set_headers)


def link_or_404(token: str) -> Share:
    """The link of that token, to be opened now; else the answer says in words that there is none."""
    link = services().shared_links.find(token)
    sites = services().sites
    sites.refresh()
    if link is None or sites.get(link.site) is None:
        refuse(GONE)
    g.frame_hosts = link.frame.hosts if request.endpoint == "embedded.embed" else ()
    return link


def check_run(link: Share) -> None:
    """Is there something to show? To be asked of a link that is unlocked; else the answer says in words that there is not."""
    try:
        services().readings.run(link.site)
    except NoRun:
        refuse(WAITING)


def refuse(why: str) -> NoReturn:
    """Answer that there is nothing, with the reason."""
    abort(make_response(render_template("shared_nothing.html", why=why), 404))


def is_unlocked(link: Share) -> bool:
    """May who asks see what the link opens: it has no password, or this browser has typed it?"""
    if link.password_hash is None:
        return True
    try:
        return bool(_signer().loads(request.cookies.get(COOKIE, ""), max_age=UNLOCKED_S) == _proof(link))
    except BadSignature:
        return False


def remember(answer: Response, token: str, link: Share) -> Response:
    """Put on *answer* that this browser has typed the link's password: in a cookie that is sent to this link only."""
    answer.set_cookie(
        COOKIE,
        _signer().dumps(_proof(link)),
        path=f"{PREFIX}{token}",
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )
    return answer


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="telpunt.shared")


def _proof(link: Share) -> list[Any]:
    return [link.id, digest(link.password_hash or "")]


def _set_headers(response: Response) -> Response:
    if not request.path.startswith(PREFIX):
        return response
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"  # whoever has the address has the page
    response.headers["Cache-Control"] = "no-store"  # a copy in a cache would outlive the link
    hosts: tuple[str, ...] = g.get("frame_hosts", ())
    if hosts:
        policy = response.headers["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = policy.replace(
            "frame-ancestors 'none'", f"frame-ancestors {' '.join(hosts)}"
        )
        # It knows no list of hosts; the policy does.
        del response.headers["X-Frame-Options"]
    return response
