"""
Fetching a page of a registered site from the server, without being a way into the network that the server is in (CWE-918).

What is fetched: http and https, on a host of the site, on its usual port or the one that is registered with the host; only from public
addresses (and from networks that TELPUNT_FETCH_NETWORKS names); redirects only to where the first address could have been; within ten
seconds in all and up to a bound of bytes. The address that was looked up is the one that is connected to, so a name that points
elsewhere a moment later (DNS rebinding) gains nothing. No cookies, no proxy, no credentials; nothing is kept.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from flask import Flask, current_app

from collector.settings import Network
from collector.sites import Site
from dashboard.owner.check import AGENT, PAGE_MAX_BYTES, TIMEOUT_S, Answer
from dashboard.said import Said
from dashboard.said import Said as _

REDIRECTS_MAX: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_CHUNK: Final = 64 * 1024

# IPv6 addresses in which an IPv4 address hides that a gateway would connect to: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), SIIT
# (RFC 2765) and IPv4-compatible ones (RFC 4291, 2.5.5.1); and site-local ones (RFC 3879), which Python takes for public.
_TRANSLATED: Final = tuple(
    map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0:0/96", "::/96", "fec0::/10"))
)

AT_ONCE: Final = 2  # of the threads of a worker, that may be waiting for other servers
_SLOTS: Final = "telpunt_fetching"

Lookup = Callable[[str, int], list[str]]


class Refused(Exception):
    """When an address is one that the server does not fetch; *said* is why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


class Busy(Exception):
    """When as many fetches are under way as this worker has threads to spare."""


def install(app: Flask) -> None:
    """Give *app* its slots for fetches."""
    app.extensions[_SLOTS] = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def slot() -> Iterator[None]:
    """
    Fetch within this: so many requests at a time may wait for other servers.

    Raises:
        Busy: there are that many.
    """
    slots = current_app.extensions[_SLOTS]
    if not slots.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        slots.release()


def look_up(host: str, port: int) -> list[str]:
    """The addresses of *host*."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def address_of(host: str, port: int, networks: tuple[Network, ...], lookup: Lookup = look_up) -> str:
    """
    The address of *host* to connect to.

    Raises:
        Refused: it has none, or one that is neither public nor in *networks*.
        OSError: it can't be looked up.
    """
    found = lookup(host, port)
    for address in found:
        parsed = ip_address(address.partition("%")[0])
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        hidden = any(mapped in network for network in _TRANSLATED)
        public = mapped.is_global and not mapped.is_multicast and not hidden
        if not public and not any(mapped in network for network in networks):
            raise Refused(
                _(
                    "%(host)s is at an address that is not public, which is not fetched from here (see TELPUNT_FETCH_NETWORKS)",
                    host=host,
                )
            )
    if not found:
        raise Refused(_("%(host)s has no address", host=host))
    return found[0]


def connect(scheme: str, host: str, address: str, port: int, alarm: Alarm) -> socket.socket:
    """A connection to *address*, watched by *alarm*; of https it is encrypted, with a certificate of *host*."""
    plain = socket.create_connection((address, port), alarm.left())
    try:
        alarm.watch(plain)
        return plain if scheme == "http" else ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


@dataclass(frozen=True, slots=True)
class Fetcher:
    """
    Fetches pages of one site.

    Attributes:
        site: whose hosts may be fetched.
        networks: whose addresses may be fetched though they are not public.
        max_bytes: most of a body that is read.
        timeout_s: seconds that one fetch takes at most, redirects included.
        lookup: host and port to addresses.
    """

    site: Site
    networks: tuple[Network, ...] = ()
    max_bytes: int = PAGE_MAX_BYTES
    timeout_s: float = TIMEOUT_S
    lookup: Lookup = look_up

    def __call__(self, url: str, method: str = "GET") -> Answer:
        """Fetch *url* as text, redirects followed; never raises for what is wrong there."""
        answer, body = self.fetch(url, method)
        return Answer(answer.url, answer.status, answer.headers, body.decode("utf-8", "replace"), answer.trouble)

    def fetch(self, url: str, method: str = "GET") -> tuple[Answer, bytes]:
        """Fetch *url*: what came back, without text, and its body, unpacked when it was sent gzipped."""
        alarm = Alarm(self.timeout_s)
        try:
            for _hop in range(REDIRECTS_MAX + 1):
                answer, body = self._once(url, method, alarm)
                if answer.status not in (301, 302, 303, 307, 308) or not answer.all("location"):
                    return answer, body
                url = urljoin(url, answer.all("location")[0])
            return Answer(url, trouble=_("it redirects without end")), b""
        except Refused as refused:
            return Answer(url, trouble=refused.said), b""
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            if alarm.rang:
                return Answer(url, trouble=_("no answer in %(seconds)s s", seconds=round(self.timeout_s))), b""
            return Answer(url, trouble=str(getattr(error, "strerror", None) or error) or type(error).__name__), b""
        finally:
            alarm.off()

    def allows(self, url: str) -> bool:
        """Is *url* on a host of the site, by scheme, name and port?"""
        try:
            self._place(url)
        except (Refused, ValueError):
            return False
        return True

    def _place(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise Refused(_("%(url)s is not an address of a page", url=url[:200])) from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
            raise Refused(_("%(url)s is not an address of a page", url=url[:200]))
        host = parts.hostname.lower()
        usual = port == _PORTS[parts.scheme]
        own = self.site.accepts_host(host) and (usual or self._is_free(host))
        if not own and f"{host}:{port}" not in self.site.hosts:
            raise Refused(_("%(host)s is not a host of this site", host=f"{host}:{port}" if not usual else host))
        return parts

    def _is_free(self, host: str) -> bool:
        """Is *host* an address in a network that may be fetched, so that its ports are free too?"""
        try:
            return any(ip_address(host) in network for network in self.networks)
        except ValueError:
            return False

    def _once(self, url: str, method: str, alarm: Alarm) -> tuple[Answer, bytes]:
        parts = self._place(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        with connect(parts.scheme, host, address_of(host, port, self.networks, self.lookup), port, alarm) as connected:
            connection = http.client.HTTPConnection(host, port, timeout=alarm.left())
            connection.sock = connected
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
            connection.request(method, target, headers=headers)
            response = connection.getresponse()
            body = _read(response, self.max_bytes)
            alarm.left()  # what the alarm cut off looks like the end of an answer
            return Answer(url, response.status, tuple(response.headers.items())), body


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    """The body up to *most* bytes, unpacked; what would be longer is cut off there, however small it was packed."""
    packed = response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed else None
    body = bytearray()
    while len(body) < most:
        chunk = response.read(_CHUNK)
        if not chunk:
            break
        body += unpacker.decompress(chunk, most - len(body)) if unpacker else chunk
    return bytes(body[:most])


class Alarm:
    """Ends a fetch that takes too long: a timeout of a socket is between two bytes only, and a server may send one now and then."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._socket: socket.socket | None = None
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def left(self) -> float:
        if self.rang:
            raise TimeoutError
        return self._seconds

    def watch(self, connected: socket.socket) -> None:
        """Watch a connection, whatever it is wrapped in later: a handshake of TLS can be drawn out, too."""
        self._let_go()
        self._socket = socket.fromfd(connected.fileno(), connected.family, connected.type)
        if self.rang:
            raise TimeoutError

    def off(self) -> None:
        self._timer.cancel()
        self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _ring(self) -> None:
        self.rang = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed already
