"""A profile adds up, compares with the site's average, and shows nothing under k."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import facts, profiles
from analysis.runs import OTHER

K = 10


def counts(rows):
    """Context rows (pattern, dimension, value, visits) of one week."""
    return pl.DataFrame([("s", "2026-W47", *row) for row in rows], schema=facts.SCHEMA, orient="row")


def segments(**of):
    return pl.DataFrame({"pattern": list(of), "segment": list(of.values())})


def test_values_of_a_single_dimension_add_up_to_the_visits():
    """Visits without a value are (none), what is held back is (other), and together they are the segment's visits."""
    table = counts(
        [
            ("a", "week", "", 100),
            ("a", "channel", "direct", 60),
            ("a", "channel", "email", 4),
            ("a", "channel", "social", 20),
        ]
    )
    built = profiles.build(profiles.tally(table, segments(a="s1")), K)
    channel = built.filter(pl.col("dimension") == "channel")
    # e-mail (4) is under k, and of those without a channel (16) ten are shown
    assert dict(channel.select("value", "visits").iter_rows()) == {"direct": 60, "social": 20, "(none)": 10, OTHER: 10}
    assert channel["visits"].sum() == 100
    assert channel["visits"].min() >= K


def test_the_index_compares_with_the_site():
    """A value twice as common as on the whole site has index 200, and its interval holds it."""
    table = counts(
        [
            ("a", "week", "", 100),
            ("b", "week", "", 300),
            ("a", "device", "mobile", 80),
            ("b", "device", "mobile", 80),
            ("a", "device", "desktop", 20),
            ("b", "device", "desktop", 220),
        ]
    )
    built = profiles.build(profiles.tally(table, segments(a="s1", b="s2")), K)
    row = built.row(by_predicate=(pl.col("segment") == "s1") & (pl.col("value") == "mobile"), named=True)
    assert row["share"] == pytest.approx(0.8)
    assert row["index"] == pytest.approx(200)
    assert row["index_low"] < 200 < row["index_high"]


def test_more_visits_make_a_narrower_interval():
    """Ten times the visits, the same shares: a smaller interval around the same index."""
    widths = []
    for times in (1, 10):
        rows = [
            ("a", "week", "", 100),
            ("b", "week", "", 100),
            ("a", "device", "mobile", 60),
            ("b", "device", "mobile", 30),
        ]
        built = profiles.build(
            profiles.tally(counts([(*row[:3], row[3] * times) for row in rows]), segments(a="s1", b="s2")), K
        )
        row = built.row(by_predicate=(pl.col("segment") == "s1") & (pl.col("value") == "mobile"), named=True)
        widths.append(row["index_high"] - row["index_low"])
    assert widths[1] < widths[0] / 2


visits = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["direct", "email", "social", ""])), min_size=80, max_size=300
)


@given(visits)
@settings(max_examples=60, deadline=None)
def test_nothing_under_k_is_in_a_profile(drawn):
    """For random traffic every number is a multiple of k, and single-valued dimensions with what is held back add up to the segment."""
    rows = pl.DataFrame(drawn, schema={"pattern": pl.String, "value": pl.String}, orient="row")
    totals = rows.group_by("pattern").len("visits")
    kept = totals.filter(pl.col("visits") >= K)["pattern"].to_list()
    listed = [(p, "week", "", n) for p, n in totals.iter_rows() if p in kept]
    listed += [
        (p, "channel", v, n) for p, v, n in rows.group_by("pattern", "value").len("n").iter_rows() if v and p in kept
    ]
    table = counts(listed)
    of = pl.DataFrame({"pattern": kept, "segment": [f"s{p}" for p in kept]})
    built = profiles.build(profiles.tally(table, of), K)
    assert built["visits"].min() >= K
    channel = (
        built.filter(pl.col("dimension") == "channel").group_by("segment").agg(pl.col("visits").sum()).sort("segment")
    )
    of_each = profiles.sizes(profiles.tally(table, of), K).select("segment", visits="total").sort("segment")
    assert channel.equals(of_each)
    assert of_each["visits"].sum() == totals.filter(pl.col("visits") >= K)["visits"].sum() // K * K
    assert (built["visits"] % K == 0).all()


def test_a_real_difference_is_one_that_the_interval_shows_too():
    """A value that is twice as common as elsewhere is real, one that is as common is not, and what is held back is never."""
    rows = [("a", "week", "", 1_000), ("b", "week", "", 3_000)]
    rows += [("a", "device", "mobile", 800), ("b", "device", "mobile", 900)]
    rows += [("a", "language", "nl", 500), ("b", "language", "nl", 1_500), ("a", "language", "de", 3)]
    built = profiles.build(profiles.tally(counts(rows), segments(a="s1", b="s2")), K)
    real = {(row["dimension"], row["value"]): row["real"] for row in built.iter_rows(named=True)}
    assert real["device", "mobile"] is True
    assert real["language", "nl"] is False
    assert built.filter(pl.col("value") == OTHER)["real"].any() is False
    aside = (pl.col("index_low") > 100) | (pl.col("index_high") < 100)
    assert built.filter(pl.col("real") & ~aside).is_empty()


def test_the_whole_site_is_counted_once():
    """The site's numbers are rounded once, not per segment: twice nine visits are ten, though no segment shows any."""
    rows = [("a", "week", "", 100), ("b", "week", "", 100), ("a", "page", "/x", 9), ("b", "page", "/x", 9)]
    tallied = profiles.tally(counts(rows), segments(a="s1", b="s2"))
    whole = profiles.whole(tallied, K)
    assert whole.filter(pl.col("value") == "/x").row(0) == ("page", "/x", 10, 0.05)
    assert profiles.build(tallied, K).filter(pl.col("dimension") == "page").is_empty()
