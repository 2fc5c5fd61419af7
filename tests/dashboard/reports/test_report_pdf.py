"""The PDF can be read by everybody (PDF/UA-1, ISO 14289-1), a brief fits its page, and letters that no font has do not spoil either."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from collector.folder import DataFolder
from dashboard.queries import Readings
from dashboard.reports import glyphs, pdf
from dashboard.reports.build import build
from dashboard.reports.look import Look
from tests import factories

NO_FONT = "\U0010fffd"  # the last letter for private use: no font has it
SHOWS = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"Do", b"sh", b"EI"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    made = factories.folder(tmp_path_factory.mktemp("pdf"))
    factories.publish(made, factories.site(made), points=10)
    return made


@pytest.fixture(scope="module")
def document(folder: DataFolder) -> PdfReader:
    return written(folder, title="Waterschap")


def written(folder: DataFolder, names: dict[str, str] | None = None, **wish: Any) -> PdfReader:
    site = factories.make_site("demo", ["werkenbij.example.org"])
    report = build(Readings(folder, lambda _site: names or {}), site, **wish)
    return PdfReader(io.BytesIO(pdf.write(report, Look())))


def claims(reader: PdfReader) -> bool:
    return b"<pdfuaid:part>1</pdfuaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data()


def nodes(node: Any) -> Iterator[Any]:
    """Every element of the tree of structure."""
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            yield from nodes(kid)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from nodes(node["/K"])


def test_it_says_what_it_is(document: PdfReader) -> None:
    """It claims PDF/UA-1, has a language, and shows its title instead of a file name (ISO 14289-1, 7.1 and 7.2)."""
    root = document.trailer["/Root"]
    assert claims(document)
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/MarkInfo"]["/Marked"]
    assert all(page.get("/Tabs") == "/S" for page in document.pages if "/Annots" in page)


def test_figures_tables_and_headings_are_told(document: PdfReader) -> None:
    """Each figure has words, each table heads of columns with their scope, and no level of headings is left out."""
    found = list(nodes(document.trailer["/Root"]["/StructTreeRoot"]["/K"]))
    kinds = [node["/S"] for node in found]
    figures = [node for node in found if node["/S"] == "/Figure"]
    assert len(figures) > 10
    assert all(len(node["/Alt"]) > 20 for node in figures)
    tables = [node for node in found if node["/S"] == "/Table"]
    assert len(tables) > 10
    for table in tables:
        heads = [node for node in nodes(table) if node["/S"] == "/TH"]
        assert heads
        for head in heads:
            attributes = head["/A"].get_object()
            listed = attributes if isinstance(attributes, list) else [attributes]
            assert any(one.get_object().get("/Scope") in ("/Column", "/Both") for one in listed)
    levels = [int(kind[2:]) for kind in kinds if kind[:2] == "/H" and kind[2:].isdigit()]
    assert levels
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_drawn_outside_of_the_structure(document: PdfReader) -> None:
    """All that is painted stands between marks of content: a part of the structure, or an artifact such as a line."""
    for page in document.pages:
        depth = 0
        for _operands, operator in ContentStream(page["/Contents"].get_object(), document).operations:
            if operator in (b"BDC", b"BMC"):
                depth += 1
            elif operator == b"EMC":
                depth -= 1
            elif operator in SHOWS:
                assert depth > 0, operator
        assert depth == 0


def test_a_brief_is_one_page(folder: DataFolder) -> None:
    """A reach brief with the longest name that an audience may have is one page, and its first one has the chapter's heading too."""
    long = {
        factories.segment_id(
            place
        ): f"{place} Vergelijkers van arbeidsvoorwaarden en doorgroeimogelijkheden in de regio"[:80]
        for place in range(8)
    }
    reader = written(folder, long, chapters=["briefs"], lang="nl", title="W" * 80)
    texts = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(texts) == 1 + 8  # so few sections need no contents
    assert "Campagnebriefings" in texts[1]
    assert all("Wat onzeker is" in text for text in texts[1:])


def test_letters_that_no_font_has_give_way_to_a_sign(folder: DataFolder) -> None:
    """Such a PDF is PDF/UA all the same, shows the sign, and says on the cover what it stands for."""
    reader = written(
        folder, {"a02": f"Lezers {NO_FONT}{NO_FONT} over cultuur"}, title=f"Wat{NO_FONT}er", chapters=["audiences"]
    )
    assert claims(reader)
    cover = " ".join(reader.pages[0].extract_text().split())
    assert "Wat[…]er" in cover
    assert "[…] stands for letters that no font here can print" in cover
    assert "Lezers […] over cultuur" in " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_what_typst_says_of_letters_is_understood() -> None:
    """Its list of letters is read with the escapes of Rust, and runs of them become one sign."""
    said = (
        'error: PDF/UA-1 error: the text `"中"` could not be displayed with font `"X"`\n'
        'error: PDF/UA-1 error: the text `"\\u{10fffd}"` could not be displayed with any font\n'
        'error: PDF/UA-1 error: the text `"\\""` could not be displayed with font `"X"`\n'
    )
    letters = glyphs.missing(said)
    assert letters == {"中", NO_FONT, '"'}
    assert glyphs.replaced(f"a中{NO_FONT}b 中", letters) == "a[…]b […]"
    assert glyphs.replaced("中", ()) == "中"
