"""The OpenAPI 3.1 document, made from what the API is made of: the tables' schemas, their filters and the limits."""

from __future__ import annotations

from functools import cache
from typing import Final

from dashboard.api import operations
from dashboard.api.resources import PREFIX, RESOURCES
from dashboard.api.schemas import Json, schemas

DESCRIPTION: Final = (
    "Everything that is published, for programs. Every number of visits rests on at least k of them (visits, not people); what is held "
    "back is in the value (other). Make a token on your account's page and send it as a bearer token. Answers carry an ETag: with If-None-Match "
    "an answer that has not changed is 304 without a body. Lists come in parts: follow next, or the header Link, until there is none. "
    "Every table also comes whole, as a file."
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
            "/openapi.json": {"get": operations.document()},
            "/sites": {"get": operations.listing("sites", "The sites that the token may read", "Site", [])},
            "/sites/{key}": {"get": operations.one_site()},
            "/sites/{key}/runs": {
                "get": operations.listing("runs", "The analyses that are kept, newest first", "Run", [operations.key()])
            },
            "/sites/{key}/annotations": {
                "get": operations.listing(
                    "annotations", "Campaigns and changes of the site, newest first", "Annotation", [operations.key()]
                ),
                "post": operations.annotate(),
            },
            "/sites/{key}/annotations/{id}": operations.annotation(),
            "/sites/{key}/report.{format}": {"get": operations.report()},
            **{f"/sites/{{key}}/{name}": {"get": operations.table(resource)} for name, resource in RESOURCES.items()},
            **{
                f"/sites/{{key}}/{name}.{{format}}": {"get": operations.file(resource)}
                for name, resource in RESOURCES.items()
            },
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token: telpunt_…"}
            },
            "schemas": schemas(),
            "headers": operations.HEADERS,
        },
    }
