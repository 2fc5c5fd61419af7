"""A closed week holds no circumstance of fewer than k visits, and loses no visit."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import facts, memory
from analysis.store import Addition, State, Store
from collector.folder import DataFolder

K = 10
names = st.sampled_from(["home", "vacancy", "apply", "story", "culture", "section:werkplaats"])
signatures = st.builds(
    lambda counts, engaged: ";".join(["1", *(f"{n}={c}" for n, c in sorted(counts.items())), *engaged]),
    st.dictionaries(names, st.sampled_from([1, 2, 4]), min_size=1, max_size=4),
    st.sampled_from([[], ["@engaged=15"], ["@engaged=300", "@depth=50"]]),
)
weeks = st.dictionaries(signatures, st.integers(1, 30), min_size=1, max_size=40)


def table(week: dict[str, int]) -> pl.DataFrame:
    """Counts of one week in which every visit came by one of three channels."""
    rows = []
    for number, (pattern, visits) in enumerate(sorted(week.items())):
        rows.append(("s", "2026-11-18", pattern, "", "", visits))
        rows.append(("s", "2026-W47", pattern, "week", "", visits))
        rows.append(("s", "2026-W47", pattern, "channel", f"c{number % 3}", visits))
    return pl.DataFrame(rows, schema=facts.SCHEMA, orient="row")


def assign(patterns: pl.Series) -> pl.Series:
    """An audience by the number of touchpoints, and some that belong to none."""
    return patterns.str.count_matches(";").cast(pl.Int64) - 2


@given(weeks, st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_closed_week_has_no_circumstance_of_fewer_than_k_visits(week, with_model):
    """Every context rests on at least k visits, and each dimension still adds up to what it was."""
    counts = table(week)
    groups = memory.group(counts, K, assign if with_model else None)
    closed = memory.regroup(counts, groups, K)
    assert memory.breaches(closed, K).is_empty()
    assert sorted(groups["pattern"]) == sorted(week)
    for dimension in ("", "week", "channel"):
        before = counts.filter(pl.col("dimension") == dimension)["visits"].sum()
        after = closed.filter(pl.col("dimension") == dimension)["visits"].sum()
        assert after == before or (dimension == "channel" and sum(week.values()) < K)


@given(weeks, weeks)
@settings(max_examples=100, deadline=None)
def test_late_counts_can_be_closed_in_again(week, late):
    """A closed week that gets more visits can be closed again, and still holds no small context and every visit."""
    first = memory.regroup(table(week), memory.group(table(week), K, assign), K)
    both = facts.merge([first.lazy(), table(late).lazy()]).collect()
    again = memory.regroup(both, memory.group(both, K, assign), K)
    assert memory.breaches(again, K).is_empty()
    assert again.filter(pl.col("dimension") == "week")["visits"].sum() == sum(week.values()) + sum(late.values())


@given(weeks)
@settings(max_examples=100, deadline=None)
def test_a_coarse_week_has_no_pattern_of_fewer_than_k_visits(week):
    """After the fine days no count of a pattern, and no count of a day, is under k."""
    counts = table(week)
    coarse = memory.coarsen(memory.regroup(counts, memory.group(counts, K, assign), K), K)
    small = coarse.filter(pl.col("dimension").is_in(["", "week"]) & (pl.col("visits") < K))
    assert small.is_empty() or sum(week.values()) < K


def test_weeks_close_when_they_are_over_and_become_coarse_later(tmp_path):
    """The running week stays open; a past week closes at once, and turns coarse when its counts are older than the fine days."""
    store = Store(DataFolder(tmp_path).prepare())
    came_in = datetime(2026, 11, 20, tzinfo=UTC)
    store.commit(now=came_in, add=[Addition("s", "2026-W47", State.OPEN, table({"1;home=1": 3, "1;vacancy=1": 40}))])
    memory.close(store, "s", K, now=came_in, today=date(2026, 11, 22))
    assert {file.state for file in store.manifest().files} == {State.OPEN}
    memory.close(store, "s", K, now=came_in, today=date(2026, 11, 23))
    assert {file.state for file in store.manifest().files} == {State.CLOSED}
    assert store.read("s").filter(pl.col("dimension") == "week")["visits"].to_list() == [43]
    memory.close(store, "s", K, now=came_in, today=date(2027, 1, 1))
    assert {file.state for file in store.manifest().files} == {State.COARSE}
    assert facts.pattern_totals(store.read("s"))["visits"].to_list() == [43]
