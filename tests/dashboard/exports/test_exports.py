"""An export holds what the run holds, in every format, and no cell of it is a formula."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import runs
from analysis.words import Language
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import queries
from dashboard.exports import columns, explained, formats, headings, names, output, tables, worded, xlsx
from dashboard.queries import Readings
from dashboard.supply.table import SUPPLY
from dashboard.views import UnknownSegment
from tests import factories

TABLE = pl.DataFrame(
    {
        "segment": ["s1", "s2"],
        "label": ["Stories", "=HYPERLINK(1)"],
        "visits": [10, 20],
        "index": [100.0, None],
        "low": [-1.5, 2.0],
    }
)


def test_every_format_holds_the_same():
    """CSV, JSON and Parquet give the same rows and columns."""
    plain = TABLE.with_columns(label=pl.lit("a"))
    rows = plain.rows(named=True)
    as_csv = pl.read_csv(formats.FORMATS["csv"].write(plain, {})).rows(named=True)
    as_json = json.loads(formats.FORMATS["json"].write(plain, {"site": "x"}))
    as_parquet = pl.read_parquet(io.BytesIO(formats.FORMATS["parquet"].write(plain, {}))).rows(named=True)
    assert as_csv == rows
    assert as_json["rows"] == rows
    assert as_parquet == rows
    assert as_json["site"] == "x"


def test_a_format_that_is_not_there_is_said():
    """An unknown format names the ones that exist."""
    with pytest.raises(formats.UnknownFormat, match="csv, json, parquet, xlsx"):
        formats.by_name("docx")


def test_the_lists_of_choices_are_what_there_is():
    """Every table of a run but the map can be exported, in every format of the registry, and the command offers exactly these."""
    assert set(names.TABLES) == set(runs.TABLES) - {"map"}
    assert tuple(formats.FORMATS) == names.FORMATS


def test_exports_say_whose_rows_they_are(folder: DataFolder) -> None:
    """A table of segments is exported with their labels, the site's rows as the whole site; a table of the site takes no segment."""
    site = factories.site(folder)
    factories.publish(folder, site)
    steps = [
        {
            "segment": "a01",
            "start": "(start)",
            "end": "story",
            "visits": 90,
            "share": 0.9,
            "index": 210.0,
            "real": True,
        },
        {"segment": "", "start": "vacancy", "end": "(end)", "visits": 700, "share": 0.5},
    ]
    path = runs.current(folder, site.key).path
    pl.DataFrame(steps, schema=runs.TABLES["journeys"], orient="row").write_parquet(path / "journeys.parquet")

    def written(what: str, segment: str | None) -> str:
        return b"".join(tables.export(Settings(data=folder.path), folder, site, what, "csv", segment)).decode()

    everything = written("journeys", None)
    assert everything.startswith("segment,label,start,end,visits")
    assert "a01,Job-board technicians,(start),story,90" in everything
    assert ",(whole site),vacancy,(end),700" in everything
    assert "(whole site)" not in written("journeys", "a01")
    assert "(start)" not in written("journeys", "")
    with pytest.raises(tables.NotBySegment, match="whole site"):
        written("interest", "a01")
    with pytest.raises(UnknownSegment):
        written("journeys", "zz")


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder with a published run, for commands."""
    made = factories.folder(tmp_path_factory.mktemp("commands"))
    factories.publish(made, factories.site(made))
    return made


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_a_workbook_explains_itself_and_has_real_types(folder: DataFolder) -> None:
    """The first sheet says what it is, the rule of k and every column; numbers are numbers, days are days, the heading stays in sight."""
    site = factories.site(folder)
    run = factories.publish(folder, site)
    book = opened(tables.write(Readings(folder, lambda _key: {}), site, "segments", "xlsx", {}))
    rows = [row[:2] for row in book["About"].iter_rows(values_only=True)]
    assert ("Visits", run.visits) in rows
    told = {row[1]: row[2] for row in book["About"].iter_rows(values_only=True)}
    assert told["share"] == columns.meaning("segments", "share")
    assert dict(rows)["Last day"] == datetime.fromisoformat("2026-11-22")
    assert "at least 10 visits (visits, not people)" in str(dict(rows)["Rule"])
    sheet = book["segments"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:J10"
    head, first, *_ = sheet.iter_rows()
    row = {name.value: cell for name, cell in zip(head, first, strict=True)}
    assert row["visits"].data_type == "n"
    assert row["share"].number_format == xlsx.SHARE
    assert row["first_seen"].is_date
    assert row["label"].value == "Job-board technicians"
    assert len(book["Chart"]._charts) == 1


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(text: str) -> None:
    """Whatever text came in, it is text in the workbook, and nothing but text."""
    book = opened(formats.FORMATS["xlsx"].write(pl.DataFrame({"label": [text], "visits": [-5]}), {"what": "segments"}))
    cell, number = next(book["segments"].iter_rows(min_row=2))
    assert cell.data_type in ("s", "n")  # an empty one is no cell
    assert cell.hyperlink is None
    assert number.value == -5
    if text.isprintable() and text and "_x" not in text:
        assert cell.value == text


def test_every_column_has_a_meaning() -> None:
    """A workbook has words for each column of each table, in both languages."""
    for what in names.EXPORTED:
        for column in [*(SUPPLY if what == names.SUPPLY else runs.TABLES[what]), "label"]:
            assert columns.meaning(what, column), (what, column)
            assert columns.meaning(what, column, "nl") not in ("", columns.meaning(what, column)), (what, column)
        assert what in explained.TITLES


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_workbook_for_people_has_headings_in_words(lang: Language) -> None:
    """Each column of each table, words beside codes too, has a heading of its own, which is not the name of the column."""
    for what in names.EXPORTED:
        schema = SUPPLY if what == names.SUPPLY else runs.TABLES[what]
        dutch = [name for name in schema if f"{name}_nl" in schema]
        table = pl.DataFrame(schema={**schema, "label": pl.String})
        if "segment" in schema:
            table = worded.table(table, what, lang, {})
        kept = tuple(name for name in table.columns if name.removesuffix("_nl") not in dutch or name in dutch)
        told = [headings.heading(name, lang, kept) for name in kept]
        assert len(set(told)) == len(kept), what
        assert not [(name, said) for name, said in zip(kept, told, strict=True) if name == said], what


def test_a_long_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond what a sheet can hold are on a second one, with its own heading."""
    monkeypatch.setattr(xlsx, "ROWS_MAX", 3)
    book = opened(formats.FORMATS["xlsx"].write(pl.DataFrame({"visits": range(7)}), {"what": "trends"}))
    assert book.sheetnames == ["About", "trends", "trends (2)", "trends (3)"]
    assert [row[0].value for row in book["trends (3)"].iter_rows()] == ["visits", 6]


@pytest.mark.parametrize("form", names.FORMATS)
def test_pieces_make_the_same_file_as_the_whole(form: str) -> None:
    """A table that comes in parts is the same file as one that comes at once; without rows it still has its columns."""
    chosen = formats.by_name(form)
    parts = [TABLE.head(1), TABLE.tail(1)]
    together = b"".join(chosen.stream(parts, {"what": "segments"}))
    whole = chosen.write(TABLE, {"what": "segments"})
    if form in ("csv", "json"):
        assert together == whole
    elif form == "parquet":
        assert pl.read_parquet(io.BytesIO(together)).equals(pl.read_parquet(io.BytesIO(whole)))
    else:
        assert [*opened(together)["segments"].values] == [*opened(whole)["segments"].values]
    empty = chosen.write(TABLE.clear(), {})
    assert b"segment" in empty or form == "xlsx" or form == "json"
    if form == "json":
        assert json.loads(empty) == {"rows": []}


def test_a_large_table_is_read_in_parts(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not read as a whole gives the same rows, in the same order, with given names."""
    site = factories.site(folder)
    factories.publish(folder, site)
    readings = Readings(folder, lambda _key: {"a02": "Lezers"})
    whole = tables.write(readings, site, "journeys", "csv", {}), tables.write(readings, site, "segments", "csv", {})
    monkeypatch.setattr(queries, "SCANNED_FROM_BYTES", 0)
    monkeypatch.setattr(tables, "PART_ROWS", 3)
    parts = tables.write(readings, site, "journeys", "csv", {}), tables.write(readings, site, "segments", "csv", {})
    assert parts == whole
    assert b"a02,Lezers," in parts[0]


def test_excel_is_told_that_a_csv_is_utf_8() -> None:
    """With a byte order mark a CSV begins with one, once; without, it begins with its heading."""
    marked = b"".join(formats.by_name("csv", excel="en").stream([TABLE, TABLE], {}))
    assert marked.startswith(b"\xef\xbb\xbfsegment,")
    assert marked.count(b"\xef\xbb\xbf") == 1
    assert formats.by_name("csv").write(TABLE, {}).startswith(b"segment,")


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    """An error on the way leaves the old file and nothing beside it; a folder that is not there is said before any work."""
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        output.deliver(broken(), target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    output.deliver(iter([b"new", b"er"]), target)
    assert target.read_bytes() == b"newer"
    with pytest.raises(output.NoSuchFolder):
        output.check(tmp_path / "no" / "out.csv")
    output.deliver(iter([b"x"]), Path("/dev/null"))


def test_what_a_killed_command_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    """A kill half-way leaves the old file whole; what it wrote aside goes with the next, and that of a command that still runs stays."""
    target, slow = tmp_path / "out.csv", "import os, signal, pathlib, sys\nfrom dashboard.exports import output\n"
    target.write_bytes(b"old")
    killing = slow + (
        "def pieces():\n    yield b'half' * 100000\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "output.deliver(pieces(), pathlib.Path(sys.argv[1]))\n"
    )
    killed = subprocess.run([sys.executable, "-c", killing, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    (left,) = tmp_path.glob(".out.csv.*.aside")
    running = tmp_path / f".out.csv.{os.getppid()}.aside"
    other = tmp_path / ".out.csv2.1.aside"
    running.touch()
    other.touch()
    output.deliver(iter([b"new"]), target)
    assert target.read_bytes() == b"new"
    assert not left.exists()
    assert running.exists()
    assert other.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["--format", "xlsx", "-o", "/dev/full"], ["--format", "csv"]])
def test_a_full_disk_is_one_sentence(arguments: list[str], demo_folder: DataFolder) -> None:
    """Whether it goes to a file or to standard output, the command says what is wrong, and nothing more."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dashboard.cli", "export", "profiles", "--site", "demo", *arguments],
            env={**os.environ, "TELPUNT_DATA": str(demo_folder.path)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_a_reader_that_has_enough_ends_it_quietly(demo_folder: DataFolder) -> None:
    """A pipe that is closed at the other end is nothing to tell of, as with every command that writes lists."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "export", "profiles", "--site", "demo", "--format", "json"],
        env={**os.environ, "TELPUNT_DATA": str(demo_folder.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)


def test_nothing_and_a_dash_are_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Without a file, or with a dash for one, the bytes go to standard output as they are."""
    for path in (None, Path("-")):
        output.deliver(iter([b"a\r\n", b"\xff"]), path)
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"a\r\n\xffa\r\n\xff"
