"""Journeys begin, go on and end with the numbers that the profiles show."""

from __future__ import annotations

import polars as pl

from analysis import facts, journeys, profiles

K = 10


def built(rows):
    counts = pl.DataFrame([("s", "2026-W47", *row) for row in rows], schema=facts.SCHEMA, orient="row")
    tallied = profiles.tally(counts, pl.DataFrame({"pattern": ["a", "b"], "segment": ["s1", "s2"]}))
    return journeys.build(profiles.build(tallied, K), profiles.whole(tallied, K))


ROWS = [
    ("a", "week", "", 200), ("b", "week", "", 400), ("a", "entry", "story", 150), ("a", "entry", "home", 50),
    ("a", "step", "story>vacancy", 60), ("b", "step", "home>vacancy", 300), ("b", "entry", "home", 395),
    ("a", "exit", "vacancy", 200), ("b", "exit", "section:a>b", 400),
]  # fmt: skip


def test_begins_and_ends_are_all_visits_of_a_segment():
    """What visits begin with adds up to the segment's visits, and so does what they end with, with what is held back."""
    table = built(ROWS)
    for which in (pl.col("start") == journeys.START, pl.col("end") == journeys.END):
        sums = dict(table.filter(which).group_by("segment").agg(pl.col("visits").sum()).iter_rows())
        assert sums == {"s1": 200, "s2": 400, "": 600}


def test_a_step_goes_from_one_touchpoint_to_the_next():
    """A step has its two ends, its share of the segment's visits, and for the site no index."""
    table = built(ROWS)
    step = table.row(by_predicate=(pl.col("start") == "story") & (pl.col("segment") == "s1"), named=True)
    assert (step["end"], step["visits"], step["share"], step["real"]) == ("vacancy", 60, 0.3, True)
    whole = table.row(by_predicate=(pl.col("start") == "story") & (pl.col("segment") == ""), named=True)
    assert (whole["visits"], whole["share"], whole["index"]) == (60, 0.1, None)


def test_a_site_without_steps_has_an_empty_journey():
    """Visits of one page begin and end, and that is all."""
    table = built([("a", "week", "", 50), ("b", "week", "", 50)])
    assert set(table["start"]) | set(table["end"]) == {journeys.START, journeys.END, "(none)"}
