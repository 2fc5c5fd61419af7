"""
The pattern of a visit: a coarse, readable, versioned signature of what was done, and of nothing else.

    1;home=1;vacancy=2;apply=1;@engaged=60;@depth=50
    │ │                        │           └ deepest scroll, percent, lower edge of its bin; absent: not measured
    │ │                        └ engaged time, seconds, lower edge of its bin; absent: not measured
    │ └ touchpoints and actions, in alphabetical order, each with how often: 1, 2 (two or three), 4 (four or more)
    └ version

Context (channel, campaign, device, hour, language, place) is never in a pattern: it describes segments afterwards, so a campaign
tag can be used to check the segments honestly. The bins keep 99 % of what a learner gets from full visits (docs/notes/patterns.md), and
91 % of msnbc.com's 989,818 visits lie in patterns of at least ten visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from collector.events import Kind, Touchpoint

VERSION: Final = 1

COUNT_EDGES: Final = (1, 2, 4)  # times
ENGAGED_EDGES_S: Final = (0, 15, 60, 300)  # seconds
DEPTH_EDGES_PCT: Final = (0, 50)  # percent

# Different touchpoints and actions that one pattern names; a crawler that slipped through makes no pattern of a kilobyte.
NAMES_MAX: Final = 24
# Where the browser measured nothing (an access log), a page counts as read until the next one, but for no longer than this.
READING_MAX_S: Final = 300

# Actions (events that are not page views) that are part of a pattern, beside the touchpoints of the pages viewed.
ACTIONS: Final = (
    "act:search", "act:search_empty", "act:filter", "act:apply_start", "act:apply_step", "act:apply_complete", "act:handoff",
    "act:job_alert", "act:save", "act:share", "act:contact", "act:video", "act:download", "act:outbound",
    "act:event_signup", "act:custom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    A parsed signature.

    Attributes:
        counts: lower edge of the bin, per touchpoint and action that occurs.
        engaged_s: lower edge of the engaged time's bin in seconds; None: not measured.
        depth_pct: lower edge of the depth's bin in percent; None: not measured.
    """

    counts: dict[str, int]
    engaged_s: int | None = None
    depth_pct: int | None = None

    def __str__(self) -> str:
        parts = [str(VERSION), *(f"{name}={self.counts[name]}" for name in sorted(self.counts))]
        if self.engaged_s is not None:
            parts.append(f"@engaged={self.engaged_s}")
        if self.depth_pct is not None:
            parts.append(f"@depth={self.depth_pct}")
        return ";".join(parts)


def parse(signature: str) -> Pattern:
    """
    Read a signature back.

    Raises:
        ValueError: it is not a signature, or of a version that this Telpunt does not know.
    """
    version, *parts = signature.split(";")
    if version != str(VERSION):
        raise ValueError(f"Pattern {signature[:60]!r} has version {version[:10]!r}; expected {VERSION}")
    counts: dict[str, int] = {}
    engaged: int | None = None
    depth: int | None = None
    for part in parts:
        name, _, number = part.rpartition("=")
        if name == "@engaged":
            engaged = int(number)
        elif name == "@depth":
            depth = int(number)
        else:
            counts[name] = int(number)
    return Pattern(counts, engaged, depth)


def sign(closed: pl.DataFrame) -> pl.DataFrame:
    """
    The pattern of each visit.

    Args:
        closed: hits with their visit number ``id``, from :func:`analysis.visits.cut`.

    Returns:
        Columns id and pattern, one row per visit.
    """
    is_search = pl.col("kind") == Kind.SEARCH
    names = (
        pl.when(pl.col("kind") == Kind.PAGE_VIEW)
        .then(pl.concat_list("touchpoint"))
        .when(is_search & (pl.col("results") == 0))
        .then(pl.concat_list(pl.lit("act:search"), pl.lit("act:search_empty")))
        .otherwise(pl.concat_list(pl.lit("act:") + pl.col("kind")))
    )
    counted = (
        closed.lazy()
        .filter(pl.col("kind") != Kind.ENGAGEMENT)
        .select("id", name=names)
        .explode("name", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("name") != "")
        .group_by("id", "name")
        .agg(times=pl.len().cast(pl.Int64))
        .sort(["id", "times", "name"], descending=[False, True, False])
        .filter(pl.int_range(pl.len()).over("id") < NAMES_MAX)
        .sort("id", "name")
        .select("id", part=pl.concat_str("name", pl.lit("="), lower_edge(pl.col("times"), COUNT_EDGES)))
        .group_by("id", maintain_order=True)
        .agg(pl.col("part").str.join(";"))
    )
    is_engagement = pl.col("kind") == Kind.ENGAGEMENT
    gap_s = (pl.col("t").shift(-1) - pl.col("t")).clip(0, READING_MAX_S)
    read_s = pl.when(pl.col("id").shift(-1) == pl.col("id")).then(gap_s)
    measured = (
        closed.lazy()
        .with_columns(read_s=read_s)
        .group_by("id")
        .agg(
            engagements=is_engagement.sum(),
            engaged_s=pl.col("engaged_ms").filter(is_engagement).sum() // 1000,
            depth=pl.col("depth_pct").filter(is_engagement).max(),
            views=(pl.col("kind") == Kind.PAGE_VIEW).sum(),
            read_s=pl.col("read_s").sum(),
        )
        .with_columns(
            seconds=pl.when(pl.col("engagements") > 0)
            .then(pl.col("engaged_s"))
            .when(pl.col("views") > 1)
            .then(pl.col("read_s"))
        )
        .select(
            "id",
            engaged=pl.concat_str(pl.lit(";@engaged="), lower_edge(pl.col("seconds"), ENGAGED_EDGES_S)).fill_null(""),
            depth=pl.concat_str(pl.lit(";@depth="), lower_edge(pl.col("depth"), DEPTH_EDGES_PCT)).fill_null(""),
        )
    )
    return (
        measured.join(counted, on="id", how="left")
        .select(
            "id",
            pattern=pl.concat_str(
                pl.lit(str(VERSION)), (pl.lit(";") + pl.col("part")).fill_null(""), "engaged", "depth"
            ),
        )
        .collect(engine="in-memory")
    )


def describe(signatures: pl.LazyFrame) -> pl.LazyFrame:
    """
    What patterns say, as values of dimensions: touchpoint, action, stage, engaged, depth.

    The stage is how far the visit came towards applying: orienting, vacancy, apply, applied.

    Args:
        signatures: a table with a column pattern; others are kept.

    Returns:
        The same columns with dimension and value; as many rows per pattern as it says things.
    """
    names = pl.col("pattern").str.extract_all(r";[^;@=][^;=]*").list.eval(pl.element().str.strip_prefix(";"))
    has = names.list.contains
    stage = (
        pl.when(has(Touchpoint.APPLIED.value) | has("act:apply_complete"))
        .then(pl.lit("applied"))
        .when(
            has(Touchpoint.APPLY.value)
            | has(Touchpoint.OPEN_APPLICATION.value)
            | has("act:apply_start")
            | has("act:apply_step")
            | has("act:handoff")
        )
        .then(pl.lit("apply"))
        .when(has(Touchpoint.VACANCY.value))
        .then(pl.lit("vacancy"))
        .otherwise(pl.lit("orienting"))
    )
    name = pl.col("value")
    named = (
        signatures.with_columns(value=names)
        .explode("value", empty_as_null=False, keep_nulls=False)
        .with_columns(
            dimension=pl.when(name.str.starts_with("act:")).then(pl.lit("action")).otherwise(pl.lit("touchpoint"))
        )
    )
    edges = [
        signatures.with_columns(
            value=pl.col("pattern").str.extract(rf";@{measure}=(\d+)"), dimension=pl.lit(measure)
        ).filter(name.is_not_null())
        for measure in ("engaged", "depth")
    ]
    staged = signatures.with_columns(value=stage, dimension=pl.lit("stage"))
    return pl.concat([named, staged, *edges], how="diagonal")


def lower_edge(number: pl.Expr, edges: tuple[int, ...]) -> pl.Expr:
    """The lower edge of the bin that *number* falls in; below the first edge it is the first, null stays null."""
    edge: pl.Expr = pl.when(number.is_not_null()).then(pl.lit(edges[0], dtype=pl.Int64))
    for lower in edges[1:]:
        edge = pl.when(number >= lower).then(pl.lit(lower, dtype=pl.Int64)).otherwise(edge)
    return edge
