"""The sites, and of one site what a person wants to know on Monday."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import runs
from analysis.runs import OTHER, NoRun
from collector.events import DropReason
from collector.outcomes import ACCEPTED, read_all
from collector.sites import Site
from dashboard import charts, formatting, headlines, language, period, shapes
from dashboard.access import needs, own, site_or_404, visible_sites
from dashboard.drawings import answer
from dashboard.owner import first_day
from dashboard.people.accounts import Role
from dashboard.period import LENGTHS
from dashboard.services import services
from dashboard.views import Overview

pages = Blueprint("overview", __name__)

CHANGES_SHOWN = 5  # newest first; the page of changes has all
GAPS_SHOWN = 5
LEAST_EVENTS = 100  # a share of fewer says nothing
SPARK_WIDTH, SPARK_HEIGHT = 110, 30


@dataclass(frozen=True, slots=True)
class Gap:
    """Words that were searched for in vain: in how many visits, and in which part (0 to 1) of those with these words, where known."""

    words: str
    visits: int
    unanswered: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Which part of the events of the last days came from bots (None: too few events), and of the visits which part is unclustered."""

    bots: float | None
    unclustered: float


@pages.get("/")
@needs(Role.VIEWER)
def home() -> ResponseReturnValue:
    """The sites to choose from; a single one opens at once."""
    sites = visible_sites()
    if not sites and own().role.covers(Role.ADMIN):
        return redirect(url_for("first_day.welcome"))
    if len(sites) == 1:
        return redirect(url_for("overview.overview", key=sites[0].key))
    found: list[tuple[Site, runs.Run | None]] = []
    for site in sites:
        try:
            found.append((site, services().readings.run(site.key)))
        except NoRun:
            found.append((site, None))
    return render_template("sites.html", found=found)


@pages.get("/sites/<key>")
@needs(Role.VIEWER)
def overview(key: str) -> ResponseReturnValue:
    """The site at a glance; before its first analysis: what happens next."""
    site = site_or_404(key)
    lang = language.current()
    readings = services().readings
    try:
        seen = readings.overview(key, lang)
        figures = readings.table(key, "figures")
    except NoRun:
        return waiting_page(site)
    chosen = period.of_figures(figures, request.args)
    return render_template(
        "overview.html",
        site=site,
        overview=seen,
        held=runs.held(services().folder, key),
        period=chosen,
        lengths=LENGTHS,
        headlines=headlines.build(figures, chosen) if chosen else [],
        sparks=lambda weeks: shapes.line_of(weeks, SPARK_WIDTH, SPARK_HEIGHT),
        spark_size=(SPARK_WIDTH, SPARK_HEIGHT),
        changes=readings.changes(key, lang)[:CHANGES_SHOWN],
        gaps=gaps(readings.table(key, "demand"))[:GAPS_SHOWN],
        quality=data_quality(site, seen),
    )


@pages.get("/sites/<key>/over-time.<form>")
@needs(Role.VIEWER)
def over_time(key: str, form: str) -> ResponseReturnValue:
    """Audiences over time as a chart of the period: a Vega-Lite spec (json), or drawn (svg, png; ``?theme=dark``)."""
    site = site_or_404(key)
    try:
        seen = services().readings.overview(key, language.current())
        chosen = period.of_figures(services().readings.table(key, "figures"), request.args)
    except NoRun:
        abort(404)
    if chosen is None:
        abort(404)
    spec = charts.over_time(chosen.weeks, seen.shown, formatting.short_day, formatting.week, formatting.percent)
    return answer(spec, form, f"telpunt-{site.key}-{chosen.end.isoformat()}-audiences")


def gaps(demand: pl.DataFrame) -> list[Gap]:
    """What is searched for in vain on the site, most often first."""
    asked = demand.filter((pl.col("segment") == "") & (pl.col("kind") == "search_empty") & (pl.col("value") != OTHER))
    return [Gap(*row) for row in asked.select("value", "visits", "unanswered").iter_rows()]


def data_quality(site: Site, seen: Overview) -> Quality:
    """How far the figures can be trusted, in one line."""
    counted: dict[bool, int] = {}
    bots = 0
    for (key, outcome, _), events in read_all(services().folder).items():
        if key == site.key:
            counted[outcome == ACCEPTED] = counted.get(outcome == ACCEPTED, 0) + events
            bots += events if outcome == DropReason.BOT else 0
    everything = sum(counted.values())
    few = everything < LEAST_EVENTS
    return Quality(None if few else bots / everything, seen.unclustered.share if seen.unclustered else 0.0)


def waiting_page(site: Site) -> str:
    """What stands on the pages of a site that has no analysis yet: how far it is, and what happens next."""
    return render_template(
        "waiting.html",
        site=site,
        waiting=runs.waiting(services().folder, site.key),
        progress=first_day.look(site),
        arrived=first_day.has_arrived(site),
        analyse_at=services().settings.analyse_at,
        tour=first_day.tour(),
    )
