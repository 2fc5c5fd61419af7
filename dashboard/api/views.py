"""
The addresses of the API:

    /api/v1/openapi.json                  what this is, as OpenAPI 3.1
    /api/v1/sites                         the sites of the token
    /api/v1/sites/KEY                     one of them
    /api/v1/sites/KEY/runs                the analyses that are kept
    /api/v1/sites/KEY/annotations         what happened when; GET and POST
    /api/v1/sites/KEY/TABLE               a table of the published analysis, of dashboard.api.resources

``document`` describes them; a test holds the two against each other.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

import msgspec
import polars as pl
import polars.selectors as cs
from flask import Blueprint, Response, request

from analysis.runs import NoRun, Run
from collector.sites import Site
from dashboard.access import public
from dashboard.annotations import Annotation, InvalidAnnotation, parse
from dashboard.api import answers, asked, document, door
from dashboard.api.problems import refuse
from dashboard.api.resources import PREFIX, RESOURCES
from dashboard.services import services
from dashboard.tokens import Scope

pages = Blueprint("api", __name__, url_prefix=PREFIX)
pages.before_request(
    door.guard
)  # the views are "public" only for the guard of sessions: this one lets nobody in without a token

DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@pages.get("/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI document."""
    asked.only()
    etag = answers.tag(document.build())
    return answers.unchanged(etag) if answers.is_known(etag) else answers.answer(document.build(), etag)


@pages.get("/sites")
@public
def sites() -> Response:
    """The sites that the token may read."""
    asked.only("limit", "cursor")
    known = services().sites
    known.refresh()
    found = [_site(site) for site in known.all() if door.grant().allows(Scope.READ, site.key)]
    return _part(found)


@pages.get("/sites/<key>")
@public
def site(key: str) -> Response:
    """One site."""
    asked.only()
    told = _site(door.site_for(key))
    etag = answers.tag(told)
    return answers.unchanged(etag) if answers.is_known(etag) else answers.answer(told, etag)


@pages.get("/sites/<key>/runs")
@public
def runs(key: str) -> Response:
    """The analyses of a site that are kept, newest first."""
    asked.only("limit", "cursor")
    found = door.site_for(key)
    current = _run_or_none(found.key)
    kept = services().readings.kept(found.key)
    return _part([_run(run, published=current is not None and run.id == current.id) for run in kept])


@pages.get("/sites/<key>/annotations")
@public
def noted(key: str) -> Response:
    """The annotations of a site, newest first."""
    asked.only("limit", "cursor")
    return _part([_annotation(one) for one in services().annotations.of(door.site_for(key).key)])


@pages.post("/sites/<key>/annotations")
@public
def annotate(key: str) -> Response:
    """Adds an annotation; 200 when there is the same one already."""
    asked.only()
    found = door.site_for(key, Scope.ANNOTATE)
    made = _parsed()
    kept = services().annotations.add(found.key, [made], by=door.grant().account.id)
    same = [
        one
        for one in services().annotations.of(found.key)
        if (one.start, one.end, one.kind, one.text) == (made.start, made.end, made.kind, made.text)
    ]
    if not same:
        refuse(HTTPStatus.CONFLICT, "The annotation was removed while it was added; send it again.")
    return answers.answer(_annotation(same[-1]), status=HTTPStatus.CREATED if kept else HTTPStatus.OK)


@pages.get("/sites/<key>/<what>")
@public
def table(key: str, what: str) -> Response:
    """A table of the published analysis, filtered, in parts."""
    resource = RESOURCES.get(what)
    if resource is None:
        refuse(HTTPStatus.NOT_FOUND, f"Table {what[:40]!r} is not known; expected one of: {', '.join(RESOURCES)}.")
    asked.only("limit", "cursor", *resource.filters, *(("from", "to") if resource.weekly else ()))
    part, only, (first, last) = asked.part(), asked.filters(resource.filters), asked.weeks()
    found = door.site_for(key)
    run = _run_or_none(found.key)
    if run is None:
        refuse(HTTPStatus.NOT_FOUND, f"Site {found.key!r} has no published analysis yet.")
    part.check(run.id)
    etag = answers.tag(run.id, sorted(services().names.of(found.key).items()))
    if answers.is_known(etag):
        return answers.unchanged(etag)
    rows = services().readings.scan(found.key, what)
    if "segment" in only:
        _known_segments(rows, only["segment"])
    for column, values in only.items():
        rows = rows.filter(pl.col(column).is_in(values))
    if first is not None:
        rows = rows.filter(pl.col("week") >= first)
    if last is not None:
        rows = rows.filter(pl.col("week") <= last)
    total = int(rows.select(pl.len()).collect().item())
    # Of numbers that are none JSON knows nothing: they are null, as on the pages a dash.
    shown = rows.slice(part.offset, part.limit).with_columns(cs.float().fill_nan(None)).collect()
    if services().readings.run(found.key).id != run.id:
        refuse(HTTPStatus.CONFLICT, "A new analysis was published while this was read; ask again.")
    about = {
        "site": run.site,
        "run": run.id,
        "start": run.start,
        "end": run.end,
        "k": run.k,
        "simulated": run.simulated,
    }
    return answers.answer(answers.listed(shown.to_dicts(), total, part.next(run.id, total), **about), etag)


def _known_segments(rows: pl.LazyFrame, wanted: list[str]) -> None:
    known = rows.select(pl.col("segment").unique()).collect()["segment"].sort().to_list()
    for segment in wanted:
        if segment not in known:
            refuse(
                HTTPStatus.NOT_FOUND, f"Segment {segment[:40]!r} is not in this table; it has: {', '.join(known[:20])}."
            )


def _part(rows: list[dict[str, Any]]) -> Response:
    part = asked.part()
    part.check(asked.LIST)
    etag = answers.tag(msgspec.json.encode(rows))
    if answers.is_known(etag):
        return answers.unchanged(etag)
    shown = rows[part.offset : part.offset + part.limit]
    return answers.answer(answers.listed(shown, len(rows), part.next(asked.LIST, len(rows))), etag)


def _site(of: Site) -> dict[str, Any]:
    run = _run_or_none(of.key)
    return {
        "key": of.key,
        "hosts": list(of.hosts),
        "timezone": of.timezone,
        "k": of.k,
        "simulated": of.simulated,
        "run": None if run is None else _run(run, published=True),
    }


def _run_or_none(key: str) -> Run | None:
    try:
        return services().readings.run(key)
    except NoRun:
        return None


def _run(run: Run, *, published: bool) -> dict[str, Any]:
    return {
        "id": run.id,
        "start": run.start,
        "end": run.end,
        "weeks": run.weeks,
        "visits": run.visits,
        "k": run.k,
        "segments": run.segments,
        "verdict": run.verdict,
        "reasons": run.reasons,
        "published": published,
    }


def _annotation(of: Annotation) -> dict[str, Any]:
    return {"id": of.id, "start": of.start, "end": of.end, "kind": of.kind, "text": of.text}


def _parsed() -> Annotation:
    if request.mimetype != "application/json":
        refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON; expected Content-Type: application/json.")
    try:
        body = msgspec.json.decode(request.get_data(), type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        refuse(
            HTTPStatus.BAD_REQUEST,
            "The body is not a JSON object of texts; expected start, text, and if wanted end and kind.",
        )
    for name in body:
        if name not in ("start", "end", "kind", "text"):
            refuse(
                HTTPStatus.BAD_REQUEST, f"{name[:40]!r} is not known; expected start, text, and if wanted end and kind."
            )
    for name in ("start", "end"):
        if name in body and not DAY.fullmatch(body[name]):
            refuse(HTTPStatus.BAD_REQUEST, f"{name} is {body[name][:40]!r}; expected a day such as 2026-11-22.")
    try:
        return parse(body.get("start", ""), body.get("end", ""), body.get("kind", "other"), body.get("text", ""))
    except InvalidAnnotation as error:
        refuse(HTTPStatus.BAD_REQUEST, f"{error}.")
