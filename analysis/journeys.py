"""
The way through the site: where visits begin, which touchpoint follows which, and where they end.

Made of the released profiles (dimensions entry, step, exit), so the numbers are the same ones. A visit counts once for each step
that it makes, however often. Steps are pairs: what a visit did two pages earlier is in no count.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analysis.tables import JOURNEYS

START: Final = "(start)"
END: Final = "(end)"
STEP: Final = ">"  # between the touchpoints of a step


def build(profiles: pl.DataFrame, site: pl.DataFrame) -> pl.DataFrame:
    """
    The steps of each segment and of the site, most common first.

    Args:
        profiles: from :func:`analysis.profiles.build`.
        site: from :func:`analysis.profiles.whole`.

    Returns:
        Columns of :data:`analysis.tables.JOURNEYS`. Begins add up to the segment's visits, and so do ends; what is held back or not
        known of them is :data:`analysis.runs.OTHER` and "(none)".
    """
    everything = pl.concat([site.with_columns(segment=pl.lit("")), profiles], how="diagonal")
    value = pl.col("value")
    parts = [
        everything.filter(pl.col("dimension") == "entry").with_columns(start=pl.lit(START), end=value),
        everything.filter(pl.col("dimension") == "exit").with_columns(start=value, end=pl.lit(END)),
        everything.filter(pl.col("dimension") == "step")
        .with_columns(both=value.str.splitn(STEP, 2))
        .with_columns(start=pl.col("both").struct.field("field_0"), end=pl.col("both").struct.field("field_1"))
        .filter(pl.col("end").is_not_null()),
    ]
    return (
        pl.concat(parts, how="diagonal")
        .select(pl.col(name).cast(kind) for name, kind in JOURNEYS.items())
        .sort(["segment", "visits", "start", "end"], descending=[False, True, False, False])
    )
