"""The sites that a token may read, and their analyses."""

from __future__ import annotations

from typing import Any

from flask import Response

from analysis.runs import NoRun, Run
from collector.sites import Site
from dashboard.access import public
from dashboard.api import answers, asked, door
from dashboard.people.tokens import Scope
from dashboard.services import services


@public
def sites() -> Response:
    """The sites that the token may read."""
    asked.only("limit", "cursor")
    known = services().sites
    known.refresh()
    found = [_site(site) for site in known.all() if door.grant().allows(Scope.READ, site.key)]
    return answers.part_of(found)


@public
def site(key: str) -> Response:
    """One site."""
    asked.only()
    return answers.whole(_site(door.site_for(key)))


@public
def runs(key: str) -> Response:
    """The analyses of a site that are kept, newest first."""
    asked.only("limit", "cursor")
    found = door.site_for(key)
    current = run_or_none(found.key)
    kept = services().readings.kept(found.key)
    return answers.part_of([_run(run, published=current is not None and run.id == current.id) for run in kept])


def run_or_none(key: str) -> Run | None:
    """The published analysis of a site; None: there is none yet."""
    try:
        return services().readings.run(key)
    except NoRun:
        return None


def _site(of: Site) -> dict[str, Any]:
    run = run_or_none(of.key)
    return {
        "key": of.key,
        "hosts": list(of.hosts),
        "timezone": of.timezone,
        "k": of.k,
        "simulated": of.simulated,
        "run": None if run is None else _run(run, published=True),
    }


def _run(run: Run, *, published: bool) -> dict[str, Any]:
    return {
        "id": run.id,
        "start": run.start,
        "end": run.end,
        "weeks": run.weeks,
        "visits": run.visits,
        "k": run.k,
        "segments": run.segments,
        "verdict": run.verdict,
        "reasons": run.reasons,
        "published": published,
    }
