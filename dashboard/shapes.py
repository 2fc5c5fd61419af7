"""The geometry of small drawings that pages hold as inline SVG and coloured tables: they need no script and follow dark mode and print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from dashboard.views import Value, Week

HEAT_STEPS: Final = 8  # shades of the heatmap, beside "nothing"
HOURS: Final = 24
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Line:
    """A line over weeks: *points* for ``polyline``, the area under it, and where it ends; *top* is the share at the upper edge."""

    points: str
    area: str
    end_x: float
    end_y: float
    top: float


def line(trend: Sequence[Week], width: float, height: float, pad: float = 3.0) -> Line | None:
    """
    The line of a trend's shares in a box of *width* × *height*, from zero up; None with fewer than two weeks.

    Args:
        pad: room on every side, so that the line's own thickness is not cut.
    """
    if len(trend) < 2:
        return None
    top = nice_top(max(week.share for week in trend))
    step = (width - 2 * pad) / (len(trend) - 1)
    spots = [
        (pad + position * step, height - pad - (height - 2 * pad) * week.share / top)
        for position, week in enumerate(trend)
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    floor = height - pad
    area = f"{spots[0][0]:.1f},{floor:.1f} {points} {spots[-1][0]:.1f},{floor:.1f}"
    return Line(points, area, round(spots[-1][0], 1), round(spots[-1][1], 1), top)


@dataclass(frozen=True, slots=True)
class Stack:
    """Areas on each other over weeks, the first at the bottom: *areas* for ``polygon``; *top* is the share at the upper edge."""

    areas: tuple[str, ...]
    top: float


def stack(shares: Sequence[Sequence[float]], width: float, height: float, pad: float = 3.0) -> Stack | None:
    """
    Areas of shares in a box of *width* × *height*, from zero up; None with fewer than two weeks, or without a row.

    Args:
        shares: a row per area, a share (0 to 1) per week; as many in each row.
        pad: room on every side.
    """
    if not shares or len(shares[0]) < 2:
        return None
    sums = list(accumulate(shares, lambda below, row: [a + b for a, b in zip(below, row, strict=True)]))
    top = nice_top(max(sums[-1]))
    step = (width - 2 * pad) / (len(shares[0]) - 1)

    def edge(row: Sequence[float]) -> list[str]:
        return [
            f"{pad + place * step:.1f},{height - pad - (height - 2 * pad) * share / top:.1f}"
            for place, share in enumerate(row)
        ]

    edges = [edge([0.0] * len(shares[0])), *map(edge, sums)]
    areas = tuple(" ".join([*below, *reversed(above)]) for below, above in pairwise(edges))
    return Stack(areas, top)


def line_of(numbers: Sequence[int], width: float, height: float) -> Line | None:
    """:func:`line` of plain numbers, one a week."""
    return line([Week("", number, float(number)) for number in numbers], width, height)


def nice_top(largest: float) -> float:
    """The smallest of 1, 1.5, 2, 3, 4, 5, 6, 8 × a power of ten that is not under *largest*; 1 for nothing, or next to it."""
    if largest < 1e-12:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= largest * (1 - 1e-9))


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week: its share (None: nothing published) and its shade, 0 (nothing) to 8 (most)."""

    day: int
    hour: int
    share: float | None
    index: float | None
    shade: int


def heatmap(values: Sequence[Value]) -> list[list[Cell]]:
    """Seven rows (Monday first) of 24 hours from values of ``hour_of_week`` (``1-00`` is Monday from midnight)."""
    by_hour = {value.value: value for value in values if not value.is_other}
    most = max((value.share for value in by_hour.values()), default=0.0)
    rows = []
    for day in range(1, DAYS + 1):
        row = []
        for hour in range(HOURS):
            found = by_hour.get(f"{day}-{hour:02d}")
            shade = 0 if found is None or most <= 0 else max(1, math.ceil(HEAT_STEPS * found.share / most))
            row.append(Cell(day, hour, found.share if found else None, found.index if found else None, shade))
        rows.append(row)
    return rows


def bar(share: float, largest: float) -> float:
    """Length of a bar in percent of the longest one's, 0 to 100."""
    return 0.0 if largest <= 0 else round(100 * min(1.0, share / largest), 1)
