"""What goes with getting nearer is told beside visits as long, and chance is not told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import facts, nearness
from collector.events import Touchpoint

K = 10
ON_THE_WAY = ["story", "culture", "benefits", "process", "home"]


def patterns(rows):
    """Rows (touchpoints, visits) of one segment."""
    listed = [("1;" + ";".join(f"{name}=1" for name in sorted(names)), "s1", visits) for names, visits in rows]
    return pl.DataFrame(listed, schema={"pattern": pl.String, "segment": pl.String, "visits": pl.Int64}, orient="row")


def one(table, goal, touchpoint, segment="s1"):
    return table.row(
        by_predicate=(pl.col("goal") == goal) & (pl.col("touchpoint") == touchpoint) & (pl.col("segment") == segment),
        named=True,
    )


def test_a_lift_is_the_ratio_among_visits_as_long():
    """Of visits of one thing, half go on from benefits and a quarter from a story: benefits has a lift of two."""
    table = nearness.build(
        patterns(
            [
                ({"benefits", "apply"}, 1_000), ({"benefits"}, 1_000), ({"story", "apply"}, 1_000), ({"story"}, 3_000),
                ({"vacancy", "apply"}, 5_000),  # saw nothing on the way, so it is no visit to compare with
            ]
        ),
        K,
    )  # fmt: skip
    row = one(table, "apply", "benefits")
    assert (row["visits"], row["reached"], row["rate"]) == (2_000, 1_000, 0.5)
    assert row["lift"] == pytest.approx(2.0)
    assert row["rate_without"] == pytest.approx(0.25)
    assert row["low"] < 2 < row["high"]
    assert row["real"]
    assert "50%" in row["sentence"]
    assert "25%" in row["sentence_nl"]
    whole = one(table, "apply", nearness.ALL)
    assert (whole["visits"], whole["reached"], whole["lift"]) == (11_000, 7_000, None)
    assert table.filter(pl.col("touchpoint") == "vacancy").filter(pl.col("goal") == "apply").is_empty()


def test_long_visits_alone_make_nothing_bring_nearer():
    """Where only the length of a visit counts and not what it sees, no touchpoint has a real lift, though all are seen more by who applies."""
    dice = np.random.default_rng(5)
    rows = []
    for length, rate in ((1, 0.02), (2, 0.1), (3, 0.3), (4, 0.6)):
        for _ in range(12):
            seen = set(dice.choice(ON_THE_WAY, size=length, replace=False).tolist())
            applied = int(dice.binomial(500, rate))
            rows += [({*seen, "apply"}, applied), (seen, 500 - applied)]
    table = nearness.build(patterns(rows), K)
    of_apply = table.filter((pl.col("goal") == "apply") & (pl.col("touchpoint") != nearness.ALL))
    assert of_apply.height == 2 * len(ON_THE_WAY)
    assert not of_apply["real"].any()


def test_noise_brings_nobody_nearer():
    """Of thirty sites on which nothing matters, at most one in twenty tells of a lift."""
    told = 0
    for seed in range(30):
        dice = np.random.default_rng(seed)
        rows = []
        for _ in range(40):
            seen = set(dice.choice(ON_THE_WAY, size=int(dice.integers(1, 4)), replace=False).tolist())
            visits = int(dice.integers(5, 400))
            applied = int(dice.binomial(visits, 0.2))
            rows += [({*seen, "apply"}, applied), (seen, visits - applied)]
        told += bool(nearness.build(patterns(rows), K)["real"].any())
    assert told <= 30 / 20


visits = st.lists(
    st.tuples(st.sets(st.sampled_from([*ON_THE_WAY, "vacancy", "apply", "act:save"])), st.integers(1, 60)), max_size=25
)


@given(visits)
@settings(max_examples=60, deadline=None)
def test_nothing_rests_on_fewer_than_k(drawn):
    """Whatever visits there are, every number told is a multiple of k, and no rate is told of fewer than k that reach a goal."""
    table = nearness.build(patterns(drawn), K)
    assert (table["visits"] % K == 0).all()
    assert (table["reached"] % K == 0).all()
    assert table.filter(pl.col("visits") < K).is_empty()
    assert table.filter((pl.col("reached") == 0) & pl.col("rate").is_not_null()).is_empty()
    assert table.filter(pl.col("real") & (pl.col("low") <= 1) & (pl.col("high") >= 1)).is_empty()


def test_weeks_that_are_coarse_are_left_out():
    """Only weeks of which each pattern is known by itself are read."""
    rows = [
        ("s", "2026-10-05", "", "", "", 90), ("s", "2026-10-06", "1;home=1", "", "", 7),
        ("s", "2026-11-23", "1;home=1", "", "", 5), ("s", "2026-11-29", "1;home=1", "", "", 6), ("s", "2026-W48", "1;home=1", "week", "", 11),
    ]  # fmt: skip
    counts = pl.DataFrame(rows, schema=facts.SCHEMA, orient="row")
    assert nearness.fine(counts).rows() == [("1;home=1", 11)]


def test_every_goal_is_made_of_things_that_exist():
    """Goals and what is part of them name touchpoints and actions that a pattern can hold, and each goal has words."""
    from analysis.patterns import ACTIONS

    known = {*Touchpoint, *ACTIONS}
    for goal, names in nearness.GOALS.items():
        assert set(names) | set(nearness.PART_OF[goal]) <= known
        assert len(nearness.REACHING[goal]) == 2
