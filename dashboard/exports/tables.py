"""The tables that can be exported, with the columns they have in every format."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import names
from dashboard.exports import formats
from dashboard.queries import Readings, UnknownSegment

WHOLE_SITE: Final = "(whole site)"


class NotBySegment(UsageError):
    """When a table that is about the whole site is asked for by segment."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Table {what!r} is about the whole site and has no segments; leave out --segment")


def export(
    settings: Settings, folder: DataFolder, site: Site, what: str, format_name: str, segment: str | None
) -> bytes:
    """
    One table of the published run of *site*, as a file.

    Args:
        what: one of :data:`dashboard.exports.names.TABLES`.
        format_name: a name in :data:`dashboard.exports.formats.FORMATS`.
        segment: id of the only segment to export; None: all.

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have *segment*.
        UnknownFormat: there is no such format.
        NotBySegment: *segment* is given for a table of the whole site.
    """
    chosen = formats.by_name(format_name)
    readings = Readings(folder, lambda key: names.given(settings, folder, key))
    run = readings.run(site.key)
    table = _with_labels(readings.table(site.key, what), readings.table(site.key, "segments"))
    if segment is not None:
        if "segment" not in table.columns:
            raise NotBySegment(what)
        known = table["segment"].unique().sort().to_list()
        if segment not in known:
            raise UnknownSegment(segment, known)
        table = table.filter(pl.col("segment") == segment)
    about: dict[str, Any] = {
        "site": site.key,
        "what": what,
        "run": run.id,
        "start": run.start.isoformat(),
        "end": run.end.isoformat(),
        "visits": run.visits,
        "k": run.k,
        "note": f"Every number rests on at least {run.k} visits (visits, not people); what is held back is in the value (other).",
        "simulated": run.simulated,
    }
    return chosen.write(table, about)


def _with_labels(table: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """*table* with the label of each segment behind its id, for people who read no ids; one that has it comes as it is."""
    if "segment" not in table.columns or "label" in table.columns:
        return table
    labels = segments.select("segment", "label")
    label = (
        pl.when(pl.col("segment") == "")
        .then(pl.lit(WHOLE_SITE))
        .otherwise(pl.col("label"))
        .fill_null("")
        .alias("label")
    )
    rest = [name for name in table.columns if name != "segment"]
    return table.join(labels, on="segment", how="left", maintain_order="left").select("segment", label, *rest)
