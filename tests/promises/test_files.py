"""Nothing under *k* is in a file, whatever it is filtered by, and nothing under *k* follows from two files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.folder import DataFolder
from collector.sites import Registry, Site
from dashboard.downloads import COLUMNS
from dashboard.exports import names, tables
from dashboard.queries import Readings
from dashboard.supply import sheets
from dashboard.supply.rows import HIRES, VACANCIES, Imported
from dashboard.supply.table import Hires
from tests.dashboard.supply.test_supply import HIRES_CSV, TODAY, VACANCIES_CSV
from tests.dashboard.taken_away import READERS, Row

# Whole numbers that are no visits: a place in a palette, days of a week, pages of vacancies (each seen in k visits), and people.
NO_VISITS = ("colour", "days", "offered", "hires", "applications")
FORMS = ("csv", "json", "parquet", "xlsx")


@pytest.fixture(scope="module")
def readings(demo: Path) -> Readings:
    """A whole analysis of simulated traffic, with supply."""
    imported = Imported(
        sheets.read(VACANCIES_CSV, VACANCIES, TODAY).rows, sheets.read(HIRES_CSV, HIRES, TODAY).rows, {}
    )
    return Readings(DataFolder(demo), lambda _site: {}, supply=lambda _site: imported)


@pytest.fixture(scope="module")
def site(demo: Path) -> Site:
    return Registry.open(DataFolder(demo))["demo"]


@pytest.fixture(scope="module")
def whole(readings: Readings, site: Site) -> dict[str, pl.DataFrame]:
    """Every table, unfiltered."""
    return {
        what: pl.DataFrame(rows(readings, site, what, "parquet", {}), infer_schema_length=None)
        for what in names.EXPORTED
    }


def rows(readings: Readings, site: Site, what: str, form: str, only: dict[str, list[Any]]) -> list[Row]:
    return READERS[form](b"".join(tables.stream(readings, site, what, form, only, hires=Hires.EXACT)))


def counted(table: pl.DataFrame) -> list[str]:
    return [name for name, kind in table.schema.items() if kind.is_integer() and name not in NO_VISITS]


@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_number_of_visits_in_a_file_is_a_multiple_of_k(
    readings: Readings, site: Site, whole: dict[str, pl.DataFrame], data: st.DataObject
) -> None:
    """Of any two files that filters can make, numbers, totals and differences of totals are multiples of k, and no share tells more."""
    what = data.draw(st.sampled_from(names.EXPORTED))
    table = whole[what]
    totals = []
    for _ in range(2):
        only = {}
        for column in data.draw(st.sets(st.sampled_from([*COLUMNS, "week"]), max_size=3)):
            if column in table.columns:
                values = table[column].fill_null("").unique().sort().to_list()
                only[column] = data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
        found = rows(readings, site, what, data.draw(st.sampled_from(FORMS)), only)
        for name in counted(table):
            numbers = [row[name] for row in found if row[name] is not None]
            assert all(number % site.k == 0 for number in numbers), (what, name, only)
        totals.append(sum(row["visits"] or 0 for row in found))
    assert (totals[0] - totals[1]) % site.k == 0


def test_the_property_sees_every_count(whole: dict[str, pl.DataFrame]) -> None:
    """Each table has a number of visits that is looked at, and a row to look at; so the property can fail."""
    for what, table in whole.items():
        if what != "changes":  # six weeks of quiet traffic may have none
            assert "visits" in counted(table), what
            assert table.height, what
