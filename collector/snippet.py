"""
The snippet that a site owner puts on every page: built once at start, and the two lines that install it.

``static/t.js`` is the readable source; what is served is the same, minified: names shortened as well,
since 1,500 bytes gzipped have to hold it all.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from html import escape
from importlib.resources import files
from typing import Final, NamedTuple

PATH: Final = "/t.js"


class Snippet(NamedTuple):
    """
    What ``GET /t.js`` answers.

    Attributes:
        body: minified JavaScript, UTF-8.
        etag: strong validator, quoted as in the header (RFC 9110, 8.8.3).
        version: 8 hexadecimal digits that change with the body.
    """

    body: bytes
    etag: str
    version: str


def build() -> Snippet:
    """
    Minify the source; about 1 ms, so once at start.

    Loads a library whose threads do not survive a fork (it has the runtime of Go in it), so not in a process that forks after.
    """
    import minify

    source = files("collector").joinpath("static", "t.js").read_text(encoding="utf-8")
    body = str(minify.string("application/javascript", source)).encode()
    version = blake2b(body, digest_size=4).hexdigest()
    return Snippet(body, f'"{version}"', version)


def tag(address: str, key: str) -> str:
    """
    The line of HTML that installs the snippet.

    Args:
        address: origin of the collector, such as ``https://count.example.org``; a path after it is kept.
        key: key of the site.
    """
    return f'<script defer src="{escape(address.rstrip("/") + PATH)}" data-site="{escape(key)}"></script>'


def loader(address: str, key: str) -> str:
    """
    JavaScript that puts the snippet on the page, for a tag manager: Google's takes the ``data-`` attributes off a script.

    Args:
        address: as in :func:`tag`.
        key: key of the site.
    """
    return (
        "(function (script) {\n"
        f"  script.src = {_quoted(address.rstrip('/') + PATH)};\n"
        f"  script.dataset.site = {_quoted(key)};\n"
        "  document.head.appendChild(script);\n"
        '})(document.createElement("script"));'
    )


def _quoted(text: str) -> str:
    """A JavaScript string that can stand inside HTML."""
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def csp(address: str) -> str:
    """What a Content-Security-Policy must allow: the snippet's script, and the beacons that it sends."""
    origin = _origin(address)
    return f"script-src {origin}; connect-src {origin}"


def _origin(address: str) -> str:
    """Scheme and host of *address*; characters that would end a directive are left out."""
    scheme, mark, rest = address.strip().partition("://")
    origin = scheme + mark + rest.partition("/")[0]
    return "".join(char for char in origin if char.isprintable() and char not in " ;,'\"")
