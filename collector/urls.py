"""
A URL taken apart without ever raising: what :mod:`urllib.parse` does for well-behaved input, for hostile input.

Every function is linear in its input, which is cut to :data:`URL_MAX_CHARS` first, and takes any string at all, lone
surrogates included.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

URL_MAX_CHARS: Final = 2048  # what the oldest browsers cut at; a longer URL is a token or an attack
PARAMS_MAX: Final = 64  # parameters of one query that are looked at

# Percent signs that decode to percent signs that decode to ...: more rounds than any real chain of redirects adds.
_DECODE_ROUNDS: Final = 4


class Parts(NamedTuple):
    """
    The parts of a URL, still percent-encoded.

    Attributes:
        scheme: lower case, "" where the input had none.
        host: lower case, without port and user information, "" where the input had none.
        port: as written, mostly "".
        path: begins with "/" or is "".
        query: without "?".
        fragment: without "#".
    """

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str


def printable(text: str) -> str:
    """*text* without control, format (bidi, zero width), private, unassigned and surrogate characters; blanks become one kind."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)


def split(url: str) -> Parts:
    """
    Take *url* apart: a full URL, ``//host/path``, or a path.

    Input that begins with neither a scheme nor a slash counts as a path ("vacatures/x"). Backslashes count as slashes, as in
    every browser (https://url.spec.whatwg.org/#url-parsing). Empty input gives empty parts.
    """
    rest = printable(url[:URL_MAX_CHARS]).strip().replace("\\", "/")
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    scheme = host = port = ""
    head, mark, tail = rest.partition("://")
    if mark and _is_scheme(head):
        scheme, rest = head.lower(), tail
        authority, slash, rest = rest.partition("/")
        host, port = _host(authority)
        rest = slash + rest
    elif rest.startswith("//"):
        authority, slash, rest = rest[2:].partition("/")
        host, port = _host(authority)
        rest = slash + rest
    elif rest and not rest.startswith("/"):
        head, mark, tail = rest.partition(":")
        if mark and _is_scheme(head) and not tail[:1].isdigit():
            scheme, rest = head.lower(), "/" + tail  # mailto:, tel:, javascript:, about:
        else:
            rest = "/" + rest
    return Parts(scheme, host, port, rest, query, fragment)


def decode(text: str) -> str:
    """*text* percent-decoded until nothing changes, as UTF-8 with what is not UTF-8 dropped; no printable surprise survives."""
    for _ in range(_DECODE_ROUNDS):
        if "%" not in text:
            break
        decoded = unquote_to_bytes(text.encode("utf-8", "ignore")).decode("utf-8", "ignore")
        if decoded == text:
            break
        text = decoded
    return printable(unicodedata.normalize("NFKC", printable(text)))


def params(query: str) -> dict[str, str]:
    """The parameters of *query* by lower-case name: the first value of each, decoded; at most :data:`PARAMS_MAX`."""
    found: dict[str, str] = {}
    for pair in query[:URL_MAX_CHARS].replace(";", "&").split("&", PARAMS_MAX)[:PARAMS_MAX]:
        name, _, value = pair.partition("=")
        if name:
            found.setdefault(decode(name).lower(), decode(value.replace("+", " ")).strip())
    return found


def _is_scheme(text: str) -> bool:
    return (
        0 < len(text) <= 32
        and text[0].isalpha()
        and text.isascii()
        and text.replace("-", "").replace("+", "").replace(".", "").isalnum()
    )


def _host(authority: str) -> tuple[str, str]:
    bare = authority.rpartition("@")[2].strip().lower()
    if bare.startswith("["):
        address, _, port = bare[1:].partition("]")
        return f"[{address}]", port.removeprefix(":")
    name, _, port = bare.partition(":")
    return decode(name).lower().strip("."), port
