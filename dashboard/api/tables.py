"""The tables of the published analysis: as JSON in parts, and whole as a file of each export format."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import polars as pl
from flask import Response

from analysis.measures import MEASURES
from analysis.runs import Run
from analysis.words import DIMENSIONS
from collector.sites import Site
from dashboard import streaming
from dashboard.access import public
from dashboard.api import answers, asked, door
from dashboard.api.problems import refuse
from dashboard.api.resources import RESOURCES, Resource
from dashboard.api.sites import run_or_none
from dashboard.changes import KINDS as CHANGES
from dashboard.exports import formats, names, tables, worded
from dashboard.people.tokens import Scope
from dashboard.services import services
from dashboard.supply.table import Hires
from dashboard.supply.table import rows as supply_rows

# Filters whose values are a short list, and what may be in it though the table has none of it this time.
CODES: Final[Mapping[str, frozenset[str]]] = {
    "segment": frozenset(),
    "dimension": frozenset(DIMENSIONS),
    "kind": frozenset((*DIMENSIONS, *CHANGES)),
    "measure": frozenset(MEASURES),
    "goal": frozenset(("vacancy", "contact", "apply")),
}


@public
def table(key: str, what: str) -> Response:
    """A table of the published analysis, filtered, in parts."""
    resource = _resource(what)
    asked.only("limit", "cursor", "lang", *resource.parameters)
    part, only, (first, last) = asked.part(), asked.filters(resource.filters), asked.weeks()
    lang = asked.lang()
    asked.takes("application/json")
    site, run = _published(key)
    part.check(run.id)
    rows = _rows(site, what)
    etag = _tag(site, run, rows if what == names.SUPPLY else None)
    if answers.is_known(etag):
        return answers.unchanged(etag)
    _check_choice(rows, site, what, only)
    for column, values in only.items():
        rows = rows.filter(pl.col(column).is_in(values))
    if first is not None:
        rows = rows.filter(pl.col("week") >= first)
    if last is not None:
        rows = rows.filter(pl.col("week") <= last)
    total = int(rows.select(pl.len()).collect().item())
    segments = services().readings.table(site.key, "segments")
    there = rows.collect_schema().names()
    shown = tables.with_labels(
        rows.slice(part.offset, part.limit).with_columns(tables.finite()), there, tables.names_in(segments, "en")
    ).collect()
    if lang is not None:
        shown = worded.table(shown, what, lang, tables.names_in(segments, lang))
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
    asked.only("lang", *resource.parameters)
    only, (first, last), lang = asked.filters(resource.filters), asked.weeks(), asked.lang()
    kind = formats.by_name(form).media_type
    asked.takes(kind)
    site, run = _published(key)
    rows = _rows(site, what)
    etag = _tag(site, run, rows if what == names.SUPPLY else None)
    if answers.is_known(etag):
        return answers.unchanged(etag)
    _check_choice(rows, site, what, only)
    if first is not None or last is not None:
        there = rows.select(pl.col("week").unique().sort()).collect()["week"]
        only = {**only, "week": [week for week in there if (first or week) <= week <= (last or week)]}
    pieces = tables.stream(services().readings, site, what, form, only, lang=lang, hires=_hires(site))
    _check_is_current(run)
    try:
        made = streaming.response(pieces, kind, rows=int(rows.select(pl.len()).collect().item()))
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


def _rows(site: Site, what: str) -> pl.LazyFrame:
    readings = services().readings
    return (
        supply_rows(readings, site.key, _hires(site)).lazy() if what == names.SUPPLY else readings.scan(site.key, what)
    )


def _hires(site: Site) -> Hires:
    """What the token may see of hires: as much as a page shows to who may do what it may."""
    return Hires.EXACT if door.grant().allows(Scope.ANNOTATE, site.key) else Hires.STEPS


def _tag(site: Site, run: Run, imported: pl.LazyFrame | None) -> str:
    """Of the analysis and the given names, and of the table itself where it is not the analysis' alone."""
    rows = "" if imported is None else imported.collect().write_ndjson()
    return answers.tag(run.id, sorted(services().names.of(site.key).items()), rows)


def _check_is_current(run: Run) -> None:
    """409 when another analysis was published since *run* was read: rows and what is said about them would not belong together."""
    if services().readings.run(run.site).id != run.id:
        refuse(HTTPStatus.CONFLICT, "A new analysis was published while this was read; ask again.")


def _check_choice(rows: pl.LazyFrame, site: Site, what: str, only: Mapping[str, list[str]]) -> None:
    """
    404 for what could not be in the table, such as an audience that there is not, or a misspelled dimension.

    What could be in it and is not gives no rows: there may be some next week.
    """
    for column, expected in CODES.items():
        if column not in only:
            continue
        known = set(rows.select(pl.col(column).unique()).collect()[column].drop_nulls())
        if column == "segment":
            known |= {*services().readings.table(site.key, "segments")["segment"]}
            known |= {""} if what in tables.OF_THE_SITE_TOO else set()
        for value in only[column]:
            if value not in known | expected:
                named = ", ".join(one for one in sorted(known) if one) or "none"
                refuse(
                    HTTPStatus.NOT_FOUND,
                    f"{column} {value[:40]!r} is not in this table; expected one of: {named[:600]}.",
                )
