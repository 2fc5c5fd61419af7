"""Demand tells what is wanted and whether it is there."""

from __future__ import annotations

import polars as pl
import pytest

from analysis import context, demand, facts, profiles
from tests.analysis.journals import hit

K = 10


def counts(rows):
    return pl.DataFrame([("s", "2026-W47", *row) for row in rows], schema=facts.SCHEMA, orient="row")


def built(rows):
    table = counts([("a", "week", "", 1_000), ("b", "week", "", 1_000), *rows])
    tallied = profiles.tally(table, pl.DataFrame({"pattern": ["a", "b"], "segment": ["s1", "s2"]}))
    return demand.build(profiles.build(tallied, K), profiles.whole(tallied, K), table, K)


def of(table, value, segment=""):
    return table.row(by_predicate=(pl.col("value") == value) & (pl.col("segment") == segment), named=True)


def test_a_search_that_always_fails_is_unanswered():
    """A search that never finds anything is all unanswered, one that finds half the time is half, and one that finds always not."""
    rows = [("a", "search_empty", "python", 50), ("a", "search", "data", 40), ("a", "search", "gis", 30)]
    table = built([*rows, ("b", "search_empty", "gis", 30)])
    assert of(table, "python")["unanswered"] == 1.0
    assert of(table, "data")["unanswered"] == 0.0
    assert set(table.filter((pl.col("value") == "gis") & (pl.col("segment") == ""))["unanswered"]) == {0.5}
    assert of(table, "gis", "s2")["unanswered"] == 1.0


def test_pull_is_interest_for_each_vacancy():
    """A family with three times the visits per vacancy of another has three times its pull; 100 is the average vacancy."""
    rows = [("a", "job_family", "ict", 300), ("a", "job_family", "care", 200)]
    rows += [("a", "opening", "ict>/v/1", 300)] + [("a", "opening", f"care>/v/{n}", 100) for n in (2, 3)]
    table = built([*rows, ("b", "opening", "care>/v/9", 9)])
    ict, care = of(table, "ict"), of(table, "care")
    assert (ict["offered"], care["offered"]) == (1, 2)
    assert ict["pull"] == pytest.approx(3 * care["pull"])
    assert ict["pull"] == pytest.approx(100 * 300 / (500 / 3))


def test_a_vacancy_that_hardly_anybody_saw_is_not_offered():
    """A vacancy of fewer than k visits is counted nowhere."""
    assert demand.offers(counts([("a", "opening", "ict>/v/1", 9)]), K).is_empty()
    assert demand.offers(counts([("a", "opening", "a>b>/v/1", 10)]), K).row(0) == ("a>b", 1)


def test_families_without_vacancies_known_have_no_pull():
    """Where pages tell no family, interest has no vacancies beside it, and no number is made up."""
    row = of(built([("a", "job_family", "ict", 300)]), "ict")
    assert (row["offered"], row["pull"]) == (None, None)


def test_an_opening_is_a_vacancy_seen_with_its_family():
    """A vacancy page with a family counts as an opening; other pages and vacancies without a family don't."""
    job = {"family": "ict", "employment_type": "", "remote": "", "location": "", "posted": "", "closes": ""}
    hits = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "kind": [hit(0).kind] * 3,
            "touchpoint": ["vacancy", "vacancy", "team"],
            "page": ["/v/1", "/v/2", "/team"],
            "job": [job, None, job],
        }
    )
    values = context.MULTIPLE[facts.OPENING](hits.lazy()).collect()
    assert values.rows() == [(1, "ict>/v/1")]
