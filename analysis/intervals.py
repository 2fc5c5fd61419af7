"""How sure a share is: the 95 % interval of Wilson (1927), which stays within 0 to 1 and holds for few visits too, of numbers and of columns."""

from __future__ import annotations

import math
from typing import Final

import polars as pl

Z_95: Final = 1.959964  # two-sided 95 % of the normal distribution


def interval(visits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, from 0 to 1; of nothing it is the whole range."""
    if of <= 0:
        return 0.0, 1.0
    share, square = visits / of, Z_95**2
    middle = share + square / (2 * of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = (middle - half) / (1 + square / of), (middle + half) / (1 + square / of)
    # Rounding would leave a trace of something where there are no visits, and of doubt where there are all.
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def intervals(visits: pl.Expr, of: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """:func:`interval` of columns; null where *visits* is."""
    share, square = visits / of, Z_95**2
    middle = share + square / (2 * of)
    half = Z_95 * (share * (1 - share) / of + square / (4 * of * of)).sqrt()
    low, high = (middle - half) / (1 + square / of), (middle + half) / (1 + square / of)
    nothing = visits.is_not_null() & (of <= 0)
    low, high = pl.min_horizontal(low, share).clip(0.0, 1.0), pl.max_horizontal(high, share).clip(0.0, 1.0)
    return pl.when(nothing).then(0.0).otherwise(low), pl.when(nothing).then(1.0).otherwise(high)
