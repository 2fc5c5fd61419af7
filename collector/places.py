"""What the address of a page and of the page before it say: which page of the site, and how somebody came, apart from each other."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from collector import cleaning, touchpoints
from collector.sites import Site
from collector.urls import split

# Pages of the people who make the site: content management, and previews of pages that are not published.
_INTERNAL: Final = re.compile(
    r"^/(?:[a-z]{2}/)?(?:wp-admin|wp-login\.php|admin|administrator|umbraco|typo3|sitecore|user/login|users/sign_in)(?:/|$)"
    r"|[?&](?:preview=(?:true|1)\b|preview_id=|elementor-preview|customize_changeset_uuid=)",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """What a URL says, once it is cleaned."""

    host_is_own: bool
    internal: bool
    touchpoint: str
    page: str


NOT_OURS: Final = Place(host_is_own=False, internal=False, touchpoint="", page="")

# Parameters that say how somebody came, never what the page is.
_TRACKING: Final = (
    "utm_",
    "gclid=",
    "gbraid=",
    "wbraid=",
    "msclkid=",
    "fbclid=",
    "li_fat_id=",
    "ttclid=",
    "gad_",
    "_gl=",
    "_ga",
    "mc_",
)


def without_tracking(url: str) -> str:
    """*url* without what differs from visit to visit on the same page, so that its place is remembered."""
    page, _, fragment = url.partition("#")
    head, _, query = page.partition("?")
    if query:
        kept = [pair for pair in query.split("&") if not pair.startswith(_TRACKING)]
        page = f"{head}?{'&'.join(kept)}" if kept else head
    # A fragment is part of the place where it is a route, "#/vacatures/x", and not where it is a position on the page.
    return f"{page}#{fragment}" if fragment.startswith(("/", "!/")) else page


def front(referrer: str) -> str:
    """Scheme, host and first part of the path: all of a referrer that says how somebody came."""
    return "/".join(referrer.partition("?")[0].split("/", 4)[:4])


def query_of(url: str) -> str:
    """The query of *url*, as a URL; "" without one."""
    _, mark, query = url.partition("#")[0].partition("?")
    return mark + query


def read_place(url: str, site: Site) -> Place:
    """What *url*, without its tracking parameters, says about the page it is on; :data:`NOT_OURS` for one of no host of *site*."""
    parts = split(url)
    host = f"{parts.host}:{parts.port}" if parts.port else parts.host
    own = parts.scheme in ("http", "https") and bool(parts.host) and site.accepts_host(host)
    if not own:
        return NOT_OURS
    internal = _INTERNAL.search(f"{parts.path}?{parts.query}") is not None
    return Place(own, internal, touchpoints.classify(url, site), cleaning.page(url))
