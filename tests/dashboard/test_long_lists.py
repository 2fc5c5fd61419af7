"""A large site's thousand vacancies on the page of one audience."""

from __future__ import annotations

import csv
import re
from io import StringIO

import polars as pl
from flask import Flask

from analysis.runs import OTHER, PROFILES
from collector.folder import DataFolder
from dashboard.segments import ROWS_MAX
from tests import factories
from tests.dashboard.conftest import services_of


def test_a_long_list_ends_and_says_where_the_rest_is(app: Flask, folder: DataFolder) -> None:
    """Of 100 values the page shows the most common, what is held back, how many there are, and a file that has all."""
    run = factories.publish(folder, factories.site(folder))
    file = folder.runs / "demo" / run.id / "profiles.parquet"
    kept = pl.read_parquet(file).filter(~((pl.col("segment") == "a01") & (pl.col("dimension") == "vacancy")))
    rows = [
        {
            "segment": "a01", "label": "x", "dimension": "vacancy", "value": value, "visits": visits, "share": visits / 9999, "index": 100.0,
            "index_low": 80.0, "index_high": 120.0, "q": 1.0, "real": False,
        }
        for value, visits in [(OTHER, 999), *((f"/v/nr{n}x", 500 - n) for n in range(100))]
    ]  # fmt: skip
    pl.concat([kept.select(*PROFILES), pl.DataFrame(rows, schema=PROFILES, orient="row")]).write_parquet(file)
    services_of(app).accounts.add("anna@example.org", "viewer", None)
    client = app.test_client()
    client.get(services_of(app).accounts.entry_link("anna@example.org"))

    page = client.get("/sites/demo/segments/a01").text
    card = page.partition('aria-labelledby="d-vacancy">')[2].partition("</section>")[0]
    shown = re.findall(r"nr(\d+)x", card)
    assert shown == [str(number) for number in range(ROWS_MAX)]
    assert card.count('class="rest"') == 1
    assert f"These are the {ROWS_MAX} most common of 100." in card
    link = re.search(r'href="([^"]+)" download', card)
    assert link
    listed = list(csv.DictReader(StringIO(client.get(link[1].replace("&amp;", "&")).text)))
    assert len(listed) == 101
    assert {row["dimension"] for row in listed} == {"vacancy"}
