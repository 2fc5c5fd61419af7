"""The tables that open an audience further obey the rule of k, and agree with the profiles."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import demand, facts, journeys, nearness, patterns, profiles, runs, touchpoints
from analysis.tables import TABLES

K = 10
PATTERNS = {
    "1;story=1": "s1", "1;story=1;vacancy=1": "s1", "1;act:save=1;home=1;vacancy=1": "s1", "1;apply=1;benefits=1;vacancy=1": "s2",
    "1;benefits=1": "s2", "1;apply=1;vacancy=2": "s2", "1;home=1": runs.UNCLUSTERED,
}  # fmt: skip
VALUES = {
    "vacancy": ["/v/1", "/v/2"], "page": ["/v/1", "/x"], "job_family": ["ict", "care"], "opening": ["ict>/v/1", "care>/v/2"],
    "search": ["data"], "search_empty": ["data", "python"], "step": ["story>vacancy", "home>vacancy"], "entry": ["home", "story"],
}  # fmt: skip


@st.composite
def traffic(draw):
    """Context counts of two weeks: what patterns say, and random values of other dimensions, none above its pattern's visits."""
    rows = []
    for week in ("2026-W46", "2026-W47"):
        for signature in PATTERNS:
            visits = draw(st.integers(0, 45))
            if not visits:
                continue
            rows.append(("s", week, signature, facts.CONTEXT_TOTAL, "", visits))
            for dimension, values in VALUES.items():
                left = visits
                for value in values:
                    seen = draw(st.integers(0, left))
                    left -= seen if dimension in facts.SINGLE else 0
                    if seen:
                        rows.append(("s", week, signature, dimension, value, seen))
    counts = pl.DataFrame(rows, schema=facts.SCHEMA, orient="row")
    totals = counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
    said = patterns.describe(totals.lazy().drop("dimension", "value")).select(facts.SCHEMA.keys()).collect()
    return pl.concat([counts, said])


@given(traffic())
@settings(max_examples=20, deadline=None)
def test_nothing_under_k_is_in_a_table(counts):
    """For random traffic every number of visits in every table is 0 or a multiple of k, none is above what it is a part of, and the
    numbers of touchpoints, journeys and demand are those of the profiles, so that no two tables can be held against each other."""
    segment_of = pl.DataFrame({"pattern": list(PATTERNS), "segment": list(PATTERNS.values())})
    sizes = counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).join(segment_of, on="pattern").group_by("segment")
    small = sizes.agg(pl.col("visits").sum()).filter(pl.col("visits") < K)
    segment_of = segment_of.join(small, on="segment", how="anti")
    tallied = profiles.tally(counts, segment_of)
    profile, whole = profiles.build(tallied, K), profiles.whole(tallied, K)
    fine = counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).join(segment_of, on="pattern")
    tables = {
        "journeys": journeys.build(profile, whole),
        "demand": demand.build(profile, whole, counts, K),
        "touchpoints": touchpoints.build(profile, whole, counts, segment_of, K),
        "interest": touchpoints.interest(counts, K),
        "nearer": nearness.build(fine.group_by("pattern", "segment").agg(pl.col("visits").sum()), K),
    }
    for name, table in tables.items():
        assert dict(table.schema) == TABLES[name]
        assert (table["visits"] >= K).all()
        for column in {"visits", "reached", "started"} & set(table.columns):
            assert (table[column] % K == 0).all()
            assert (table[column] <= table["visits"]).all()
    shown = set(profile.select("segment", "dimension", "value", "visits").iter_rows())
    shown |= {("", *row) for row in whole.select("dimension", "value", "visits").iter_rows()}
    for name in ("demand", "touchpoints"):
        assert set(tables[name].select("segment", "kind", "value", "visits").iter_rows()) <= shown


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"shapes"}))
def test_tables_of_nothing_are_empty(name):
    """Counts without a row make a table without a row, of the right columns."""
    counts = facts.empty()
    segment_of = pl.DataFrame(schema={"pattern": pl.String, "segment": pl.String})
    tallied = profiles.tally(counts, segment_of)
    profile, whole = profiles.build(tallied, K), profiles.whole(tallied, K)
    made = {
        "journeys": lambda: journeys.build(profile, whole),
        "demand": lambda: demand.build(profile, whole, counts, K),
        "touchpoints": lambda: touchpoints.build(profile, whole, counts, segment_of, K),
        "interest": lambda: touchpoints.interest(counts, K),
        "nearer": lambda: nearness.build(segment_of.with_columns(visits=pl.lit(1)), K),
    }
    table = made[name]()
    assert table.is_empty()
    assert dict(table.schema) == TABLES[name]
