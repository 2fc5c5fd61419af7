"""
Links of campaigns: tags that the collector reads as they were meant.

What is made here is read back by :mod:`collector.channels`, so that the page says beforehand as which channel, source and campaign a
visit will be counted, and a tag that the collector would clean away (an e-mail address, a long number) is refused with the reason.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from collector import channels, cleaning
from collector.channels import Arrival
from collector.sites import Site

FIELDS: Final = ("page", "source", "medium", "campaign", "content")
# Mediums that lead to one channel each, whatever the source.
MEDIUMS: Final = (
    "social", "paid-social", "cpc", "email", "display", "jobboard", "referral", "print", "qr", "event",
)  # fmt: skip
TAG_MAX_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form asks for: the page to link to, and what the tags are to say, as typed."""

    page: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """
    A link, or why there is none.

    Attributes:
        link: the page with its tags; "" when *problems* has any.
        counted: how the collector will read it; None without a link.
        problems: field → a reason: missing, not_a_page, other_host, unclear.
    """

    link: str
    counted: Arrival | None
    problems: dict[str, str]


def tag(text: str) -> str:
    """*text* as a tag: lower case, words joined by hyphens, no accents, so that one campaign is spelled in one way."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "".join(character if character.isalnum() else " " for character in plain.lower()).split()
    return "-".join(words)[:TAG_MAX_CHARS].strip("-")


def build(wish: Wish, site: Site) -> Made:
    """
    The link that *wish* asks for.

    Tags that the page's address already has are replaced, its other parameters and its anchor stay.
    """
    problems: dict[str, str] = {}
    page = wish.page if "//" in wish.page else f"https://{wish.page}"
    try:
        parts = urlsplit(page)
        host = parts.netloc.rpartition("@")[2]
        is_page = parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in page)
    except ValueError:
        is_page, host, parts = False, "", urlsplit("")
    if not wish.page:
        problems["page"] = "missing"
    elif not is_page:
        problems["page"] = "not_a_page"
    elif not site.accepts_host(host):
        problems["page"] = "other_host"
    tags = {name: tag(getattr(wish, name)) for name in FIELDS[1:]}
    for name in ("source", "medium", "campaign"):
        if not tags[name]:
            problems[name] = "missing"
    for name, text in tags.items():
        # As typed, since hyphens would hold a telephone number together that the collector sees through.
        typed = " ".join(getattr(wish, name).lower().split())
        if text and (len(cleaning.name(typed)) < min(len(typed), TAG_MAX_CHARS) or cleaning.name(text) != text):
            problems[name] = "unclear"
    if problems:
        return Made("", None, problems)
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not name.startswith("utm_")
    ]
    added = [(f"utm_{name}", text) for name, text in tags.items() if text]
    link = urlunsplit(
        (parts.scheme, host, parts.path or "/", urlencode([*kept, *added], quote_via=quote_plus), parts.fragment)
    )
    return Made(link, channels.read("", link, site), {})
