"""
The published model: audience segments as a function from any pattern, past or future, to a segment, and the file it lies in.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import logsumexp

from analysis.features import Features, encode
from analysis.mixture import Mixture
from collector.errors import TelpuntError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FILE_VERSION: Final = 3
ONE_LENGTH: Final = (
    2  # version of files of before attention was told by the length of a visit; still read, as the one before
)
ONE_BREADTH: Final = 1  # version of files of before segments had tastes per breadth of visit
UNCLUSTERED: Final = -1


class UnreadableModel(TelpuntError):
    """When a model file is not there, torn, or of a version that this Telpunt does not know."""


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
        segment, strength = decide(self.posterior(patterns))
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
        try:
            with np.load(path, allow_pickle=False) as file:
                version = int(file["version"])
                if version not in (ONE_BREADTH, ONE_LENGTH, FILE_VERSION):
                    raise UnreadableModel(f"Model {path} has version {version}; expected {FILE_VERSION}; analyse again")

                def block(name: str) -> Floats:
                    array: Floats = file[name]
                    if version == ONE_BREADTH and not name.endswith("log_share"):
                        array = array[:, None]
                    if version < FILE_VERSION and name.endswith(("engaged", "depth")):
                        array = array[:, :, None]
                    return array

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


def decide(posterior: Floats) -> tuple[Ints, Floats]:
    """
    The segment of each pattern and its probability; -1 when it is more likely of none than of any.

    Args:
        posterior: shape (n_patterns, k + 1), the last column for none.
    """
    best = posterior[:, :-1].argmax(axis=1)
    strength = posterior[np.arange(best.size), best]
    none = posterior[:, -1] > 0.5
    return np.where(none, UNCLUSTERED, best).astype(np.int64), np.where(none, posterior[:, -1], strength)
