"""The feed of changes with their evidence, by audience and kind, and the annotations beside it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis import runs
from analysis.runs import NoRun
from dashboard import effects, language, whole_numbers
from dashboard.access import needs, site_or_404
from dashboard.annotations import COLUMNS, SITE_MAX, TEXT_MAX_CHARS, InvalidAnnotation, parse, read_csv
from dashboard.annotations import KINDS as ANNOTATION_KINDS
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.overview import waiting_page
from dashboard.people.accounts import Role
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
    annotations = services().annotations.of(key)
    return render_template(
        "changes.html",
        site=site,
        overview=overview,
        held=runs.held(services().folder, key),
        segment=segment,
        kind=kind if kind in kinds else "",
        kinds=kinds,
        any_at_all=bool(found),
        annotations=annotations,
        effects=effects.on_site(services().readings.table(key, "figures"), annotations, lang),
        annotation_kinds=ANNOTATION_KINDS,
        text_max=TEXT_MAX_CHARS,
        changes=[
            change
            for change in found
            if (segment is None or change.segment.id == segment.id) and (kind not in kinds or change.kind == kind)
        ],
    )


@pages.post("/sites/<key>/annotations")
@needs(Role.EDITOR)
def annotate(key: str) -> ResponseReturnValue:
    """Adds an annotation, or with ``id`` changes one, or with ``remove`` forgets it."""
    site_or_404(key)
    identity = whole_numbers.of_form(request.form["id"]) if "id" in request.form else None
    if identity is not None and "remove" in request.form:
        if not services().annotations.remove(key, identity):
            abort(404)
        flash(_("The annotation is removed."))
        return _back(key)
    fields = [request.form.get(name, "") for name in COLUMNS]
    try:
        made = parse(*fields)
        if identity is None:
            services().annotations.add(key, [made], by=current_user.account.id)
        elif not services().annotations.change(key, identity, made):
            abort(404)
    except InvalidAnnotation as error:
        flash(_wrong(error))
        return _back(key)
    flash(_("The annotation is kept."))
    return _back(key)


@pages.post("/sites/<key>/annotations/import")
@needs(Role.EDITOR)
def import_annotations(key: str) -> ResponseReturnValue:
    """Adds the annotations of a CSV file, all of them or none."""
    site_or_404(key)
    file = request.files.get("file")
    try:
        found = read_csv(file.read() if file else b"")
        kept = services().annotations.add(key, found, by=current_user.account.id)
    except InvalidAnnotation as error:
        flash(_wrong(error))
        return _back(key)
    flash(ngettext("%(num)s annotation is new.", "%(num)s annotations are new.", kept))
    return _back(key)


def _back(key: str) -> ResponseReturnValue:
    return redirect(url_for("changes.changes", key=key) + "#annotations")


def _wrong(error: InvalidAnnotation) -> str:
    expected = {
        "start": _("The first day is not a day such as 2026-11-22."),
        "end": _("The last day is not a day such as 2026-11-22, or is before the first."),
        "kind": _("The kind is not one of: %(kinds)s.", kinds=", ".join(ANNOTATION_KINDS)),
        "text": _("The text must have 1 to %(most)s characters.", most=TEXT_MAX_CHARS),
        "file": _(
            "This is not a CSV file with a first line that names the columns start and text, and end and kind if wanted."
        ),
        "number": _("This site has %(most)s annotations, which is the most. Remove old ones first.", most=SITE_MAX),
    }[error.field]
    where = "" if error.line is None else _("Line %(line)s:", line=error.line) + " "
    return f"{where}{expected} " + _("Nothing was changed.")
