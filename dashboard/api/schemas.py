"""The shapes of what the API takes and gives, as JSON Schema: made from the schemas of the tables and the limits of what can be sent."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from dashboard.annotations import EARLIEST, KINDS, LATEST, ROWS_MAX, TEXT_MAX_CHARS
from dashboard.api import asked
from dashboard.api.resources import RESOURCES, Resource
from dashboard.exports.columns import IN_WORDS, meaning

Json = dict[str, Any]

TYPES: Final[dict[Any, Json]] = {
    pl.String: {"type": ["string", "null"]},
    pl.Int64: {"type": ["integer", "null"]},
    pl.Float64: {"type": ["number", "null"]},
    pl.Boolean: {"type": ["boolean", "null"]},
}
TEXT: Final[Json] = {"type": "string"}
DAY: Final[Json] = {"type": "string", "format": "date"}


def ref(name: str) -> Json:
    """Where a shape of that name stands."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def schemas() -> Json:
    """All shapes, by name."""
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
    annotation = {
        "id": {"type": "integer", "description": "By which it is changed and removed"},
        "start": {**DAY, "description": "First day"},
        "end": {**DAY, "description": "Last day"},
        "kind": {"enum": list(KINDS), "description": "What it is about"},
        "text": {**TEXT, "description": "What happened"},
    }
    new = {
        "start": {**DAY, "description": f"First day, from {EARLIEST} to {LATEST}"},
        "end": {**DAY, "description": "Last day; without it the first"},
        "kind": {"enum": list(KINDS), "description": "Without it other"},
        "text": {"type": "string", "minLength": 1, "maxLength": TEXT_MAX_CHARS, "description": "In one line"},
    }
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
                    "oneOf": [ref("Run"), {"type": "null"}],
                    "description": "The published analysis; null: none yet",
                },
            }
        ),
        "Annotation": _object(annotation),
        "NewAnnotation": _object(new, optional=("end", "kind")),
        "NewAnnotations": {"type": "array", "items": ref("NewAnnotation"), "minItems": 1, "maxItems": ROWS_MAX},
        "AnnotationChanges": {**_object(new, optional=tuple(new)), "minProperties": 1},
        "Kept": _object(
            {
                "added": {"type": "integer", "description": "How many were not there yet"},
                "rows": {"type": "array", "items": ref("Annotation")},
            }
        ),
    }
    for name in ("Site", "Run", "Annotation"):
        made[f"{name}List"] = _listed(name, {})
    for resource in RESOURCES.values():
        made[resource.title] = _row(resource)
        made[f"{resource.title}List"] = _listed(resource.title, about)
        made[f"{resource.title}File"] = _filed(resource, about)
    return made


def _listed(of: str, about: Json) -> Json:
    paging = {
        "total": {"type": "integer", "description": "Rows in all parts"},
        "next": {"type": ["string", "null"], "description": "Cursor of the next part; null: this is the last"},
        "rows": {"type": "array", "items": ref(of)},
    }
    return _object({**about, **paging})


def _row(resource: Resource) -> Json:
    """A row of a table, with the label of its segment; where words are asked for, with those, and in one language."""
    columns = {column: _column(resource, column) for column in resource.columns}
    if "segment" in columns and "label" not in columns:
        columns["label"] = {**TYPES[pl.String], "description": meaning(resource.name, "label")}
    words = {f"{IN_WORDS}$": {**TYPES[pl.String], "description": "With lang: what the pages call the code before it"}}
    optional = tuple(column for column in columns if column.endswith("_nl"))
    return {**_object(columns, optional), "patternProperties": words}


def _filed(resource: Resource, about: Json) -> Json:
    """The table as a file in JSON."""
    return _object(
        {
            **about,
            "what": {"const": resource.name},
            "visits": {"type": "integer", "description": "Visits in the period"},
            "note": TEXT,
            "rows": {"type": "array", "items": ref(resource.title)},
        }
    )


def _column(resource: Resource, column: str) -> Json:
    return {**TYPES[resource.columns[column]], "description": meaning(resource.name, column)}
