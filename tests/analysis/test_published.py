"""
Everything that is published of random traffic, as somebody sees it who keeps every export and can add and subtract.

Whole runs, with the model that the other tests share, on Wednesday and again on Thursday of the same running week, with few visits
between. If every number of visits is a multiple of k, so is whatever can be computed from any of them: no value that rests on fewer
than k visits follows directly, from totals, from linked tables, or from two days.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest import mock

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis import audiences, audit_published, context, facts, patterns, pipeline, runs
from analysis.audit import audit
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site

K = 10
WEDNESDAY = datetime(2026, 11, 25, 4, tzinfo=UTC)
WEEKS = ("2026-W46", "2026-W47", "2026-W48")
# Published shares, and what they are shares of.
SHARES = {
    "profiles": ("share", "segment"),
    "shapes": ("share", "segment"),
    "journeys": ("share", "segment"),
    "touchpoints": ("share", "segment"),
    "demand": ("share", "segment"),
    "segments": ("share", None),
    "trends": ("share", "week"),
    "interest": ("share", "week"),
}


def visits(known: pl.DataFrame, n: int, rare: float, seed: int, day: int | None = None) -> pl.DataFrame:
    """Random visits: one row each, with a circumstance in every dimension, a part *rare* of them with values that few others have."""
    dice = np.random.default_rng(seed)
    chance = known["visits"].to_numpy().astype(float)
    week = dice.integers(0, 3, n) if day is None else np.full(n, 2)
    days = dice.integers(0, 7, n) if day is None else np.full(n, day)
    days = np.where(week == 2, np.minimum(days, 1 if day is None else day), days)
    first = np.datetime64("2026-11-09") + week * 7 + days

    def some(name: str, common: int) -> list[str]:
        own = dice.random(n) < rare
        values = dice.geometric(0.5, n).clip(1, common)
        return [
            f"{name}-x{i % 40}" if odd else f"{name}{value}"
            for i, (odd, value) in enumerate(zip(own, values, strict=True))
        ]

    channel = some("channel", 4)
    singles = {name: some(name, 5) for name in facts.SINGLE if name not in facts.FROM_PATTERN}
    hours = [f"{one + 1}-{hour:02d}" for one, hour in zip(days % 7, dice.integers(0, 24, n), strict=True)]
    return pl.DataFrame(
        {
            "id": np.arange(n),
            "site": "s",
            "day": first.astype(str),
            "week": [WEEKS[number] for number in week],
            "pattern": known["pattern"].gather(dice.choice(known.height, n, p=chance / chance.sum())),
            **singles,
            "channel": channel,
            "source": [f"{one}/{other}" for one, other in zip(channel, some("source", 3), strict=True)],
            "hour_of_week": hours,
            **{name: some(name, 6) for name in facts.MULTIPLE if name not in facts.FROM_PATTERN},
        }
    )


def counts(rows: pl.DataFrame) -> pl.DataFrame:
    """The counts of such visits, in every dimension."""
    who = rows.lazy()
    named = [name for name in facts.DIMENSIONS if name not in facts.FROM_PATTERN]
    by_week = context._counts(who, "week", facts.CONTEXT_TOTAL, pl.lit(""))
    return pl.concat(
        [
            context._counts(who, "day", facts.PATTERN_TOTAL, pl.lit("")).collect(),
            by_week.collect(),
            patterns.describe(by_week.drop("dimension", "value")).select(facts.SCHEMA.keys()).collect(),
            *(context._counts(who, "week", name, pl.col(name)).collect() for name in named),
        ]
    )


def add(folder: DataFolder, rows: pl.DataFrame, now: datetime) -> None:
    every = counts(rows)
    day = pl.col("period").str.to_date("%Y-%m-%d", strict=False)
    week = (
        pl.when(pl.col("dimension") == facts.PATTERN_TOTAL).then(day.dt.strftime("%G-W%V")).otherwise(pl.col("period"))
    )
    parts = every.with_columns(of=week).partition_by("of", as_dict=True)
    with folder.hold("facts", wait=True):
        Store(folder).commit(
            now=now, add=[Addition("s", of, State.OPEN, part.drop("of")) for (of,), part in sorted(parts.items())]
        )


def analyse(folder: DataFolder, fit: audiences.Fit, now: datetime) -> tuple[runs.Run, dict[str, pl.DataFrame]]:
    settled = Settings.load(data=folder.path)
    with mock.patch.object(audiences, "fit", return_value=fit):
        run = pipeline.refresh(folder, settled, Registry.open(folder)["s"], now=now, days=21)
    return run, {name: pl.read_parquet(folder.runs / "s" / run.id / f"{name}.parquet") for name in runs.TABLES}


def wholes(name: str, of: str | None, run: runs.Run, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The published totals of which a table's shares are parts."""
    if of is None:
        return tables[name].with_columns(whole=pl.lit(run.visits))
    if of == "segment":
        sizes = pl.concat(
            [
                tables["segments"].select("segment", whole="visits"),
                pl.DataFrame({"segment": [""], "whole": [run.visits]}),
            ]
        )
        return tables[name].join(sizes, on="segment")
    weeks = tables["figures"].filter(pl.col("measure") == "visits").select("week", whole="visits")
    return tables[name].join(weeks, on="week")


def check(run: runs.Run, tables: dict[str, pl.DataFrame]) -> None:
    assert run.visits % K == run.unclustered % K == 0
    assert audit_published.gaps(run, tables) == []
    for name, table in tables.items():
        assert audit_published.not_multiples(table, K) == 0, name
    for name, (share, of) in SHARES.items():
        table = wholes(name, of, run, tables)
        assert table.height == tables[name].height, name
        off = (table[share] * table["whole"] - table["visits"]).abs()
        assert off.is_empty() or off.max() < 1e-6, name


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@given(
    n=st.integers(400, 3_000),
    rare=st.sampled_from([0.0, 0.02, 0.2]),
    more=st.integers(1, 2 * K),
    seed=st.integers(0, 2**32 - 1),
)
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # an example takes a second: making a smaller one of it would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_number_rests_on_fewer_than_k_visits(fitted, room, n, rare, more, seed):
    """Of random traffic on two days of one week all published numbers, their totals and differences are multiples of k."""
    folder = DataFolder(room / f"{n}-{rare}-{more}-{seed}").prepare()
    sites = Registry.open(folder)
    if sites.get("s") is None:
        sites.save(folder, make_site("s", ["s.example"]))
        add(folder, visits(fitted.weights, n, rare, seed), WEDNESDAY)
    first, before = analyse(folder, fitted.fit, WEDNESDAY)
    check(first, before)
    add(folder, visits(fitted.weights, more, 0.5, seed + 1, day=2), WEDNESDAY + timedelta(days=1))
    second, after = analyse(folder, fitted.fit, WEDNESDAY + timedelta(days=1))
    check(second, after)
    assert (second.visits - first.visits) % K == 0
    settled = Settings.load(data=folder.path)
    assert audit(folder, settled, Registry.open(folder), now=WEDNESDAY + timedelta(days=1)) == []
