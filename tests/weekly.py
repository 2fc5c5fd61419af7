"""Makes weekly tables as a run publishes them, from numbers of visits: what trends and changes are tried on without a model."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import facts, patterns, trends
from analysis.iso_weeks import iso_week

FIRST = date(2025, 1, 6)  # a Monday
K = 10


def weeks(count: int) -> list[str]:
    """ISO weeks from the first one on."""
    return [iso_week(FIRST + timedelta(days=7 * number)) for number in range(count)]


def table(visits: NDArray[np.int64], applies: NDArray[np.int64] | None = None, k: int = K) -> pl.DataFrame:
    """
    The trends of segments s0, s1, …

    Args:
        visits: shape (n_weeks, n_segments).
        applies: visits among them that start to apply, same shape; None: a tenth.
    """
    n_weeks, n_segments = visits.shape
    started = visits // 10 if applies is None else applies
    at = {
        "week": np.repeat(weeks(n_weeks), n_segments),
        "pattern": np.tile([f"s{number}" for number in range(n_segments)], n_weeks),
    }
    measured = pl.concat(
        [
            pl.DataFrame({**at, "measure": measure, "visits": numbers.ravel().astype(np.int64)})
            for measure, numbers in (("visits", visits), ("engaged", visits // 2), ("apply_starts", started))
        ]
    ).filter(pl.col("visits") > 0)
    names = pl.DataFrame({"pattern": at["pattern"]}).unique().with_columns(segment="pattern")
    return trends.build(measured, names, k)


def counts(visits: pl.DataFrame, week: str, *, site: str = "s") -> pl.DataFrame:
    """
    The counts of one week, as a fold would have made them, spread over its days.

    Args:
        visits: columns pattern, campaign, visits.
    """
    monday = date.fromisoformat(f"{week}-1")
    days = visits.group_by("pattern").agg(pl.col("visits").sum()).sort("pattern").with_row_index("row")
    by_day = days.select(
        site=pl.lit(site),
        period=(pl.lit(monday) + pl.duration(days=pl.col("row") % 7)).dt.strftime("%Y-%m-%d"),
        pattern="pattern",
        dimension=pl.lit(facts.PATTERN_TOTAL),
        value=pl.lit(""),
        visits="visits",
    )
    total = by_day.with_columns(period=pl.lit(week), dimension=pl.lit(facts.CONTEXT_TOTAL))
    campaign = visits.select(
        site=pl.lit(site),
        period=pl.lit(week),
        pattern="pattern",
        dimension=pl.lit("campaign"),
        value="campaign",
        visits="visits",
    )
    said = patterns.describe(total.drop("dimension", "value").lazy()).collect()
    return facts.merge(part.select(facts.SCHEMA.keys()).lazy() for part in (by_day, total, campaign, said)).collect()


def draw(
    dice: np.random.Generator, shares: NDArray[np.float64], totals: NDArray[np.float64], spread: float
) -> NDArray[np.int64]:
    """
    Visits by segment in weeks that differ more than coin tosses do.

    Args:
        shares: shape (n_weeks, n_segments), rows add up to 1.
        totals: visits a week, shape (n_weeks,).
        spread: variance between weeks over that of coin tosses, above 1 (Dirichlet-multinomial).
    """
    rows = [
        dice.multinomial(int(total), dice.dirichlet(np.maximum(share, 1e-6) * max(total - spread, 1.0) / (spread - 1)))
        for share, total in zip(shares, totals, strict=True)
    ]
    return np.array(rows, dtype=np.int64)
