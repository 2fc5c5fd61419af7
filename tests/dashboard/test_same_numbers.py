"""
One truth: what a page shows is what its files hold, in every format, and what the API and the report say.

Each page is read as a person sees it, table by table. What ought to stand there is worked out from the rows of the file that the page
itself offers for download (so the file has the page's choices), with the formatting functions of the pages; once for each format.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis import runs
from analysis.words import Language
from collector.folder import DataFolder
from dashboard.api.resources import PREFIX
from dashboard.reports.speech import speaking
from dashboard.supply import sheets
from dashboard.supply.rows import HIRES, VACANCIES
from tests import factories
from tests.dashboard.conftest import made, services_of
from tests.dashboard.page_truths import (
    Files,
    Rows,
    RowsOf,
    audiences,
    changes,
    channels,
    comparison,
    demand,
    overview,
    segment,
    thing,
    touchpoints,
)
from tests.dashboard.supply.test_supply import HIRES_CSV, TODAY, VACANCIES_CSV
from tests.dashboard.taken_away import FORMS, Get, Page, alike, fetch


def spread(folder: DataFolder) -> None:
    """Give every fraction of the published run many digits, so that whatever rounds on the way is seen."""
    path = runs.current(folder, "demo").path
    dice = random.Random(11)
    for name in runs.TABLES:
        table = pl.read_parquet(path / f"{name}.parquet")
        columns = [column for column in table.select(cs.float()).columns if name != "map"]
        if name == "demand":
            table = table.with_columns(
                index=pl.when(pl.col("segment") != "").then(pl.lit(123.0)), pull=pl.col("pull") * 1.0
            )
            columns = table.select(cs.float()).columns
        factors = [pl.Series([dice.uniform(0.9, 1.0) for _ in range(table.height)]) for _ in columns]
        table = table.with_columns(pl.col(column) * factor for column, factor in zip(columns, factors, strict=True))
        table.write_parquet(path / f"{name}.parquet")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation with a published run, a name given by hand, and supply."""
    folder = factories.folder(tmp_path_factory.mktemp("same"))
    factories.publish(folder, factories.site(folder))
    spread(folder)
    for app in made(folder):
        services = services_of(app)
        services.accounts.add("admin@example.org", "admin", None)
        services.accounts.add("editor@example.org", "editor", None)
        services.names.give("demo", "a02", "Lezers van verhalen", by=None)
        services.supply.keep("demo", "v.csv", sheets.read(VACANCIES_CSV, VACANCIES, TODAY), by=None)
        services.supply.keep("demo", "h.csv", sheets.read(HIRES_CSV, HIRES, TODAY), by=None)
        yield app


@pytest.fixture(scope="module")
def editor(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get(services_of(app).accounts.entry_link("editor@example.org"))
    return client


@pytest.fixture(scope="module")
def api(app: Flask) -> Get:
    """Asks the API as the same editor; a new token now and then, since each may ask so often a minute."""
    services = services_of(app)
    owner = next(one for one in services.accounts.all() if one.email == "editor@example.org")
    client, counted, token = app.test_client(), itertools.count(), [""]

    def get(path: str) -> Any:
        if next(counted) % 50 == 0:
            token[0] = services.tokens.make(owner.id, "same", "annotate", None, 30)
        answer = client.get(PREFIX + path, headers={"Authorization": f"Bearer {token[0]}"})
        assert answer.status_code == 200, (path, answer.text)
        return answer.json

    return get


@pytest.fixture(scope="module")
def rows_of(editor: FlaskClient, api: Get) -> RowsOf:
    """The rows of an address in a form, which are fetched once; in each form they are those of Parquet."""
    kept: dict[tuple[str, str, Language], Rows] = {}

    def of(link: str, form: str, lang: Language) -> Rows:
        if form not in ("xlsx", "excel"):
            lang = "en"  # what programs read has no language
        if (link, form, lang) not in kept:
            found = kept[link, form, lang] = fetch(editor, api, link, form, lang)
            truth = of(link, "parquet", lang)
            columns = [name for name in (truth[0] if truth else {}) if form != "api" or name in found[0]]
            assert alike(found, form, columns) == alike(truth, form, columns), (link, form)
        return kept[link, form, lang]

    return of


VIEWS: list[tuple[str, Callable[[Page, Files, Language], None]]] = [
    ("/sites/demo", overview),
    ("/sites/demo?weeks=13&compare=year", overview),
    ("/sites/demo?weeks=4&until=2026-W42", overview),
    ("/sites/demo/audiences", audiences),
    ("/sites/demo/audiences/compare", comparison),
    ("/sites/demo/audiences/compare?a=a03&b=a06", comparison),
    ("/sites/demo/segments/a01", segment),
    ("/sites/demo/segments/a03", segment),
    ("/sites/demo/changes", changes),
    ("/sites/demo/changes?kind=grew", changes),
    ("/sites/demo/changes?segment=a07", changes),
    *((f"/sites/demo/touchpoints?kind={kind}", touchpoints) for kind in ("touchpoint", "action", "page", "vacancy")),
    ("/sites/demo/touchpoints?kind=page&segment=a05", touchpoints),
    ("/sites/demo/touchpoints?segment=a02", touchpoints),
    ("/sites/demo/touchpoints/one?kind=vacancy&value=/vacatures/monteur-gemalen", thing),
    ("/sites/demo/touchpoints/one?kind=touchpoint&value=vacancy", thing),
    ("/sites/demo/demand", demand),
    ("/sites/demo/demand?segment=a03", demand),
    ("/sites/demo/demand?segment=a05", demand),
    *((f"/sites/demo/channels?by={name}", channels) for name in ("channel", "source", "campaign")),
]


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize(("address", "view"), VIEWS, ids=[address for address, _view in VIEWS])
def test_a_page_and_its_files_hold_the_same(
    address: str,
    view: Callable[[Page, Files, Language], None],
    lang: Language,
    editor: FlaskClient,
    rows_of: RowsOf,
) -> None:
    """Every table of the page, and every headline, is what its file says, in each format and by the API; no table of numbers is left out."""
    answer = editor.get(address, query_string=None, headers={"Accept-Language": lang})
    assert answer.status_code == 200
    page, followed = Page(address, answer.text), set[str]()
    with speaking(lang):
        for form in FORMS:
            view(page, Files(page, form, lang, rows_of, followed), lang)
    assert page.unread_tables() == []
    assert page.tables_offered() == followed
