"""What a change of rules would do to the pages that were seen: the paths of the published run, none of which rests on fewer than k visits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis.runs import OTHER, NoRun
from collector import rules, touchpoints
from collector.sites import Site

SEEN_MAX: Final = 500  # paths that are looked at, those with most visits first


@dataclass(frozen=True, slots=True)
class Seen:
    """A path of a page in the published run and the visits that saw it."""

    path: str
    visits: int


@dataclass(frozen=True, slots=True)
class Change:
    """A path that another touchpoint is found for."""

    path: str
    visits: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of rules does: *changes*, most visits first, and *visits* to those pages (one that saw two counts twice)."""

    changes: tuple[Change, ...]

    @property
    def visits(self) -> int:
        """Visits to the pages that change."""
        return sum(change.visits for change in self.changes)


@dataclass(frozen=True, slots=True)
class Row:
    """A path that was seen: its visits, its touchpoint, and the number of the rule that says so (0: the defaults)."""

    path: str
    visits: int
    touchpoint: str
    rule: int


def seen_paths(table: Callable[[str], pl.DataFrame]) -> list[Seen]:
    """
    The paths in the published run, most visits first.

    Args:
        table: gives a table of the published run; raises NoRun when there is none.
    """
    try:
        touched = table("touchpoints")
    except NoRun:
        return []
    pages = (
        touched.filter((pl.col("segment") == "") & (pl.col("kind") == "page") & (pl.col("value") != OTHER))
        .group_by("value")
        .agg(pl.col("visits").max())
        .sort(["visits", "value"], descending=[True, False])
    )
    return [Seen(path, visits) for path, visits in pages.head(SEEN_MAX).iter_rows() if path.startswith("/")]


def effect(before: Site, after: Site, seen: Iterable[Seen]) -> Effect:
    """What becomes of *seen* paths when the rules of *before* become those of *after*."""
    changes = (
        Change(one.path, one.visits, touchpoints.classify(one.path, before), touchpoints.classify(one.path, after))
        for one in seen
    )
    return Effect(tuple(change for change in changes if change.before != change.after))


def rows(site: Site, seen: list[Seen]) -> list[Row]:
    """What *site* makes of *seen* paths now."""
    made = rules.preview(site, [one.path for one in seen])
    return [
        Row(one.path, one.visits, preview.touchpoint, preview.rule) for one, preview in zip(seen, made, strict=True)
    ]
