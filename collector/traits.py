"""
The only module that sees an address, a user agent and an Accept-Language; it hands on coarse traits and nothing else.

A :class:`Sender` lives as long as its request, in memory. The address goes into the visit token and the rate limit, both keyed
hashes; the agent becomes a verdict (:mod:`collector.bots`) and one of four device classes; the languages become one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, NamedTuple

from collector.settings import Network

DESKTOP: Final = "desktop"
MOBILE: Final = "mobile"
TABLET: Final = "tablet"
OTHER: Final = "other"  # television, console, watch, car, and what says nothing about itself

_REMEMBERED: Final = 4096  # agents, about 2 MB
# This machine, RFC 1918, RFC 6598 (shared by a provider's customers), RFC 4193, link-local; as they begin. 0.3 µs, where ipaddress takes 5.
_PRIVATE: Final = re.compile(
    r"(?:::ffff:)?(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254)\."
    r"|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:",
    re.IGNORECASE,
)
ALL_BITS: Final = (32, 128)  # of IPv4 and IPv6
_HOPS_MAX: Final = 20  # a longer chain of proxies is an attack

_OTHER: Final = re.compile(
    r"smart-?tv|hbbtv|appletv|googletv|crkey|\baft[a-z]|roku|bravia|netcast|web0s|tizen.*tv|playstation|xbox|nintendo|watch\b|\bcar\b",
    re.IGNORECASE,
)
_TABLET: Final = re.compile(
    r"ipad|tablet|kindle|silk/|playbook|kf[a-z]{2,5} build|nexus (?:7|9|10)\b|sm-[tx]\d", re.IGNORECASE
)
_MOBILE: Final = re.compile(
    r"mobi|iphone|ipod|android|windows phone|blackberry|bb10|opera mini|midp|symbian|kaios|iemobile", re.IGNORECASE
)
_DESKTOP: Final = re.compile(r"windows|macintosh|mac os x|x11|cros|linux|bsd|sunos|amiga", re.IGNORECASE)
_ANDROID: Final = re.compile(r"android", re.IGNORECASE)
_MOBILE_WORD: Final = re.compile(r"mobile", re.IGNORECASE)

_PRIMARY: Final = re.compile(r"\s*([A-Za-z]{2})(?:-[A-Za-z0-9-]+)?\s*(?:[,;]|$)")
_FORWARDED_FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^\s;"]+)', re.IGNORECASE)


class Sender(NamedTuple):
    """
    Who sent an event, for as long as the request lasts; never kept, never shown.

    Attributes:
        address: IP address.
        agent: ``User-Agent``.
        language: ``Accept-Language``.
        opt_out: sent Global Privacy Control or Do Not Track.
        prefetch: the browser loads ahead; nobody has seen it.
        automated: the browser says that a program drives it.
    """

    address: str
    agent: str
    language: str
    opt_out: bool = False
    prefetch: bool = False
    automated: bool = False

    def __repr__(self) -> str:
        return "<Sender, not shown>"


def read_sender(environ: Mapping[str, Any], trusted: Sequence[Network]) -> Sender:
    """
    Who sent this WSGI request.

    Args:
        environ: of the request.
        trusted: networks of the proxies that are believed.
    """
    get = environ.get
    return Sender(
        client_address(get("REMOTE_ADDR", ""), get("HTTP_X_FORWARDED_FOR", ""), get("HTTP_FORWARDED", ""), trusted)
        if trusted
        else get("REMOTE_ADDR", ""),
        get("HTTP_USER_AGENT", ""),
        get("HTTP_ACCEPT_LANGUAGE", ""),
        get("HTTP_SEC_GPC") == "1" or get("HTTP_DNT") == "1",
        # https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header, and what came before it
        "prefetch" in get("HTTP_SEC_PURPOSE", "")
        or "prefetch" in get("HTTP_PURPOSE", "")
        or "preview" in get("HTTP_PURPOSE", "")
        or get("HTTP_X_MOZ") == "prefetch",
        "Headless" in get("HTTP_SEC_CH_UA", ""),
    )


def client_address(peer: str, forwarded_for: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """
    The address of the client: the rightmost one that no trusted proxy has.

    Whatever is left of that address was written by somebody who is not trusted. An entry that is no address ends the chain, too.

    Args:
        peer: who is connected.
        forwarded_for: ``X-Forwarded-For``; when it is there, ``Forwarded`` is not looked at.
        forwarded: ``Forwarded`` (RFC 7239).
        trusted: networks of the proxies that are believed.
    """
    address = _address(peer)
    if address is None or not _is_in(address, trusted):
        return peer
    if forwarded_for:
        chain = forwarded_for.split(",")
    else:
        chain = [found[1].strip('"') for part in forwarded.split(",") if (found := _FORWARDED_FOR.search(part))]
    for entry in reversed(chain[-_HOPS_MAX:]):
        hop = _address(_without_port(entry.strip()))
        if hop is None:
            break
        address = hop
        if not _is_in(hop, trusted):
            break
    return str(address)


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Is *address* in one of the networks? What is no address is in none."""
    parsed = _address(address)
    return parsed is not None and _is_in(parsed, trusted)


def cut(address: str, bits_v4: int, bits_v6: int) -> str:
    """*address* without its last bits; what is no address, as it is."""
    parsed = _address(address)
    if parsed is None:
        return address
    bits, kept = (32, bits_v4) if isinstance(parsed, IPv4Address) else (128, bits_v6)
    return str(type(parsed)(int(parsed) >> (bits - kept) << (bits - kept)))


def is_private(address: str) -> bool:
    """Is *address* this machine's, or of a network that is not part of the internet?"""
    return _PRIVATE.match(address) is not None


def network_of(address: str) -> str:
    """
    What one subscriber has: the address itself, of IPv6 the first 64 bits.

    Whoever has one IPv6 address has 18 trillion, so limits count networks.
    """
    if ":" not in address:
        return address
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)).network_address)
    return str(parsed)


@lru_cache(_REMEMBERED)
def device(agent: str) -> str:
    """
    The class of device: desktop, mobile, tablet or other.

    A heuristic. An iPad says since 2019 that it is a Macintosh, and counts as one.
    """
    if _OTHER.search(agent):
        return OTHER
    if _TABLET.search(agent) or (_ANDROID.search(agent) and not _MOBILE_WORD.search(agent) and "Mozilla/" in agent):
        return TABLET
    if _MOBILE.search(agent):
        return MOBILE
    return DESKTOP if _DESKTOP.search(agent) else OTHER


@lru_cache(_REMEMBERED)
def language(accept: str) -> str:
    """The language that somebody likes best: ISO 639-1 of the first in ``Accept-Language``; "" when it doesn't say."""
    found = _PRIMARY.match(accept)
    return found[1].lower() if found else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _without_port(entry: str) -> str:
    """``192.0.2.1:4711`` and ``[2001:db8::1]:4711`` without brackets and port."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
