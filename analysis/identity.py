"""
Which segment of this run is which of the last: ids stay while the audience stays.

Both runs' models read the *same* visits, those of this window, so two segments are compared by the visits they share and nothing
has to be kept of the old window. The transitions are those of MONIC (Spiliopoulou, Ntoutsi, Theodoridis & Schult 2006, KDD).
What to do when the old model can't read these visits, and with audiences that come back, is in :mod:`analysis.lineage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

# A share that changes by more than this factor is told as grown or shrunk; a heuristic, until changes are tested properly.
GROWTH: Final = 1.25


class MismatchedRuns(ValueError):
    """When the sizes given do not belong to the overlap table."""


@dataclass(frozen=True)
class Identity:
    """
    Who a segment of this run is.

    Attributes:
        id: "s1", "s2", … stays from run to run.
        status: new, kept, grown, shrunk, split, merged or returned.
        first_seen: day (ISO) on which it was first published.
        other: id of the segment that it split off from, or that it took in; "" for the rest.
    """

    id: str
    status: str
    first_seen: str
    other: str = ""


@dataclass(frozen=True)
class Known:
    """A segment of the last run: its identity and its share of the visits then (0 to 1)."""

    id: str
    share: float
    first_seen: str


def match(
    overlap: npt.NDArray[np.float64], known: list[Known], *, today: str, next_id: int, min_overlap: float = 0.5
) -> tuple[list[Identity], list[str]]:
    """
    Carry segment ids from the last run over to this one.

    Two segments are the same audience when they share most of their visits. Assignment is optimal in total shared visits
    (Kuhn 1955, via scipy); what shares less than *min_overlap* is new, or a part split off, or taken in by another.

    Args:
        overlap: visits shared, shape (n_known, n_current).
        known: the segments of the last run, in row order.
        today: day (ISO) that a new segment is first seen.
        next_id: number of the next new id.
        min_overlap: smallest share of the smaller segment's visits (0 to 1) that makes two segments the same.

    Returns:
        The identity of each current segment in column order, and the ids of known segments that are gone.

    Raises:
        MismatchedRuns: *overlap* has another number of rows than there are known segments.
    """
    if overlap.shape[0] != len(known):
        raise MismatchedRuns(f"overlap has {overlap.shape[0]} rows for {len(known)} known segments")
    current = overlap.sum(axis=0)
    before = overlap.sum(axis=1)
    total = max(overlap.sum(), 1.0)
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    same = {
        int(j): int(i)
        for i, j in zip(rows, columns, strict=True)
        if overlap[i, j] > 0 and overlap[i, j] >= min_overlap * min(before[i], current[j])
    }
    taken = set(same.values())
    identities = []
    for j in range(overlap.shape[1]):
        if j in same:
            old = known[same[j]]
            swallowed = [
                i for i in range(len(known)) if i not in taken and overlap[i, j] > min_overlap * max(before[i], 1.0)
            ]
            change = (current[j] / total) / max(old.share, 1e-9)
            status = (
                "merged" if swallowed else "grown" if change > GROWTH else "shrunk" if change < 1 / GROWTH else "kept"
            )
            eaten = known[max(swallowed, key=lambda i: before[i])].id if swallowed else ""
            identities.append(Identity(old.id, status, old.first_seen, eaten))
            continue
        parent = [known[i].id for i in taken if overlap[i, j] > min_overlap * max(current[j], 1.0)]
        identities.append(Identity(f"s{next_id}", "split" if parent else "new", today, parent[0] if parent else ""))
        next_id += 1
    return identities, [segment.id for i, segment in enumerate(known) if i not in taken]


def pair(table: npt.NDArray[np.float64], least: float) -> dict[int, int]:
    """
    The pairs of rows and columns that are best in sum (Kuhn 1955, via scipy), those under *least* left out: column to row.

    Args:
        table: how much the two are alike, shape (n_rows, n_columns).
        least: smallest value that makes a pair.
    """
    rows, columns = linear_sum_assignment(table, maximize=True)
    return {int(j): int(i) for i, j in zip(rows, columns, strict=True) if table[i, j] >= least}
