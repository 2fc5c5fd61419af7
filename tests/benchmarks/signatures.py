"""
What is lost by writing a visit as a pattern, and how coarse may a pattern be? Other signatures beside the one of analysis.patterns.

Somebody who knows the audiences learns them from half of the visits of simulated sites, written with each signature, and names the
other half. Lost is what falls below the same on the full visit: exact counts, seconds, depth, first and last page, and every step
from page to page. On msnbc.com's visits, where nobody knows, the same learner tells the page that comes next.

A finer signature costs: more patterns, and fewer visits in patterns of at least k, whose circumstances are then shared with others'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.patterns import COUNT_EDGES, DEPTH_EDGES_PCT, ENGAGED_EDGES_S, lower_edge
from analysis.validity import agreement
from tests.benchmarks.real import MSNBC, msnbc
from tests.traffic import Traffic, clean, family, simulate

FAMILY_SEED: Final = 7
K: Final = 10
MSNBC_TOLD: Final = 60_000  # visits that the learner of the next page sees, half of them to be tested on
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Signature:
    """
    One way to write a visit.

    Attributes:
        counts: lower edges of the bins of how often.
        engaged: of engaged seconds; none: left out.
        depth: of depth in percent; none: left out.
        first: the first page or action is part of it.
        last: the last one is.
        steps: every step from one to another is.
    """

    counts: tuple[int, ...] = COUNT_EDGES
    engaged: tuple[int, ...] = ENGAGED_EDGES_S
    depth: tuple[int, ...] = DEPTH_EDGES_PCT
    first: bool = False
    last: bool = False
    steps: bool = False


FULL: Final = Signature(
    tuple(range(1, 41)), tuple(range(0, 1800, 30)), tuple(range(0, 100, 5)), first=True, last=True, steps=True
)
TRIED: Final = {
    "ticked off: 1": Signature((1,)),
    "1, 2": Signature((1, 2)),
    "as it is: 1, 2, 4": Signature(),
    "1, 2, 3, 4, 6, 10": Signature((1, 2, 3, 4, 6, 10)),
    "every count": Signature(FULL.counts),
    "without engaged time": Signature(engaged=()),
    "engaged time in 8 bins": Signature(engaged=(0, 5, 15, 30, 60, 120, 300, 600)),
    "without depth": Signature(depth=()),
    "depth in 4 bins": Signature(depth=(0, 25, 50, 75)),
    "with the first page": Signature(first=True),
    "with the last page": Signature(last=True),
    "with every step": Signature(steps=True),
}


def words(traffic: Traffic, signature: Signature) -> pl.DataFrame:
    """What the signature says of each visit, as rows: visit, word, number."""
    steps = traffic.steps.lazy()
    said = [
        steps.group_by("visit", "word")
        .agg(times=pl.len().cast(pl.Int64))
        .select("visit", "word", number=lower_edge(pl.col("times"), signature.counts))
    ]
    for wanted, name, place in (
        (signature.first, "first ", pl.col("word").first()),
        (signature.last, "last ", pl.col("word").last()),
    ):
        if wanted:
            at = steps.group_by("visit", maintain_order=True).agg(place)
            said.append(at.select("visit", word=pl.lit(name) + pl.col("word"), number=pl.lit(1, pl.Int64)))
    if signature.steps:
        onward = steps.select(
            "visit", "word", following=pl.col("word").shift(-1), same=pl.col("visit").shift(-1) == pl.col("visit")
        )
        changed = onward.filter(pl.col("same") & (pl.col("word") != pl.col("following")))
        step = pl.concat_str("word", pl.lit(">"), "following")
        said.append(changed.select("visit", word=step, number=pl.lit(1, pl.Int64)).unique())
    for edges, column in ((signature.engaged, "engaged_s"), (signature.depth, "depth_pct")):
        if edges:
            known = traffic.visits.lazy().filter(pl.col(column).is_not_null())
            said.append(
                known.select(
                    "visit", word=pl.lit(f"@{column}"), number=lower_edge(pl.col(column), edges).cast(pl.Int64)
                )
            )
    return pl.concat(said).collect()


def shape(said: pl.DataFrame) -> tuple[int, float]:
    """How many patterns, and the share of the visits that lie in patterns of at least K."""
    patterns = (
        said.sort("visit", "word")
        .group_by("visit", maintain_order=True)
        .agg(pattern=pl.concat_str("word", pl.lit("="), "number").str.join(";"))
    )
    visits = patterns.group_by("pattern").agg(visits=pl.len())["visits"]
    return visits.len(), float(visits.filter(visits >= K).sum()) / patterns.height


def matrix(said: pl.DataFrame, visits: int, most: int = 150) -> Floats:
    """Rows of a table as columns, the *most* common words only; what is absent is 0, and an unmeasured time or depth -1."""
    common = said["word"].value_counts(sort=True).head(most)["word"].sort()
    kept = said.filter(pl.col("word").is_in(common.implode()))
    columns = np.zeros((visits, common.len()))
    columns[:, common.str.starts_with("@").to_numpy()] = -1.0
    columns[kept["visit"].to_numpy(), common.search_sorted(kept["word"]).to_numpy()] = kept["number"].to_numpy()
    return columns


def learn(columns: Floats, truth: Ints, told: NDArray[np.bool_]) -> Floats:
    """Chances of each class for the visits that the learner was not told, shape (n, classes)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=30, l2_regularization=5.0, random_state=1
    )
    return np.asarray(model.fit(columns[told], truth[told]).predict_proba(columns[~told]))


def loss(chances: Floats, truth: Ints) -> float:
    """Mean cross-entropy in nats."""
    return -float(np.log(np.maximum(chances[np.arange(truth.size), truth], 1e-9)).mean())


def _simulated(*, quick: bool) -> None:
    scenarios = [clean(one) for one in family(5, seed=FAMILY_SEED, visits=4_000 if quick else 12_000)]
    print(f"\n{len(scenarios)} simulated sites, {scenarios[0].visits:,} visits each: mean of what a learner gets right")
    print(f"{'':<26}{'ARI':>7}{'of full':>9}{'nats lost':>11}{'patterns':>10}{f'in >= {K}':>9}")
    results: dict[str, list[tuple[float, float, int, float]]] = {}
    for scenario in scenarios:
        traffic = simulate(scenario)
        truth = traffic.visits["audience"].to_numpy()
        told = np.random.default_rng(3).random(truth.size) < 0.5
        even = np.ones(int((~told).sum()))
        for name, signature in {"the full visit": FULL, **TRIED}.items():
            said = words(traffic, signature)
            chances = learn(matrix(said, truth.size), truth, told)
            agrees = agreement(truth[~told], chances.argmax(axis=1), even)
            results.setdefault(name, []).append((agrees, loss(chances, truth[~told]), *shape(said)))
    full = np.array(results["the full visit"])
    for name, rows in results.items():
        mean = np.array(rows).mean(axis=0)
        print(
            f"{name:<26}{mean[0]:>7.3f}{mean[0] / full[:, 0].mean():>9.3f}{mean[1] - full[:, 1].mean():>11.3f}{mean[2]:>10,.0f}"
            f"{mean[3]:>9.0%}"
        )


def _msnbc(*, quick: bool) -> None:
    visits = msnbc(100_000 if quick else None)
    pages = visits.explode("page").select("visit", word="page")
    number = visits.select(
        "visit", audience=pl.lit(0), engaged_s=pl.lit(None, pl.Int64), depth_pct=pl.lit(None, pl.Int64)
    )
    longer = visits.filter(pl.col("page").list.len() > 1).sample(
        MSNBC_TOLD // (4 if quick else 1), seed=4, shuffle=True
    )
    following = longer["page"].list.last().cast(pl.Int64).to_numpy() - 1
    before = (
        longer.with_row_index("row")
        .select(visit=pl.col("row").cast(pl.Int64), word=pl.col("page").list.head(pl.col("page").list.len() - 1))
        .explode("word")
    )
    nobody = pl.DataFrame(
        {"visit": [0], "engaged_s": [None], "depth_pct": [None]},
        schema_overrides={"engaged_s": pl.Int64, "depth_pct": pl.Int64},
    )
    told = np.arange(following.size) % 2 == 0
    print(f"\nmsnbc, {visits.height:,} visits: patterns of the whole visit, and the loss of the page that comes next")
    print(f"{'':<26}{'nats':>7}{'patterns':>10}{f'in >= {K}':>9}")
    for name, signature in {"the full visit": FULL, **TRIED}.items():
        if "engaged" in name or "depth" in name:
            continue  # not measured there
        chances = learn(matrix(words(Traffic(nobody, before), signature), following.size), following, told)
        patterns, covered = shape(words(Traffic(number, pages), signature))
        print(f"{name:<26}{loss(chances, following[~told]):>7.3f}{patterns:>10,}{covered:>9.1%}", flush=True)


def run(*, quick: bool) -> None:
    """Print the tables."""
    _simulated(quick=quick)
    if MSNBC.exists():
        _msnbc(quick=quick)
    else:
        print(f"skipped: {MSNBC.name} is not here")
