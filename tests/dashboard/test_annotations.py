from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard import annotations
from dashboard.annotations import Annotation, InvalidAnnotation
from dashboard.marks import NO_MARK
from tests import factories
from tests.dashboard.conftest import post, services_of


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    """Whatever is uploaded, the answer is annotations or one clear error."""
    with suppress(InvalidAnnotation):
        assert all(one.start <= one.end and one.text for one in annotations.read_csv(data))


def test_reads_what_spreadsheets_write() -> None:
    """Semicolons and a byte order mark as from Excel, and any order of columns; an empty kind is "other"."""
    data = '\ufeffText;Start;End;Kind\r\nOpen dag;2026-03-07;;campaign\r\n\r\n"Nieuwe; site";2026-04-01;2026-04-03;\r\n'
    assert annotations.read_csv(data.encode()) == [
        Annotation(0, date(2026, 3, 7), date(2026, 3, 7), "campaign", "Open dag"),
        Annotation(0, date(2026, 4, 1), date(2026, 4, 3), "other", "Nieuwe; site"),
    ]


def test_reads_what_a_dutch_spreadsheet_writes() -> None:
    """Dutch names, kinds and days, in the alphabet in which Excel saves them here."""
    data = "Begin;Eind;Soort;Tekst\r\n2-11-2026;15-11-2026;Campagne;Café open\r\n03/12/2026;;;Radio\r\n".encode(
        "cp1252"
    )
    assert annotations.read_csv(data) == [
        Annotation(0, date(2026, 11, 2), date(2026, 11, 15), "campaign", "Café open"),
        Annotation(0, date(2026, 12, 3), date(2026, 12, 3), "other", "Radio"),
    ]


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        ("start,text\n2026-13-01,x\n", "start", 2),
        ("start,end,text\n2026-02-02,2026-02-01,x\n", "end", 2),
        ("start,kind,text\n2026-02-02,party,x\n", "kind", 2),
        ("start,text\n2026-02-02,\n", "text", 2),
        ("day,what\n2026-02-02,x\n", "file", None),
        ("", "file", None),
    ],
)
def test_a_wrong_line_is_named(text: str, field: str, line: int | None) -> None:
    """The error says which line and which column, so that it can be mended."""
    with pytest.raises(InvalidAnnotation) as error:
        annotations.read_csv(text.encode())
    assert (error.value.field, error.value.line) == (field, line)


def test_the_same_file_twice_adds_nothing(app: Flask) -> None:
    """An import can be repeated: what is there word for word is not kept twice, and another site has its own."""
    kept = services_of(app).annotations
    new = annotations.read_csv(b"start,text\n2026-02-02,a\n2026-02-03,b\n")
    assert kept.add("one", new, by=None) == 2
    assert kept.add("one", new, by=None) == 0
    assert kept.add("two", new[:1], by=None) == 1
    assert [one.text for one in kept.of("one")] == ["b", "a"]


def test_an_editor_annotates_and_changes_his_mind(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Add, change, import and remove on the page; a wrong day changes nothing and says so."""
    factories.publish(services_of(app).folder, factories.site(services_of(app).folder))
    editor = log_in("editor")
    page = "/sites/demo/changes"
    post(editor, page, "/sites/demo/annotations", start="2026-11-02", text="Open dag", kind="campaign")
    (one,) = services_of(app).annotations.of("demo")
    assert "Open dag" in editor.get(page).text
    answer = post(editor, page, "/sites/demo/annotations", id=str(one.id), start="soon", text="x")
    assert "The first day is not a day" in editor.get(answer.location).text
    post(editor, page, "/sites/demo/annotations", id=str(one.id), start="2026-11-03", text="Open avond")
    assert [(one.start, one.text) for one in services_of(app).annotations.of("demo")] == [
        (date(2026, 11, 3), "Open avond")
    ]
    file: dict[str, Any] = {"file": (io.BytesIO(b"start,text\n2026-11-05,Radio\n"), "x.csv")}
    post(editor, page, "/sites/demo/annotations/import", **file)
    assert len(services_of(app).annotations.of("demo")) == 2
    post(editor, page, "/sites/demo/annotations", id=str(one.id), remove="1")
    assert [one.text for one in services_of(app).annotations.of("demo")] == ["Radio"]
    assert post(editor, page, "/sites/demo/annotations", id="999", remove="1").status_code == 404


def test_a_note_a_pin_and_a_colour(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """What an editor says of an audience is on its page as text; a pinned audience is first in the list; a colour is kept or refused."""
    factories.publish(services_of(app).folder, factories.site(services_of(app).folder))
    editor = log_in("editor")
    page = "/sites/demo/segments/a05"
    post(editor, page, f"{page}/mark", note="<b>ask HR</b>\r\nsoon", pinned="1", colour="3")
    assert "&lt;b&gt;ask HR&lt;/b&gt;\nsoon" in editor.get(page).text
    listed = editor.get("/sites/demo/audiences").text
    assert listed.index("Returners to the vacancy overview") < listed.index("Job-board technicians")
    assert services_of(app).readings.overview("demo", "en").segment("a05").colour == 3
    post(editor, page, f"{page}/mark", note="", colour="99")
    assert services_of(app).marks.of("demo")["a05"] == NO_MARK


def test_what_was_different_after_it_is_said(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Beside an annotation stands what the weeks after it were against what was to be expected, with care."""
    factories.publish(services_of(app).folder, factories.site(services_of(app).folder))
    services_of(app).annotations.add("demo", annotations.read_csv(b"start,text\n2026-10-26,Radio\n"), by=None)
    viewer = log_in("viewer")
    assert "to be expected" in viewer.get("/sites/demo/changes").text
    assert "not what it caused" in viewer.get("/sites/demo/changes").text
    assert "to be expected" in viewer.get("/sites/demo/segments/a01").text
