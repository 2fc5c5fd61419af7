"""
The pages that a site lists of itself: sitemap.xml (https://www.sitemaps.org/protocol.html), plain or gzipped, or a list of addresses.

A sitemap may be an index of others; those on hosts of the site are read too. Hostile like everything from outside: read by defusedxml
without document types and entities, and all of it within bounds.
"""

from __future__ import annotations

import re
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from collector.urls import split
from dashboard.fetching import Fetcher
from dashboard.said import Said
from dashboard.said import Said as _

BYTES_MAX: Final = 10 * 1024 * 1024  # of one file, unpacked; the protocol allows 50 MB
PAGES_MAX: Final = 20_000
FILES_MAX: Final = 12  # of an index
URL_MAX_CHARS: Final = 2048
_NAME: Final = re.compile(r"([^/]+?)[-_]?sitemap\d*\.xml(?:\.gz)?$|sitemap[-_]([^/]+?)\d*\.xml(?:\.gz)?$")


class Unreadable(Exception):
    """When what was given is no sitemap and no list of addresses; *said* is why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a site lists, and what the file calls that lists it: "vacancy" for vacancy-sitemap.xml, as WordPress names them."""

    url: str
    listed_as: str = ""


@dataclass
class Sitemap:
    """The pages of a site, and what could not be read of them."""

    pages: list[Page] = field(default_factory=list)
    troubles: list[Said] = field(default_factory=list)


Get = Callable[[str], bytes]


def read(content: bytes, url: str = "", get: Get | None = None) -> Sitemap:
    """
    The pages that *content* lists.

    Args:
        content: a sitemap or an index of sitemaps, plain or gzipped, or addresses, one a line.
        url: where it came from.
        get: gives the content of a sitemap that an index lists, or raises :class:`Unreadable`; None: those are not read.

    Raises:
        Unreadable: it is none of these.
    """
    found = Sitemap()
    waiting = deque([(url, content)])
    files = 0
    while waiting:
        name, body = waiting.popleft()
        pages, listed = _parse(body)
        found.pages += [Page(page, _listed_as(name)) for page in pages[: PAGES_MAX - len(found.pages)]]
        for child in listed:
            files += 1
            if get is None:
                found.troubles.append(
                    _("%(url)s is listed, and can only be read from the site itself.", url=child[:200])
                )
            elif files > FILES_MAX:
                found.troubles.append(_("Only the first %(files)s sitemaps of the index were read.", files=FILES_MAX))
                return found
            else:
                try:
                    waiting.append((child, get(child)))
                except Unreadable as error:
                    found.troubles.append(error.said)
    if len(found.pages) >= PAGES_MAX:
        found.troubles.append(_("Only the first %(pages)s pages were read.", pages=PAGES_MAX))
    return found


def fetch(fetcher: Fetcher, url: str) -> bytes:
    """
    The sitemap at *url*.

    Raises:
        Unreadable: it can't be fetched, or is not there.
    """
    answer, body = fetcher.fetch(url)
    if not answer.status:
        raise Unreadable(_("%(url)s cannot be fetched: %(trouble)s.", url=url[:200], trouble=answer.trouble))
    if answer.status != 200:
        raise Unreadable(_("%(url)s answers %(status)s; expected 200.", url=url[:200], status=answer.status))
    return body


def within(seconds: float, get: Get, clock: Callable[[], float] = time.monotonic) -> Get:
    """*get* for as long as *seconds*: what is asked for later is unreadable."""
    until = clock() + seconds

    def timed(url: str) -> bytes:
        if clock() >= until:
            raise Unreadable(_("%(url)s was left out: reading the others took too long.", url=url[:200]))
        return get(url)

    return timed


def _parse(content: bytes) -> tuple[list[str], list[str]]:
    """The addresses of pages, and of further sitemaps."""
    text = unpack(content)
    if not text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _lines(text), []
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(
            _("This is not a sitemap: %(error)s.", error=str(error)[:120] or type(error).__name__)
        ) from None
    kind = root.tag.rpartition("}")[2]
    if kind not in ("urlset", "sitemapindex"):
        raise Unreadable(_("This is not a sitemap: it begins with %(tag)s and not with urlset.", tag=kind[:40]))
    found = [
        (element.text or "").strip()
        for entry in root
        for element in entry
        if element.tag.rpartition("}")[2] == "loc" and element.text
    ]
    found = [url for url in found if len(url) <= URL_MAX_CHARS and url.startswith(("http://", "https://"))]
    return (found, []) if kind == "urlset" else ([], found)


def _lines(text: bytes) -> list[str]:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    found = [line for line in lines if line.startswith(("/", "http://", "https://")) and len(line) <= URL_MAX_CHARS]
    if not found:
        raise Unreadable(_("There is no address in this; expected sitemap.xml, or one address or path a line."))
    return found


def unpack(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        unpacked = content
    else:
        try:
            unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, BYTES_MAX + 1)
        except zlib.error:
            raise Unreadable(_("The file is gzipped, and damaged.")) from None
    if len(unpacked) > BYTES_MAX:
        raise Unreadable(_("The file is larger than %(size)s MB.", size=BYTES_MAX // 1024**2))
    return unpacked


def _listed_as(url: str) -> str:
    found = _NAME.search(split(url).path.lower())
    return (found[1] or found[2] or "") if found else ""
