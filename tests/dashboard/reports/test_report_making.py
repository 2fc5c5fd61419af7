"""A report is made in a process of its own, one at a time and without anybody waiting; what goes wrong there is said, and leaves nothing."""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from flask.testing import FlaskClient
from pptx import Presentation

from collector.folder import DataFolder
from dashboard.queries import Readings
from dashboard.reports import apart, formats
from dashboard.reports.build import build
from dashboard.reports.look import Look
from dashboard.reports.model import Facts, Report
from tests import factories


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataFolder, Report]:
    made = factories.folder(tmp_path_factory.mktemp("making"))
    factories.publish(made, factories.site(made), points=10)
    site = factories.make_site("demo", ["werkenbij.example.org"])
    return made, build(Readings(made, lambda _site: {}), site, chapters=["briefs", "about"])


def test_another_process_writes_the_same(small: tuple[DataFolder, Report]) -> None:
    """A file that is written apart is, byte for byte, the one that is written here."""
    report = small[1]
    look = Look("", "#8a1538", None)
    assert apart.write("html", report, look) == formats.by_name("html").write(report, look)


def test_a_writer_that_fails_is_told_in_a_line(small: tuple[DataFolder, Report]) -> None:
    """What the other process says when it ends without a report is in the error."""
    with pytest.raises(apart.WritingFailed, match=r"as docx ended with 1: .*Format 'docx'") as told:
        apart.write("docx", small[1], Look())
    assert "\n" not in str(told.value)


def test_who_comes_while_one_is_made_does_not_wait(reader: FlaskClient) -> None:
    """A second report is answered at once with 503 and when to ask again, in words; after the first there is one again."""
    turn: BoundedSemaphore = reader.application.extensions[apart.TURN]
    assert turn.acquire(blocking=False)
    try:
        busy = reader.get("/sites/demo/report/file?format=html&chapter=about")
    finally:
        turn.release()
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "4"
    assert "this server makes one at a time" in busy.text
    assert reader.get("/sites/demo/report/file?format=html&chapter=about").status_code == 200


def test_a_report_can_be_read_in_the_browser(reader: FlaskClient) -> None:
    """With ``read`` it is a page that runs nothing and may not be framed, instead of a file."""
    answer = reader.get("/sites/demo/report/file?read=1&format=pdf&chapter=briefs&segment=a02")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "Content-Disposition" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_lead_to_a_report_with_their_choices(reader: FlaskClient) -> None:
    """The link of a page has its period or audience, and the form has them chosen."""
    page = reader.get("/sites/demo?weeks=13&compare=year").text
    (address,) = re.findall(r'href="(/sites/demo/report\?[^"]*)"', page)
    assert {"weeks=13", "compare=year"} == set(html.unescape(address).partition("?")[2].split("&"))
    form = reader.get("/sites/demo/report?weeks=13&compare=year").text
    assert '<option value="13" selected>' in form
    assert '<option value="year" selected>' in form
    assert "/sites/demo/report?segment=a02" in reader.get("/sites/demo/segments/a02").text
    assert "chapter=demand&amp;segment=a02" in reader.get("/sites/demo/demand?segment=a02").text


@pytest.mark.parametrize("wish", ["segment=zz", "format=docx", "chapter=nope", "language=fr"])
def test_what_can_not_be_chosen_is_said_on_the_form(reader: FlaskClient, wish: str) -> None:
    """The form comes again, with a sentence that says what to choose anew, also in place of the file."""
    for address in ("/sites/demo/report", "/sites/demo/report/file"):
        answer = reader.get(f"{address}?{wish}")
        assert answer.status_code == 404 or (wish == "segment=zz" and address.endswith("report"))
        assert 'role="alert"' in answer.text
        assert "choose another one." in answer.text


def test_a_full_disk_leaves_what_was_there(small: tuple[DataFolder, Report], tmp_path: Path) -> None:
    """When there is no room for the file: one sentence, exit status 1."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here, which is always full")
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "export", "report", "--site", "demo", "--format", "html", "--chapters", "about", "-o", "/dev/full"],
        env={**os.environ, "TELPUNT_DATA": str(small[0].path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--until", "2020-W01"], "no figures of the week '2020-W01'"),
        (["segments", "--weeks", "13"], "--weeks, --until and --compare are for a report"),
    ],
)
def test_a_period_that_is_not_there_is_refused(
    small: tuple[DataFolder, Report], arguments: list[str], said: str
) -> None:
    """The command says which weeks there are, or that a table has none, with exit status 2."""
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "export", *arguments, "--site", "demo"],
        env={**os.environ, "TELPUNT_DATA": str(small[0].path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_a_slide_has_the_short_of_it_and_its_notes_all(small: tuple[DataFolder, Report]) -> None:
    """On the slide of a brief stand few sentences, of 12 points at least; all of them are in the notes."""
    report = small[1]
    deck = Presentation(io.BytesIO(formats.by_name("pptx").write(report, Look())))
    sections = report.chapters[0].sections
    slides = [slide for slide in deck.slides if slide.shapes.title.text_frame.text.startswith("Reach brief")]
    assert len(slides) == len(sections)
    for slide, section in zip(slides, sections, strict=True):
        facts = next(block for block in section.blocks if isinstance(block, Facts)).facts
        notes = slide.notes_slide.notes_text_frame.text
        assert all(sentence in notes for fact in facts for sentence in fact.sentences)
        (grid,) = (shape.table for shape in slide.shapes if shape.has_table)
        told = [row.cells[1].text_frame for row in grid.rows]
        assert [frame.text.split("\n") for frame in told] == [list(fact.short) for fact in facts]
        assert all(run.font.size.pt >= 12 for frame in told for one in frame.paragraphs for run in one.runs)
