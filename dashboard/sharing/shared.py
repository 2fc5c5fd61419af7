"""
What a shared link opens: the same page as for who is logged in, made by the same view, without menu, downloads and forms.

    /shared/TOKEN                 the page, or the report (shared_report); where it has a password: the form for it
    /shared/TOKEN/chart.FORM      the chart of that page
    /shared/TOKEN/report.FORM     the report, to take away
    /shared/TOKEN/embed           a chart of that page, for a frame on the hosts of the link (embedded)

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

from dashboard import language
from dashboard.access import public
from dashboard.people.accounts import Account, Role
from dashboard.people.door_log import Event
from dashboard.reports.look import Looks
from dashboard.services import services
from dashboard.sharing import door as shared_door
from dashboard.sharing import report as shared_report
from dashboard.sharing.door import NO_AUDIENCE, PREFIX, check_run, is_unlocked, link_or_404, refuse
from dashboard.sharing.shares import AUDIENCE, Share
from dashboard.views import UnknownSegment

pages = Blueprint("shared", __name__)
pages.record_once(shared_report.take_shelf)

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
    """Let the templates of *app* know when a page is shared."""
    app.context_processor(_context)
    shared_door.install(app)


@pages.get("/shared/<token>")
@public
def shared(token: str) -> ResponseReturnValue:
    """The page or report of the link."""
    link = link_or_404(token)
    if not is_unlocked(link):
        return render_template("shared_password.html", problem=False)
    check_run(link)
    if link.segment and not _is_there(link):
        refuse(NO_AUDIENCE)
    if link.paper:
        return shared_report.page(token, link, link.paper)
    return _read_only(token, link, OPENS[link.view].page, {"segment": link.segment} if link.segment else {})


@pages.post("/shared/<token>")
@public
def unlock(token: str) -> ResponseReturnValue:
    """Takes the password of the link."""
    link = link_or_404(token)
    opened = make_response(redirect(url_for("shared.shared", token=token)))
    if link.password_hash is None:
        return opened
    if not services().accounts.passwords.verify(link.password_hash, request.form.get("password", "")):
        services().door.note(Event.REFUSED, None)
        return render_template("shared_password.html", problem=True), 403
    return shared_door.remember(opened, token, link)


@pages.get("/shared/<token>/chart.<form>")
@public
def chart(token: str, form: str) -> ResponseReturnValue:
    """The chart of the link's page."""
    link = link_or_404(token)
    drawn = OPENS[link.view].chart if link.view in OPENS else None
    if drawn is None or not is_unlocked(link):
        abort(404)
    check_run(link)
    return _read_only(token, link, drawn, {"form": form})


@pages.get("/shared/<token>/report.<form>")
@public
def report(token: str, form: str) -> ResponseReturnValue:
    """The report of the link as a file, in a form that the link allows."""
    link = link_or_404(token)
    if link.paper is None or form not in link.paper.formats or not is_unlocked(link):
        abort(404)
    check_run(link)
    if link.segment and not _is_there(link):
        refuse(NO_AUDIENCE)
    return shared_report.file(token, link, link.paper, form)


def employer(site: str) -> str:
    """Whose pages these are: the name on the reports of the site."""
    return Looks(services().engine).of(site).employer(services().sites[site])


def _is_there(link: Share) -> bool:
    try:
        services().readings.overview(link.site, language.current()).segment(link.segment)
    except UnknownSegment:
        return False
    return True


def _read_only(token: str, link: Share, endpoint: str, more: dict[str, str]) -> Response:
    g.shared_as = (token, link)
    g._login_user = Reader(link.site)  # noqa: SLF001  # where flask_login keeps who asks; it has no public way to say so
    answer = make_response(current_app.view_functions[endpoint](key=link.site, **more))
    if answer.mimetype == "text/html":
        answer.set_data(_DEAD_LINK.sub("", answer.get_data(as_text=True)))
    return answer


def _context() -> dict[str, Any]:
    is_shared = request.path.startswith(PREFIX)
    context: dict[str, Any] = {"shared": is_shared}
    if is_shared:
        context["shared_in"] = _in_language
    if "shared_as" in g:
        _, link = g.shared_as
        context |= {"url_for": _address(*g.shared_as), "shared_link": link, "shared_employer": employer(link.site)}
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
