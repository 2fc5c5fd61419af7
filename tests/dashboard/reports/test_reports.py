"""A report says what the pages say, in every format; whatever came in from outside stays text in all of them."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pypdf import PdfReader

from analysis import runs
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import charts
from dashboard.exports import formats as tables_as
from dashboard.exports import names, tables
from dashboard.queries import Readings
from dashboard.reports import drawing, formats, slide_parts
from dashboard.reports.build import UnknownChapter, build
from dashboard.reports.look import Look, checked_logo
from dashboard.reports.model import Chart, Report, Table
from dashboard.views import UnknownSegment
from tests import factories

# Each of these is an attack on one of the formats: formula, link, markup, Typst, Jinja, XML, SVG, a direction that turns, rare letters.
HOSTILE = (
    '=HYPERLINK("https://evil.example","x")', "@SUM(1+1)", "</style></svg><script>alert(1)</script>", '" onload="alert(1)',
    '#panic("typst") $x^2$ *b* <label> @ref \\ `raw` [a]', "{{7*7}}{% raw %}", "]]><!ENTITY x SYSTEM 'file:///etc/passwd'> &amp; &x;",
    "\u202egnp.exe", "中文 😀 ∑", "'); DROP TABLE visits; --", "https://evil.example/x",
)  # fmt: skip

DIGITS = 1e-14  # Excel keeps 15


def readings_of(folder: DataFolder) -> Readings:
    return Readings(folder, lambda _site: {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    made = factories.folder(tmp_path_factory.mktemp("reports"))
    factories.publish(made, factories.site(made))
    return made


@pytest.fixture(scope="module")
def report(folder: DataFolder) -> Report:
    return build(readings_of(folder), factories.make_site("demo", ["werkenbij.example.org"]), title="Waterschap")


@pytest.fixture(scope="module")
def files(report: Report) -> dict[str, bytes]:
    """The report in every format."""
    return {name: form.write(report, Look()) for name, form in formats.FORMATS.items()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, dict[str, bytes]]:
    """A report of a run in which everything from outside is an attack, in every format."""
    made = factories.folder(tmp_path_factory.mktemp("hostile"))
    site = factories.site(made)
    counted = iter(range(10**6))
    factories.publish(made, site, points=10, text=lambda words: f"{HOSTILE[next(counted) % len(HOSTILE)]} {words}")
    bad = build(readings_of(made), site, title=HOSTILE[4])
    return bad, {name: form.write(bad, Look()) for name, form in formats.FORMATS.items()}


def of_sizes(report: Report) -> tuple[Chart, Table]:
    """The chart and the table of audiences by size."""
    section = next(one for one in report.chapters[0].sections if one.title == "Audiences by size")
    chart, table = section.blocks
    assert isinstance(chart, Chart)
    assert isinstance(table, Table)
    return chart, table


def shapes_of(content: bytes) -> Iterator[tuple[int, Any]]:
    for number, slide in enumerate(Presentation(io.BytesIO(content)).slides, 1):
        for shape in slide.shapes:
            yield number, shape


def test_every_number_is_the_same_everywhere(
    reader: FlaskClient, folder: DataFolder, report: Report, files: dict[str, bytes]
) -> None:
    """Name, visits and share of every audience are equal on the page, in each export and in each report."""
    # What the run holds.
    site = factories.make_site("demo", ["werkenbij.example.org"])
    truth = runs.current(folder, "demo").table("segments").select("label", "visits", "share").rows()
    # The exports hold it exactly.
    exported = {form: tables.write(readings_of(folder), site, "segments", form, {}) for form in tables_as.FORMATS}
    as_parquet = pl.read_parquet(io.BytesIO(exported["parquet"]))
    as_json = pl.DataFrame(tables_rows(exported["json"]))
    sheet = openpyxl.load_workbook(io.BytesIO(exported["xlsx"]))["segments"]
    head, *body = sheet.iter_rows(values_only=True)
    as_xlsx = pl.DataFrame([dict(zip(head, row, strict=True)) for row in body])
    for one in (as_parquet, as_json, as_xlsx):
        rounded = [(*row[:2], pytest.approx(row[2], rel=DIGITS)) for row in truth]
        assert one.select("label", "visits", "share").rows() == rounded
    as_csv = pl.read_csv(exported["csv"]).select("label", "visits", "share").rows()
    assert as_csv == [(label, visits, pytest.approx(share, rel=DIGITS)) for label, visits, share in truth]
    # The report's own cells hold it, and their words are those of the page.
    chart, table = of_sizes(report)
    named = [(row[0].text, row[1].value, row[2].value) for row in table.rows]
    unclustered = "Unclustered visits"
    expected = [(label if label != "unclustered visits" else unclustered, *rest) for label, *rest in truth]
    assert named == expected
    assert [cell.value for cell in chart.series[0].cells] == [share for _, _, share in truth]
    page = reader.get("/sites/demo/audiences").text
    pdf = squeezed("".join(each.extract_text() for each in PdfReader(io.BytesIO(files["pdf"])).pages))
    html = re.sub(r"<[^>]+>", " ", files["html"].decode())
    for row in table.rows:
        label, visits, share = (cell.text for cell in row[:3])
        assert visits in page
        assert share in page
        assert squeezed(f"{label}{visits}{share}") in pdf
        assert f"{label} {visits} {share}" in " ".join(html.split())
    # Slides: the native chart holds the values, the table the words.
    charts_of = [shape.chart for _, shape in shapes_of(files["pptx"]) if shape.has_chart]
    drawn = next(one for one in charts_of if list(one.plots[0].categories) == [row[0].text for row in table.rows])
    assert list(drawn.plots[0].series[0].values) == [share for _, _, share in truth]
    grids = [shape.table for _, shape in shapes_of(files["pptx"]) if shape.has_table]
    told = [[[cell.text for cell in row.cells] for row in grid.rows][1:] for grid in grids]
    assert [[cell.text for cell in row] for row in table.rows] in told
    # The workbook of the report.
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    written = [row[:3] for row in book["Audiences by size"].iter_rows(min_row=2, max_row=10, values_only=True)]
    assert written == [(*row[:2], pytest.approx(row[2], rel=DIGITS)) for row in expected]


def tables_rows(content: bytes) -> list[dict[str, Any]]:
    import json

    found: list[dict[str, Any]] = json.loads(content)["rows"]
    return found


def shortened(value: Any) -> Any:
    """A number to the 15 digits that Excel keeps."""
    return float(f"{value:.14g}") if isinstance(value, float) else value


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_all_numbers_of_the_tables_are_in_every_format(report: Report, files: dict[str, bytes]) -> None:
    """Each cell of each table of the report is found in PDF, HTML, slides and workbook."""
    pdf = squeezed("".join(each.extract_text() for each in PdfReader(io.BytesIO(files["pdf"])).pages)).replace("-", "")
    html = files["html"].decode()
    grids = {cell.text for _, shape in shapes_of(files["pptx"]) if shape.has_table for cell in shape.table.iter_cells()}
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    cells = {shortened(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    for _section, table in report.tables():
        for row in table.rows:
            for cell in row:
                assert squeezed(cell.text).replace("-", "") in pdf
                assert cell.text in html
                assert cell.text in grids
                assert cell.value is None or cell.text == "" or shortened(cell.value) in cells


def test_nothing_from_outside_is_more_than_text(hostile: tuple[Report, dict[str, bytes]]) -> None:
    """Formulas, markup, Typst, templates and XML that came in are read back as the text that they are."""
    bad, files = hostile
    words = {row[0].text for _, table in bad.tables() for row in table.rows}
    assert any(word.startswith("=HYPERLINK") for word in words)
    # Workbook: no cell is a formula or a link.
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert words - {""} <= {cell.value for cell in cells}
    # HTML: no script, nothing that is fetched or runs, and the words are there.
    page = Page()
    page.feed(files["html"].decode())
    assert not page.tags & {"script", "iframe", "object", "embed", "link", "foreignobject", "image", "use", "form"}
    assert not [name for name in page.attributes if name.startswith("on") or name in ("href", "src", "xlink:href")]
    assert squeezed("".join(words)) != ""
    for word in words:
        assert squeezed(word) in squeezed("".join(page.text))
    # Slides: they open, and the words are there.
    grids = {cell.text for _, shape in shapes_of(files["pptx"]) if shape.has_table for cell in shape.table.iter_cells()}
    assert {word if len(word) <= 90 else word[:89] + "…" for word in words} <= grids
    # PDF: it is made, tagged, and shows the code that Typst would have run.
    reader = PdfReader(io.BytesIO(files["pdf"]))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert '#panic("typst")$x^2$' in squeezed("".join(one.extract_text() for one in reader.pages[:3]))
    assert "/JavaScript" not in reader.trailer["/Root"]
    assert "evil.example" not in "".join(link_targets(reader))


def link_targets(reader: PdfReader) -> Iterator[str]:
    for page in reader.pages:
        for mark in page.get("/Annots") or []:
            action = mark.get_object().get("/A")
            if action and "/URI" in action.get_object():
                yield str(action.get_object()["/URI"])


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [
            name for name, value in attrs if not (tag == "a" and name == "href" and (value or "").startswith("#"))
        ]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_pdf_is_made_for_all_readers(files: dict[str, bytes]) -> None:
    """It claims PDF/UA, is tagged, has title, language and bookmarks, and embeds every font."""
    reader = PdfReader(io.BytesIO(files["pdf"]))
    root = reader.trailer["/Root"]
    assert reader.metadata
    assert reader.metadata.title == "Waterschap · Audiences of the careers site"
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert len(reader.outline) > 5
    assert re.search(r"Page 3 / \d+", reader.pages[2].extract_text())


def test_slides_can_be_read_and_edited(files: dict[str, bytes]) -> None:
    """Each slide has a title and notes, each chart is native and described, and nothing stands outside of the slide."""
    deck = Presentation(io.BytesIO(files["pptx"]))
    for number, slide in enumerate(deck.slides, 1):
        assert slide.shapes.title.text_frame.text
        if number > 1:
            assert "visits, not people" in slide.notes_slide.notes_text_frame.text
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height, (number, shape.name)
            if shape.has_chart:
                assert len(shape._element.xpath(".//p:cNvPr")[0].get("descr")) > 20
                assert shape.chart.part.chart_workbook.xlsx_part is not None


def test_a_report_in_dutch_has_no_english(folder: DataFolder) -> None:
    """Headings, sentences and numbers of a Dutch report are Dutch, outside of any request."""
    site = factories.make_site("demo", ["werkenbij.example.org"])
    dutch = build(readings_of(folder), site, lang="nl")
    titles = [chapter.title for chapter in dutch.chapters]
    assert titles == [
        "Samenvatting", "Doelgroepen", "Wat er veranderde", "Contactmomenten", "Vraag", "Campagnebriefings", "Over de cijfers"
    ]  # fmt: skip
    assert dutch.chapters[0].sections[2].message == "8 doelgroepen omvatten 89% van de 21.480 bezoeken."
    assert "Lezers over cultuur" in dutch.chapters[1].sections[1].title


def test_an_audience_can_have_its_own_report(folder: DataFolder) -> None:
    """A report of one audience tells of that one only, with the chapters that were chosen, in their order."""
    site = factories.make_site("demo", ["werkenbij.example.org"])
    own = build(readings_of(folder), site, segment="a02", chapters=["briefs", "changes"])
    assert own.subject == "Culture readers"
    assert [chapter.key for chapter in own.chapters] == ["changes", "briefs"]
    (changed,) = (block for block in own.chapters[0].sections[0].blocks if isinstance(block, Table))
    assert [row[1].text for row in changed.rows] == ["Culture readers"]
    (brief,) = own.chapters[1].sections
    assert "Culture readers" in brief.title
    with pytest.raises(UnknownSegment):
        build(readings_of(folder), site, segment="zz")
    for bad in (["summary", "nope"], []):
        with pytest.raises(UnknownChapter):
            build(readings_of(folder), site, chapters=bad)


def test_many_audiences_with_long_names_fit(tmp_path: Path) -> None:
    """Names as long as they may be stay inside of charts, slides and sheet names, and two of the same name stay two."""
    made = factories.folder(tmp_path)
    site = factories.site(made)
    factories.publish(made, site, points=10)
    long = {
        factories.segment_id(place): "Vergelijkers van arbeidsvoorwaarden en doorgroeimogelijkheden "[:80]
        for place in range(8)
    }
    report = build(Readings(made, lambda _key: long), site, chapters=["summary", "audiences"])
    chart, _table = of_sizes(report)
    spec = drawing.spec(chart, "en", drawing.PRINT)
    rows = spec["layer"][0]["data"]["values"]
    assert len({row["name"] for row in rows}) == len(rows) == 9
    book = openpyxl.load_workbook(io.BytesIO(formats.by_name("xlsx").write(report, Look())))
    assert all(len(name) <= 31 for name in book.sheetnames)
    for _, shape in shapes_of(formats.by_name("pptx").write(report, Look())):
        assert shape.left + shape.width <= 12_192_000


def test_text_of_slides_holds_no_control_characters() -> None:
    """What XML cannot hold is left out, so that the file opens."""
    assert slide_parts.clean("a\x00b\x0bc\nd\ufffe") == "abc\nd"


def test_a_logo_is_on_the_cover_of_every_format(folder: DataFolder) -> None:
    """Each format but the workbook shows the logo, with words for who can't see it, and uses the colour."""
    out = io.BytesIO()
    Image.new("RGB", (1200, 100), "#8a1538").save(out, "PNG")
    look = Look("", "#8a1538", checked_logo(out.getvalue()))
    site = factories.make_site("demo", ["werkenbij.example.org"])
    short = build(readings_of(folder), site, chapters=["about"], title="Waterschap")
    made = {name: form.write(short, look) for name, form in formats.FORMATS.items()}
    pdf = PdfReader(io.BytesIO(made["pdf"]))
    assert len(pdf.pages[0].images) == 1
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data()
    (picture,) = (shape for _, shape in shapes_of(made["pptx"]) if shape.shape_type == MSO_SHAPE_TYPE.PICTURE)
    assert picture._element.xpath(".//p:cNvPr")[0].get("descr") == "Logo of Waterschap"
    assert picture.width <= 5 * 914_400
    assert b'alt="Logo of Waterschap"' in made["html"]
    assert b"--accent: #8a1538" in made["html"]


def test_formats_and_chapters_are_those_that_are_offered() -> None:
    """The command offers exactly the formats and chapters that there are."""
    from dashboard.reports.build import BUILDERS

    assert tuple(formats.FORMATS) == names.REPORT_FORMATS
    assert tuple(BUILDERS) == names.CHAPTERS


def test_colours_of_charts_are_those_of_the_pages(report: Report) -> None:
    """An audience has the same colour in a report as on the pages."""
    lines = [block for section in report.chapters[1].sections for block in section.blocks if isinstance(block, Chart)]
    assert [line.series[0].colour for line in lines] == list(charts.PALETTES["light"][:8])


def test_pages_start_without_the_writers() -> None:
    """Typst, python-pptx, XlsxWriter, Pillow and vl-convert are loaded with the first report, not with the dashboard."""
    code = (
        "import sys, dashboard.reports.pages, dashboard.downloads, dashboard.cli; "
        "print(sorted({'typst', 'pptx', 'xlsxwriter', 'PIL', 'vl_convert'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pptx", "xlsx"])
def test_libreoffice_opens_what_we_write(form: str, hostile: tuple[Report, dict[str, bytes]], tmp_path: Path) -> None:
    """LibreOffice reads slides and workbook, also those full of attacks, and makes pages of them."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: whether it opens our files can't be seen here")
    path = tmp_path / f"report.{form}"
    path.write_bytes(hostile[1][form])
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path],
        capture_output=True,
        check=True,
        timeout=300,
    )  # fmt: skip
    assert len(PdfReader(tmp_path / "report.pdf").pages) > 10


def test_the_command_says_what_is_wrong_and_leaves_what_was_there(folder: DataFolder, tmp_path: Path) -> None:
    """An unknown audience, chapter or format: one sentence, exit status 2, and the old file as it was."""
    target = tmp_path / "report.pdf"
    target.write_bytes(b"old")
    for arguments, said in (
        (["--segment", "zz"], "zz"),
        (["--chapters", "summary,nope"], "nope"),
        (["--format", "csv"], "csv"),
    ):
        done = telpunt(folder, "export", "report", "--site", "demo", "-o", str(target), *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


def telpunt(folder: DataFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TELPUNT_DATA": str(folder.path)},
        timeout=120,
    )


def test_settings_of_a_command_reach_the_report(folder: DataFolder) -> None:
    """The command's report is that of the published run, with the look of the site."""
    from dashboard.reports import command

    settings = Settings(data=folder.path)
    site = factories.make_site("demo", ["werkenbij.example.org"])
    page = b"".join(command.pieces(settings, folder, site, "html", "a03", "nl", "briefs,about", {})).decode()
    assert "Studenten die een stage zoeken" in page
    assert 'lang="nl"' in page


@pytest.mark.parametrize("left", ["nothing", "unclustered", "one audience"])
def test_a_run_with_little_in_it_has_a_report(left: str, tmp_path: Path) -> None:
    """A run of before most tables were there, with no audience or one, is told in every format, without a chart of nothing."""
    made = factories.folder(tmp_path)
    site = factories.site(made)
    factories.publish(made, site, points=10)
    path = runs.current(made, "demo").path
    for name, schema in runs.TABLES.items():
        if name != "segments":
            pl.DataFrame(schema=schema).write_parquet(path / f"{name}.parquet")
    kept = {"nothing": [], "unclustered": ["unclustered"], "one audience": ["a01"]}[left]
    table = pl.read_parquet(path / "segments.parquet").filter(pl.col("segment").is_in(kept))
    table.write_parquet(path / "segments.parquet")
    for segment in (None, *kept):
        thin = build(readings_of(made), site, segment=segment, lang="nl")
        for form in formats.FORMATS.values():
            assert form.write(thin, Look())
