"""
The three memories: what a visit takes on the disk, how fast it gets there, what closing costs in truth, and a large window.

Traffic is the demo's, scaled up, through the whole pipeline; for the adjusted Rand index it is that of :mod:`tests.traffic`, whose
audiences are known.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import polars as pl

from analysis import audiences, facts, fold, iso_weeks, memory, patterns, profiles
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from dashboard.demo import HOST, KEY, traffic
from tests.benchmarks.chain import measure
from tests.traffic import Scenario, agreement, simulate

K = 10
DAYS = 28
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)  # a Monday: four whole weeks lie before it
COMPARED_MIN_SHARE = 0.01  # profile values of at least so much of their segment are compared


def run(*, quick: bool) -> None:
    """Print the tables."""
    _disk(50_000 if quick else 1_000_000)
    _closing([2_000, 20_000] if quick else [2_000, 20_000, 100_000, 500_000])
    _windows([100_000] if quick else [1_000_000, 10_000_000])


def fill(path: Path, visits: int) -> DataFolder:
    """A data folder with the journal of about so many visits in four weeks; by this process only, some minutes for a million."""
    folder = DataFolder(path).prepare()
    usual = sum(audience.a_day for audience in traffic.EVERYBODY)
    scale = 1.19 * visits / DAYS / usual  # what opts out and what is a bot is not counted
    scaled = tuple(replace(audience, a_day=audience.a_day * scale) for audience in traffic.EVERYBODY)
    with mock.patch.object(traffic, "EVERYBODY", scaled):
        site = make_site(KEY, [HOST], simulated=True)
        traffic.fill(folder, Settings.load(data=path), site, days=DAYS, now=NOW, seed=1)
    return folder


def _disk(visits: int) -> None:
    """Bytes a visit in each memory, and events a second into the counts, in a process of its own."""
    with tempfile.TemporaryDirectory() as room:
        folder = fill(Path(room), visits)
        hits = sum(1 for path in folder.journal.rglob("*.ndjson") for _ in path.open("rb"))
        done = measure([sys.executable, "-m", "dashboard.cli", "fold", "--all"], folder.path)
        store = Store(folder)
        counted = _visits(store.read(KEY))
        print(f"{hits:,} events, {counted:,} visits in {DAYS} days")
        print(
            f"fold {done.seconds:.1f} s, {hits / done.seconds:,.0f} events a second with its start, peak {done.peak_mb:,.0f} MB"
        )
        print(f"{'memory':<10}{'bytes a visit':>15}{'rows':>12}{'seconds':>9}")
        for state, today, fine in (("open", None, 0), ("closed", NOW, 35), ("coarse", NOW + timedelta(days=60), 35)):
            begun = time.monotonic()
            if today is not None:
                memory.close(store, KEY, K, now=NOW, today=today.date(), fine_days=fine)
            seconds = time.monotonic() - begun
            files = store.manifest().files
            size = sum((store.path / file.name).stat().st_size for file in files)
            print(f"{state:<10}{size / counted:>15.1f}{sum(file.rows for file in files):>12,}{seconds:>9.1f}")


def _visits(counts: pl.DataFrame) -> int:
    return int(counts.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)["visits"].sum())


@dataclass(frozen=True)
class Cost:
    """Mean absolute error of profile shares, in points, and the adjusted Rand index of campaign and segment lost by closing."""

    points: float
    index: float


def _closing(sizes: list[int]) -> None:
    """What profiles and segments lose when weeks close: with the model of the run, without one, and read by a later run's model."""
    print(
        f"\n{'visits':>9}{'patterns':>10}{'rare':>7}   "
        + "".join(f"{name:>26}" for name in ("same model", "no model", "later model"))
    )
    print(f"{'':>9}{'':>10}{'':>7}   " + f"{'points':>14}{'ARI lost':>12}" * 3)
    for visits in sizes:
        shown, known = _demo(visits), _known(visits)
        weekly = known.filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
        rare = weekly.filter(pl.col("visits") < K)["visits"].sum() / weekly["visits"].sum()
        costs = [Cost(one.points, other.index) for one, other in zip(_costs(shown), _costs(known), strict=True)]
        told = "".join(f"{cost.points:>14.2f}{cost.index:>12.3f}" for cost in costs)
        print(f"{visits:>9,}{weekly['pattern'].n_unique():>10,}{rare:>7.0%}   {told}", flush=True)


def _demo(visits: int) -> pl.DataFrame:
    with tempfile.TemporaryDirectory() as room:
        folder = fill(Path(room), visits)
        fold.fold(folder, Settings.load(data=folder.path), Registry.open(folder), now=NOW, close_all=True)
        return Store(folder).read(KEY)


def _known(visits: int) -> pl.DataFrame:
    """Counts of four weeks of visits whose audience is their campaign."""
    scenario = Scenario("closing", "burst", "careers", audiences=8, visits=visits, noise=0.1, seed=5)
    truth = simulate(scenario).truth()
    parts = np.random.default_rng(1).multinomial(truth["visits"].to_numpy(), np.full(4, 0.25))
    tables = []
    for number in range(4):
        week = truth.with_columns(visits=pl.Series(parts[:, number])).filter(pl.col("visits") > 0)
        row = {"site": pl.lit(KEY), "period": pl.lit(f"2026-W4{4 + number}")}
        campaign = week.with_columns(**row, dimension=pl.lit("campaign"), value=pl.col("audience").cast(pl.String))
        total = week.with_columns(**row, dimension=pl.lit(facts.CONTEXT_TOTAL), value=pl.lit(""))
        tables += [table.select(facts.SCHEMA.keys()).lazy() for table in (campaign, total)]
    return facts.merge(tables).collect()


def _costs(counts: pl.DataFrame) -> list[Cost]:
    context = counts.filter(pl.col("dimension") != facts.PATTERN_TOTAL)
    weights = context.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).group_by("pattern").agg(pl.col("visits").sum())
    model = audiences.fit(weights.sort("pattern"), seed=1, min_visits=1).model
    # Later weeks are other draws of the same audiences.
    dice = np.random.default_rng(2)
    again = weights.sort("pattern").with_columns(
        visits=pl.Series(dice.poisson(weights.sort("pattern")["visits"].to_numpy()))
    )
    later = audiences.fit(again.filter(pl.col("visits") > 0), seed=2, min_visits=1).model
    with_model = _closed(context, lambda patterns: model.assign(patterns)["segment"])
    without = _closed(context, None)
    return [_cost(context, with_model, model), _cost(context, without, model), _cost(context, with_model, later)]


def _closed(context: pl.DataFrame, assign: memory.Assign | None) -> pl.DataFrame:
    weeks = context.partition_by("period")
    return pl.concat([memory.regroup(week, memory.group(week, K, assign), K) for week in weeks])


def _cost(context: pl.DataFrame, closed: pl.DataFrame, model: audiences.Model) -> Cost:
    before, after = (_tallied(table, model) for table in (context, closed))
    named = pl.col("dimension").is_in(profiles.DIMENSIONS)
    shares = [_shares(table).filter(named) for table in (before, after)]
    both = (
        shares[0]
        .join(shares[1], on=["segment", "dimension", "value"], how="full", coalesce=True)
        .with_columns(pl.col("share", "share_right").fill_null(0))
        .filter(pl.max_horizontal("share", "share_right") >= COMPARED_MIN_SHARE)
    )
    error = (both["share"] - both["share_right"]).abs().mean()
    found = [_index(table) for table in (before, after)]
    return Cost(100 * float(error or 0), found[0] - found[1])  # type: ignore[arg-type]


def _tallied(context: pl.DataFrame, model: audiences.Model) -> pl.DataFrame:
    patterns = context["pattern"].unique().sort()
    named = patterns.filter(patterns != memory.REMAINDER)
    segment_of = model.assign(named).select("pattern", pl.col("segment").cast(pl.String))
    rest = pl.DataFrame({"pattern": [memory.REMAINDER], "segment": ["-1"]})
    return profiles.tally(context, pl.concat([segment_of, rest]))


def _shares(tallied: pl.DataFrame) -> pl.DataFrame:
    total = tallied.filter(pl.col("dimension") == facts.CONTEXT_TOTAL).select("segment", total="visits")
    return tallied.join(total, on="segment").with_columns(share=pl.col("visits") / pl.col("total"))


def _index(tallied: pl.DataFrame) -> float:
    table = tallied.filter((pl.col("dimension") == "campaign") & (pl.col("value") != profiles.NONE))
    return agreement(table, "segment", "value") if table.height else 0.0


def _windows(sizes: list[int]) -> None:
    """From counts to a published run, in a process of its own: seconds and memory."""
    print(f"\n{'visits':>12}{'patterns':>10}{'rows':>12}{'analyse s':>11}{'peak MB':>9}")
    for visits in sizes:
        with tempfile.TemporaryDirectory() as room:
            folder = DataFolder(Path(room)).prepare()
            Registry.open(folder).save(folder, make_site(KEY, [HOST], simulated=True))
            counts = window(visits)
            day = pl.col("period").str.to_date("%Y-%m-%d", strict=False).dt.strftime("%G-W%V")
            weeks = counts.with_columns(week=day.fill_null(pl.col("period"))).partition_by("week", as_dict=True)
            parts = [Addition(KEY, str(week), State.OPEN, rows.drop("week")) for (week,), rows in weeks.items()]
            Store(folder).commit(now=NOW, add=parts)
            patterns, rows = counts["pattern"].n_unique(), counts.height
            del counts, weeks, parts
            done = measure([sys.executable, "-m", "dashboard.cli", "analyse", "--site", KEY], folder.path)
            print(f"{visits:>12,}{patterns:>10,}{rows:>12,}{done.seconds:>11.1f}{done.peak_mb:>9.0f}", flush=True)


def window(visits: int) -> pl.DataFrame:
    """
    Counts of four weeks of so many visits, with as many patterns as so many would have and a realistic context.

    A tenth of the visits are simulated one by one; the rest are more of the same patterns (Poisson), so that ten million do not take
    an hour.
    """
    drawn = min(visits, 1_000_000)
    truth = simulate(Scenario("window", "burst", "careers", audiences=10, visits=drawn, noise=0.15, seed=9)).truth()
    dice = np.random.default_rng(3)
    scaled = dice.poisson(truth["visits"].to_numpy() * (visits / drawn))
    tables = []
    first = date(2026, 10, 26)
    weekly = dice.multinomial(scaled, np.full(4, 0.25))
    for number in range(4):
        monday = first + timedelta(days=7 * number)
        week = (
            truth.with_columns(visits=pl.Series(weekly[:, number]))
            .filter(pl.col("visits") > 0)
            .group_by("pattern")
            .agg(pl.col("visits").sum())
        )
        tables += _contexts(week, monday, dice)
    return facts.merge(table.lazy() for table in tables).collect()


# Dimensions of one value a visit, with how many values they have.
VALUES = {
    "channel": 9, "source": 40, "medium": 8, "campaign": 30, "hour_of_week": 168, "device": 3, "language": 12, "country": 20,
    "entry": 20, "exit": 20, "page": 400, "vacancy": 300, "step": 150, "job_family": 15, "search": 200,
}  # fmt: skip


def _contexts(week: pl.DataFrame, monday: date, dice: np.random.Generator) -> list[pl.DataFrame]:
    """The count rows of one week of patterns: seven days, the total, what the pattern says, and context by a skewed draw."""
    iso = iso_weeks.iso_week(monday)
    n = week["visits"].to_numpy()
    tables = []
    for day, part in enumerate(dice.multinomial(n, np.full(7, 1 / 7)).T):
        tables.append(_rows(week, part, (monday + timedelta(days=day)).isoformat(), facts.PATTERN_TOTAL, ""))
    total = _rows(week, n, iso, facts.CONTEXT_TOTAL, "")
    tables.append(total)
    said = patterns.describe(total.lazy().drop("dimension", "value")).select(facts.SCHEMA.keys()).collect()
    tables.append(said)
    each = np.repeat(np.arange(n.size), np.minimum(n, 2_000))
    weight = np.repeat(n / np.minimum(n, 2_000), np.minimum(n, 2_000))
    for name, values in VALUES.items():
        value = (dice.pareto(0.9, each.size) * 2).astype(np.int64) % values
        drawn = (
            pl.DataFrame({"row": each, "value": value, "weight": weight})
            .group_by("row", "value")
            .agg(visits=pl.col("weight").sum().round().cast(pl.Int64))
        )
        text = (
            pl.format("{}-{}", pl.col("value") // 24 + 1, (pl.col("value") % 24).cast(pl.String).str.zfill(2))
            if name == "hour_of_week"
            else pl.format(name + "-{}", "value")
        )
        tables.append(
            drawn.select(
                site=pl.lit(KEY),
                period=pl.lit(iso),
                pattern=week["pattern"].gather(drawn["row"]),
                dimension=pl.lit(name),
                value=text,
                visits="visits",
            )
        )
    return tables


def _rows(week: pl.DataFrame, visits: np.ndarray, period: str, dimension: str, value: str) -> pl.DataFrame:
    return (
        week.with_columns(visits=pl.Series(visits, dtype=pl.Int64))
        .filter(pl.col("visits") > 0)
        .select(
            site=pl.lit(KEY),
            period=pl.lit(period),
            pattern="pattern",
            dimension=pl.lit(dimension),
            value=pl.lit(value),
            visits="visits",
        )
    )
