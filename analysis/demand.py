"""
What is wanted, and whether the site has it: searches, searches in vain, and job families with more interest than vacancies.

An *unanswered* search is the part of the visits with these words that found nothing. A family's *pull* is how many visits there are to
each of its vacancies, against the average vacancy of the site: 200 says that each is wanted twice as much, 50 that two are offered
for the interest of one. Neither says how many people: who searches on three days counts three times. And nobody sees a
vacancy that is not there, so a family without any has interest only in searches.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analysis import anonymity, facts
from analysis.tables import DEMAND

SEARCH: Final = "search"
IN_VAIN: Final = "search_empty"
FAMILY: Final = "job_family"
KINDS: Final = (SEARCH, IN_VAIN, FAMILY, "employment_type", "job_location")


def build(profiles: pl.DataFrame, site: pl.DataFrame, context: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    What each segment wants, and the site as a whole, most wanted first.

    Args:
        profiles: from :func:`analysis.profiles.build`.
        site: from :func:`analysis.profiles.whole`.
        context: context rows of the window.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.tables.DEMAND`. What a family offers is known where the pages have a JobPosting, and is the same for
        all segments; its pull is that segment's.
    """
    wanted = pl.concat([site.with_columns(segment=pl.lit("")), profiles], how="diagonal").filter(
        pl.col("dimension").is_in(KINDS)
    )
    offered = offers(context, k)
    is_family = pl.col("dimension") == FAMILY
    of_families = is_family & pl.col("offered").is_not_null()
    each = pl.col("visits") / pl.col("offered")
    average = (pl.col("visits").filter(of_families).sum() / pl.col("offered").filter(of_families).sum()).over("segment")
    return (
        wanted.join(_unanswered(wanted), on=["segment", "dimension", "value"], how="left")
        .join(offered.with_columns(dimension=pl.lit(FAMILY)), on=["dimension", "value"], how="left")
        .with_columns(pull=pl.when(of_families).then(100 * each / average), kind="dimension")
        .select(pl.col(name).cast(kind) for name, kind in DEMAND.items())
        .sort(["segment", "kind", "visits", "value"], descending=[False, False, True, False])
    )


def offers(context: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    Vacancy pages per job family that were seen in at least *k* visits: columns value (the family) and offered.

    A vacancy that was shown under two families counts for each, and one with a page in two languages counts twice.
    """
    seen = (
        context.filter(pl.col("dimension") == facts.OPENING)
        .group_by(row="value")
        .agg(pl.col("visits").sum())
        .with_columns(column=pl.lit(""))
    )
    shown = anonymity.release(seen, k).cells
    # A family can hold ">" and a path can't: it is written in percent-encoded form.
    return (
        shown.select(value=pl.col("row").str.extract(r"^(.*)>[^>]*$"))
        .drop_nulls()
        .group_by("value")
        .agg(offered=pl.len().cast(pl.Int64))
    )


def _unanswered(wanted: pl.DataFrame) -> pl.DataFrame:
    """
    Of the visits with the same words, the part that found nothing: columns segment, dimension, value, unanswered.

    A visit whose search first finds nothing and later something counts on both sides.
    """
    visits = pl.col("visits")
    of_words = (
        wanted.filter(pl.col("dimension").is_in([SEARCH, IN_VAIN]))
        .group_by("segment", "value")
        .agg(
            empty=visits.filter(pl.col("dimension") == IN_VAIN).sum(),
            found=visits.filter(pl.col("dimension") == SEARCH).sum(),
        )
        .with_columns(unanswered=pl.col("empty") / (pl.col("empty") + pl.col("found")))
        .select("segment", "value", "unanswered")
    )
    return of_words.join(pl.DataFrame({"dimension": [SEARCH, IN_VAIN]}), how="cross")
