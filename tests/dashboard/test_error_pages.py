from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from collector.folder import DataFolder
from dashboard import streaming
from tests import factories


@pytest.mark.parametrize("page", ["", "/audiences", "/changes", "/touchpoints", "/demand", "/segments/a01"])
@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_a_damaged_analysis_is_said_to_who_can_mend_it(
    folder: DataFolder, log_in: Callable[[str], FlaskClient], role: str, page: str
) -> None:
    """A file that a full disk has cut off is a page in words, not a failure; its name and the way out are for administrators."""
    factories.publish(folder, factories.site(folder), points=10)
    client = log_in(role)
    for file in sorted((folder.runs / "demo").glob("*/*.parquet")):
        file.write_bytes(file.read_bytes()[:100])
    answer = client.get(f"/sites/demo{page}?lang=en")
    assert answer.status_code == 503
    assert "cannot be read" in answer.text
    assert (".parquet" in answer.text) == (role == "admin")
    assert ("put back a copy" in answer.text) == (role == "admin")
    assert client.get("/account").status_code == 200


def test_a_damaged_pointer_is_said_too(folder: DataFolder, log_in: Callable[[str], FlaskClient]) -> None:
    """So is the file that says which analysis is shown."""
    factories.publish(folder, factories.site(folder), points=10)
    (folder.runs / "demo" / "current").write_bytes(b"../../x\n")
    answer = log_in("admin").get("/sites/demo?lang=en")
    assert answer.status_code == 503
    assert "current" in answer.text


def test_who_finds_it_busy_is_told_when_to_come_back(
    folder: DataFolder, log_in: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download that finds no room is told so, and when to try again, and not that anything is damaged."""

    def busy(*_: object, **__: object) -> None:
        raise streaming.Busy

    factories.publish(folder, factories.site(folder), points=10)
    viewer = log_in("viewer")
    monkeypatch.setattr(streaming, "response", busy)
    answer = viewer.get("/sites/demo/export/segments.xlsx?lang=en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(streaming.BUSY_S))
    assert "Busy at this moment" in answer.text
    assert "damaged" not in answer.text
