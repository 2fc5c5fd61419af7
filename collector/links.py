"""
What a link, a form or a frame means that leads away from a page: the snippet has no room to know, so it sends where to, and this decides.

Not every frame is news: a map or a player that is merely on the page says nothing, and becomes an engagement of no time,
which counts nowhere.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from collector import cleaning, touchpoints
from collector.events import Kind
from collector.sites import Site
from collector.urls import Parts, split

FRAME: Final = "frame"  # the snippet's name for a frame that is on the page, rather than a link that was followed

# Pages that share what they are given: host, then how its path begins.
_SHARING: Final = (
    ("facebook.com", ("/sharer", "/share", "/dialog/share", "/dialog/feed")),
    ("linkedin.com", ("/sharing/", "/sharearticle", "/cws/share", "/feed/?shareactive")),
    ("twitter.com", ("/intent/", "/share")),
    ("x.com", ("/intent/", "/share")),
    ("xing.com", ("/spi/shares", "/app/user", "/social/share")),
    ("pinterest.com", ("/pin/create",)),
    ("t.me", ("/share",)),
    ("telegram.me", ("/share",)),
    ("reddit.com", ("/submit",)),
    ("bsky.app", ("/intent/",)),
    ("threads.net", ("/intent/",)),
)


class Meaning(NamedTuple):
    """A kind of event and what is said with it."""

    kind: Kind
    target: str


def read(target: str, name: str, site: Site) -> Meaning:
    """
    What it means that a page leads to *target*.

    Args:
        target: address of a link or frame, or only its scheme ("mailto") where the rest names a person; anything at all.
        name: :data:`FRAME`, or anything else for a link or a form.
        site: whose hosts are no outbound links.

    Returns:
        A kind, with a target that :func:`cleaning.target` reads; ``engagement`` stands for nothing worth counting.
    """
    contact = cleaning.CONTACTS.get(target.partition(":")[0].strip().lower(), "")
    if contact:
        return Meaning(Kind.CONTACT, contact)
    parts = split(target)
    if not parts.host:
        return Meaning(Kind.OUTBOUND if not parts.scheme and not parts.path else Kind.ENGAGEMENT, "")
    if touchpoints.is_handoff(target, site):
        return Meaning(Kind.HANDOFF, target)
    if name == FRAME:
        return Meaning(Kind.ENGAGEMENT, "")
    if _shares(parts):
        return Meaning(Kind.SHARE, target)
    coarse = cleaning.target(target)
    if coarse == "whatsapp":
        return Meaning(Kind.CONTACT, target)
    if coarse in cleaning.DOWNLOADS:
        return Meaning(Kind.DOWNLOAD, target)
    own = site.accepts_host(f"{parts.host}:{parts.port}" if parts.port else parts.host)
    return Meaning(Kind.ENGAGEMENT if own else Kind.OUTBOUND, target)


def _shares(parts: Parts) -> bool:
    host = parts.host.removeprefix("www.").removeprefix("m.")
    path = parts.path.lower()
    # wa.me with a number speaks to somebody, without one it shares.
    return (host == "wa.me" and path in ("", "/")) or any(
        host == known and path.startswith(beginnings) for known, beginnings in _SHARING
    )
