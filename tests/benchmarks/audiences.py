"""
How true are the audiences? Agreement with the known truth of a family of simulators, beside what others would find.

Every figure is an adjusted Rand index weighted by visits, as a share of the supervised bound of the same scenario. "audiences"
looks at the visits of audiences only, "all" at every visit with those of no audience as a class of their own.
"""

from __future__ import annotations

import gzip
import multiprocessing
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audiences import fit
from analysis.features import encode
from analysis.patterns import VERSION
from tests.benchmarks.references import REFERENCES, Given, supervised
from tests.traffic import Scenario, agreement, clean, family, simulate, weights

TOLD_VISITS = 40_000
MSNBC = Path(__file__).parents[3] / "shared" / "data" / "msnbc" / "msnbc990928.seq.gz"
OURS = "telpunt"
FAMILY_SEED = 7  # not one that the method was tuned on


@dataclass(frozen=True)
class Row:
    """One scenario: agreement by method as a share of the bound, and what ours found and took."""

    scenario: Scenario
    bound: float
    ours: float
    ours_all: float
    found: int
    lost: float
    caught: float
    seconds: float
    others: dict[str, tuple[float, int]]


def score(truth: pl.DataFrame, patterns: pl.Series, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Agreement over the visits of audiences, and over all."""
    found = truth.join(pl.DataFrame({"pattern": patterns, "label": labels}), on="pattern")
    return agreement(found.filter(pl.col("audience") >= 0), "audience", "label"), agreement(found, "audience", "label")


def bounds(scenario: Scenario, truth: pl.DataFrame, patterns: pl.Series) -> tuple[float, float]:
    """What a supervised method reaches over the visits of audiences, and over all."""
    told = simulate(replace(scenario, visits=TOLD_VISITS), seed=99).truth()
    every = max(score(truth, patterns, labels)[1] for labels in supervised(told, patterns))
    members = told.filter(pl.col("audience") >= 0)
    return max(score(truth, patterns, labels)[0] for labels in supervised(members, patterns)), every


def measure(scenario: Scenario) -> Row:
    """Everybody on one scenario."""
    truth = simulate(scenario).truth()
    table = weights(truth)
    bound, bound_all = bounds(scenario, truth, table["pattern"])
    started = time.monotonic()
    result = fit(table, seed=1)
    seconds = time.monotonic() - started
    labels = result.model.assign(table["pattern"])["segment"].to_numpy()
    ours, ours_all = score(truth, table["pattern"], labels)
    named = truth.join(pl.DataFrame({"pattern": table["pattern"], "label": labels}), on="pattern")
    members, nobody = named.filter(pl.col("audience") >= 0), named.filter(pl.col("audience") < 0)

    def outside(part: pl.DataFrame) -> float:
        total = part["visits"].sum()
        return float(part.filter(pl.col("label") < 0)["visits"].sum() / total) if total else 0.0

    given = Given(encode(table["pattern"]), table["visits"].to_numpy().astype(np.float64), scenario.audiences)
    others = {}
    for name, method in REFERENCES.items():
        theirs = method(given)
        others[name] = (score(truth, table["pattern"], theirs)[0] / bound, np.unique(theirs[theirs >= 0]).size)
    return Row(
        scenario,
        bound,
        ours / bound,
        ours_all / bound_all,
        result.model.k,
        outside(members),
        outside(nobody),
        seconds,
        others,
    )


def stability(scenario: Scenario) -> tuple[float, float]:
    """Agreement of two halves of the same traffic, and of two seeds, over the patterns of the whole."""
    traffic = simulate(scenario)
    whole = weights(traffic.truth())
    half = pl.col("visit") % 2 == 0
    parts = [
        weights(replace(traffic, visits=traffic.visits.filter(which), steps=traffic.steps.filter(which)).truth())
        for which in (half, ~half)
    ]
    models = [fit(part, seed=1).model for part in parts] + [fit(whole, seed=seed).model for seed in (1, 2)]
    named = [model.assign(whole["pattern"])["segment"] for model in models]
    table = whole.with_columns(**{f"m{number}": labels for number, labels in enumerate(named)})
    return agreement(table, "m0", "m1"), agreement(table, "m2", "m3")


def _large(scenario: Scenario) -> tuple[int, int, float, float]:
    table = weights(simulate(scenario).truth())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.monotonic()
    result = fit(table, seed=1)
    result.model.assign(table["pattern"])
    seconds = time.monotonic() - started
    return table.height, result.model.k, seconds, max(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def msnbc() -> pl.DataFrame:
    """Patterns of the real visits to msnbc.com: 17 page categories, counts binned as patterns are."""
    with gzip.open(MSNBC, "rt", encoding="ascii") as file:
        lines = [line.split() for line in file.read().splitlines()[7:]]
    visits = pl.DataFrame({"visit": np.arange(len(lines)), "page": lines}).filter(pl.col("page").list.len() > 0)
    return (
        visits.explode("page")
        .group_by("visit", "page")
        .agg(pl.len().alias("n"))
        .with_columns(pl.when(pl.col("n") >= 4).then(4).when(pl.col("n") >= 2).then(2).otherwise(1).alias("bin"))
        .sort("visit", "page")
        .group_by("visit", maintain_order=True)
        .agg(pl.format("section:c{}={}", "page", "bin").str.join(";"))
        .select(pattern=pl.format("{};{}", pl.lit(str(VERSION)), pl.nth(1)))
        .group_by("pattern")
        .agg(pl.len().cast(pl.Int64).alias("visits"))
    )


def run(*, quick: bool) -> None:
    """Print the tables."""
    scenarios = family(5 if quick else 20, seed=FAMILY_SEED, visits=4_000 if quick else None)
    names = list(REFERENCES)
    print("agreement with the truth as a share of the supervised bound; (n) is the number of audiences found")
    print(
        f"{'scenario':<24}{'visits':>8}{'noise':>7}{'true':>5}{'bound':>7}{OURS:>12}{'all':>6}"
        + "".join(f"{name:>26}" for name in names)
        + f"{'lost':>7}{'caught':>8}{'s':>7}"
    )
    rows = []
    for scenario in scenarios:
        row = measure(scenario)
        rows.append(row)
        print(
            f"{scenario.name:<24}{scenario.visits:>8}{scenario.noise + scenario.bots:>7.2f}{scenario.audiences:>5}{row.bound:>7.2f}"
            f"{row.ours:>7.2f} ({row.found:>2}){row.ours_all:>6.2f}"
            + "".join(f"{row.others[name][0]:>21.2f} ({row.others[name][1]:>2})" for name in names)
            + f"{row.lost:>7.0%}{row.caught:>8.0%}{row.seconds:>7.1f}",
            flush=True,
        )
    print(
        f"{'mean':<24}{'':>27}{np.mean([row.ours for row in rows]):>7.3f}{'':>5}{np.mean([row.ours_all for row in rows]):>6.2f}"
        + "".join(f"{np.mean([row.others[name][0] for row in rows]):>21.3f}{'':>5}" for name in names)
    )
    near = np.mean([abs(row.found - row.scenario.audiences) <= 2 for row in rows])
    best = np.mean([row.ours >= max(share for share, _ in row.others.values()) for row in rows])
    print(f"number of audiences within 2: {near:.0%}; above every reference: {best:.0%} of the scenarios")
    print("lost: visits of audiences that are unclustered; caught: visits of no audience that are")

    print(f"\n{'stability':<24}{'two halves':>12}{'two seeds':>12}")
    for scenario in scenarios[: 2 if quick else 5]:
        halves, seeds = stability(clean(scenario))
        print(f"{scenario.name:<24}{halves:>12.2f}{seeds:>12.2f}", flush=True)

    size = 100_000 if quick else 1_000_000
    big = Scenario("large", "mix", "careers", audiences=9, visits=size, overlap=0.2, noise=0.1, seed=11)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        patterns, found, seconds, memory = pool.apply(_large, (big,))
    print(
        f"\n{size:,} visits, {patterns:,} patterns: {found} audiences of 9, {seconds:.0f} s, {memory:,.0f} MB with the simulator"
    )

    if quick:
        return
    if not MSNBC.exists():
        print(f"skipped: {MSNBC.name} is not here")
        return
    real = msnbc()
    started = time.monotonic()
    result = fit(real, seed=1)
    seconds = time.monotonic() - started
    labels = [
        result.model.assign(real["pattern"])["segment"],
        fit(real, seed=2).model.assign(real["pattern"])["segment"],
    ]
    same = agreement(real.with_columns(one=labels[0], two=labels[1]), "one", "two")
    print(
        f"msnbc: {real['visits'].sum():,} real visits, {real.height:,} patterns: {result.model.k} audiences, {seconds:.0f} s, "
        f"two seeds agree {same:.2f}; {result.verdict.grade}: {' '.join(result.verdict.reasons)}"
    )
