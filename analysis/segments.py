"""The list of segments of a run: size, name, sentence, status."""

from __future__ import annotations

import polars as pl

from analysis import identity, labels, profiles, runs
from analysis.runs import UNCLUSTERED


def build(
    tallied: pl.DataFrame, found: list[identity.Identity], named: dict[str, labels.Label], k: int
) -> pl.DataFrame:
    """
    A row per segment, largest first, and last the unclustered visits.

    Args:
        tallied: from :func:`analysis.profiles.tally`.
        found: the identities of the model's segments.
        named: the label of each segment that has visits.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.runs.SEGMENTS`; the visits add up to those of the window, rounded down to a multiple of *k*.
    """
    sizes = profiles.sizes(tallied, k).rename({"total": "visits"})
    total = max(int(sizes["visits"].sum()), 1)
    by_id = {one.id: one for one in found}
    rows = []
    for segment, visits in sizes.sort(["visits", "segment"], descending=[True, False]).iter_rows():
        if segment == UNCLUSTERED:
            continue
        label, who = named[segment], by_id[segment]
        colour = int(segment.removeprefix("s")) - 1
        rows.append(
            (
                segment,
                label.name["en"],
                label.name["nl"],
                label.sentence["en"],
                label.sentence["nl"],
                visits,
                visits / total,
                who.status,
                who.first_seen,
                colour,
            )
        )
    rest = sizes.filter(pl.col("segment") == UNCLUSTERED)["visits"].to_list()
    if rest:
        rows.append(
            (UNCLUSTERED, *labels.UNCLUSTERED, *labels.UNCLUSTERED_SENTENCE, rest[0], rest[0] / total, "kept", "", -1)
        )
    return pl.DataFrame(rows, schema=runs.SEGMENTS, orient="row")
