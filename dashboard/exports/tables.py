"""The tables that can be exported, with the columns they have in every format."""

from __future__ import annotations

from typing import Any

import polars as pl

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import names
from dashboard.exports import formats
from dashboard.queries import Readings, UnknownSegment


def export(
    settings: Settings, folder: DataFolder, site: Site, what: str, format_name: str, segment: str | None
) -> bytes:
    """
    One table of the published run of *site*, as a file.

    Args:
        what: segments, profiles or trends.
        format_name: a name in :data:`dashboard.exports.formats.FORMATS`.
        segment: id of the only segment to export; None: all.

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have *segment*.
        UnknownFormat: there is no such format.
    """
    chosen = formats.by_name(format_name)
    readings = Readings(folder, lambda key: names.given(settings, folder, key))
    run = readings.run(site.key)
    table = readings.table(site.key, what)
    if segment is not None:
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
