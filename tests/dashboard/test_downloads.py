from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from dashboard.exports import formats, names


def rows(reader: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = reader.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("what", names.TABLES)
@pytest.mark.parametrize("form", sorted(formats.FORMATS))
def test_every_table_can_be_taken_away(reader: FlaskClient, what: str, form: str) -> None:
    """Each table comes in each format, as a file with a name that says what it is."""
    answer = reader.get(f"/sites/demo/export/{what}.{form}")
    assert answer.status_code == 200
    assert answer.data
    assert answer.headers["Content-Disposition"] == f'attachment; filename="telpunt-demo-2026-11-22-{what}.{form}"'


def test_a_file_has_what_the_page_shows(reader: FlaskClient) -> None:
    """The choices of a page hold for its file: the audience, the kind, the period."""
    assert {row["segment"] for row in rows(reader, "/sites/demo/export/profiles.csv?segment=a01")} == {"a01"}
    assert {row["dimension"] for row in rows(reader, "/sites/demo/export/profiles.csv?dimension=source")} == {"source"}
    shown = rows(reader, "/sites/demo/export/touchpoints.csv?kind=vacancy&segment=")
    assert {(row["kind"], row["segment"]) for row in shown} == {("vacancy", "")}
    assert len({row["week"] for row in rows(reader, "/sites/demo/export/figures.csv?weeks=4")}) == 4


@pytest.mark.parametrize(
    "path", ["map.csv", "segments.exe", "nope.csv", "profiles.csv?segment=nope", "figures.csv?segment=a01"]
)
def test_what_is_not_there_is_not_found(reader: FlaskClient, path: str) -> None:
    """A table, format or audience that is not there is 404."""
    assert reader.get(f"/sites/demo/export/{path}").status_code == 404
