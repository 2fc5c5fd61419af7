"""A chart as an answer: the spec for the browser, or drawn for who wants a picture."""

from __future__ import annotations

import gzip
from typing import Any, cast

import msgspec
from flask import Response, abort, request

from dashboard import charts
from dashboard.assets import takes_gzip


def answer(spec: dict[str, Any], form: str, name: str) -> Response:
    """
    A Vega-Lite spec as ``json``, or drawn as ``svg`` or ``png`` (in dark colours with ``?theme=dark``); any other form is 404.

    Args:
        name: of the file that a picture is saved as, without its ending.
    """
    if form == "json":
        return _json(spec)
    if form not in ("svg", "png"):
        abort(404)
    theme: charts.Theme = "dark" if request.args.get("theme") == "dark" else "light"
    body = charts.render(spec, cast("Any", form), theme)
    kind = "image/svg+xml" if form == "svg" else "image/png"
    return Response(body, content_type=kind, headers={"Content-Disposition": f'inline; filename="{name}.{form}"'})


def _json(spec: dict[str, Any]) -> Response:
    # Gzipped: 5,000 points are 600 kB of JSON and 60 kB gzipped. It holds no secret that its length could tell (BREACH).
    body = msgspec.json.encode(spec)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if takes_gzip():
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, content_type="application/json", headers=headers)
