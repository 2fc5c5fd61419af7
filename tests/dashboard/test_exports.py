"""An export holds what the run holds, in every format, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import runs
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard.exports import formats, names, tables
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


@given(st.text(max_size=40))
def test_no_cell_of_a_csv_is_a_formula(text):
    """Whatever text came in, no cell begins as a formula does, a row stays a row, and the text is there."""
    content = formats.FORMATS["csv"].write(pl.DataFrame({"label": [text], "visits": [-5]}), {})
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert len(rows) == 2
    cell, number = rows[1]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")
    assert number == "-5"


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
