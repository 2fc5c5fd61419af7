"""
An audience opened into its finer shapes: two to six kinds of visit that it is made of.

The model keeps the tree by which micro-segments became audiences (:mod:`analysis.merging`). Within an audience the tree is cut where
it has the most shapes that are worth a name, each pattern goes to the shape that it fits best, and each shape is described against
its own audience: what sets it apart there, not on the site.

Shapes come from the same fit as the audiences and are less sure than these: two runs may cut an audience differently, and so a shape
has a place in its audience and no identity of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import labels, profiles
from analysis.features import encode
from analysis.tables import SHAPES

if TYPE_CHECKING:
    from analysis.audiences import Model, Tree

Ints = NDArray[np.int64]

MOST: Final = 6  # shapes of an audience
SMALLEST: Final = 0.05  # of the audience's visits that a shape holds
SMALLEST_TIMES_K: Final = 10  # and so many times k visits, so that its own profile says something


def build(model: Model, context: pl.DataFrame, assigned: pl.DataFrame, sizes: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The finer shapes of each audience, largest first.

    Args:
        model: the published one.
        context: context rows of the window.
        assigned: columns pattern, segment (the model's number, -1 none), id, visits.
        sizes: columns segment (the id), total: the audiences' visits as published, from :func:`analysis.profiles.sizes`.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.tables.SHAPES`; an audience that has but one shape has no rows. The visits of an audience's shapes
        add up to those of the audience as published.
    """
    published = dict(sizes.select("segment", "total").iter_rows())
    rows = []
    for number in range(model.k):
        part = assigned.filter((pl.col("segment") == number) & (pl.col("pattern") != "") & (pl.col("visits") > 0))
        shape = cut(model, part["pattern"], part["visits"].to_numpy(), number, k)
        if int(shape.max(initial=0)) < 1:
            continue
        of_shape = part.select("pattern", segment=pl.format("{}.{}", "id", pl.Series(shape + 1)))
        audience = str(part["id"][0])
        rows.append(_describe(context, of_shape, audience, int(published.get(audience, 0)), k))
    return pl.concat(rows) if rows else pl.DataFrame(schema=SHAPES)


def cut(model: Model, patterns: pl.Series, visits: NDArray[np.int64], segment: int, k: int) -> Ints:
    """
    The shape of each pattern of one audience, counted from 0, largest first.

    Args:
        patterns: those of the audience.
        visits: of each pattern.
        segment: the audience's number in the model.
        k: see :data:`SMALLEST_TIMES_K`.
    """
    own = np.flatnonzero(model.tree.parent == segment)
    if own.size < 2 or not patterns.len():
        return np.zeros(patterns.len(), dtype=np.int64)
    fit = model.tree.micro.take(own.tolist()).joint(encode(patterns, model.words))
    fine = fit.argmax(axis=1)
    weight = np.bincount(fine, weights=visits, minlength=own.size).astype(np.float64)
    least = max(SMALLEST * float(visits.sum()), float(SMALLEST_TIMES_K * k))
    groups = _best(model.tree, own, weight, least)
    # Patterns of shapes that are too small go to the next best of those that are left.
    shape = groups[np.where(groups >= 0, fit, -np.inf).argmax(axis=1)]
    size = np.bincount(shape, weights=visits)
    rank = np.empty(size.size, dtype=np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(size.size)
    return np.asarray(rank[shape])


def _best(tree: Tree, own: Ints, weight: NDArray[np.float64], least: float) -> Ints:
    """
    The shape of each micro-segment of an audience, at the height of the tree that has the most shapes of at least *least* visits, but
    no more than :data:`MOST`; -1 where its shape is smaller than that. Of two such heights the coarser.
    """
    best = np.zeros(own.size, dtype=np.int64)
    found = 1
    for number in sorted(tree.cuts):
        at = tree.cuts[number][own]
        sizes = {int(group): float(weight[at == group].sum()) for group in np.unique(at) if group >= 0}
        large = [group for group, size in sizes.items() if size >= least]
        if found < len(large) <= MOST:
            found = len(large)
            best = np.array([large.index(group) if group in large else -1 for group in at.tolist()], dtype=np.int64)
    return best


def _describe(context: pl.DataFrame, of_shape: pl.DataFrame, audience: str, visits_of_all: int, k: int) -> pl.DataFrame:
    """The rows of one audience: size, name and sentence of each shape, from its profile against the audience's."""
    tallied = profiles.tally(context, of_shape)
    released = profiles.build(tallied, k)
    named = labels.build(released)
    sizes = profiles.sizes(tallied, k).sort(["total", "segment"], descending=[True, False])
    # Each audience is rounded up or down, such that all add up to the site; its largest shape takes the difference.
    is_largest = pl.int_range(pl.len()) == 0
    over = visits_of_all - pl.col("total").sum()
    sizes = sizes.with_columns(total=pl.col("total") + pl.when(is_largest).then(over).otherwise(0))
    whole = max(visits_of_all, 1)
    return pl.DataFrame(
        [
            (
                audience,
                shape,
                named[shape].name["en"],
                named[shape].name["nl"],
                named[shape].sentence["en"],
                named[shape].sentence["nl"],
                visits,
                visits / whole,
            )
            for shape, visits in sizes.iter_rows()
            if shape in named
        ],
        schema=SHAPES,
        orient="row",
    )
