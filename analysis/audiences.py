"""
From weighted patterns to audience segments: the chapters of one fit.

    patterns, visits
      └ sample      the most common patterns, and a fair draw of the rest that stands for all of the rest
        └ embed       a map in two dimensions                                    (UMAP)
          └ micro       dense spots on the map                                   (HDBSCAN, by visits)
            └ merge       micro-segments that are one audience, until it costs   (mixture model, coarsened likelihood)
              └ settle      fit the audiences, and a background, on all patterns (EM)
                └ judge       is it fit to show?                                 (verdict)

The published :class:`Model` is a deterministic function from any pattern, past or future, to a segment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import logsumexp

from analysis.clustering import micro_segments, nearest_micro
from analysis.embedding import FEWEST, embed
from analysis.features import Features, encode, places
from analysis.merging import Height, merge_up, stop
from analysis.mixture import PRIOR, Counted, Mixture, count, expectation_maximisation
from analysis.validity import Evidence, Verdict, halves, judge
from collector.errors import NotEnoughVisits, TelpuntError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str, float], None]

FILE_VERSION: Final = 2
ONE_BREADTH: Final = 1  # version of files of before segments had tastes per breadth of visit; they are still read
MOST_PATTERNS: Final = 10_000  # that are laid out on the map
SAMPLED: Final = 0.3  # of those, drawn from the patterns that are not common enough
MOST_SETTLED: Final = 60_000  # patterns of the last fit
SETTLE_ROUNDS: Final = 40
UNCLUSTERED: Final = -1
VAGUE_SPREAD: Final = (
    0.965  # of the entropy of anything at all: where truth was known, noise lay above 0.99, audiences below 0.955
)
VAGUE_DISTANCE: Final = 0.25  # nats a page view from anything at all
ACTION: Final = "act:"


class UnreadableModel(TelpuntError):
    """When a model file is not there, torn, or of a version that this Telpunt does not know."""


def ignore(chapter: str, share: float) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Tree:
    """
    How micro-segments become audiences.

    Attributes:
        micro: the micro-segments as a mixture.
        cuts: for each number of segments, the segment that holds each micro-segment; -1 none.
        parent: the audience of each micro-segment, by the model's numbers; -1 none.
    """

    micro: Mixture
    cuts: dict[int, Ints]
    parent: Ints


@dataclass(frozen=True)
class Model:
    """
    Audience segments, as a function from patterns.

    Attributes:
        words: touchpoints and actions that it knows.
        mixture: the audience segments in order of size, and after them those that are none (too vague).
        k: number of audience segments.
        tree: the micro-segments behind them.
    """

    words: tuple[str, ...]
    mixture: Mixture
    k: int
    tree: Tree

    def posterior(self, patterns: pl.Series) -> Floats:
        """
        Probability of each segment, and last of none.

        Args:
            patterns: any signatures; words that the model has never seen count for none of its segments.

        Returns:
            Shape (n_patterns, k + 1); rows add up to 1.
        """
        return self.read(encode(patterns, self.words))

    def read(self, features: Features) -> Floats:
        """The same for patterns that are encoded already, with the words of the model."""
        joint = self.mixture.joint(features)
        each = np.exp(joint - logsumexp(joint, axis=1)[:, None])
        out = np.hstack([each[:, : self.k], each[:, self.k :].sum(axis=1, keepdims=True)])
        known = np.asarray(features.counts.sum(axis=1)).ravel()
        # What share of the visit the model can read at all: the rest speaks for no segment.
        read = known / np.maximum(known + features.unknown, 1.0)
        out *= read[:, None]
        out[:, -1] += 1.0 - read
        return np.asarray(out)

    def assign(self, patterns: pl.Series) -> pl.DataFrame:
        """
        The segment of each pattern.

        Returns:
            One row per pattern, in the order given: pattern, segment (-1: unclustered), strength (probability, 0 to 1).
        """
        segment, strength = _decide(self.posterior(patterns))
        return pl.DataFrame(
            {"pattern": patterns.cast(pl.String), "segment": segment, "strength": strength},
            schema={"pattern": pl.String, "segment": pl.Int64, "strength": pl.Float64},
        )

    def micro(self, patterns: pl.Series) -> Ints:
        """The micro-segment of each pattern, for drilling down; its audience is ``tree.parent`` of it."""
        return np.asarray(self.tree.micro.joint(encode(patterns, self.words)).argmax(axis=1))

    def save(self, path: Path) -> None:
        """Write to *path* (.npz, no pickle)."""
        numbers = sorted(self.tree.cuts)
        arrays: dict[str, Any] = {
            "version": np.array(FILE_VERSION),
            "words": np.array("\n".join(self.words)),
            "cut_numbers": np.array(numbers, dtype=np.int64),
            "cuts": np.vstack([self.tree.cuts[number] for number in numbers]),
            "parent": self.tree.parent,
            "k": np.array(self.k),
        }
        for name, mixture in (("segments", self.mixture), ("micro", self.tree.micro)):
            for field in fields(mixture):
                arrays[f"{name}_{field.name}"] = getattr(mixture, field.name)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> Model:
        """
        Read what :meth:`save` wrote.

        Raises:
            UnreadableModel: it is not such a file.
        """
        import zipfile

        try:
            with np.load(path, allow_pickle=False) as file:
                version = int(file["version"])
                if version not in (ONE_BREADTH, FILE_VERSION):
                    raise UnreadableModel(f"Model {path} has version {version}; expected {FILE_VERSION}; analyse again")

                def block(name: str) -> Floats:
                    array: Floats = file[name]
                    old = version == ONE_BREADTH and not name.endswith("log_share")
                    return array[:, None] if old else array

                mixtures = [
                    Mixture(*(block(f"{name}_{field.name}") for field in fields(Mixture)))
                    for name in ("segments", "micro")
                ]
                text = str(file["words"])
                cuts = {int(number): file["cuts"][row] for row, number in enumerate(file["cut_numbers"])}
                return cls(
                    tuple(text.split("\n")) if text else (),
                    mixtures[0],
                    int(file["k"]),
                    Tree(mixtures[1], cuts, file["parent"]),
                )
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise UnreadableModel(
                f"Model {path} can't be read ({error}); expected a file written by telpunt analyse"
            ) from error


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


def fit(weights: pl.DataFrame, *, seed: int, min_visits: int = 300, progress: Progress = ignore) -> Fit:
    """
    Find the audience segments in a window of visits.

    Args:
        weights: pattern, visits; equal patterns are added up, rows without visits are left out.
        seed: of the map; it hardly matters.
        min_visits: visits below which nothing is looked for.
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
    features = encode(table["pattern"])
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
    heights = merge_up(count(sample, drawn[rows]), np.eye(int(micro.max()) + 1)[micro])
    number = stop(heights, float(visits.sum()))
    progress("Settling the audiences", 0.75)
    everything = count(features, visits)
    model = _settle(features.words, everything, heights, number)

    posterior = model.read(features)
    segment, strength = _decide(posterior)
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


def _decide(posterior: Floats) -> tuple[Ints, Floats]:
    """Segment (-1: none) and its probability, per pattern."""
    best = posterior[:, :-1].argmax(axis=1)
    strength = posterior[np.arange(best.size), best]
    none = posterior[:, -1] > 0.5
    return np.where(none, UNCLUSTERED, best).astype(np.int64), np.where(none, posterior[:, -1], strength)


def _settle(words: tuple[str, ...], data: Counted, heights: dict[int, Height], number: int) -> Model:
    """The audiences of the tree at *number*, fitted on all patterns, largest first, and last what is none."""
    height = heights[number]
    top = heights[max(heights)]
    joint = height.mixture.joint_of(data.shape)
    belongs = np.exp(joint - logsumexp(joint, axis=1)[:, None])
    mixture, belongs, _ = expectation_maximisation(data, belongs, rounds=SETTLE_ROUNDS, start=height.mixture)
    size = data.visits @ belongs
    vague = _vague(words, data, belongs) if number > 1 else np.zeros(1, dtype=bool)
    order = [int(segment) for segment in np.argsort(-size, kind="stable")]
    audiences = [segment for segment in order if not vague[segment]]
    rest = [segment for segment in order if vague[segment]]
    rank = np.full(number + 1, -1, dtype=np.int64)
    rank[audiences] = np.arange(len(audiences))
    parent = rank[height.micro]
    # Micro-segments are numbered as at the top of the tree, where some may have been eaten already.
    alive = np.array([int(np.flatnonzero(top.micro == segment)[0]) for segment in range(top.mixture.k)])
    cuts = {k: at.micro[alive] for k, at in heights.items()}
    return Model(words, mixture.take(audiences + rest), len(audiences), Tree(top.mixture, cuts, parent[alive]))


def _vague(words: tuple[str, ...], data: Counted, belongs: Floats) -> NDArray[np.bool_]:
    """
    Which segments are no audience: their page views are as spread over the site as anything at all.

    An audience wants something in particular, so its page views have less entropy than the site's average mixed with chance, and
    lie away from it. Only pages speak: who goes anywhere at all still takes no action.
    """
    pages = np.flatnonzero([not word.startswith(ACTION) for word in words])
    views = np.asarray((data.features.counts.T @ (belongs * data.visits[:, None])).T)[:, pages]
    if pages.size < 2:
        return np.zeros(belongs.shape[1], dtype=bool)
    average = views.sum(axis=0) / max(float(views.sum()), 1e-300)
    usual = 0.5 * average + 0.5 / pages.size
    taste = views + PRIOR * usual
    taste /= taste.sum(axis=1, keepdims=True)
    spread = -(taste * np.log(taste)).sum(axis=1)
    away = (taste * np.log(taste / usual)).sum(axis=1)
    vague = (spread > VAGUE_SPREAD * -float((usual * np.log(usual)).sum())) & (away < VAGUE_DISTANCE)
    return np.asarray(vague if not vague.all() else np.zeros_like(vague))
