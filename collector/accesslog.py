"""
One line of a web server's access log: its fields, and whether it can be a page view at all.

Read are the *common* and the *combined* format of Apache and nginx (https://httpd.apache.org/docs/2.4/logs.html#accesslog), with or
without the host in front (``vhost_combined``), and with whatever further fields follow. The only extra field that is looked at is
nginx's ``"$http_x_forwarded_for"`` right after the agent. Everything is bytes until it is known to be needed.

A line of a log is as hostile as a beacon: whoever visited wrote the request, the referrer and the agent. So nothing here raises, every
expression is linear in the length of the line, and a line that does not parse is None and never shown: it holds an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NamedTuple

from collector.events import DropReason

LINE_MAX_BYTES: Final = 65_536  # 8 times what nginx and Apache accept as a request line

_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE: Final = re.compile(
    # host[:port] in front, only when an address or host name follows: "1.2.3.4 - - [" starts with the address itself
    rb"(?:([A-Za-z0-9_.*-]+)(?::\d{1,5})? (?=[0-9A-Za-z:][^ ]*[.:]))?"
    rb"(\S+) \S+ [^\[]*\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d):(\d\d) ([+-]\d{4})\] "
    + _QUOTED
    + rb" (\d{3}) (?:\d+|-)(?: "
    + _QUOTED
    + rb" "
    + _QUOTED
    + rb"(?: \"([0-9A-Fa-f:., ]+)\")?)?(?: .*)?",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_CONTROLS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), start=1
    )
}

# What a page loads, and what machines read: nobody came for it.
ASSET_EXTENSIONS: Final = frozenset(
    b"css scss less js mjs cjs map wasm json jsonld xml xsl rss atom txt webmanifest manifest "
    b"png jpg jpeg jfif gif svg svgz webp avif ico bmp tif tiff heic cur "
    b"woff woff2 ttf otf eot mp3 mp4 m4a m4v webm ogg ogv oga mov avi wav flv swf m3u8 vtt srt yml yaml log".split()
)
# Files that somebody takes along; counted as a download and not as a page.
DOWNLOAD_EXTENSIONS: Final = frozenset(
    b"pdf doc docx odt rtf xls xlsx ods csv ppt pptx odp epub ics zip gz tgz bz2 xz tar rar 7z "
    b"jar war rpm deb dmg exe msi apk iso whl gem".split()
)
_ASSET_PATH: Final = re.compile(
    rb"/(?:feed|rss)(?:/[a-z0-9]*)?/?$|^/(?:xmlrpc|wp-cron)\.php$|^/wp-admin/admin-ajax\.php$|^/(?:wp-json|wp-includes|wp-content|api|graphql|_next|_nuxt|cdn-cgi|\.well-known"
    rb"|livewire|socket\.io|server-status|healthz)(?:/|$)",
    re.IGNORECASE,
)
_ASSET_QUERY: Final = re.compile(rb"(?:^|&)(?:(?:feed|flav)=(?:rss|atom|rdf)|wc-ajax=|rest_route=)", re.IGNORECASE)


class Line(NamedTuple):
    """
    The fields of one line that are of use; the rest is not even read.

    Attributes:
        host: host of the page in lower case, from the prefix of the line or an absolute request; empty when the log does not say.
        address: of the client; a host name where the server looked those up.
        at: when, in whole seconds since 1970 (UTC), the line's own offset honoured.
        method: GET, HEAD, …; empty when there was no request in the request.
        target: path and query.
        status: of the answer, 100 to 999.
        referrer: empty when there is none.
        agent: empty when the line has one that is empty; None when the log has no agents.
        forwarded: the X-Forwarded-For field, empty when the log has none.
    """

    host: bytes
    address: bytes
    at: int
    method: bytes
    target: bytes
    status: int
    referrer: bytes
    agent: bytes | None
    forwarded: bytes


def parse(line: bytes, *, combined: bool = False) -> Line | None:
    """
    Read one line, without its line end.

    Args:
        line: at most :data:`LINE_MAX_BYTES`; longer ones are nobody's visit.
        combined: referrer and agent must be there; a line cut off before its closing quote then does not count.

    Returns:
        Its fields, or None when it is not a line of an access log.
    """
    if len(line) > LINE_MAX_BYTES:
        return None
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    host, address, minute, second, zone, request, status, referrer, agent, forwarded = found.groups()
    if combined and agent is None:
        return None
    start = _minute(minute, zone)
    if start < 0:
        return None
    method, _, rest = request.partition(b" ")
    target = rest.rpartition(b" HTTP/")[0] or rest  # HTTP/0.9 has no version
    if b"\\" in line:
        target, referrer = _unescape(target), _unescape(referrer or b"")
        agent = None if agent is None else _unescape(agent)
    if not target.startswith(b"/"):
        method, host, target = _absolute(method, host or b"", target)
    return Line(
        b"" if host is None or host in (b"-", b"_", b"*") else host.lower(),
        address,
        start + int(second),
        method,
        target,
        int(status),
        b"" if referrer is None or referrer == b"-" else referrer,
        b"" if agent == b"-" else agent,
        forwarded or b"",
    )


def refuse(line: Line) -> DropReason | None:
    """Why this line can't be a page view or download, before any pipeline; None when it can."""
    if line.method != b"GET":
        return DropReason.METHOD
    if not (200 <= line.status < 300 or line.status == 304):  # 304: seen again from the browser's cache
        return DropReason.ERROR_STATUS
    path, _, query = line.target.partition(b"?")
    if extension(path) in ASSET_EXTENSIONS or _ASSET_PATH.search(path):
        return DropReason.ASSET
    if query and _ASSET_QUERY.search(query):
        return DropReason.ASSET
    return None


def extension(path: bytes) -> bytes:
    """The extension of the last segment in lower case, at most 11 characters; empty when there is none."""
    name = path[path.rfind(b"/") + 1 :]
    dot = name.rfind(b".")
    return name[dot + 1 :].lower() if dot >= 0 and len(name) - dot <= 12 else b""


def is_combined(lines: Iterable[bytes]) -> bool:
    """Does the majority of *lines* that parse have an agent? An empty sample counts as combined."""
    agents = common = 0
    for line in lines:
        parsed = parse(line)
        if parsed is not None:
            agents += parsed.agent is not None
            common += parsed.agent is None
    return agents >= common


@lru_cache(maxsize=4096)
def _minute(minute: bytes, zone: bytes) -> int:
    """Seconds since 1970 of ``17/May/2015:10:05`` at ``+0200``; -1 when there is no such time. Cached: a log has few minutes."""
    try:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        moment = datetime(
            int(minute[7:11]),
            _MONTHS[minute[3:6]],
            int(minute[:2]),
            int(minute[12:14]),
            int(minute[15:17]),
            tzinfo=timezone(-offset if zone[:1] == b"-" else offset),
        )
        return int(moment.timestamp())
    except (KeyError, ValueError, OverflowError):
        return -1


def _absolute(method: bytes, host: bytes, target: bytes) -> tuple[bytes, bytes, bytes]:
    """A request for ``https://host/path``, as proxies send it; anything else that is not a path is no request for a page."""
    scheme, _, rest = target.partition(b"://")
    if scheme.lower() not in (b"http", b"https"):
        return (method if method in (b"OPTIONS", b"CONNECT") else b""), host, target
    authority, slash, path = rest.partition(b"/")
    return method, authority.rpartition(b"@")[2], slash + path if slash else b"/"


def _unescape(text: bytes) -> bytes:
    r"""Undo ``\"`` and ``\x22``, as Apache and nginx write what could break a line."""
    if b"\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[bytes]) -> bytes:
    code: bytes = found[1]
    if len(code) == 3:
        return bytes((int(code[1:], 16),))
    return _CONTROLS.get(code, code)
