"""Two audiences side by side: where they differ most, dimension by dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboard.views import NONE, Profile, Value

# What is compared, in the order in which it is read; hours and pages are left to the audience's own page.
DIMENSIONS: Final = (
    "touchpoint", "action", "stage", "engaged", "channel", "source", "campaign", "job_family", "employment_type", "search", "device",
    "language", "weekday", "day_part",
)  # fmt: skip
ROWS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """
    A value in both audiences; None where it may not be shown.

    Attributes:
        apart: the intervals of the two indices do not touch, so that chance is no good explanation.
    """

    value: str
    left: Value | None
    right: Value | None
    apart: bool

    @property
    def gap(self) -> float:
        """The larger share minus the smaller, 0 to 1; a share that is not shown counts as nothing."""
        return abs((self.left.share if self.left else 0.0) - (self.right.share if self.right else 0.0))


def build(left: Profile, right: Profile) -> dict[str, list[Pair]]:
    """The pairs of each dimension that both or one of the two tell something of, the widest gap first."""
    found: dict[str, list[Pair]] = {}
    for dimension in DIMENSIONS:
        ours = {value.value: value for value in left.of(dimension) if not value.is_other}
        theirs = {value.value: value for value in right.of(dimension) if not value.is_other}
        pairs = [
            Pair(name, ours.get(name), theirs.get(name), _apart(ours.get(name), theirs.get(name)))
            for name in ours.keys() | theirs.keys()
            if name != NONE
        ]
        if pairs:
            found[dimension] = sorted(pairs, key=lambda pair: (-pair.gap, pair.value))[:ROWS_MAX]
    return found


def _apart(left: Value | None, right: Value | None) -> bool:
    if left is None or right is None or None in (left.index_low, left.index_high, right.index_low, right.index_high):
        return False
    return (left.index_low or 0.0) > (right.index_high or 0.0) or (right.index_low or 0.0) > (left.index_high or 0.0)
