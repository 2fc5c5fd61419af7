"""
"Share this page": on pages that a link can open, the way to the form for one, which then opens them as they are on the screen.

What a reader chose stands in the address of a page, and so in the address of the link: the page of the link understands the same choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, request, url_for
from werkzeug.datastructures import MultiDict

from dashboard.navigation import place_of
from dashboard.sharing.shared import OPENS
from dashboard.sharing.shares import AUDIENCE, REPORT

# What an address of a page that can be shared may choose by; a link carries nothing else.
CHOICES: Final = ("weeks", "until", "compare", "kind", "by", "segment")
VALUE_MAX_CHARS: Final = 100
_VIEWS: Final[Mapping[str, str]] = {**{opens.page: view for view, opens in OPENS.items()}, "report.report": REPORT}
_FORM: Final = "sharing.sharing"


def install(app: Flask) -> None:
    """Give the templates of *app* the function ``share_here``."""
    app.jinja_env.globals.update(share_here=share_here)


def share_here() -> str | None:
    """The address of the form that shares the page of this request; None: it can't be shared, or not by this reader."""
    view = _VIEWS.get(request.endpoint or "")
    key = (request.view_args or {}).get("key")
    if view is None or key is None or not place_of(_FORM):
        return None
    segment = (request.view_args or {}).get("segment", "") if view == AUDIENCE else ""
    if view == REPORT:
        segment = request.args.get("segment", "")
    asked: dict[str, Any] = {"segment": segment} if segment else {}
    if chosen := choices(view, request.args):
        asked["choices"] = chosen
    return url_for(_FORM, key=key, view=view, **asked, _anchor="new-title")


def choices(view: str, asked: MultiDict[str, str]) -> str:
    """What *asked* chooses of the page of *view*, as the query of an address; "" for nothing. A report has its choices in the link itself."""
    if view not in OPENS:
        return ""
    known = [name for name in CHOICES if name != "segment" or view != AUDIENCE]
    return urlencode([(name, asked[name]) for name in known if 0 < len(asked.get(name, "")) <= VALUE_MAX_CHARS])
