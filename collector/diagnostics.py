"""
What the collector sees of one request, for the person who installs it: through which proxies it came, and what its event would become.

Shown to a logged-in administrator about his own request, and kept nowhere. Names and problems are codes; who shows them has the
words, in the reader's language.

    facts      peer · forwarded_for · forwarded · trusted · client · scheme · host · device · language · country · outcome
    problems   proxy_not_trusted    a proxy names the client, but is not in TELPUNT_TRUSTED_PROXIES: all visits seem to come from it
               proxy_names_nobody   a trusted proxy sends neither X-Forwarded-For nor Forwarded: all visits seem to come from it
               chain_broken         the proxy's header has something else than an address where the client should be
               client_is_private    the client is in a private network: right inside a company, else a proxy that is not named
               insecure             http on an address that is not this machine's: a page with https cannot send here
               opt_out, bot, prefetch   an event of this browser would be dropped
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from collector import bots, traits
from collector.country import Countries
from collector.settings import Settings

FACTS: Final = (
    "peer",
    "forwarded_for",
    "forwarded",
    "trusted",
    "client",
    "scheme",
    "host",
    "device",
    "language",
    "country",
    "outcome",
)
PROBLEMS: Final = (
    "proxy_not_trusted",
    "proxy_names_nobody",
    "chain_broken",
    "client_is_private",
    "insecure",
    "opt_out",
    "bot",
    "prefetch",
)
_SHOWN_MAX_CHARS: Final = 200


class Fact(NamedTuple):
    """
    One thing that the collector sees.

    Attributes:
        name: one of :data:`FACTS`.
        value: as seen, at most 200 printable characters; "" when there is none.
        problem: one of :data:`PROBLEMS`, or "".
    """

    name: str
    value: str
    problem: str = ""


def describe(environ: Mapping[str, Any], settings: Settings, countries: Countries | None = None) -> list[Fact]:
    """
    What the collector sees of the request *environ*: every one of :data:`FACTS`, in that order. Nothing is kept.

    Args:
        environ: WSGI environment of a request that a person made with a browser.
        settings: of the installation.
        countries: knows the country of an address; None: nobody does.
    """
    sender = traits.read_sender(environ, settings.trusted_proxies)
    peer = _shown(environ.get("REMOTE_ADDR", ""))
    chain = _shown(environ.get("HTTP_X_FORWARDED_FOR", ""))
    forwarded = _shown(environ.get("HTTP_FORWARDED", ""))
    scheme = str(environ.get("wsgi.url_scheme", "http"))
    host = _shown(environ.get("HTTP_HOST", ""))
    outcome = _outcome(sender, settings)
    return [
        Fact("peer", peer),
        Fact("forwarded_for", chain),
        Fact("forwarded", forwarded),
        Fact("trusted", ", ".join(map(str, settings.trusted_proxies))),
        Fact("client", sender.address, _trouble(peer, chain, forwarded, sender.address, settings)),
        Fact("scheme", scheme, "insecure" if scheme == "http" and not _is_local(host) else ""),
        Fact("host", host),
        Fact("device", traits.device(sender.agent)),
        Fact("language", traits.language(sender.language)),
        Fact("country", countries.of(sender.address) if countries is not None else ""),
        Fact("outcome", outcome or "accepted", outcome),
    ]


def _outcome(sender: traits.Sender, settings: Settings) -> str:
    """What an event of this browser would be dropped for, or ""."""
    if sender.opt_out and settings.honour_opt_out:
        return "opt_out"
    if sender.prefetch:
        return "prefetch"
    return "bot" if sender.automated or bots.verdict(sender.agent) else ""


def _trouble(peer: str, chain: str, forwarded: str, client: str, settings: Settings) -> str:
    named = bool(chain or forwarded)
    if not traits.is_trusted(peer, settings.trusted_proxies):
        if named:
            return "proxy_not_trusted"
    elif not named:
        return "proxy_names_nobody"
    elif traits.is_trusted(client, settings.trusted_proxies):
        # Nobody was found but proxies: the header has something that is no address, or only proxies of ours.
        return "chain_broken"
    return "client_is_private" if traits.is_private(client) and not _is_local(client) else ""


def _is_local(host: str) -> bool:
    """Is *host* this machine, where browsers take http for secure (https://w3c.github.io/webappsec-secure-contexts/)?"""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name in ("localhost", "[::1]", "::1") or name.startswith("127.") or name.endswith(".localhost")


def _shown(value: object) -> str:
    return "".join(char for char in str(value) if char.isprintable())[:_SHOWN_MAX_CHARS]
