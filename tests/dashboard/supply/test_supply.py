"""Supply beside demand: what is kept, how it is laid beside visits, and who sees what of it."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from collector.folder import DataFolder
from dashboard.cli import main
from dashboard.supply import sheets
from dashboard.supply.beside import average_open, beside, hired_lately
from dashboard.supply.kept import CannotBeKept, Supply
from dashboard.supply.matching import match, normal, propose
from dashboard.supply.rows import HIRES, SCHEMAS, VACANCIES, Read
from tests import factories
from tests.dashboard.conftest import post, services_of

TODAY = date(2026, 11, 23)
START, END = date(2026, 10, 26), date(2026, 11, 22)
VACANCIES_CSV = (
    b"family,opened,closed,count\nTechniek,2026-01-01,,4\nICT,2026-01-01,,1\nZorg & welzijn,2026-11-09,2026-11-22,2\n"
)
HIRES_CSV = b"month,family,hires,applications\n2026-03,ict,3,41\n2026-04,techniek,17,90\n2025-11,techniek,500,\n"


def read(data: bytes, kind: str = VACANCIES) -> Read:
    return sheets.read(data, kind, TODAY)


def demand(*found: tuple[str, int, int | None]) -> pl.DataFrame:
    schema = {"value": pl.String, "visits": pl.Int64, "offered": pl.Int64}
    return pl.DataFrame(list(found), schema=schema, orient="row").with_columns(share=pl.col("visits") / 1000)


def test_open_is_an_average_over_the_days_of_the_window() -> None:
    """One vacancy for half of the days is half a vacancy; one that closed before or opens after is none."""
    found = read(
        b"family,opened,closed,count\na,2020-01-01,,3\na,2026-11-09,2026-12-31,1\nb,2026-01-01,2026-10-25,9\nb,2026-11-23,,9\n"
    )
    assert dict(average_open(found.rows, START, END).iter_rows()) == {"a": 3.5, "b": 0.0}


@given(
    st.lists(
        st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 400), st.integers(1, 9)), max_size=8
    )
)
def test_the_average_never_exceeds_what_there_is(made: list[tuple[date, int, int]]) -> None:
    """Whatever the days, between none and all of the vacancies were open on average."""
    data = [("a", "", "", opened, date.fromordinal(opened.toordinal() + days), count) for opened, days, count in made]
    found = average_open(pl.DataFrame(data, schema=SCHEMAS[VACANCIES], orient="row"), START, END)
    assert 0 <= found["open"].sum() <= sum(count for _, _, count in made) + 1e-9


def test_hires_of_the_last_twelve_months_count() -> None:
    """The month a year before the last one's is not in it."""
    assert hired_lately(read(HIRES_CSV, HIRES).rows, END).sort("family").rows() == [
        ("ict", 3, 41),
        ("techniek", 17, 90),
    ]


def test_pull_goes_by_what_is_open_and_both_gaps_are_named() -> None:
    """Visits per vacancy against the average; interest without a vacancy, and a vacancy without interest, stand out."""
    found = beside(
        demand(("techniek", 300, 9), ("ict", 300, None), ("finance", 50, None)),
        read(VACANCIES_CSV).rows,
        read(HIRES_CSV, HIRES).rows,
        {"zorg & welzijn": "zorg"},
        START,
        END,
    )
    rows = {row["family"]: row for row in found.iter_rows(named=True)}
    assert {name: row["open"] for name, row in rows.items()} == {"techniek": 4, "ict": 1, "finance": 0, "zorg": 1.0}
    assert rows["techniek"]["pull"] == pytest.approx(100 * 75 / 120)
    assert rows["ict"]["pull"] == pytest.approx(100 * 300 / 120)
    assert {name: row["stands_out"] for name, row in rows.items() if row["stands_out"]} == {
        "finance": "wanted",
        "zorg": "unseen",
    }


def test_without_imported_vacancies_what_visits_saw_stands() -> None:
    """With hires alone, open is what was seen, and a family of which none was seen is not said to have none."""
    empty = pl.DataFrame(schema=SCHEMAS[VACANCIES])
    found = beside(demand(("techniek", 300, 9), ("ict", 300, None)), empty, read(HIRES_CSV, HIRES).rows, {}, START, END)
    assert found.sort("family")["open"].to_list() == [None, 9.0]
    assert found["stands_out"].is_null().all()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Zorg & Welzijn", "zorg en welzijn"), ("Één-loket", "een loket"), ("HR/Personeel", "hr  personeel")],
)
def test_the_same_words_are_the_same_family(one: str, other: str) -> None:
    """Capitals, accents, signs and "and" make no other family."""
    assert normal(one) == normal(other)
    assert match([one], [other], {}) == {one: other}


def test_what_looks_alike_is_proposed_and_never_taken() -> None:
    """A near name is a proposal until an editor says so; what he says wins."""
    assert match(["informatika"], ["informatica"], {}) == {"informatika": "informatika"}
    assert propose(["informatika", "xyz", "zorg"], ["informatica", "zorg"], {}) == {
        "informatika": "informatica",
        "xyz": "",
    }
    assert match(["zorg"], ["zorg", "cure"], {"zorg": "cure"}) == {"zorg": "cure"}


def test_an_import_takes_the_place_of_its_source_and_can_be_undone(app: Flask) -> None:
    """Twice the same file is once; another source adds; removing takes its rows along; another site sees nothing."""
    kept = services_of(app).supply
    assert kept.keep("one", "a.csv", read(VACANCIES_CSV), by=None) is False
    assert kept.keep("one", "a.csv", read(VACANCIES_CSV), by=None) is True
    assert kept.keep("one", "b.csv", read(b"family,opened\nict,2026-11-01\n"), by=None) is False
    assert kept.rows("one", VACANCIES)["count"].sum() == 8
    assert kept.rows("two", VACANCIES).is_empty()
    newest = kept.imports("one")[0]
    assert not kept.remove("two", newest.id)
    assert kept.remove("one", newest.id)
    assert kept.rows("one", VACANCIES)["count"].sum() == 7
    with pytest.raises(CannotBeKept):
        kept.keep("one", "a.csv", read(b"family,opened\nict,never\n"), by=None)
    assert kept.rows("one", VACANCIES)["count"].sum() == 7


@pytest.fixture
def filled(app: Flask) -> Flask:
    """An installation with a published run and both kinds of imports."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    services.supply.keep("demo", "a.csv", read(VACANCIES_CSV), by=None)
    services.supply.keep("demo", "h.csv", read(HIRES_CSV, HIRES), by=None)
    return app


def shown(client: FlaskClient, path: str = "/sites/demo/demand") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_few_hires_are_shown_in_steps_to_who_is_no_editor(filled: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """An editor reads 3 and 17; a viewer "fewer than 5" and "at least 15"."""
    editor, viewer = shown(log_in("editor")), shown(log_in("viewer"))
    assert '<td class="number">17</td>' in editor
    assert "fewer than 5" not in editor
    assert '<td class="number">17</td>' not in viewer
    assert "fewer than 5" in viewer
    assert "at least 15" in viewer
    assert "vacancies, hardly a visit" in viewer


def test_families_that_match_nothing_are_told(filled: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """A family that visits do not see may only have another name, which makes what stands out wrong: the page says so."""
    page = shown(log_in("editor"))
    assert "1 family that was brought in is none of those that visits see" in page
    assert "Say which they are" in page
    assert "Say which they are" not in shown(log_in("viewer"))


def test_a_viewers_files_have_hires_in_steps(filled: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """The file of the table has for each reader what the page has for them: 17 and 3 for an editor, 15 and 0 for a viewer."""
    for role, hires in (("editor", {17, 3, None}), ("viewer", {15, 0, None})):
        answer = log_in(role).get("/sites/demo/export/supply.json?segment=")
        assert {row["hires"] for row in answer.json["rows"]} == hires
        assert {row["segment"] for row in answer.json["rows"]} == {""}


def test_a_shared_page_has_no_hires(filled: Flask) -> None:
    """Who reads by a link sees vacancies beside demand, and no figure of people."""
    services = services_of(filled)
    token = services.shared_links.make("demo", "Bureau", "demand", 7)
    page = shown(filled.test_client(), f"/shared/{token}")
    assert "Supply beside demand" in page
    assert "Hires" not in page
    assert "fewer than 5" not in page


def test_without_imports_the_page_is_as_it_was(reader: FlaskClient) -> None:
    """A site that brought nothing in has no such section."""
    assert "Supply beside demand" not in shown(reader)


def test_an_editor_reads_first_and_keeps_after(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Reading keeps nothing; what was shown is what is kept; a wrong file keeps nothing and names its line."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    editor = log_in("editor")
    page = "/sites/demo/supply"
    preview = post(editor, page, f"{page}/read", kind="vacancies", file=(io.BytesIO(VACANCIES_CSV), "a.csv"))  # type: ignore[arg-type]
    assert "techniek" in preview.text
    assert services.supply.imports("demo") == []
    text = html.unescape(preview.text.partition('name="text" value="')[2].partition('"')[0])
    assert post(editor, page, page, kind="vacancies", source="a.csv", text=text).status_code == 302
    assert services.supply.rows("demo", VACANCIES).equals(read(VACANCIES_CSV).rows)
    wrong = post(editor, page, f"{page}/read", kind="vacancies", file=(io.BytesIO(b"family,opened\nict,x\n"), "b.csv"))  # type: ignore[arg-type]
    assert "Line 2:" in wrong.text
    assert 'name="text"' not in wrong.text
    assert post(editor, page, page, kind="vacancies", source="a.csv", text="family,opened\nict,x\n").status_code == 400
    assert post(editor, page, f"{page}/read", url="https://elsewhere.example.com/feed.xml").status_code == 400
    assert services.supply.rows("demo", VACANCIES).equals(read(VACANCIES_CSV).rows)
    (one,) = services.supply.imports("demo")
    assert post(editor, page, f"{page}/remove", id=str(one.id)).status_code == 302
    assert services.supply.imports("demo") == []
    assert post(editor, "/account", f"{page}/remove", id="999").status_code == 404


def test_families_are_matched_by_hand_to_those_of_the_site_only(
    filled: Flask, log_in: Callable[[str], FlaskClient]
) -> None:
    """What an editor says of a family is kept when both names are there, and the demand page goes by it."""
    editor = log_in("editor")
    page = "/sites/demo/supply"
    assert "zorg & welzijn" in shown(editor, page)
    post(editor, page, f"{page}/families", imported="zorg & welzijn", family="nowhere")
    assert services_of(filled).supply.mapped("demo") == {}
    post(editor, page, f"{page}/families", imported="zorg & welzijn", family="ict")
    assert services_of(filled).supply.mapped("demo") == {"zorg & welzijn": "ict"}
    assert "zorg & welzijn" not in shown(editor)


def test_the_pages_speak_dutch(filled: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Both pages come in Dutch too."""
    editor = log_in("editor")
    post(editor, "/account", "/language", language="nl")
    assert "Aanbod naast vraag" in shown(editor)
    assert "Inlezen en tonen" in shown(editor, "/sites/demo/supply")


def test_the_command_brings_in_lists_and_removes(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command line the same; a wrong line fails with its number and keeps nothing."""
    factories.site(folder)
    monkeypatch.setenv("TELPUNT_DATA", str(folder.path))
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_bytes(VACANCIES_CSV)
    bad.write_bytes(b"family,opened\nict,2026-11-01\nict,x\n")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["supply", *words, "--site", "demo"])
        return done.exit_code, done.output

    assert run("import", str(good), "--dry-run")[0] == 0
    assert run("list") == (0, "")
    assert run("import", str(good)) == (0, "7 vacancies of demo kept\n")
    assert "in place of" in run("import", str(good))[1]
    status, said = run("import", str(bad))
    assert status == 1
    assert "b.csv:3: 'x' is not a day" in said
    ((number, *_),) = [line.split("\t") for line in run("list")[1].splitlines()]
    assert run("remove", number)[0] == 0
    assert run("remove", number)[0] == 1


def test_a_removed_site_takes_its_supply_along(filled: Flask) -> None:
    """Nothing of a site's supply is left when its rows are forgotten."""
    from dashboard.owner.site_removal import forget_rows

    services = services_of(filled)
    services.supply.map("demo", {"a": "b"})
    forget_rows(services.engine, "demo")
    kept = Supply(services.engine, services.clock)
    assert (kept.imports("demo"), kept.mapped("demo")) == ([], {})
    assert kept.rows("demo", HIRES).is_empty()
