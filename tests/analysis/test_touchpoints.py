"""What is seen has the starts of an application of the visits that see it, within what rounding allows."""

from __future__ import annotations

import polars as pl

from analysis import facts, profiles, touchpoints

K = 10


def counts(rows, week="2026-W47"):
    return pl.DataFrame([("s", week, *row) for row in rows], schema=facts.SCHEMA, orient="row")


def built(rows):
    table = counts(rows)
    of = pl.DataFrame({"pattern": ["a", "b"], "segment": ["s1", "s1"]})
    tallied = profiles.tally(table, of)
    return touchpoints.build(profiles.build(tallied, K), profiles.whole(tallied, K), table, of, K)


def test_starts_of_a_page_are_those_of_the_patterns_that_see_it():
    """A page seen by 100 visits that all apply and 300 that never do has a start rate of a quarter."""
    rows = [("a", "week", "", 100), ("b", "week", "", 300), ("a", "stage", "apply", 60), ("a", "stage", "applied", 40)]
    rows += [
        ("b", "stage", "vacancy", 300),
        ("a", "vacancy", "/v/1", 100),
        ("b", "vacancy", "/v/1", 300),
        ("b", "page", "/x", 200),
    ]
    table = built(rows)
    vacancy = table.row(by_predicate=(pl.col("value") == "/v/1") & (pl.col("segment") == "s1"), named=True)
    assert (vacancy["visits"], vacancy["started"], vacancy["start_rate"]) == (400, 100, 0.25)
    assert vacancy["start_low"] < 0.25 < vacancy["start_high"]
    page = table.row(by_predicate=(pl.col("value") == "/x") & (pl.col("segment") == ""), named=True)
    assert (page["started"], page["start_rate"], page["start_low"]) == (0, None, 0.0)
    assert 0 < page["start_high"] < 0.1


def test_a_group_that_shares_a_context_counts_for_its_part():
    """Where a third of a group applies, a page that half of the group sees has a third of that half."""
    rows = [
        ("a", "week", "", 300),
        ("a", "stage", "apply", 100),
        ("a", "stage", "vacancy", 200),
        ("a", "page", "/x", 150),
    ]
    row = built(rows).row(by_predicate=(pl.col("value") == "/x") & (pl.col("segment") == "s1"), named=True)
    assert row["started"] == 50


def test_who_is_in_the_form_has_started():
    """Visits that see the application form have all started to apply, whatever the context that they share says."""
    rows = [
        ("a", "week", "", 100),
        ("a", "stage", "apply", 50),
        ("a", "stage", "vacancy", 50),
        ("a", "touchpoint", "apply", 40),
        ("a", "touchpoint", "home", 40),
    ]
    starts = {
        row["value"]: row["started"] for row in built(rows).filter(pl.col("segment") == "s1").iter_rows(named=True)
    }
    assert starts == {"apply": 40, "home": 20}


def test_interest_is_by_week_and_leaves_out_what_is_too_little():
    """Each week has its own visits and share; a week with nine has no row."""
    weeks = [counts([("a", "week", "", 200), ("a", "vacancy", "/v/1", 57)], "2026-W46")]
    weeks.append(counts([("a", "week", "", 100), ("a", "vacancy", "/v/1", 9)]))
    table = touchpoints.interest(pl.concat(weeks), K)
    assert table.rows() == [("vacancy", "/v/1", "2026-W46", 50, 0.25)]
