"""
What a shared link opens: the same page as for who is logged in, made by the same view, without menu, downloads and forms.

    /shared/TOKEN                 the page; where it has a password: the form for it
    /shared/TOKEN/chart.FORM      the chart of that page
    /shared/TOKEN/embed           the audiences as a chart, for a frame on the hosts of the link

The view runs as a reader who may see this one site and is not logged in. In its page, addresses of that same page become addresses of the
link, and those of other pages become plain text. No cookie is set but one, for this link only, by who has typed its password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from analysis.runs import NoRun
from dashboard import language
from dashboard.access import public
from dashboard.accounts import Account, Role
from dashboard.door_log import Event
from dashboard.links import digest
from dashboard.services import services
from dashboard.shared_links import AUDIENCE, EMBEDDED, Share

pages = Blueprint("shared", __name__)

PREFIX: Final = "/shared/"
COOKIE: Final = "telpunt_shared"
UNLOCKED_S: Final = 12 * 3600  # that a password holds
NOT_SHARED: Final = "#not-shared"
_DEAD_LINK: Final = re.compile(rf' (?:href|action)="{NOT_SHARED}[^"]*"')


@dataclass(frozen=True, slots=True)
class Opens:
    """The view that a link opens, and the view that draws its chart, by their endpoints."""

    page: str
    chart: str | None = None


OPENS: Final = {
    "overview": Opens("overview.overview", "overview.over_time"),
    "audiences": Opens("audiences.audiences", "audiences.pattern_map"),
    AUDIENCE: Opens("segments.segment"),
    "changes": Opens("changes.changes"),
    "touchpoints": Opens("touchpoints.touchpoints"),
    "demand": Opens("demand.demand"),
    "channels": Opens("channels.channels"),
}


class Reader(AnonymousUserMixin):  # type: ignore[misc]  # flask_login has no types
    """Who reads by a link: nobody that is known, who may read one site."""

    def __init__(self, site: str) -> None:
        self.role = Role.VIEWER
        self.account = Account(0, "", Role.VIEWER, {site: Role.VIEWER}, True, False, False, None, "auto")


def install(app: Flask) -> None:
    """Let the templates of *app* know when a page is shared. Before :func:`dashboard.security.set_headers`, so that it has the last word."""
    app.context_processor(_context)
    app.after_request(_allow_frames)


@pages.get("/shared/<token>")
@public
def shared(token: str) -> ResponseReturnValue:
    """The page of the link."""
    link = _link_or_404(token)
    if not _is_unlocked(link):
        return render_template("shared_password.html", problem=False)
    return _read_only(token, link, OPENS[link.view].page, {"segment": link.segment} if link.segment else {})


@pages.post("/shared/<token>")
@public
def unlock(token: str) -> ResponseReturnValue:
    """Takes the password of the link."""
    link = _link_or_404(token)
    if link.password_hash is None:
        return redirect(url_for("shared.shared", token=token))
    if not services().accounts.passwords.verify(link.password_hash, request.form.get("password", "")):
        services().door.note(Event.REFUSED, None)
        return render_template("shared_password.html", problem=True), 403
    answer = make_response(redirect(url_for("shared.shared", token=token)))
    answer.set_cookie(
        COOKIE,
        _signer().dumps(_proof(link)),
        path=f"{PREFIX}{token}",
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )
    return answer


@pages.get("/shared/<token>/chart.<form>")
@public
def chart(token: str, form: str) -> ResponseReturnValue:
    """The chart of the link's page."""
    link = _link_or_404(token)
    drawn = OPENS[link.view].chart
    if drawn is None or not _is_unlocked(link):
        abort(404)
    return _read_only(token, link, drawn, {"form": form})


@pages.get("/shared/<token>/embed")
@public
def embed(token: str) -> ResponseReturnValue:
    """The audiences as bars, to stand in a frame on the hosts that the link names, and on no others."""
    link = _link_or_404(token)
    if not link.hosts or link.view not in EMBEDDED or not _is_unlocked(link):
        abort(404)
    overview = services().readings.overview(link.site, language.current())
    g.frame_hosts = link.hosts
    largest = max((segment.share for segment in overview.shown), default=0.0)
    site = services().sites.get(link.site)
    return _plain(make_response(render_template("embed.html", overview=overview, largest=largest, of=site)))


def _read_only(token: str, link: Share, endpoint: str, more: dict[str, str]) -> Response:
    g.shared_as = (token, link)
    g._login_user = Reader(link.site)  # noqa: SLF001  # where flask_login keeps who asks; it has no public way to say so
    answer = make_response(current_app.view_functions[endpoint](key=link.site, **more))
    if answer.mimetype == "text/html":
        answer.set_data(_DEAD_LINK.sub("", answer.get_data(as_text=True)))
    return _plain(answer)


def _plain(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"  # whoever has the address has the page
    return answer


def _link_or_404(token: str) -> Share:
    link = services().shared_links.find(token)
    sites = services().sites
    sites.refresh()
    if link is None or sites.get(link.site) is None:
        abort(404)
    try:
        services().readings.run(link.site)
    except NoRun:
        abort(404)
    return link


def _is_unlocked(link: Share) -> bool:
    if link.password_hash is None:
        return True
    try:
        return bool(_signer().loads(request.cookies.get(COOKIE, ""), max_age=UNLOCKED_S) == _proof(link))
    except BadSignature:
        return False


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="telpunt.shared")


def _proof(link: Share) -> list[Any]:
    return [link.id, digest(link.password_hash or "")]


def _context() -> dict[str, Any]:
    is_shared = request.path.startswith(PREFIX)
    context: dict[str, Any] = {"shared": is_shared}
    if is_shared:
        context["shared_in"] = _in_language
    if "shared_as" in g:
        context["url_for"] = _address(*g.shared_as)
    return context


def _in_language(chosen: str) -> str:
    """The address of this page in a language, without a cookie."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"?{urlencode([*kept, ('lang', chosen)])}"


def _address(token: str, link: Share) -> Callable[..., str]:
    """What stands for ``url_for`` in a shared page: addresses of the link, and nothing that leads elsewhere."""
    opens = OPENS[link.view]
    spoken = {"lang": request.args["lang"]} if "lang" in request.args else {}

    def address(endpoint: str, **values: Any) -> str:
        if endpoint == "static" or values.pop("key", link.site) != link.site:
            return url_for(endpoint, **values) if endpoint == "static" else NOT_SHARED
        if endpoint == opens.chart:
            return url_for("shared.chart", token=token, **values)
        if endpoint == opens.page and (link.view != AUDIENCE or values.pop("segment", None) == link.segment):
            return url_for("shared.shared", token=token, **{**spoken, **values})
        return NOT_SHARED

    return address


def _allow_frames(response: Response) -> Response:
    hosts: tuple[str, ...] = g.get("frame_hosts", ())
    if hosts:
        policy = response.headers["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = policy.replace(
            "frame-ancestors 'none'", f"frame-ancestors {' '.join(hosts)}"
        )
        # It knows no list of hosts; the policy does.
        del response.headers["X-Frame-Options"]
    return response
