"""
From weighted patterns to audience segments: the chapters of one fit.

    patterns, visits
      └ sample      the most common patterns, and a fair draw of the rest that stands for all of the rest
        └ embed       a map in two dimensions                                    (UMAP)
          └ micro       dense spots on the map                                   (HDBSCAN, by visits)
            └ merge       micro-segments that are one audience, until it costs   (mixture model, coarsened likelihood)
              └ carry on    the published audiences as they are today, unless these are better      (continuity)
                └ settle      fit the audiences, and a background, on all patterns (EM)
                  └ judge       is it fit to show?                               (verdict)

The published :class:`Model` is a deterministic function from any pattern, past or future, to a segment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import continuity
from analysis.clustering import micro_segments, nearest_micro
from analysis.embedding import FEWEST, embed
from analysis.features import Features, encode, places
from analysis.merging import Height, merge_up, stop
from analysis.mixture import PRIOR, Counted, count, expectation_maximisation, told_apart
from analysis.model import Model, Tree, UnreadableModel, decide
from analysis.validity import Evidence, Verdict, halves, judge
from collector.errors import NotEnoughVisits

__all__ = ["Fit", "Model", "Tree", "UnreadableModel", "fit"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str, float], None]

MOST_WORDS: Final = 80  # touchpoints, sections and actions that the model knows
MOST_PATTERNS: Final = 10_000  # that are laid out on the map
SAMPLED: Final = 0.3  # of those, drawn from the patterns that are not common enough
MOST_SETTLED: Final = 60_000  # patterns of the last fit
SETTLE_ROUNDS: Final = 40
# Of the entropy of anything at all: where the truth was known, noise lay between 0.93 and 1.03 and audiences below 0.90.
VAGUE_SPREAD: Final = 0.92
VAGUE_DISTANCE: Final = 0.35  # nats a page view or action from anything at all; noise lay below 0.32


def ignore(chapter: str, share: float) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Fit:
    """
    A fitted model.

    Attributes:
        model: the segments.
        map: one row per pattern laid out: pattern, x, y, segment (-1: unclustered), micro, visits.
        verdict: may it be shown?
    """

    model: Model
    map: pl.DataFrame
    verdict: Verdict


def fit(
    weights: pl.DataFrame,
    *,
    seed: int,
    min_visits: int = 300,
    before: Model | None = None,
    progress: Progress = ignore,
) -> Fit:
    """
    Find the audience segments in a window of visits.

    Args:
        weights: pattern, visits; equal patterns are added up, rows without visits are left out.
        seed: of the map; it hardly matters.
        min_visits: visits below which nothing is looked for.
        before: the published model, whose audiences go on where that is as good (:mod:`analysis.continuity`).
        progress: told the chapter and the share of the work that is done, 0 to 1.

    Raises:
        NotEnoughVisits: fewer than *min_visits*.
        ValueError: something is not a signature.
    """
    table = (
        weights.select(pl.col("pattern").cast(pl.String), pl.col("visits").cast(pl.Int64))
        .filter(pl.col("visits") > 0)
        .group_by("pattern")
        .agg(pl.col("visits").sum())
    )
    total = int(table["visits"].sum())
    if total < max(1, min_visits):
        raise NotEnoughVisits(total, max(1, min_visits))
    progress("Reading the patterns", 0.0)
    table, drawn = _draw(table)
    rows = np.flatnonzero(drawn > 0)
    features = _readable(table)
    # Counts that share a factor are the same evidence written larger (a table in tens): scaling changes nothing.
    unit = float(np.gcd.reduce(table["visits"].to_numpy())) if table.height >= FEWEST else 1.0
    visits = table["visits"].to_numpy() / unit
    drawn = drawn / unit

    progress("Drawing the map", 0.05)
    sample = features.take(rows)
    points = places(sample)
    layout = embed(points, seed=seed)
    progress("Looking for dense spots", 0.40)
    micro = nearest_micro(points, micro_segments(layout, drawn[rows]))
    progress("Merging them to audiences", 0.50)
    data = count(sample, drawn[rows])
    heights = merge_up(data, np.eye(int(micro.max()) + 1)[micro])
    chosen = heights[stop(heights, float(visits.sum()))]
    if before is not None:
        progress("Settling the audiences", 0.70)
        read = told_apart(before.mixture.joint(encode(table["pattern"].gather(rows), before.words)))
        chosen = continuity.prefer(read, data, chosen, micro, float(visits.sum()))
    progress("Settling the audiences", 0.75)
    everything = count(features, visits)
    model = _settle(features.words, everything, heights, chosen)

    posterior = model.read(features)
    segment, strength = decide(posterior)
    progress("Judging", 0.85)
    inside = segment >= 0
    verdict = judge(
        Evidence(
            visits=total,
            audiences=model.k,
            stability=halves(sample, drawn[rows], micro, np.random.default_rng(seed)) if model.k > 1 else None,
            separation=float(np.average(strength[inside], weights=visits[inside])) if inside.any() else 0.0,
            unclustered=float(visits[~inside].sum() / visits.sum()),
        )
    )
    fine = np.asarray(model.tree.micro.joint(sample).argmax(axis=1))
    laid_out = pl.DataFrame(
        {
            "pattern": table["pattern"].gather(rows),
            "x": layout[:, 0],
            "y": layout[:, 1],
            "segment": segment[rows],
            "micro": fine,
            "visits": table["visits"].gather(rows),
        },
        schema={
            "pattern": pl.String,
            "x": pl.Float64,
            "y": pl.Float64,
            "segment": pl.Int64,
            "micro": pl.Int64,
            "visits": pl.Int64,
        },
    )
    progress("Done", 1.0)
    return Fit(model, laid_out, verdict)


def _readable(table: pl.DataFrame) -> Features:
    """
    Patterns in the words that are seen in most visits, at most MOST_WORDS.

    A site of hundreds of sections has a long tail of words that nobody's interest can be learned from, and each costs time and,
    in the price of a segment, visits. What is left out speaks for no segment.
    """
    features = encode(table["pattern"])
    if len(features.words) <= MOST_WORDS:
        return features
    seen = table["visits"].to_numpy() @ sum(features.levels[1:], start=features.levels[0])
    kept = np.argsort(-seen, kind="stable")[:MOST_WORDS]
    return encode(table["pattern"], tuple(features.words[column] for column in sorted(kept.tolist())))


def _draw(table: pl.DataFrame) -> tuple[pl.DataFrame, Floats]:
    """
    The most common patterns, and of the rest a draw that stands for all of it.

    Leaving out the rest would leave out the long visits: every long visit is a pattern of its own. The draw is by a hash of the
    pattern, so it depends on no order and no seed.

    Returns:
        Pattern and visits, most common first and then by hash, at most MOST_SETTLED; and the visits that a pattern stands for
        in the layout, 0 for those that are not in it.
    """
    ordered = table.with_columns(
        dice=pl.Series(
            [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in table["pattern"].to_list()],
            dtype=pl.Binary,
        )
    ).sort(["visits", "dice"], descending=[True, False])
    visits = ordered["visits"].to_numpy().astype(np.float64)
    if ordered.height > MOST_PATTERNS:
        taken = round(MOST_PATTERNS * (1 - SAMPLED))
        rest = ordered[taken:].sort("dice")
        ordered = pl.concat([ordered[:taken], rest])[:MOST_SETTLED]
        visits = ordered["visits"].to_numpy().astype(np.float64)
        drawn = visits.copy()
        drawn[MOST_PATTERNS:] = 0.0
        drawn[taken:MOST_PATTERNS] *= float(rest["visits"].sum()) / drawn[taken:MOST_PATTERNS].sum()
    else:
        drawn = visits
    return ordered.select("pattern", "visits"), drawn


def _settle(words: tuple[str, ...], data: Counted, heights: dict[int, Height], chosen: Height) -> Model:
    """The audiences of a cut, fitted on all patterns, largest first, and last what is none."""
    number = chosen.mixture.k
    top = heights[max(heights)]
    belongs = told_apart(chosen.mixture.joint_of(data.shape))
    mixture, belongs, _ = expectation_maximisation(data, belongs, rounds=SETTLE_ROUNDS, start=chosen.mixture)
    size = data.visits @ belongs
    vague = _vague(data, belongs) if number > 1 else np.zeros(1, dtype=bool)
    order = [int(segment) for segment in np.argsort(-size, kind="stable")]
    audiences = [segment for segment in order if not vague[segment]]
    rest = [segment for segment in order if vague[segment]]
    rank = np.full(number + 1, -1, dtype=np.int64)
    rank[audiences] = np.arange(len(audiences))
    parent = rank[chosen.micro]
    # Micro-segments are numbered as at the top of the tree, where some may have been eaten already.
    alive = np.array([int(np.flatnonzero(top.micro == segment)[0]) for segment in range(top.mixture.k)])
    cuts = {k: at.micro[alive] for k, at in heights.items()}
    return Model(words, mixture.take(audiences + rest), len(audiences), Tree(top.mixture, cuts, parent[alive]))


def _vague(data: Counted, belongs: Floats) -> NDArray[np.bool_]:
    """
    Which segments are no audience: what they do is as spread over the site as anything at all.

    An audience wants something in particular, so what its visits do has less entropy than the site's average mixed with chance, and
    lies away from it.
    """
    seen = np.asarray((data.features.counts.T @ (belongs * data.visits[:, None])).T) + PRIOR * data.usual
    taste = seen / seen.sum(axis=1, keepdims=True)
    spread = -(taste * np.log(taste)).sum(axis=1)
    away = (taste * np.log(taste / data.usual)).sum(axis=1)
    vague = (spread > VAGUE_SPREAD * -float((data.usual * np.log(data.usual)).sum())) & (away < VAGUE_DISTANCE)
    return np.asarray(vague if not vague.all() else np.zeros_like(vague))
