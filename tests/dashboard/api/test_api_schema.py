"""schemathesis reads our OpenAPI document and asks the API what it says that can be asked, and what it says that can't."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from dashboard.api import document, door
from dashboard.api.resources import PREFIX
from dashboard.reports import apart
from tests import factories
from tests.dashboard.conftest import services_of

EXAMPLES = 16  # of each operation; of files, which all come from one view, fewer: in two ways some 900 requests
EXAMPLES_OF_FILES = 6
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
    unsupported_method, ignored_auth, negative_data_rejection,
]  # fmt: skip
OPERATIONS = [(path, method) for path, methods in document.build()["paths"].items() for method in methods]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_the_api_keeps_what_its_document_says(
    app: Flask, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is sent, good or bad by the document: no server error, and status, headers and body as the document says."""
    services = services_of(app)
    for rates in ("RATES", "REPORT_RATES", "REFUSED_RATES"):
        monkeypatch.setattr(door, rates, ())
    # What is written is looked at elsewhere; here it would take minutes.
    monkeypatch.setattr(apart, "write", lambda *_: b"a report")
    factories.publish(services.folder, factories.site(services.folder))
    services.accounts.add("admin@example.org", "admin", None)
    owner = services.accounts.add("editor@example.org", "editor", None)
    token = services.tokens.make(owner.id, mode.value, "annotate", None, 30)
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app)
    seen: list[int] = []

    for path, method in OPERATIONS:
        if path == "/openapi.json" and mode is GenerationMode.NEGATIVE:
            continue  # nothing can be asked wrong there

        @settings(
            max_examples=EXAMPLES_OF_FILES if path.endswith(".{format}") else EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=schema[path][method].as_strategy(generation_mode=mode), is_there=strategies.booleans())
        def ask(case: Case, is_there: bool) -> None:
            if is_there and "key" in case.path_parameters and not _is_bad_path(case):
                case.path_parameters["key"] = "demo"  # else hardly a question would reach a table
            case.headers["Authorization"] = f"Bearer {token}"
            case.headers["Accept-Encoding"] = "identity"  # it unpacks nothing that did not come over a network
            answer = case.call()
            seen.append(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert len(seen) > len(OPERATIONS)
    assert 200 in seen
    assert 400 in seen or mode is GenerationMode.POSITIVE


def _is_bad_path(case: Case) -> bool:
    parts = case.meta.components if case.meta else {}
    return ParameterLocation.PATH in parts and parts[ParameterLocation.PATH].mode.is_negative
