"""The tables of the published analysis: as JSON in parts, and whole as a file of each export format."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import polars as pl
import polars.selectors as cs
from flask import Response

from analysis.runs import Run
from collector.sites import Site
from dashboard import streaming
from dashboard.access import public
from dashboard.api import answers, asked, door
from dashboard.api.problems import refuse
from dashboard.api.resources import RESOURCES, Resource
from dashboard.api.sites import run_or_none
from dashboard.exports import formats, names, tables
from dashboard.services import services


@public
def table(key: str, what: str) -> Response:
    """A table of the published analysis, filtered, in parts."""
    resource = _resource(what)
    asked.only("limit", "cursor", *resource.parameters)
    part, only, (first, last) = asked.part(), asked.filters(resource.filters), asked.weeks()
    asked.takes("application/json")
    site, run = _published(key)
    part.check(run.id)
    etag = _tag(site, run)
    if answers.is_known(etag):
        return answers.unchanged(etag)
    rows = services().readings.scan(site.key, what)
    _check_segments(rows, only)
    for column, values in only.items():
        rows = rows.filter(pl.col(column).is_in(values))
    if first is not None:
        rows = rows.filter(pl.col("week") >= first)
    if last is not None:
        rows = rows.filter(pl.col("week") <= last)
    total = int(rows.select(pl.len()).collect().item())
    # Of numbers that are none JSON knows nothing: they are null, as on the pages a dash.
    shown = rows.slice(part.offset, part.limit).with_columns(cs.float().fill_nan(None)).collect()
    _check_is_current(run)
    about = {
        "site": run.site,
        "run": run.id,
        "start": run.start,
        "end": run.end,
        "k": run.k,
        "simulated": run.simulated,
    }
    return answers.answer(answers.listed(shown.to_dicts(), total, part.next(run.id, total), **about), etag)


@public
def file(key: str, what: str, form: str) -> Response:
    """The same, all of it, as the file that the export makes."""
    resource = _resource(what)
    if form not in names.FORMATS:
        refuse(HTTPStatus.NOT_FOUND, f"Format {form[:40]!r} is not known; expected one of: {', '.join(names.FORMATS)}.")
    asked.only(*resource.parameters)
    only, (first, last) = asked.filters(resource.filters), asked.weeks()
    kind = formats.by_name(form).media_type
    asked.takes(kind)
    site, run = _published(key)
    etag = _tag(site, run)
    if answers.is_known(etag):
        return answers.unchanged(etag)
    readings = services().readings
    rows = readings.scan(site.key, what)
    _check_segments(rows, only)
    if first is not None or last is not None:
        there = rows.select(pl.col("week").unique().sort()).collect()["week"]
        only = {**only, "week": [week for week in there if (first or week) <= week <= (last or week)]}
    pieces = tables.stream(readings, site, what, form, only)
    _check_is_current(run)
    try:
        made = streaming.response(pieces, kind)
    except streaming.Busy:
        refuse(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"Other large files are on their way; ask again in {streaming.BUSY_S} seconds.",
            Retry_After=str(streaming.BUSY_S),
        )
    return answers.file(
        made, "telpunt", site.key, run.end.isoformat(), what, *only.get("segment", []), ending=form, etag=etag
    )


def _resource(what: str) -> Resource:
    resource = RESOURCES.get(what)
    if resource is None:
        refuse(HTTPStatus.NOT_FOUND, f"Table {what[:40]!r} is not known; expected one of: {', '.join(RESOURCES)}.")
    return resource


def _published(key: str) -> tuple[Site, Run]:
    site = door.site_for(key)
    run = run_or_none(site.key)
    if run is None:
        refuse(HTTPStatus.NOT_FOUND, f"Site {site.key!r} has no published analysis yet.")
    return site, run


def _tag(site: Site, run: Run) -> str:
    return answers.tag(run.id, sorted(services().names.of(site.key).items()))


def _check_is_current(run: Run) -> None:
    """409 when another analysis was published since *run* was read: rows and what is said about them would not belong together."""
    if services().readings.run(run.site).id != run.id:
        refuse(HTTPStatus.CONFLICT, "A new analysis was published while this was read; ask again.")


def _check_segments(rows: pl.LazyFrame, only: Mapping[str, list[str]]) -> None:
    """404 for an audience that the table does not have."""
    if "segment" not in only:
        return
    known = rows.select(pl.col("segment").unique()).collect()["segment"].sort().to_list()
    for segment in only["segment"]:
        if segment not in known:
            refuse(
                HTTPStatus.NOT_FOUND, f"Segment {segment[:40]!r} is not in this table; it has: {', '.join(known[:20])}."
            )
