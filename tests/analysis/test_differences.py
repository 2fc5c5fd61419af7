"""What is called a real difference is one, but for one in twenty."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import differences, profiles

K = 10
SEGMENTS = 8
VALUES = 30


def table(dice: np.random.Generator, shifted: int = 0) -> pl.DataFrame:
    """
    A tally of eight segments and thirty values in each of two dimensions, where each person comes twice and does the same.

    Args:
        shifted: channels that the first segment has half as often again as the others; sources never differ.
    """
    usual = dice.dirichlet(np.ones(VALUES))
    rows = []
    sizes = [4_000, *dice.integers(100, 4_000, SEGMENTS - 1)] if shifted else dice.integers(100, 4_000, SEGMENTS)
    for number, people in enumerate(sizes):
        taste = usual.copy()
        if number == 0:
            taste[:shifted] *= 1.5
            taste[shifted:] *= (1 - taste[:shifted].sum()) / taste[shifted:].sum()
        for dimension, chances in (("channel", taste), ("source", usual)):
            drawn = 2 * dice.multinomial(people, chances)
            rows += [
                (f"s{number}", dimension, f"v{value}", int(visits)) for value, visits in enumerate(drawn) if visits
            ]
        rows.append((f"s{number}", "week", "", 2 * int(people)))
    return pl.DataFrame(
        rows,
        schema={"segment": pl.String, "dimension": pl.String, "value": pl.String, "visits": pl.Int64},
        orient="row",
    )


def test_noise_has_no_real_differences():
    """Of forty tables in which nothing differs, at most one in twenty has any difference that is called real."""
    told = [int(profiles.build(table(np.random.default_rng(seed)), K)["real"].sum()) for seed in range(40)]
    assert sum(count > 0 for count in told) <= 40 * differences.LEVEL


def test_among_what_is_real_little_is_chance():
    """Where a segment of 8,000 visits does differ in five channels, most are found, and at most one in twenty of all that is found is chance."""
    found = chance = missed = 0
    for seed in range(25):
        built = profiles.build(table(np.random.default_rng(seed), shifted=5), K)
        shifted = (pl.col("segment") == "s0") & pl.col("value").is_in([f"v{n}" for n in range(5)])
        found += built.filter(pl.col("real")).height
        chance += built.filter(pl.col("real") & (pl.col("dimension") == "source")).height
        missed += built.filter(~pl.col("real") & (pl.col("dimension") == "channel") & shifted).height
    assert chance <= found * differences.LEVEL
    assert missed < 25 * 5 / 2


numbers = st.tuples(st.integers(1, 5_000), st.floats(0, 1), st.integers(1, 50_000), st.floats(0, 1))


@given(numbers)
def test_rounding_never_makes_a_difference_surer(drawn):
    """Whatever the true numbers are, the test on the rounded ones is not surer than it would be on the true ones."""
    n, part, m, other_part = drawn
    x, y = round(n * part), round(m * other_part)
    exact = differences.p_values([x], [n], [y], [m], room=0)
    rounded = differences.p_values([x // K * K], [n], [y // K * K], [m], room=K - 1)
    assert rounded[0] >= exact[0] - 1e-9


def test_a_clear_difference_is_found_and_an_equal_share_is_not():
    """Of 1,000 visits 400 against 2,000 of 10,000 is no chance; 200 against 2,000 is nothing."""
    clear, equal = differences.p_values([400, 200], [1_000] * 2, [2_000] * 2, [10_000] * 2, room=9)
    assert clear < 1e-9
    assert equal == pytest.approx(1.0)


def test_nothing_to_compare_with_is_no_difference():
    """A site of one segment has nobody else, and a table without rows has no discoveries."""
    assert differences.p_values([10], [20], [0], [0], room=9)[0] == 1.0
    assert differences.discoveries(np.array([])).size == 0
