"""The OpenAPI 3.1 document, made from what the API is made of: the tables' schemas, their filters and the limits."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import polars as pl

from analysis.runs import TABLES
from dashboard.annotations import KINDS, TEXT_MAX_CHARS
from dashboard.api import asked, problems
from dashboard.api.resources import FILTER_MAX_CHARS, FILTERS, LIMIT, LIMIT_MAX, PREFIX, RESOURCES, Resource
from dashboard.exports.columns import meaning

Json = dict[str, Any]

TYPES: Final[dict[type[pl.DataType], Json]] = {
    pl.String: {"type": ["string", "null"]},
    pl.Int64: {"type": ["integer", "null"]},
    pl.Float64: {"type": ["number", "null"]},
    pl.Boolean: {"type": ["boolean", "null"]},
}
REFUSALS: Final = {
    400: "Something that was sent is not understood; the sentence says what",
    401: "No good API token",
    403: "The token or its owner may not do this",
    404: "Not there, or not for this token",
    409: "What is asked for has changed meanwhile, such as the analysis of a cursor; begin again",
    413: "The body is too large",
    415: "The body is not JSON",
    429: "Too many requests; Retry-After says how many seconds to wait",
}
TEXT: Final[Json] = {"type": "string"}
DAY: Final[Json] = {"type": "string", "format": "date"}
DESCRIPTION: Final = (
    "Everything that is published, for programs. Every number rests on at least k visits (visits, not people); what is held back is in "
    "the value (other). Make a token on your account's page and send it as a bearer token. Answers carry an ETag: with If-None-Match "
    "an answer that has not changed is 304 without a body. Lists come in parts: follow next, or the header Link, until there is none."
)


@cache
def build() -> Json:
    """The whole document; not to be changed by who gets it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Telpunt",
            "version": "1",
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": {
            "/openapi.json": {"get": _document()},
            "/sites": {"get": _list("sites", "The sites that the token may read", "Site", [])},
            "/sites/{key}": {"get": _one_site()},
            "/sites/{key}/runs": {"get": _list("runs", "The analyses that are kept, newest first", "Run", [_key()])},
            "/sites/{key}/annotations": {
                "get": _list("annotations", "Campaigns and changes of the site, newest first", "Annotation", [_key()]),
                "post": _annotate(),
            },
            **{f"/sites/{{key}}/{name}": {"get": _table(resource)} for name, resource in RESOURCES.items()},
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token: telpunt_…"}
            },
            "schemas": _schemas(),
            "headers": {
                "ETag": {"description": "Stays while the answer stays", "schema": TEXT},
                "Link": {"description": "Where the next part is, as rel=next; absent in the last part", "schema": TEXT},
            },
        },
    }


def _document() -> Json:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
            **_refused(400),
        },
    }


def _one_site() -> Json:
    return {
        "operationId": "site",
        "summary": "One site",
        "parameters": [_key()],
        "responses": {"200": _told("Site"), **_unchanged(), **_refused(400, 401, 404, 429)},
    }


def _list(name: str, summary: str, schema: str, parameters: list[Json]) -> Json:
    refusals = (400, 401, 409, 429) if not parameters else (400, 401, 404, 409, 429)
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, *_paging()],
        "responses": {"200": _told(f"{schema}List", linked=True), **_unchanged(), **_refused(*refusals)},
    }


def _table(resource: Resource) -> Json:
    chosen = [
        {
            "name": column,
            "in": "query",
            "description": f"{FILTERS[column]}. Several times: any of them.",
            "schema": {"type": "array", "items": {"type": "string", "maxLength": FILTER_MAX_CHARS}},
            "style": "form",
            "explode": True,
        }
        for column in resource.filters
    ]
    weeks = [
        {
            "name": name,
            "in": "query",
            "description": f"{which} ISO week",
            "schema": {"type": "string", "pattern": asked.WEEK, "examples": ["2026-W47"]},
        }
        for name, which in (("from", "First"), ("to", "Last"))
    ]
    made = _list(resource.name, resource.about, resource.name.capitalize(), [_key()])
    return {**made, "parameters": [*made["parameters"], *chosen, *(weeks if resource.weekly else [])]}


def _annotate() -> Json:
    return {
        "operationId": "annotate",
        "summary": "Add an annotation; needs a token of the scope annotate",
        "parameters": [_key()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("NewAnnotation")}}},
        "responses": {
            "201": {**_told("Annotation", tagged=False), "description": "Added"},
            "200": {**_told("Annotation", tagged=False), "description": "It was there already"},
            **_refused(400, 401, 403, 404, 409, 413, 415, 429),
        },
    }


def _key() -> Json:
    schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"}
    return {"name": "key", "in": "path", "required": True, "description": "Key of the site", "schema": schema}


def _paging() -> list[Json]:
    limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}
    cursor = {"type": "string", "pattern": asked.CURSOR}
    return [
        {"name": "limit", "in": "query", "description": "Rows of the answer, at most", "schema": limit},
        {"name": "cursor", "in": "query", "description": "What the answer before had as next", "schema": cursor},
    ]


def _told(schema: str, *, tagged: bool = True, linked: bool = False) -> Json:
    headers = {
        name: {"$ref": f"#/components/headers/{name}"} for name, on in (("ETag", tagged), ("Link", linked)) if on
    }
    return {"description": "OK", "headers": headers, "content": {"application/json": {"schema": _ref(schema)}}}


def _unchanged() -> Json:
    return {"304": {"description": "The answer is the one whose ETag was sent"}}


def _refused(*codes: int) -> Json:
    body = {problems.MEDIA_TYPE: {"schema": _ref("Problem")}}
    return {str(code): {"description": REFUSALS[code], "content": body} for code in codes}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _schemas() -> Json:
    run = {
        "id": {**TEXT, "description": "UTC time of its start"},
        "start": {**DAY, "description": "First day of its period"},
        "end": {**DAY, "description": "Last day of its period"},
        "weeks": {"type": "array", "items": {"type": "string", "pattern": asked.WEEK}},
        "visits": {"type": "integer", "description": "Visits in the period"},
        "k": {"type": "integer", "description": "Smallest number of visits that anything in it rests on"},
        "segments": {"type": "integer", "description": "Number of audiences"},
        "verdict": {"enum": ["good", "fair", "weak"], "description": "How clear the picture is"},
        "reasons": {"type": "array", "items": TEXT},
        "published": {"type": "boolean", "description": "Is it the one that pages and tables show?"},
    }
    annotation = {"id": {"type": "integer"}, "start": DAY, "end": DAY, "kind": {"enum": list(KINDS)}, "text": TEXT}
    about = {
        "site": TEXT,
        "run": {**TEXT, "description": "Id of the analysis"},
        "start": {**DAY, "description": "First day of its period"},
        "end": {**DAY, "description": "Last day of its period"},
        "k": {"type": "integer", "description": "Smallest number of visits that anything in it rests on"},
        "simulated": {"type": "boolean", "description": "These are not real visits"},
    }
    made: Json = {
        "Problem": {
            **_object({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT}),
            "description": "RFC 9457",
        },
        "Run": _object(run),
        "Site": _object(
            {
                "key": TEXT,
                "hosts": {"type": "array", "items": TEXT},
                "timezone": {**TEXT, "description": "Days and weeks are cut in it"},
                "k": {"type": "integer"},
                "simulated": {"type": "boolean"},
                "run": {
                    "oneOf": [_ref("Run"), {"type": "null"}],
                    "description": "The published analysis; null: none yet",
                },
            }
        ),
        "Annotation": _object(annotation),
        "NewAnnotation": _object(
            {
                "start": {**DAY, "description": "First day"},
                "end": {**DAY, "description": "Last day; without it the first"},
                "kind": {"enum": list(KINDS), "description": "Without it other"},
                "text": {"type": "string", "minLength": 1, "maxLength": TEXT_MAX_CHARS, "description": "In one line"},
            },
            optional=("end", "kind"),
        ),
    }
    for name in ("Site", "Run", "Annotation"):
        made[f"{name}List"] = _listed(name, {})
    for name in RESOURCES:
        title = name.capitalize()
        made[title] = _object({column: _column(name, column) for column in TABLES[name]})
        made[f"{title}List"] = _listed(title, about)
    return made


def _listed(of: str, about: Json) -> Json:
    paging = {
        "total": {"type": "integer", "description": "Rows in all parts"},
        "next": {"type": ["string", "null"], "description": "Cursor of the next part; null: this is the last"},
        "rows": {"type": "array", "items": _ref(of)},
    }
    return _object({**about, **paging})


def _column(table: str, column: str) -> Json:
    return {**TYPES[TABLES[table][column]], "description": meaning(table, column)}
