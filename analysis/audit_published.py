"""Promise 5 on a data folder: every number of visits in every run is a multiple of *k*, and they add up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from analysis import intact, profiles, runs
from analysis.breach import Breach
from collector.errors import FileDamaged
from collector.folder import DataFolder

# Whole numbers in published tables that count something other than visits.
NOT_VISITS: Final = frozenset({"colour", "days", "offered"})
FILES: Final = frozenset({"run.json", "model.npz", *(f"{name}.parquet" for name in runs.TABLES)})
AGAIN: Final = "delete the run, run: telpunt analyse, and report this if it comes back"


def look(folder: DataFolder) -> Iterator[Breach]:
    """Each run of each site, the published one and those before it."""
    for path in sorted(folder.runs.glob("*/*/run.json")):
        where = path.parent.relative_to(folder.path)
        try:
            run = intact.record(path, runs.Run, AGAIN)
            tables = {name: _read(path.parent / f"{name}.parquet") for name in runs.TABLES}
        except FileDamaged as damaged:
            yield Breach(5, str(where), f"cannot be looked through: {damaged}")
            continue
        for stranger in sorted({one.name for one in path.parent.iterdir()} - FILES):
            yield Breach(
                5, str(where / stranger), "is no part of a run, so nothing is known of what it holds; delete it"
            )
        for name, table in tables.items():
            odd = not_multiples(table, run.k)
            if odd:
                yield Breach(
                    5, str(where / f"{name}.parquet"), f"has {odd} rows that are no multiple of {run.k}; {AGAIN}"
                )
        for sentence in gaps(run, tables):
            yield Breach(5, str(where), f"{sentence}; {AGAIN}")


def not_multiples(table: pl.DataFrame, k: int) -> int:
    """Rows of a published table with a number of visits that is no multiple of *k*."""
    numbers = [name for name, kind in table.schema.items() if kind.is_integer() and name not in NOT_VISITS]
    return (
        table.filter(pl.any_horizontal((pl.col(name) % k != 0).fill_null(value=False) for name in numbers)).height
        if numbers
        else 0
    )


def gaps(run: runs.Run, tables: dict[str, pl.DataFrame]) -> list[str]:
    """Totals that do not add up: released + remainder = visits."""
    listed = tables["segments"].select("segment", "visits")
    said = []
    if listed["visits"].sum() != run.visits or run.visits % run.k:
        said.append("the visits of its segments do not add up to those of the run")
    parts = {name: tables["profiles"].filter(pl.col("dimension") == name) for name in profiles.SINGLE}
    for name, part in {"map": tables["map"], **parts}.items():
        sums = part.group_by("segment").agg(pl.col("visits").sum())
        off = sums.join(listed, on="segment", how="full", coalesce=True).filter(
            pl.col("visits").ne_missing(pl.col("visits_right"))
        )
        if off.height and (sums.height or name != "map"):
            said.append(f"{name} does not add up to the visits of {off.height} of its segments")
    shapes = tables["shapes"].group_by("segment").agg(pl.col("visits").sum()).join(listed, on="segment", how="left")
    off = shapes.filter(pl.col("visits").ne_missing(pl.col("visits_right")))
    if off.height:
        said.append(f"the finer shapes do not add up to the visits of {off.height} of its segments")
    return said


def _read(path: Path) -> pl.DataFrame:
    """A table; one that the run was written without has no rows."""
    return intact.table(path, AGAIN) if path.exists() else pl.DataFrame(schema=runs.TABLES[path.stem])
