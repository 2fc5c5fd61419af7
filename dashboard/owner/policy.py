"""
Does a Content-Security-Policy let the snippet load and send? As browsers read it: https://www.w3.org/TR/CSP3/

Kept to what decides about a script with an address and a beacon; hashes can't be checked without the script and count as no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

_PORTS: Final = {"http": 80, "https": 443}
_NETWORK: Final = ("http", "https", "ws", "wss")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: its directives by lower-case name, the first of each."""

    directives: dict[str, tuple[str, ...]]

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Read one policy; empty text allows everything."""
        directives: dict[str, tuple[str, ...]] = {}
        for part in text.split(";"):
            words = part.split()
            if words:
                directives.setdefault(words[0].lower(), tuple(words[1:]))
        return cls(directives)

    def allows_script(self, src: str, *, page: str, nonce: str = "") -> bool:
        """May *page* load the script *src*, whose tag has *nonce*?"""
        sources = self._sources("script-src-elem", "script-src", "default-src")
        if sources is None or (nonce and f"'nonce-{nonce}'" in sources):
            return True
        # Under strict-dynamic, addresses count no more: only nonces and hashes do.
        return "'strict-dynamic'" not in map(str.lower, sources) and _matches(sources, src, page)

    def allows_connection(self, url: str, *, page: str) -> bool:
        """May *page* send a beacon to *url*?"""
        sources = self._sources("connect-src", "default-src")
        return sources is None or _matches(sources, url, page)

    def _sources(self, *names: str) -> tuple[str, ...] | None:
        return next((self.directives[name] for name in names if name in self.directives), None)


def _matches(sources: tuple[str, ...], url: str, page: str) -> bool:
    target, own = urlsplit(url), urlsplit(page)
    return any(_matches_one(source.lower(), target, own) for source in sources)


def _matches_one(source: str, target: SplitResult, own: SplitResult) -> bool:
    if source == "*":
        return target.scheme in (*_NETWORK, own.scheme)
    if source == "'self'":
        return (
            _same_host(target, own) and _scheme_fits(own.scheme, target.scheme) and _port(target) in (_port(own), 443)
        )
    if source.startswith("'"):
        return False
    if source.endswith(":") and "/" not in source:
        return _scheme_fits(source[:-1], target.scheme)
    scheme, mark, rest = source.rpartition("://")
    host, slash, path = rest.partition("/")
    name, _, port = host.partition(":")
    return (
        _scheme_fits(scheme if mark else own.scheme, target.scheme)
        and _host_fits(name, target.hostname or "")
        and _port_fits(port, target)
        and _path_fits(slash + path, target.path)
    )


def _scheme_fits(allowed: str, scheme: str) -> bool:
    return allowed == scheme or (allowed == "http" and scheme == "https")


def _host_fits(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in ("*", host)


def _port_fits(port: str, target: SplitResult) -> bool:
    if port == "*":
        return True
    if not port:
        return _port(target) == _PORTS.get(target.scheme)
    return port == str(_port(target)) or (port == "80" and _port(target) == 443)


def _path_fits(pattern: str, path: str) -> bool:
    if pattern in ("", "/"):
        return True
    return path.startswith(pattern) if pattern.endswith("/") else path == pattern


def _same_host(one: SplitResult, other: SplitResult) -> bool:
    return one.hostname == other.hostname


def _port(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)
