"""The tables that can be exported, with the columns they have in every format."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import polars as pl

from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import names
from dashboard.exports import formats
from dashboard.queries import Readings
from dashboard.views import UnknownSegment

WHOLE_SITE: Final = "(whole site)"


class NotBySegment(UsageError):
    """When a table that is about the whole site is asked for by segment."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Table {what!r} is about the whole site and has no segments; leave out --segment")


def export(
    settings: Settings, folder: DataFolder, site: Site, what: str, format_name: str, segment: str | None
) -> bytes:
    """
    For a command: one table of the published run of *site*, as a file.

    Args:
        segment: id of the only segment to export; None: all.

    Raises:
        NotBySegment: *segment* is given for a table of the whole site.
        TelpuntError: as :func:`write` says.
    """
    readings = Readings(folder, lambda key: names.given(settings, folder, key))
    return write(readings, site, what, format_name, {} if segment is None else {"segment": [segment]})


def write(readings: Readings, site: Site, what: str, format_name: str, only: Mapping[str, Collection[str]]) -> bytes:
    """
    One table of the published run of *site*, as a file.

    Args:
        what: one of :data:`dashboard.exports.names.TABLES`.
        format_name: a name in :data:`dashboard.exports.formats.FORMATS`.
        only: column → the values to keep; a column that the table does not have keeps everything, so that what a page has chosen
            can be handed to any table.

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have a segment in *only*.
        UnknownFormat: there is no such format.
        NotBySegment: *only* names segments and the table is of the whole site.
    """
    chosen = formats.by_name(format_name)
    run = readings.run(site.key)
    table = _with_labels(readings.table(site.key, what), readings.table(site.key, "segments"))
    for column, values in only.items():
        if column == "segment":
            if "segment" not in table.columns:
                raise NotBySegment(what)
            known = table["segment"].unique().sort().to_list()
            for value in values:
                if value not in known:
                    raise UnknownSegment(value, known)
        if column in table.columns:
            table = table.filter(pl.col(column).is_in(list(values)))
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
