"""
Pages travel gzipped where that gives nothing away.

Length betrays: who can make a browser open our pages with words of his own in the address, and sees how long the encrypted answers are, learns
what else is in them, letter by letter (BREACH; Gluck, Harris & Prado 2013). So three things hold:

- only the pages named in :data:`PAGES` are compressed, and only as answers to GET: those that show figures. Pages with links of invitation,
  second steps, recovery codes and API tokens are not;
- the one secret of the pages that are, the token of their forms, is masked anew in every answer (:mod:`dashboard.csrf`);
- every answer has a random length of up to :data:`RANDOM_BYTES` more ("Heal the BREACH"; Palmieri 2022), as Django does it.
"""

from __future__ import annotations

import gzip
import secrets
from io import BytesIO
from typing import Final

from flask import Flask, Response, request

from dashboard.assets import takes_gzip
from dashboard.streaming import InPieces

PAGES: Final = frozenset(
    {
        "overview", "audiences", "segments", "changes", "touchpoints", "demand", "channels", "live", "downloads", "jobs",
        "install", "rules", "site_settings", "first_day", "privacy", "api", "shared", "embedded",
    }
)  # fmt: skip
STATIC: Final = "static"  # our stylesheets and scripts
TYPES: Final = frozenset({"text/html", "text/css", "text/javascript", "text/csv", "application/json", "image/svg+xml"})
LEAST_BYTES: Final = 1000  # under this the header costs what compression gains
LEVEL: Final = 5  # 6 ms for 300 kB here; level 9 takes twice as long for 1 % less
RANDOM_BYTES: Final = 100


def install(app: Flask) -> None:
    """Compress the answers of *app*."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """*response*, gzipped if it is one of :data:`PAGES`, long enough, and asked for by something that reads gzip."""
    if not _may_be(response):
        return response
    response.vary.add("Accept-Encoding")
    if not takes_gzip():
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    response.set_data(gzipped(body))
    response.headers["Content-Encoding"] = "gzip"
    # What is compressed is another form of the same thing: RFC 9110, 8.8.1.
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(tag, weak=True)
    return response


def gzipped(body: bytes) -> bytes:
    """*body* in gzip, longer by a random number of bytes: the name of a file that every reader skips."""
    packed = BytesIO()
    name = secrets.token_hex(RANDOM_BYTES)[: secrets.randbelow(RANDOM_BYTES + 1)]
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()


def _may_be(response: Response) -> bool:
    return (
        request.method == "GET"
        and response.status_code == 200
        and response.mimetype in TYPES
        and not isinstance(response, InPieces)
        and "Content-Encoding" not in response.headers
        and (request.blueprint in PAGES or request.endpoint == STATIC)
    )
