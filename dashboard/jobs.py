"""What Telpunt does by itself: what runs, how far it is, what waits, how it went, and a button to do it now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import history, queue, running, scheduler
from analysis import jobs as table
from analysis.history import Row
from analysis.running import Running
from collector.sites import Site
from dashboard import job_words as words
from dashboard.access import needs, own, site_or_404, visible_sites
from dashboard.language import gettext as _
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("jobs", __name__)

HISTORY_SHOWN: Final = 25
FILTERS: Final = ("all", "fold", "analyse", "problems")


@dataclass(frozen=True, slots=True)
class Past:
    """
    A run that is over, in words.

    Attributes:
        standing: ``well``, ``problem`` or ``open``.
        detail: why it did not go well.
        foreign: that is in English, whatever the language of the page.
    """

    title: str
    site: str
    when: str
    took: str
    by: str
    standing: str
    said: str
    detail: str
    foreign: bool


@dataclass(frozen=True, slots=True)
class Now:
    """A job that runs: its chapter (*foreign*: there is no word for it in the language of the page) and percent, 0 to 100."""

    title: str
    site: str
    since: str
    by: str
    chapter: str
    foreign: bool
    percent: int


@dataclass(frozen=True, slots=True)
class Target:
    """
    What can be asked for.

    Attributes:
        site: its key, or "" for all at once.
        action: where the button leads.
        last: how it went last.
        busy: it runs or waits.
        may: this reader may ask for it.
    """

    site: str
    action: str
    last: Past | None
    busy: bool
    may: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A job of the table, and when it is due next ("" when that is not known)."""

    name: str
    title: str
    does: str
    when: str
    targets: list[Target]


@pages.get("/jobs")
@needs(Role.VIEWER)
def jobs() -> ResponseReturnValue:
    """The jobs and their history; ``?show=`` narrows the history down."""
    folder = services().folder
    sites = visible_sites()
    visible = {"", *(site.key for site in sites)}
    zone = sites[0].timezone if sites else "UTC"
    show = request.args.get("show", "")
    past = [(row, _past(row, zone)) for row in map(_without_others, history.rows(folder)) if row.site in visible]
    at_work = running.running(folder)
    asked = queue.waiting(folder)
    under_way = {running.key_of(one.job, one.site) for one in at_work}
    return render_template(
        "jobs.html",
        zone=zone,
        alive=running.is_held(folder, scheduler.LOCK),
        at_work=[_now(one, zone) for one in at_work if one.site in visible],
        waiting=[
            (words.title(one.job), one.site, words.asked_by(one.by))
            for one in asked
            if one.key not in under_way and one.site in visible
        ],
        due=list(_due(sites, past, under_way | {one.key for one in asked}, zone)),
        show=show if show in FILTERS else "all",
        past=[told for row, told in sorted(past, key=_began, reverse=True) if _is_asked_for(row, show)][:HISTORY_SHOWN],
    )


@pages.post("/jobs/fold")
@needs(Role.EDITOR)
def fold() -> ResponseReturnValue:
    """Count now."""
    return _ask("fold", "")


@pages.post("/sites/<key>/analyse")
@needs(Role.EDITOR)
def analyse(key: str) -> ResponseReturnValue:
    """Analyse this site now."""
    return _ask("analyse", site_or_404(key).key)


def _ask(job: str, site: str) -> ResponseReturnValue:
    now = datetime.fromtimestamp(services().clock(), UTC)
    if queue.ask(services().folder, job, site, by="page", now=now):
        flash(_("Asked for. It begins as soon as nothing else runs."))
    else:
        flash(_("It was asked for already."))
    return redirect(url_for("jobs.jobs"))


def _without_others(row: Row) -> Row:
    """A run for all sites without its numbers, for who may see only some of them."""
    return row if row.site or own().sites is None else msgspec.structs.replace(row, numbers={})


def _past(row: Row, zone: str) -> Past:
    return Past(
        title=words.title(row.job),
        site=row.site,
        when=words.moment(row.started, zone),
        took=words.took(row.seconds),
        by=words.asked_by(row.by),
        standing=words.standing(row),
        said=words.ending(row),
        detail=words.why(row) or ("" if row.well else row.message),
        foreign=not words.why(row),
    )


def _now(one: Running, zone: str) -> Now:
    chapter = words.chapter(one.chapter)
    return Now(
        title=words.title(one.job),
        site=one.site,
        since=words.moment(one.started, zone),
        by=words.asked_by(one.by),
        chapter=chapter,
        foreign=words.is_foreign(one.chapter),
        percent=round(100 * one.share),
    )


def _due(sites: list[Site], past: list[tuple[Row, Past]], busy: set[str], zone: str) -> Iterator[Due]:
    """The rows of the table, each with what a person can ask for; what only looks whether something is due can't be asked for."""
    when = table.due(services().engine)
    last = {row.key: told for row, told in reversed(past)}
    targets = {
        "fold": [
            Target("", url_for("jobs.fold"), last.get(("fold", "")), "fold" in busy, own().role.covers(Role.EDITOR))
        ],
        "analyse": [
            Target(
                site.key,
                url_for("jobs.analyse", key=site.key),
                last.get(("analyse", site.key)),
                running.key_of("analyse", site.key) in busy,
                (own().role_on(site.key) or Role.VIEWER).covers(Role.EDITOR),
            )
            for site in sites
        ],
    }
    for job in table.JOBS:
        yield Due(
            job.name,
            words.title(job.name),
            words.does(job.name) or job.does,
            words.moment(when[job.name], zone) if job.name in when else "",
            targets.get(job.name, []),
        )


def _began(pair: tuple[Row, Past]) -> str:
    return pair[0].started


def _is_asked_for(row: Row, show: str) -> bool:
    return not row.well if show == "problems" else row.job == show if show in ("fold", "analyse") else True
