"""For the site owner: what the pages of the site are taken for, put right by rules that are tried before they count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector import rules as collector_rules
from collector.errors import InvalidSite
from collector.events import SECTION_PREFIX, Touchpoint
from collector.rules import InvalidPattern, InvalidTouchpoint
from collector.sites import Site
from dashboard.access import needs, site_or_404
from dashboard.fetching import Busy, Fetcher, slot
from dashboard.formatting import number
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.owner import proposals, rule_effects, sitemap
from dashboard.owner.check import TIMEOUT_S
from dashboard.owner.sitemap import Page, Unreadable
from dashboard.people.accounts import Role
from dashboard.said import translated
from dashboard.services import services

pages = Blueprint("rules", __name__)

UPLOAD_MAX_BYTES: Final = 1_000_000  # the collector passes no more on to a page
SITEMAP_MAX_S: Final = 30  # for all files of an index
PATHS_SHOWN: Final = 60
TRIED_MAX: Final = 50


@pages.url_value_preprocessor
def _allow_a_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A sitemap may be larger than a form; this runs before the form is read."""
    if endpoint == "rules.propose":
        request.max_content_length = UPLOAD_MAX_BYTES


@pages.get("/sites/<key>/rules")
@needs(Role.EDITOR)
def rules(key: str) -> ResponseReturnValue:
    """The rules, what they make of the paths seen, and what a new rule (``?pattern=…&touchpoint=…``) would change."""
    site = site_or_404(key)
    return _page(site)


@pages.post("/sites/<key>/rules")
@needs(Role.EDITOR)
def change(key: str) -> ResponseReturnValue:
    """Add, edit, remove or move a rule, take the last change back, or add those that were proposed and chosen."""
    site = site_or_404(key)
    change = _change_of(request.form.get("action", ""))
    if change is None:
        return _page(site, problem=_("The form was not complete. Try once more.")), 400
    try:
        changed = services().sites.change(services().folder, key, change)
    except InvalidSite as error:
        return _page(site, problem=_in_words(error)), 400
    _tell(site, changed)
    return redirect(url_for("rules.rules", key=key))


@pages.post("/sites/<key>/rules/proposals")
@needs(Role.EDITOR)
def propose(key: str) -> ResponseReturnValue:
    """Rules to choose from, by the pages of a sitemap (fetched, sent as a file or pasted) or by the paths seen; nothing is kept."""
    site = site_or_404(key)
    try:
        found = _listed(site)
    except Busy:
        return _page(site, problem=_("Other pages are being looked at. Try again in a moment.")), 503
    except Unreadable as error:
        return _page(site, problem=translated(error.said)), 400
    proposed = proposals.propose(site, found.pages)
    return render_template(
        "rule_proposals.html",
        site=site,
        proposed=proposed,
        troubles=[translated(trouble) for trouble in found.troubles[:10]],
        touchpoints=list(Touchpoint),
        section=SECTION_PREFIX,
    )


def _page(site: Site, problem: str = "") -> str:
    seen = rule_effects.seen_paths(partial(services().readings.table, site.key))
    draft = {name: request.values.get(name, "").strip()[:250] for name in ("pattern", "touchpoint", "first")}
    effect = None
    if draft["pattern"] and draft["touchpoint"] and not problem:
        try:
            tried = collector_rules.add(
                site, _text(draft["pattern"], draft["touchpoint"]), 1 if draft["first"] else None
            )
        except InvalidSite as error:
            problem = _in_words(error)
        else:
            effect = rule_effects.effect(site, tried, seen)
    asked = [line.strip() for line in request.args.get("try", "")[:10_000].splitlines() if line.strip()][:TRIED_MAX]
    return render_template(
        "rules.html",
        site=site,
        problem=problem,
        draft=draft,
        effect=effect,
        shown=PATHS_SHOWN,
        rows=rule_effects.rows(site, seen),
        asked=asked,
        tried=collector_rules.preview(site, asked),
        touchpoints=list(Touchpoint),
        section=SECTION_PREFIX,
        sitemap_url=f"https://{site.hosts[0].removeprefix('*.')}/sitemap.xml",
        can_undo=site.rules_before is not None and site.rules_before != site.rules,
        timeout=TIMEOUT_S,
    )


def _change_of(action: str) -> Callable[[Site], Site] | None:
    """The change that a button stands for: its name, and the number of a rule after a colon."""
    name, _colon, which = action.partition(":")
    position = int(which) if which.isdigit() and len(which) < 5 else 0
    form = request.form
    if name == "add":
        text = _text(form.get("pattern", ""), form.get("touchpoint", ""))
        return lambda site: collector_rules.add(site, text, 1 if form.get("first") else None)
    if name == "accept":
        return lambda site: _accept(site, form.getlist("pattern"), form.getlist("touchpoint"))
    if name == "undo":
        return collector_rules.undo
    if name == "edit":
        text = _text(form.get(f"pattern-{position}", ""), form.get(f"touchpoint-{position}", ""))
        return lambda site: collector_rules.edit(site, position, text)
    if name == "remove":
        return lambda site: collector_rules.remove(site, position)
    if name in ("up", "down"):
        return lambda site: collector_rules.move(site, position, position + (-1 if name == "up" else 1))
    return None


def _accept(site: Site, patterns: list[str], touchpoints: list[str]) -> Site:
    """*site* with a rule for each proposal that a touchpoint was chosen for; undo takes them back together."""
    made = site
    known = {rule.path for rule in site.rules}
    for pattern, touchpoint in zip(patterns, touchpoints, strict=False):
        if touchpoint and pattern not in known:
            made = collector_rules.add(made, _text(pattern, touchpoint))
    return collector_rules.at_once(site, made)


def _text(pattern: str, touchpoint: str) -> str:
    return f"{pattern.strip()[:250]}={touchpoint.strip()[:80]}"


def _tell(before: Site, after: Site) -> None:
    """Say what was done, and for how many of the paths seen it makes a difference."""
    if before.rules == after.rules:
        flash(_("Nothing was changed."))
        return
    effect = rule_effects.effect(before, after, rule_effects.seen_paths(partial(services().readings.table, after.key)))
    if not effect.changes:
        flash(_("Saved. None of the pages seen lately count differently by it."))
        return
    flash(
        ngettext(
            "Saved. From now on %(num)s of the pages seen lately counts differently; it had %(visits)s visits in the last analysis.",
            "Saved. From now on %(num)s of the pages seen lately count differently; they had %(visits)s visits in the last analysis.",
            len(effect.changes),
            visits=number(effect.visits),
        )
    )


def _listed(site: Site) -> sitemap.Sitemap:
    """
    The pages of a sitemap as the form says, or the paths seen.

    Raises:
        Unreadable: there are none.
        Busy: others are fetching.
    """
    source = request.form.get("source", "")
    if source == "seen":
        seen = rule_effects.seen_paths(partial(services().readings.table, site.key))
        if not seen:
            raise Unreadable(proposals.NOTHING_SEEN)
        return sitemap.Sitemap([Page(one.path) for one in seen])
    if source == "file":
        sent = request.files.get("file")
        return sitemap.read(sent.read(UPLOAD_MAX_BYTES) if sent else b"")
    if source == "text":
        return sitemap.read(request.form.get("text", "").encode())
    url = request.form.get("url", "").strip()[:2048]
    fetcher = Fetcher(site, services().settings.fetch_networks, max_bytes=sitemap.BYTES_MAX + 1)
    get = sitemap.within(SITEMAP_MAX_S, partial(sitemap.fetch, fetcher))
    with slot():
        return sitemap.read(get(url), url, get)


def _in_words(error: InvalidSite) -> str:
    """What is wrong with a rule, as the page says it."""
    match error:
        case InvalidPattern():
            return _("A pattern begins with / or *, and has at most 200 characters, such as /collega/*.")
        case InvalidTouchpoint():
            return _(
                "That is not a touchpoint. Choose one of the list, or name a section of your own in a-z, 0-9 and -."
            )
        case _:
            return str(error)
