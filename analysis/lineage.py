"""The ids of a run's segments: those of the published run, read on the visits of this window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analysis import identity, memory, runs
from collector.folder import DataFolder
from collector.sites import Site


@dataclass(frozen=True)
class Lineage:
    """
    Who the segments of a run are.

    Attributes:
        found: an identity per segment, in the model's order.
        gone: ids of the published run that are no more.
        next_id: number of the next segment that is new.
    """

    found: list[identity.Identity]
    gone: list[str]
    next_id: int


def trace(folder: DataFolder, site: Site, assigned: pl.DataFrame, n_segments: int, today: str) -> Lineage:
    """
    Match the segments of a run with those of the published one, where there is one.

    Args:
        assigned: columns pattern, segment, visits, from :func:`analysis.assignment.assign`.
        n_segments: segments of the model.
        today: day (ISO) that a new segment is first seen.
    """
    try:
        last = runs.current(folder, site.key)
    except runs.NoRun:
        fresh = [identity.Identity(f"s{number + 1}", "new", today) for number in range(n_segments)]
        return Lineage(fresh, [], n_segments + 1)
    from analysis.audiences import Model

    table = last.table("segments")
    shares = dict(zip(table["segment"], table["share"], strict=True))
    seen = dict(zip(table["segment"], table["first_seen"], strict=True))
    known = [identity.Known(id_, float(shares.get(id_, 0.0)), str(seen.get(id_, today))) for id_ in last.run.ids]
    weights = assigned.filter((pl.col("pattern") != memory.REMAINDER) & (pl.col("visits") > 0))
    before = Model.load(last.path / "model.npz").assign(weights["pattern"]).select("pattern", before="segment")
    shared = (
        weights.join(before, on="pattern")
        .filter((pl.col("before") >= 0) & (pl.col("segment") >= 0))
        .group_by("before", "segment")
        .agg(pl.col("visits").sum())
    )
    overlap = np.zeros((len(known), n_segments))
    for i, j, visits in shared.iter_rows():
        overlap[i, j] = visits
    found, gone = identity.match(overlap, known, today=today, next_id=last.run.next_id)
    return Lineage(found, gone, last.run.next_id + sum(1 for one in found if one.status in ("new", "split")))
