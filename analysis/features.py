"""
Patterns as numbers: what the mixture counts, and where the map puts them.

touchpoint or action   times, binned 1, 2-3, 4+; one 0/1 column per word and bin. The mixture needs the count, and of a bin its
                       lower edge is the count that is certain.
engaged time, depth    bins; one 0/1 column each, all 0 when not measured: an imported log has none, and that must not make
                       an audience.
one fact, one word     a hand-off, a step of a form and its end are ways to apply, and a visit takes one of them: told apart, each
                       makes an audience of its own. A pattern keeps the detail for who describes it afterwards.
place before the map   square roots of the shares of a pattern's words (Hellinger), engaged time and depth small beside them:
                       a long and a short visit of one interest lie together, and no rare word rules.

Length is no feature of its own: in every trial it cut one audience into long and short visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from analysis.patterns import COUNT_EDGES, DEPTH_EDGES_PCT, ENGAGED_EDGES_S, VERSION
from collector.events import Touchpoint

Floats = NDArray[np.float64]
ENGAGED: Final = "@engaged"
DEPTH: Final = "@depth"
SAME: Final = {
    "act:apply_step": "act:apply_start",
    "act:apply_complete": "act:apply_start",
    "act:handoff": "act:apply_start",
    "act:search_empty": "act:search",
    "act:job_alert": Touchpoint.JOB_ALERT.value,
}
ATTENTION_WEIGHT: Final = 0.25  # of engaged time and depth on the map, where a pattern's words have length 1


@dataclass(frozen=True)
class Features:
    """
    Patterns as matrices, one row per pattern.

    Attributes:
        words: touchpoints and actions, the columns of *levels*.
        levels: one 0/1 matrix per bin of COUNT_EDGES, shape (n_patterns, n_words).
        engaged: 0/1, shape (n_patterns, bins of engaged time); a row of zeros is not measured.
        depth: 0/1, shape (n_patterns, bins of depth); a row of zeros is not measured.
        unknown: times of words that are not in *words*, shape (n_patterns,).
    """

    words: tuple[str, ...]
    levels: tuple[sparse.csr_matrix, ...]
    engaged: Floats
    depth: Floats
    unknown: Floats

    @property
    def counts(self) -> sparse.csr_matrix:
        """Times per word, by the lower edge of the bin, shape (n_patterns, n_words)."""
        total = self.levels[0] * float(COUNT_EDGES[0])
        for edge, level in zip(COUNT_EDGES[1:], self.levels[1:], strict=True):
            total = total + level * float(edge)
        return total.tocsr()

    def take(self, rows: NDArray[np.int64]) -> Features:
        """The same for some of the patterns."""
        return Features(
            self.words,
            tuple(level[rows] for level in self.levels),
            self.engaged[rows],
            self.depth[rows],
            self.unknown[rows],
        )


def encode(patterns: pl.Series, words: tuple[str, ...] | None = None) -> Features:
    """
    Read signatures into matrices.

    Args:
        patterns: signatures, see :mod:`analysis.patterns`.
        words: the columns; None takes every word that occurs, in alphabetical order, one for each fact (SAME).

    Raises:
        ValueError: something is not a signature, or of a version that this Telpunt does not know.
    """
    n = patterns.len()
    table = pl.DataFrame({"row": np.arange(n), "pattern": patterns.cast(pl.String)})
    parts = table.select("row", part=pl.col("pattern").str.split(";")).with_columns(version=pl.col("part").list.first())
    wrong = parts.filter(pl.col("version").ne_missing(str(VERSION)))
    if wrong.height:
        found = str(patterns[int(wrong["row"][0])])
        raise ValueError(f"Pattern {found[:60]!r} is not a signature of version {VERSION}")
    pairs = (
        parts.select("row", part=pl.col("part").list.slice(1))
        .explode("part", empty_as_null=False)
        .select(
            "row",
            name=pl.col("part").str.extract(r"^(.+)=\d+$", 1),
            number=pl.col("part").str.extract(r"=(\d+)$", 1).cast(pl.Int64, strict=False),
            part="part",
        )
    )
    bad = pairs.filter(pl.col("name").is_null() | pl.col("number").is_null())
    if bad.height:
        found = str(patterns[int(bad["row"][0])])
        raise ValueError(f"Pattern {found[:60]!r} has the part {str(bad['part'][0])[:40]!r}; expected name=number")
    attention = pl.col("name").is_in([ENGAGED, DEPTH])
    # A model of before facts had one word each still finds its own words.
    same = {name: word for name, word in SAME.items() if name not in (words or ())}
    counted = pairs.filter(~attention).group_by("row", pl.col("name").replace(same)).agg(pl.col("number").max())
    if words is None:
        # A site on which nothing was ever done still has a column, so that every matrix has a width.
        words = tuple(sorted(counted["name"].unique().to_list())) or (Touchpoint.OTHER.value,)
    columns = pl.DataFrame(
        {"name": list(words), "column": np.arange(len(words))}, schema={"name": pl.String, "column": pl.Int64}
    )
    known = counted.join(columns, on="name", how="left")
    place = known.filter(pl.col("column").is_not_null())
    levels = []
    for position, edge in enumerate(COUNT_EDGES):
        above = COUNT_EDGES[position + 1] if position + 1 < len(COUNT_EDGES) else None
        here = pl.col("number") >= (edge if position else 0)
        if above is not None:
            here &= pl.col("number") < above
        chosen = place.filter(here)
        levels.append(
            sparse.csr_matrix(
                (np.ones(chosen.height), (chosen["row"].to_numpy(), chosen["column"].to_numpy())), shape=(n, len(words))
            )
        )
    lost = known.filter(pl.col("column").is_null())
    unknown = np.bincount(lost["row"].to_numpy(), weights=lost["number"].to_numpy(), minlength=n).astype(np.float64)
    return Features(
        words,
        tuple(levels),
        _one_hot(pairs.filter(pl.col("name") == ENGAGED), ENGAGED_EDGES_S, n),
        _one_hot(pairs.filter(pl.col("name") == DEPTH), DEPTH_EDGES_PCT, n),
        unknown,
    )


def _one_hot(pairs: pl.DataFrame, edges: tuple[int, ...], n: int) -> Floats:
    out = np.zeros((n, len(edges)))
    bins = np.searchsorted(np.asarray(edges), pairs["number"].to_numpy(), side="right") - 1
    out[pairs["row"].to_numpy(), np.maximum(bins, 0)] = 1.0
    return out


def places(features: Features) -> Floats:
    """
    Where patterns lie before UMAP flattens them: square roots of the shares of their words, shape (n_patterns, n_columns).

    Euclidean distance between square roots of shares is the Hellinger distance, the natural one between compositions.
    """
    counts = features.counts.toarray()
    total = counts.sum(axis=1, keepdims=True)
    shares = np.sqrt(counts / np.maximum(total, 1.0))
    return np.hstack([shares, ATTENTION_WEIGHT * features.engaged, ATTENTION_WEIGHT * features.depth])
