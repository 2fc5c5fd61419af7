"""
How alike two audiences of two runs are, told by their profiles: for when the visits that both models can read do not tell.

The touchpoint rules of a site can change, and so can the file format of a model; pages, channels and vacancies stay what they are.
Two audiences are alike when what sets one apart from its site sets the other apart too: the correlation of their shares'
deviations from the site's average, each over the root of the average (the signed residuals of a chi-square test, as in correspondence
analysis, Greenacre 1984).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.profiles import NONE
from analysis.runs import OTHER

# What a visit was about and where it came from; not touchpoints, whose rules may have changed, nor when or on what device.
DIMENSIONS: Final = ("page", "vacancy", "channel", "source", "campaign", "job_family", "search")
ALIKE: Final = 0.7  # correlation from which on two are the same audience; unrelated ones lie about 0
LEAST_SHARE: Final = 0.01  # of the site's visits: rarer values are noise


def compare(old: pl.DataFrame, new: pl.DataFrame, old_ids: list[str], new_ids: list[str]) -> NDArray[np.float64]:
    """
    The likeness of every old segment with every new one, -1 to 1.

    Args:
        old, new: columns segment, dimension, value, share; *all* segments of their run, so that the site's average can be told.
        old_ids, new_ids: the segments to compare, in the order of rows and columns.

    Returns:
        Shape (n_old, n_new); 0 where nothing can be compared.
    """
    left, right = (_deviations(table) for table in (old, new))
    keys = ["dimension", "value"]
    # A value that only one run has sets nobody apart in the other: it is 0 there, and speaks against.
    values = pl.concat([left.select(keys), right.select(keys)]).unique().sort(keys).with_row_index("at")
    matrices = [_matrix(table, values, ids) for table, ids in ((left, old_ids), (right, new_ids))]
    lengths = [np.linalg.norm(matrix, axis=1, keepdims=True) for matrix in matrices]
    unit = [matrix / np.maximum(length, 1e-12) for matrix, length in zip(matrices, lengths, strict=True)]
    return np.asarray(unit[0] @ unit[1].T)


def _deviations(table: pl.DataFrame) -> pl.DataFrame:
    """Columns segment, dimension, value, deviation; segments count alike, so that the largest is not the average itself."""
    told = table.filter(pl.col("dimension").is_in(DIMENSIONS) & ~pl.col("value").is_in([OTHER, NONE]))
    segments = table.select("segment").unique()
    values = (
        told.group_by("dimension", "value")
        .agg(average=pl.col("share").sum() / segments.height)
        .filter(pl.col("average") >= LEAST_SHARE)
    )
    return (
        segments.join(values, how="cross")
        .join(told.select("segment", "dimension", "value", "share"), on=["segment", "dimension", "value"], how="left")
        .select(
            "segment",
            "dimension",
            "value",
            deviation=(pl.col("share").fill_null(0.0) - pl.col("average")) / pl.col("average").sqrt(),
        )
    )


def _matrix(table: pl.DataFrame, values: pl.DataFrame, ids: list[str]) -> NDArray[np.float64]:
    row = {segment: number for number, segment in enumerate(ids)}
    placed = table.filter(pl.col("segment").is_in(ids)).join(values, on=["dimension", "value"])
    matrix = np.zeros((len(ids), values.height))
    rows = [row[segment] for segment in placed["segment"].to_list()]
    matrix[rows, placed["at"].to_numpy()] = placed["deviation"].to_numpy()
    return matrix
