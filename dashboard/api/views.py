"""
The addresses of the API, each with its methods. ``document`` describes them; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response

from dashboard.access import public
from dashboard.api import answers, asked, document, door, noted, reporting, sites, tables
from dashboard.api.resources import PREFIX

pages = Blueprint("api", __name__, url_prefix=PREFIX)
# The views are "public" only for the guard of sessions: this one lets nobody in without a token.
pages.before_request(door.guard)


@public
def openapi() -> Response:
    """The OpenAPI document."""
    asked.only()
    return answers.whole(document.build())


ADDRESSES: Final[tuple[tuple[str, str, Callable[..., Response]], ...]] = (
    ("GET", "/openapi.json", openapi),
    ("GET", "/sites", sites.sites),
    ("GET", "/sites/<key>", sites.site),
    ("GET", "/sites/<key>/runs", sites.runs),
    ("GET", "/sites/<key>/annotations", noted.noted),
    ("POST", "/sites/<key>/annotations", noted.annotate),
    ("GET", "/sites/<key>/annotations/<int:identity>", noted.one),
    ("PUT", "/sites/<key>/annotations/<int:identity>", noted.replace),
    ("PATCH", "/sites/<key>/annotations/<int:identity>", noted.change),
    ("DELETE", "/sites/<key>/annotations/<int:identity>", noted.remove),
    ("GET", "/sites/<key>/report.<form>", reporting.report),
    ("GET", "/sites/<key>/<what>", tables.table),  # of dashboard.api.resources
    ("GET", "/sites/<key>/<what>.<form>", tables.file),
)
for method, rule, view in ADDRESSES:
    pages.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=[method])
