"""What the how-to says of the API is true: its notebook runs against a real server, and every address that it names answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from flask import Flask
from werkzeug.serving import make_server

from dashboard.api.resources import PREFIX
from dashboard.reports import apart
from tests import factories
from tests.dashboard.conftest import services_of

HOWTO = Path(__file__).parents[3] / "docs" / "howto" / "api.md"
EXAMPLE = "https://stats.example.org"


@pytest.fixture
def told(app: Flask) -> Iterator[tuple[str, str, str]]:
    """The how-to with the address, the site and a token of a running server in it; with these two."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder, "acme"))
    services.accounts.add("admin@example.org", "admin", None)
    owner = services.accounts.add("viewer@example.org", "viewer", None)
    token = services.tokens.make(owner.id, "notebook", "read", "acme", 30)
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        here = f"http://127.0.0.1:{server.server_port}"
        text = HOWTO.read_text(encoding="utf-8").replace(EXAMPLE, here).replace("telpunt_…", token)
        # The run of the tests calls its audiences otherwise than an analysis does.
        yield re.sub(r"\bs([12])\b", r"a0\1", text), here, token
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_notebook_runs(app: Flask, told: tuple[str, str, str]) -> None:
    """The Python of the how-to, as it stands there, gives the published tables."""
    found = re.search(r"```python\n(.*?)```", told[0], re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)  # it is our own documentation
    published = services_of(app).readings.table("acme", "trends")
    weeks = published.filter(pl.col("week") >= "2026-W40")
    assert names["trends"].drop("label").equals(weeks.select(names["trends"].drop("label").columns))
    assert set(names["channels"]["segment"]) == {"a01", "a02"}
    assert set(names["channels"]["dimension"]) == {"channel"}


def test_every_address_in_the_how_to_answers(
    app: Flask, told: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address of the API that the how-to names is one that a token reads."""
    monkeypatch.setattr(apart, "write", lambda *_: b"a report")
    paths = set(re.findall(r"api/v1/[a-z/]*(?:\.[a-z]+)?(?:\?[a-z0-9=&,]+)?", told[0])) - {"api/v1/"}
    assert len(paths) >= 8
    client = app.test_client()
    for path in paths:
        answer = client.get("/" + path, headers={"Authorization": f"Bearer {told[2]}"})
        assert answer.status_code == 200, path
    assert PREFIX == "/api/v1"
