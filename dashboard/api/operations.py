"""What the OpenAPI document says of each operation: its parameters, its answers and its refusals."""

from __future__ import annotations

from typing import Final

from dashboard.api import asked, problems
from dashboard.api.reporting import COMPARED
from dashboard.api.resources import FILTER_MAX_CHARS, FILTERS, LIMIT, LIMIT_MAX, Resource
from dashboard.api.schemas import TEXT, Json, ref
from dashboard.exports import formats, names
from dashboard.period import LENGTHS
from dashboard.reports.formats import FORMATS as REPORT_FORMATS
from dashboard.whole_numbers import MOST

REFUSALS: Final = {
    400: "Something that was sent is not understood; the sentence says what",
    401: "No good API token",
    403: "The token or its owner may not do this",
    404: "Not there, or not for this token",
    406: "The header Accept does not take what this address gives",
    409: "What is asked for has changed meanwhile, such as the analysis of a cursor; begin again",
    413: "The body is too large",
    415: "The body is not JSON",
    429: "Too many requests; Retry-After says how many seconds to wait",
    503: "Others are making reports or taking large files; Retry-After says how many seconds to wait",
}
HEADERS: Final[Json] = {
    "ETag": {"description": "Stays while the answer stays", "schema": TEXT},
    "Content-Disposition": {"description": "The name of the file", "schema": TEXT},
    "Link": {"description": "Where the next part is, as rel=next; absent in the last part", "schema": TEXT},
}


def document() -> Json:
    """The document itself."""
    return {
        "operationId": "openapi",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
            **_refused(400),
        },
    }


def one_site() -> Json:
    """One site."""
    return {
        "operationId": "site",
        "summary": "One site",
        "parameters": [key()],
        "responses": {"200": _told("Site"), **_unchanged(), **_refused(400, 401, 404, 429)},
    }


def listing(name: str, summary: str, schema: str, parameters: list[Json]) -> Json:
    """A list in parts, of a shape."""
    refusals = (400, 401, 409, 429) if not parameters else (400, 401, 404, 409, 429)
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, *_paging()],
        "responses": {"200": _told(f"{schema}List", linked=True), **_unchanged(), **_refused(*refusals)},
    }


def table(resource: Resource) -> Json:
    """A table in parts."""
    made = listing(resource.name, resource.about, resource.title, [key()])
    refused = _refused(406)
    parameters = [*made["parameters"], *_choices(resource)]
    return {**made, "parameters": parameters, "responses": {**made["responses"], **refused}}


def file(resource: Resource) -> Json:
    """A table as a file."""
    content: Json = {formats.by_name(name).media_type: {} for name in names.FORMATS}
    content["application/json"] = {"schema": ref(f"{resource.title}File")}
    return {
        "operationId": f"{resource.name}_file",
        "summary": f"{resource.about}; all of it, as a file",
        "parameters": [key(), _format(names.FORMATS), *_choices(resource)],
        "responses": {
            "200": _given(content),
            **_unchanged(),
            **_refused(400, 401, 404, 406, 409, 429, 503),
        },
    }


def report() -> Json:
    """The report as a file."""
    chapters = {"type": "array", "minItems": 1, "items": {"enum": list(names.CHAPTERS)}}
    return {
        "operationId": "report",
        "summary": "The report of the site or of one audience; made when it is asked for, which takes some seconds",
        "parameters": [
            key(),
            _format(names.REPORT_FORMATS),
            {
                "name": "segment",
                "in": "query",
                "description": "Id of the only audience that it is about; without it the whole site",
                "schema": {"type": "string", "maxLength": FILTER_MAX_CHARS},
            },
            {
                "name": "chapters",
                "in": "query",
                "description": f"With commas between them: {', '.join(names.CHAPTERS)}; without it all",
                "schema": chapters,
                "style": "form",
                "explode": False,
            },
            _lang("Language; without it en"),
            {
                "name": "weeks",
                "in": "query",
                "description": f"How many weeks what is told by week is about: {', '.join(map(str, LENGTHS))}",
                "schema": {"type": "integer", "enum": list(LENGTHS)},
            },
            {
                "name": "until",
                "in": "query",
                "description": "The last of these weeks; without it the newest",
                "schema": {"type": "string", "pattern": asked.WEEK, "examples": ["2026-W47"]},
            },
            {
                "name": "compare",
                "in": "query",
                "description": "Compared with: previous (the weeks before, as when it is left out) or year (a year earlier)",
                "schema": {"enum": list(COMPARED)},
            },
        ],
        "responses": {
            "200": _given({REPORT_FORMATS[name].media_type: {} for name in names.REPORT_FORMATS}),
            **_unchanged(),
            **_refused(400, 401, 404, 406, 429, 503),
        },
    }


def _given(content: Json) -> Json:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Content-Disposition")}
    return {"description": "The file", "headers": headers, "content": content}


def _format(known: tuple[str, ...]) -> Json:
    schema = {"type": "string", "enum": list(known)}
    return {"name": "format", "in": "path", "required": True, "description": " or ".join(known), "schema": schema}


def _choices(resource: Resource) -> list[Json]:
    """What chooses rows of a table."""
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
    words = _lang("Words of that language beside codes, as columns whose names end with _in_words")
    return [*chosen, *(weeks if resource.weekly else []), words]


def _lang(description: str) -> Json:
    return {"name": "lang", "in": "query", "description": description, "schema": {"enum": list(names.LANGUAGES)}}


def annotate() -> Json:
    """Adding annotations."""
    return {
        "operationId": "annotate",
        "summary": "Add an annotation, or a list of them, all or none; needs a token of the scope annotate",
        "parameters": [key()],
        "requestBody": _sent({"oneOf": [ref("NewAnnotation"), ref("NewAnnotations")]}),
        "responses": {
            "201": {**_one_or_kept(), "description": "Added"},
            "200": {**_one_or_kept(), "description": "There already, every one"},
            **_refused(400, 401, 403, 404, 409, 413, 415, 429),
        },
    }


def _one_or_kept() -> Json:
    return {"content": {"application/json": {"schema": {"oneOf": [ref("Annotation"), ref("Kept")]}}}}


def annotation() -> Json:
    """What can be done with one annotation, by method."""
    identity = {"type": "integer", "minimum": 0, "maximum": MOST}
    parameters = [
        key(),
        {"name": "id", "in": "path", "required": True, "description": "Id of the annotation", "schema": identity},
    ]

    def writing(name: str, summary: str, shape: str) -> Json:
        return {
            "operationId": name,
            "summary": f"{summary}; needs a token of the scope annotate",
            "parameters": parameters,
            "requestBody": _sent(ref(shape)),
            "responses": {
                "200": _told("Annotation", tagged=False),
                **_refused(400, 401, 403, 404, 413, 415, 429),
            },
        }

    return {
        "get": {
            "operationId": "annotation",
            "summary": "One annotation",
            "parameters": parameters,
            "responses": {"200": _told("Annotation"), **_unchanged(), **_refused(400, 401, 404, 429)},
        },
        "put": writing("replace_annotation", "Put another annotation in its place", "NewAnnotation"),
        "patch": writing("change_annotation", "Change parts of an annotation", "AnnotationChanges"),
        "delete": {
            "operationId": "remove_annotation",
            "summary": "Forget an annotation; needs a token of the scope annotate",
            "parameters": parameters,
            "responses": {"204": {"description": "It is gone"}, **_refused(400, 401, 403, 404, 429)},
        },
    }


def _sent(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def key() -> Json:
    """The key of the site in an address."""
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
    return {"description": "OK", "headers": headers, "content": {"application/json": {"schema": ref(schema)}}}


def _unchanged() -> Json:
    return {"304": {"description": "The answer is the one whose ETag was sent"}}


def _refused(*codes: int) -> Json:
    body = {problems.MEDIA_TYPE: {"schema": ref("Problem")}}
    return {str(code): {"description": REFUSALS[code], "content": body} for code in codes}
