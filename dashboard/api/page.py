"""The page that tells what the API has: its OpenAPI document, rendered by us, so that no script of others runs here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dashboard.access import needs, visible_sites
from dashboard.api import document, door
from dashboard.api.operations import REFUSALS
from dashboard.api.resources import LIMIT_MAX, PREFIX, RESOURCES
from dashboard.people.accounts import Role

pages = Blueprint("api_page", __name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One thing that can be asked for.

    Attributes:
        parameters: each as the document has it, without those that are in the path.
        fields: name, type and meaning of what the answer has in each row, or as a whole where it has no rows; of a file none.
        files: the formats that it comes in, of a file.
        sent: name, type and meaning of what the body has.
    """

    id: str
    method: str
    path: str
    summary: str
    parameters: list[dict[str, Any]]
    fields: list[tuple[str, str, str]]
    files: list[str]
    sent: list[tuple[str, str, str]]


@pages.get("/api/docs")
@needs(Role.VIEWER)
def reference() -> ResponseReturnValue:
    """What can be asked for, how, and what the answers hold."""
    told = document.build()
    operations = {
        (path, method): _operation(told, path, method, operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }
    files = {name: operations.pop((f"/sites/{{key}}/{name}.{{format}}", "get")) for name in RESOURCES}
    tables = {name: operations.pop((f"/sites/{{key}}/{name}", "get")) for name in RESOURCES}
    report = operations.pop(("/sites/{key}/report.{format}", "get"))
    annotations = [one for (path, _method), one in operations.items() if "/annotations" in path]
    sites = visible_sites()
    return render_template(
        "api.html",
        prefix=PREFIX,
        key=sites[0].key if sites else "KEY",
        tables=[(tables[name], files[name]) for name in RESOURCES],
        report=report,
        annotations=annotations,
        others=[one for one in operations.values() if one not in annotations],
        rates=[rate.amount for rate in (*door.RATES, *door.REPORT_RATES)],
        refusals=REFUSALS,
        limit=LIMIT_MAX,
    )


def _operation(told: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    given = next(said for code, said in operation["responses"].items() if code.startswith("2")).get("content", {})
    parameters = {one["name"]: one for one in operation.get("parameters", [])}
    files: list[str] = parameters["format"]["schema"]["enum"] if "format" in parameters else []
    shape = {} if files else _shape(told, given)
    rows = shape.get("properties", {}).get("rows")
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        parameters=[one for one in parameters.values() if one["in"] == "query"],
        fields=_fields(told, _resolved(told, rows["items"]) if rows else shape),
        files=files,
        sent=_fields(told, _shape(told, operation.get("requestBody", {}).get("content", {}))),
    )


def _shape(told: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Of JSON, the first of the shapes that it may have."""
    schema: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    return _resolved(told, schema.get("oneOf", [schema])[0])


def _resolved(told: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    found: dict[str, Any] = told["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    return found


def _fields(told: dict[str, Any], shape: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, _type(told, schema), str(schema.get("description", "")))
        for name, schema in shape.get("properties", {}).items()
    ]


def _type(told: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "oneOf" in schema:
        return " | ".join(_type(told, one) for one in schema["oneOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "")
    return " | ".join(kind) if isinstance(kind, list) else str(schema.get("format") or kind)
