"""The page of a report keeps its choices in the address, hands the file out, and keeps a look that can't harm."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from collector.folder import DataFolder
from dashboard.reports import formats, look
from dashboard.reports.look import InvalidLook, Look, Looks
from tests import factories
from tests.dashboard.conftest import services_of


def picture(form: str = "PNG", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#0b5563").save(out, form)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 5,000 by 5,000 dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.fixture
def editor(log_in: Callable[[str], FlaskClient], folder: DataFolder) -> FlaskClient:
    factories.publish(folder, factories.site(folder), points=10)
    return log_in("editor")


def dress(client: FlaskClient, logo: bytes | None = None, **fields: str) -> TestResponse:
    page = client.get("/sites/demo/report").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data: dict[str, str | FileStorage] = {"csrf_token": token[1], "title": "", "colour": "", **fields}
    if logo is not None:
        data["logo"] = FileStorage(io.BytesIO(logo), "logo.png")
    # As one piece: by itself the test client puts a large form into a file, and leaves that open.
    boundary, body = encode_multipart(data)
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post("/sites/demo/report/look", data=body, content_type=kind, follow_redirects=True)


def test_the_choices_are_in_the_address(reader: FlaskClient) -> None:
    """What the address chooses is chosen on the page, and another language of the report does not change the page's."""
    page = reader.get("/sites/demo/report?chapter=briefs&segment=a02&language=nl&format=pptx").text
    assert re.search(r'value="briefs" checked', page)
    assert not re.search(r'value="summary" checked', page)
    assert re.search(r'value="a02" selected', page)
    assert re.search(r'value="nl"[^>]* selected', page)
    assert re.search(r'value="pptx" selected', page)
    assert '<html lang="en"' in page


@pytest.mark.parametrize("form", ["html", "xlsx"])
def test_a_report_is_a_file_with_a_name(reader: FlaskClient, form: str) -> None:
    """The file says what it is in its name and type."""
    answer = reader.get(f"/sites/demo/report/file?format={form}&chapter=briefs&chapter=about&segment=a02&language=nl")
    assert answer.status_code == 200
    assert answer.content_type == formats.FORMATS[form].media_type
    name = f"telpunt-demo-2026-11-22-report-a02.{form}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    if form == "html":
        assert "Lezers over cultuur" in answer.text
    else:
        assert openpyxl.load_workbook(io.BytesIO(answer.data)).sheetnames[0] == "Over"


@pytest.mark.parametrize("wish", ["format=docx", "segment=zz", "chapter=nope"])
def test_what_is_not_there_is_not_found(reader: FlaskClient, wish: str) -> None:
    """A format, audience or chapter that is not there is 404."""
    assert reader.get(f"/sites/demo/report/file?{wish}").status_code == 404


def test_a_look_is_kept_and_is_in_the_next_report(editor: FlaskClient, app: Flask) -> None:
    """Name, colour and logo stand in the report; the logo is a PNG that we drew, and goes when it is taken away."""
    page = dress(editor, picture("JPEG"), title="Water  schap\u202e <b>", colour="#123456").text
    assert "Kept; the next report has it." in page
    kept = Looks(services_of(app).engine).of("demo")
    assert (kept.title, kept.colour) == ("Water schap <b>", "#123456")
    assert kept.logo
    assert kept.logo.startswith(b"\x89PNG")
    assert editor.get("/sites/demo/report/logo.png").data == kept.logo
    report = editor.get("/sites/demo/report/file?format=html&chapter=about").text
    assert "Water schap &lt;b&gt;" in report
    assert "--accent: #123456" in report
    assert "data:image/png;base64," in report
    dress(editor, no_logo="1")
    assert Looks(services_of(app).engine).of("demo") == Look()
    assert editor.get("/sites/demo/report/logo.png").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"colour": "red"}, "not one such as"),
        ({"colour": "#ffee00"}, "too light"),
        ({"colour": '#123456"}'}, "not one such as"),
        ({"title": "x" * 81}, "at most 80 characters"),
        ({"logo": b"<svg onload='alert(1)'/>"}, "not a PNG or JPEG"),
        ({"logo": b"GIF89a" + b"\0" * 50}, "not a PNG or JPEG"),
        ({"logo": picture()[:60]}, "not a PNG or JPEG"),
        ({"logo": b"\x89PNG\r\n\x1a\n" + b"x" * 900_000}, "too large: at most 900 kB"),
    ],
)
def test_a_bad_look_changes_nothing(editor: FlaskClient, app: Flask, fields: dict[str, str | bytes], said: str) -> None:
    """A colour that can't be read, a name too long, a logo that is none or too large: the form says it and has what was typed; nothing is kept."""
    answer = dress(editor, **{"title": "Waterschap", **fields})  # type: ignore[arg-type]
    assert answer.status_code == 400
    card = answer.text.partition('id="look"')[2]
    assert said in card.partition('role="alert"')[2].partition("</p>")[0]
    assert str(fields.get("title", "Waterschap")) in card
    assert Looks(services_of(app).engine).of("demo") == Look()


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    """Dots are counted before a picture is drawn."""
    with pytest.raises(InvalidLook, match="5000 by 5000"):
        look.checked_logo(bomb())


def test_only_the_form_of_the_logo_may_be_large(editor: FlaskClient) -> None:
    """A body larger than a logo is refused there too, and other forms stay small."""
    refused = dress(editor, b"x" * 1_100_000)
    assert refused.status_code == 413
    assert "too large: at most 900 kB" in refused.text.partition('id="look"')[2]
    answer = editor.post("/sites/demo/annotations/import", data={"file": (io.BytesIO(b"x" * 100_000), "a.csv")})
    assert answer.status_code == 413


def test_a_logo_holds_nothing_but_dots() -> None:
    """What else was in a picture (a comment, where it was taken) is gone."""
    out = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Author", "Jan Jansen")
    Image.new("RGB", (2000, 1000), "red").save(out, "PNG", pnginfo=told)
    kept = look.checked_logo(out.getvalue())
    assert b"Jan Jansen" not in kept
    with Image.open(io.BytesIO(kept)) as drawn:
        assert drawn.size == (720, 360)


def test_a_site_without_an_analysis_has_no_report(log_in: Callable[[str], FlaskClient], folder: DataFolder) -> None:
    """Before the first analysis the page says what happens next, and there is no file."""
    factories.site(folder)
    client = log_in("viewer")
    assert client.get("/sites/demo/report").status_code == 200
    assert client.get("/sites/demo/report/file").status_code == 404
