"""Chapters: what is seen and done on the site, and what is wanted of it."""

from __future__ import annotations

from typing import Any, Final

from dashboard import charts, formatting
from dashboard.language import gettext as _
from dashboard.reports import cells, supply
from dashboard.reports.model import Block, Cell, Chapter, Chart, Column, Section, Series, Table
from dashboard.reports.source import Source
from dashboard.reports.telling import listed, quoted

SEEN: Final = ("touchpoint", "action", "page", "vacancy")
ROWS_MAX: Final = 12  # of each kind; an export has all
BARS_MAX: Final = 12
WANTED: Final = ("search", "job_family", "employment_type", "job_location")


def touchpoints(source: Source) -> Chapter:
    """A section per kind of thing, most seen first."""
    sections = [
        _seen(source, kind, rows, place == 0)
        for place, kind in enumerate(SEEN)
        if (rows := source.rows("touchpoints", kind=kind))
    ]
    return Chapter("touchpoints", _("Touchpoints"), tuple(sections) or (_nothing(),))


def demand(source: Source) -> Chapter:
    """What is looked for, and what of it the site does not answer."""
    sections = []
    if rows := source.rows("demand", kind="search_empty"):
        sections.append(_in_vain(rows))
    sections += [_wanted(source, kind, rows) for kind in WANTED if (rows := source.rows("demand", kind=kind))]
    sections += supply.sections(source)
    return Chapter("demand", _("Demand"), tuple(sections) or (_nothing(),))


def _most_of(rows: list[dict[str, Any]], kind: str) -> str:
    """The idea of a table: what is most."""
    named = [
        _(
            "%(value)s (%(share)s)",
            value=quoted(formatting.value(kind, row["value"])),
            share=formatting.percent(row["share"]),
        )
        for row in rows[:3]
    ]
    return _("Most often: %(list)s.", list=listed(named))


def _seen(source: Source, kind: str, rows: list[dict[str, Any]], with_chart: bool) -> Section:
    heading = formatting.dimension(kind)
    blocks: list[Block] = [_bars(heading, kind, rows)] if with_chart else []
    columns = [Column(heading), Column(_("Visits"), True), Column(_("Share"), True)]
    if source.segment:
        columns.append(Column(_("Index"), True))
    shown = rows[:ROWS_MAX]
    started = any(row["started"] for row in shown)
    if started:
        columns.append(Column(_("Start an application"), True))
    blocks.append(
        Table(
            heading,
            tuple(columns),
            tuple(
                (
                    cells.text(formatting.value(kind, row["value"])),
                    cells.count(row["visits"]),
                    cells.share(row["share"]),
                    *([cells.index(row["index"])] if source.segment else []),
                    *([cells.share(row["start_rate"] if row["started"] else None)] if started else []),
                )
                for row in shown
            ),
            _most(rows),
        )
    )
    lead = _(
        "What is seen and done, and how often a visit that sees it starts an application, with this or another vacancy. "
        "That the two go together does not say that one causes the other."
    )
    return Section(heading, _most_of(rows, kind), tuple(blocks), (lead,) if with_chart else ())


def _in_vain(rows: list[dict[str, Any]]) -> Section:
    table = Table(
        _("Searched for in vain"),
        (Column(_("Words")), Column(_("Visits"), True), Column(_("Found nothing"), True)),
        tuple(
            (cells.text(row["value"]), cells.count(row["visits"]), cells.share(row["unanswered"]))
            for row in rows[:ROWS_MAX]
        ),
        _most(rows),
    )
    message = _(
        "Asked most often, without an answer: %(words)s.", words=", ".join(f"“{row['value']}”" for row in rows[:3])
    )
    return Section(_("Searched for in vain"), message, (table,))


def _wanted(source: Source, kind: str, rows: list[dict[str, Any]]) -> Section:
    heading = formatting.dimension(kind)
    columns = [Column(heading), Column(_("Visits"), True), Column(_("Share"), True)]
    further: list[tuple[str, str, Any]] = []
    if source.segment:
        further.append((_("Index"), "index", cells.index))
    if kind == "search":
        further.append((_("Found nothing"), "unanswered", cells.share))
    offers = kind == "job_family" and not supply.is_imported(source)
    if offers:
        further += [(_("Vacancies seen"), "offered", cells.count), (_("Pull"), "pull", cells.index)]
    columns += [Column(title, True) for title, _column, _cell in further]
    table = Table(
        heading,
        tuple(columns),
        tuple(
            (
                cells.text(formatting.value(kind, row["value"])),
                cells.count(row["visits"]),
                cells.share(row["share"]),
                *(cell(row[column]) for _title, column, cell in further),
            )
            for row in rows[:ROWS_MAX]
        ),
        _most(rows),
    )
    blocks: list[Block] = [table]
    evidence: tuple[str, ...] = ()
    if kind == "job_family":
        blocks.insert(0, _bars(heading, kind, rows))
    if offers:
        pull = _(
            "Pull: visits for each vacancy of the family; 100 is the average vacancy of the site, over 100 more is wanted than offered. "
            "Vacancies are those that were seen in at least %(k)s visits.",
            k=source.overview.run.k,
        )
        evidence = (pull,)
    return Section(heading, _most_of(rows, kind), tuple(blocks), evidence)


def _bars(heading: str, kind: str, rows: list[dict[str, Any]]) -> Chart:
    shown = rows[:BARS_MAX]
    numbers: tuple[Cell, ...] = tuple(cells.share(row["share"]) for row in shown)
    return Chart(
        "bars",
        heading,
        _("Bars: the share of the visits for each row of the table beside it."),
        tuple(formatting.value(kind, row["value"]) for row in shown),
        (Series(_("Share of the visits"), numbers, charts.PALETTES["light"][0]),),
    )


def _most(rows: list[dict[str, Any]]) -> str:
    if len(rows) <= ROWS_MAX:
        return ""
    return _(
        "The %(shown)s most seen of %(total)s; an export has all.", shown=ROWS_MAX, total=formatting.number(len(rows))
    )


def _nothing() -> Section:
    return Section(_("Nothing to show here"), _("The next analysis fills this page."), ())
