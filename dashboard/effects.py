"""
What was different after an annotation, in words for the pages.

The estimate needs SciPy (60 MB in a worker, a second to import), so it is loaded with the first page that has something to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from analysis.words import Language
from dashboard.annotations import Annotation

NEWEST: Final = 12  # annotations that are looked at; each costs a few milliseconds
DAYS_OF_WEEK: Final = 7
SITE_MEASURES: Final = ("visits", "apply_starts")


def on_site(
    figures: pl.DataFrame, annotations: Sequence[Annotation], lang: Language
) -> Mapping[int, list[tuple[str, str]]]:
    """
    Per annotation, for each of :data:`SITE_MEASURES` what it was against what was to be expected.

    Args:
        figures: columns of :data:`analysis.runs.FIGURES`.
        annotations: newest first.

    Returns:
        Annotation id → (measure, sentence); nothing where too few weeks are known before or after.
    """
    if not annotations or figures.is_empty():
        return {}
    import numpy as np

    from analysis.annotations import effect
    from analysis.expected import Series, with_season

    over = figures.filter(pl.col("days") == DAYS_OF_WEEK)
    weeks = over["week"].unique().sort().to_list()
    found: dict[int, list[tuple[str, str]]] = {}
    for measure in SITE_MEASURES:
        counted = dict(over.filter(pl.col("measure") == measure).select("week", "visits").iter_rows())
        visits = np.array([counted.get(week, np.nan) for week in weeks], dtype=np.float64)
        series = with_season(Series(weeks, visits, None, np.ones(len(weeks))))
        for one in annotations[:NEWEST]:
            difference = effect(series, one.start, one.end if one.end > one.start else None)
            if difference:
                found.setdefault(one.id, []).append((measure, difference.sentence(lang)))
    return found


def on_segment(
    trends: pl.DataFrame, segment: str, last: str, annotations: Sequence[Annotation], lang: Language
) -> Mapping[int, str]:
    """
    Per annotation, the segment's share against what was to be expected.

    Args:
        trends: columns of :data:`analysis.runs.TRENDS`.
        last: the newest ISO week that is over.
        annotations: newest first.
    """
    of_segment = trends.filter((pl.col("segment") == segment) & (pl.col("week") <= last))
    if not annotations or of_segment.is_empty():
        return {}
    from analysis.annotations import effect
    from analysis.trends import series

    known = series(of_segment)[segment]
    found = {}
    for one in annotations[:NEWEST]:
        difference = effect(known, one.start, one.end if one.end > one.start else None)
        if difference:
            found[one.id] = difference.sentence(lang)
    return found
