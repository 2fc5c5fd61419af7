"""What a report tells in sentences is what the run holds, and "more than average" only where the difference is real."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from analysis import runs
from collector.folder import DataFolder
from dashboard.queries import Readings
from dashboard.reports.brief_facts import Subject, ways
from dashboard.reports.build import build
from dashboard.reports.model import Chart, Fact, Facts, Report, Section, Tiles
from dashboard.reports.source import Source
from dashboard.reports.speech import speaking
from dashboard.reports.telling import Telling, is_notable, listed
from dashboard.views import Value
from tests import factories

RISING = ("new", "grown", "returned")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    made = factories.folder(tmp_path_factory.mktemp("words"))
    factories.publish(made, factories.site(made), points=10)
    return made


def readings_of(folder: DataFolder) -> Readings:
    return Readings(folder, lambda _site: {})


def made(folder: DataFolder, **wish: object) -> Report:
    site = factories.make_site("demo", ["werkenbij.example.org"])
    return build(readings_of(folder), site, **wish)  # type: ignore[arg-type]


def facts_of(report: Report, chapter: str) -> list[tuple[Section, Fact]]:
    return [
        (section, fact)
        for part in report.chapters
        if part.key == chapter
        for section in part.sections
        for block in section.blocks
        if isinstance(block, Facts)
        for fact in block.facts
    ]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_numbers_in_sentences_are_those_of_the_run(folder: DataFolder, lang: str) -> None:
    """Each number of a reach brief and of the summary stands in its sentence as its cell has it, and the run has released it."""
    published = runs.current(folder, "demo")
    released: set[float | int | None] = {published.run.visits}
    for table, columns in {
        "profiles": ("visits", "share", "index", "index_low", "index_high"),
        "segments": ("visits", "share"),
        "changes": ("before", "after"),
        "nearer": ("rate", "rate_without"),
        "demand": ("visits",),
    }.items():
        for column in columns:
            released |= set(published.table(table)[column].to_list())
    report = made(folder, lang=lang, chapters=["summary", "briefs"])
    found = facts_of(report, "summary") + facts_of(report, "briefs")
    told = [(fact, cell) for _section, fact in found for cell in fact.cells]
    assert len(told) > 200
    for fact, cell in told:
        assert any(cell.text in sentence for sentence in fact.sentences), (cell, fact)
    # How many start to apply is the sum of two released shares, or a quotient of two released sums, as on the pages.
    derived = [cell for _fact, cell in told if cell.value not in released]
    assert len(derived) <= 2 * (8 + 1) + 4
    assert all(cell.kind == "share" for cell in derived)


def test_a_brief_answers_all_that_an_agency_asks(folder: DataFolder) -> None:
    """Each brief says in sentences who, what for, where, how, with what and how sure; on a slide stand less of them."""
    report = made(folder, chapters=["briefs"])
    sections = report.chapters[0].sections
    assert len(sections) == 8
    for section in sections:
        assert section.message.startswith("In one line: ")
        answers = [fact for one, fact in facts_of(report, "briefs") if one is section]
        leads = [fact.lead for fact in answers]
        assert leads[0] == "Who"
        assert leads[-1] == "What is uncertain"
        assert {"Where they come from", "How to reach them"} <= set(leads)
        assert all(sentence.endswith((".", "…")) for fact in answers for sentence in fact.sentences)
        assert all(fact.short and set(fact.short) <= set(fact.sentences) for fact in answers)
        assert "Visits are counted, not people: who comes twice counts twice." in answers[-1].sentences


def test_without_a_real_difference_nothing_is_said_to_differ(tmp_path: Path) -> None:
    """When no difference of the run is real, no brief says "times the average", and it says that no channel stands out."""
    own = factories.folder(tmp_path)
    factories.publish(own, factories.site(own), points=10)
    path = runs.current(own, "demo").path / "profiles.parquet"
    pl.read_parquet(path).with_columns(real=pl.lit(value=False)).write_parquet(path)
    report = made(own, chapters=["briefs"])
    said = [sentence for _section, fact in facts_of(report, "briefs") for sentence in fact.sentences]
    assert not [sentence for sentence in said if "×" in sentence]
    assert said.count("No channel stands out: they come as the average visit does.") == 8


@given(
    share=st.floats(0.001, 1),
    index=st.floats(1, 5000),
    width=st.floats(0, 500),
    real=st.sampled_from([True, False, None]),
)
def test_only_what_is_real_and_notable_is_set_against_the_average(
    share: float, index: float, width: float, real: bool | None
) -> None:
    """Whatever a value is: it is set against the average exactly when the whole interval is on one side, it is real, and it is notable."""
    value = Value("channel", "direct", 10, share, index, max(index - width, 0.0), index + width, real)
    aside = index - width > 100 or index + width < 100
    expected = aside and real is not False and (index / 100 >= 1.2 or index / 100 <= 1 / 1.2)
    assert is_notable(value) is expected


def test_what_is_shown_against_the_average_says_how_much(folder: DataFolder) -> None:
    """A notable value has share and multiple, both as cells; another has its share only."""
    with speaking("nl"):
        telling = Telling()
        assert (
            telling.against(Value("channel", "direct", 10, 0.33, 254.0, 239.0, 269.0, True))
            == "33%, 2,5 × het gemiddelde"
        )
        assert telling.against(Value("channel", "direct", 10, 0.33, 254.0, 239.0, 269.0, False)) == "33%"
        assert (
            telling.against(Value("channel", "direct", 10, 0.33, 1254.0, 1200.0, 1300.0)) == "33%, 13 × het gemiddelde"
        )
        assert [cell.value for cell in telling.cells] == [0.33, 254.0, 0.33, 0.33, 1254.0]
        assert listed(["a", "b", "c"]) == "a, b en c"


def test_sites_of_the_employer_are_no_way_to_reach_anybody(tmp_path: Path) -> None:
    """A source that is a host of the employer, above it or beside it, is not proposed."""
    own = factories.folder(tmp_path)
    factories.publish(own, factories.site(own), points=10)
    path = runs.current(own, "demo").path / "profiles.parquet"
    table = pl.read_parquet(path)
    hosts = {"linkedin": "example.org", "instagram": "www.example.org"}
    table.with_columns(
        value=pl.when(pl.col("dimension") == "source").then(pl.col("value").replace(hosts)).otherwise("value")
    ).write_parquet(path)
    site = factories.make_site("demo", ["werkenbij.example.org"])
    with speaking("en"):
        source = Source.open(readings_of(own), site, "en", None)
        named = {
            one.value for segment in source.segments for one in ways(Subject(source, segment, source.profile(segment)))
        }
    assert named
    assert not named & set(hosts.values())


def test_the_summary_says_what_to_do_first(folder: DataFolder) -> None:
    """It is the first section; audiences that grow are read about first, those that shrink are asked about, and never the other way."""
    report = made(folder, chapters=["summary"])
    section = report.chapters[0].sections[0]
    assert section.title == "In short"
    told = {fact.lead: " ".join(fact.sentences) for one, fact in facts_of(report, "summary") if one is section}
    assert {"What is new", "Who visits", "What is missed", "What to do first", "How sure this is"} <= set(told)
    table = runs.current(folder, "demo").table("segments")
    for label, status in table.select("label", "status").iter_rows():
        assert (f"Read the reach brief of “{label}”" in told["What to do first"]) <= (status in RISING)
        assert (f"Find out whether “{label}”" in told["What to do first"]) <= (status == "shrunk")
    assert "Read the reach brief of" in told["What to do first"]


def test_a_report_is_of_the_period_that_the_page_is_of(folder: DataFolder, reader: FlaskClient) -> None:
    """With the period of an address, headline figures are those of the overview at that address, and lines have its weeks."""
    for wish in ({}, {"weeks": "4"}, {"weeks": "13", "compare": "year"}):
        report = made(folder, chapters=["summary"], wish=wish)
        sections = report.chapters[0].sections
        (tiles,) = (block for section in sections for block in section.blocks if isinstance(block, Tiles))
        page = reader.get("/sites/demo", query_string=wish).text
        for tile in tiles.tiles:
            assert tile.figure.text in page
            for part in filter(None, tile.beside.split(" · ")):
                assert part in page
        (line,) = (
            block
            for section in sections
            for block in section.blocks
            if isinstance(block, Chart) and block.shape == "areas"
        )
        weeks = {"4": 4}.get(wish.get("weeks", ""))
        assert weeks is None or len(line.categories) == weeks
        assert any(text.startswith("By week: ") for text in report.beside) == bool(wish)
