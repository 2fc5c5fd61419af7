"""The feed of changes with their evidence, by audience and kind."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from analysis import runs
from analysis.runs import NoRun
from dashboard import language
from dashboard.access import needs, site_or_404
from dashboard.accounts import Role
from dashboard.overview import waiting_page
from dashboard.services import services
from dashboard.touchpoints import chosen_segment

pages = Blueprint("changes", __name__)

KINDS: Final = ("appeared", "grew", "shrank", "vanished", "split", "merged", "applies_rose", "applies_fell")


@pages.get("/sites/<key>/changes")
@needs(Role.VIEWER)
def changes(key: str) -> ResponseReturnValue:
    """What changed, newest first; ``segment`` and ``kind`` choose."""
    site = site_or_404(key)
    lang = language.current()
    try:
        overview = services().readings.overview(key, lang)
        found = services().readings.changes(key, lang)
    except NoRun:
        return waiting_page(site)
    segment = chosen_segment(overview)
    kinds = [kind for kind in KINDS if any(change.kind == kind for change in found)]
    kind = request.args.get("kind", "")
    return render_template(
        "changes.html",
        site=site,
        overview=overview,
        held=runs.held(services().folder, key),
        segment=segment,
        kind=kind if kind in kinds else "",
        kinds=kinds,
        any_at_all=bool(found),
        changes=[
            change
            for change in found
            if (segment is None or change.segment.id == segment.id) and (kind not in kinds or change.kind == kind)
        ],
    )
