"""
Files that a browser may keep for a year: our own stylesheet and script, and the Vega bundle.

Vega is not in this repository: vl-convert ships it, and hands out one file with everything in it. It is made when it is first asked for
(about a second) and kept in memory, gzipped (305 kB). Each address has a version in it, so a new version is a new address.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Final

from flask import Blueprint, Flask, Response, abort, request, url_for

from dashboard.access import public
from dashboard.security import ONE_YEAR_S

IMMUTABLE: Final = f"public, max-age={ONE_YEAR_S}, immutable"
# Only what charts.js needs. vegaEmbed brings Vega, Vega-Lite and the expression interpreter, which needs no eval.
SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"
VERSION_CHARS: Final = 10


class VegaBundle:
    """The Vega bundle, made once per process when it is first asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gzipped: bytes | None = None

    @staticmethod
    def tag() -> str:
        """Changes whenever the bundle may: it is vl-convert's version and what we ask of it."""
        import vl_convert

        made_of = f"{version('vl-convert-python')} {vl_convert.get_vega_version()} {SNIPPET}"
        return hashlib.sha256(made_of.encode()).hexdigest()[:VERSION_CHARS]

    def gzipped(self) -> bytes:
        """The bundle's JavaScript, gzipped."""
        import vl_convert

        with self._lock:
            if self._gzipped is None:
                self._gzipped = gzip.compress(vl_convert.javascript_bundle(snippet=SNIPPET).encode(), mtime=0)
            return self._gzipped


def blueprint() -> Blueprint:
    """``/assets/vega-VERSION.js``."""
    pages = Blueprint("assets", __name__)
    bundle = VegaBundle()

    @pages.get("/assets/vega-<tag>.js")
    @public
    def vega(tag: str) -> Response:
        if tag != bundle.tag():
            abort(404)
        body = bundle.gzipped()
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding", "ETag": f'"{tag}"'}
        if takes_gzip():
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        return Response(body, content_type="text/javascript; charset=utf-8", headers=headers)

    return pages


def takes_gzip() -> bool:
    """Does this browser read gzip?"""
    return request.accept_encodings.quality("gzip") > 0


def install(app: Flask) -> None:
    """Give the templates of *app* ``asset('style.css')`` and ``vega_url()``, and let browsers keep what these name."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = ONE_YEAR_S
    app.view_functions["static"] = public(app.view_functions["static"])

    @cache
    def tag(name: str) -> str:
        return hashlib.sha256((Path(str(app.static_folder)) / name).read_bytes()).hexdigest()[:VERSION_CHARS]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=tag(name))

    def vega_url() -> str:
        return url_for("assets.vega", tag=VegaBundle.tag())

    app.jinja_env.globals.update(asset=asset, vega_url=vega_url)
