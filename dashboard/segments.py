"""One audience: what it does, what it comes for, where it comes from, when and with what; and its name."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis.journeys import END, START
from analysis.runs import NoRun
from dashboard import effects, language, period, shapes
from dashboard.access import needs, site_or_404
from dashboard.language import gettext as _
from dashboard.marks import NOTE_MAX_CHARS, Mark, clean_note
from dashboard.names import NAME_MAX_CHARS, InvalidName
from dashboard.people.accounts import Role
from dashboard.queries import PALETTE_SLOTS
from dashboard.services import services
from dashboard.views import Profile, UnknownSegment, Value

pages = Blueprint("segments", __name__)

# The chapters of the page, each with the dimensions that tell it, in the order in which they are read.
DOES: Final = ("touchpoint", "action", "stage", "engaged", "depth")
COMES_FOR: Final = ("job_family", "vacancy", "employment_type", "job_location", "search", "search_empty", "page")
COMES_FROM: Final = ("channel", "source", "medium", "campaign")
WHEN: Final = ("weekday", "day_part")
HOW: Final = ("device", "language", "country", "handoff", "contact", "download", "video", "outbound", "event")

ROWS_SHOWN: Final = 8  # of a dimension, before "show more"
ROWS_MAX: Final = 40  # of a dimension, in all; an export has all
STANDS_OUT_FROM_SHARE: Final = 0.05  # a value that hardly anybody has says little, however high its index
STANDS_OUT_ROWS: Final = 6
# Steps, pages and hours repeat what touchpoints and channels say.
STANDS_OUT_IN: Final = (
    "touchpoint", "action", "stage", "engaged", "channel", "source", "campaign", "job_family", "employment_type", "search", "device", "language",
)  # fmt: skip
STEPS_SHOWN: Final = 6
NEARER_SHOWN: Final = 8
TREND_WIDTH, TREND_HEIGHT = 640, 180


@pages.get("/sites/<key>/segments/<segment>")
@needs(Role.VIEWER)
def segment(key: str, segment: str) -> ResponseReturnValue:
    """The page of one audience."""
    site = site_or_404(key)
    profile = _profile_or_404(key, segment)
    hours = profile.of("hour_of_week")
    return render_template(
        "segment.html",
        site=site,
        profile=profile,
        segment=profile.segment,
        overview=profile.overview,
        chapters=[
            (_("What they do"), DOES),
            (_("What they come for"), COMES_FOR),
            (_("Where they come from"), COMES_FROM),
        ],
        how=HOW,
        when=WHEN,
        stands_out=stands_out(profile),
        shapes=_rows(key, "shapes", segment),
        steps=_steps(key, segment),
        nearer=_nearer(key, segment),
        heatmap=shapes.heatmap(hours) if any(not hour.is_other for hour in hours) else None,
        trend=shapes.line(profile.segment.trend, TREND_WIDTH, TREND_HEIGHT, pad=8),
        trend_size=(TREND_WIDTH, TREND_HEIGHT),
        rows_shown=ROWS_SHOWN,
        rows_max=ROWS_MAX,
        name_max=NAME_MAX_CHARS,
        note_max=NOTE_MAX_CHARS,
        colours=range(PALETTE_SLOTS),
        annotations=(annotations := services().annotations.of(key)),
        effects=effects.on_segment(
            services().readings.table(key, "trends"), segment, _last_week(key), annotations, language.current()
        ),
    )


@pages.post("/sites/<key>/segments/<segment>/name")
@needs(Role.EDITOR)
def rename(key: str, segment: str) -> ResponseReturnValue:
    """Gives an audience a name, or with ``undo`` takes it back."""
    site_or_404(key)
    profile = _profile_or_404(key, segment)
    if profile.segment.is_unclustered:
        abort(404)
    if "undo" in request.form:
        services().names.take_back(key, segment)
        flash(_("The audience goes by its own label again."))
    else:
        try:
            services().names.give(key, segment, request.form.get("name", ""), by=current_user.account.id)
            flash(_("The name is kept, also in exports and in later analyses."))
        except InvalidName:
            flash(_("A name has 1 to %(most)s characters; nothing was changed.", most=NAME_MAX_CHARS))
    return redirect(url_for("segments.segment", key=key, segment=segment))


@pages.post("/sites/<key>/segments/<segment>/mark")
@needs(Role.EDITOR)
def mark(key: str, segment: str) -> ResponseReturnValue:
    """Keeps a note, a pin and a colour."""
    site_or_404(key)
    if _profile_or_404(key, segment).segment.is_unclustered:
        abort(404)
    colour = request.form.get("colour", "")
    chosen = int(colour) if colour in [str(slot) for slot in range(PALETTE_SLOTS)] else None
    note = request.form.get("note", "")
    services().marks.put(key, segment, Mark(note, "pinned" in request.form, chosen))
    flash(
        _("Kept, without what went beyond %(most)s characters.", most=NOTE_MAX_CHARS)
        if len(clean_note(note)) > NOTE_MAX_CHARS
        else _("Kept.")
    )
    return redirect(url_for("segments.segment", key=key, segment=segment))


def stands_out(profile: Profile) -> list[Value]:
    """
    What this audience has or does far more than the site's average: surest first, judged by the lower end of the interval.

    What is equal in visits and index, such as a source and its campaign, is one thing under two names, and is told once.
    """
    found = [
        value
        for dimension in STANDS_OUT_IN
        for value in profile.of(dimension)
        if not value.is_other and value.standing == "more" and value.share >= STANDS_OUT_FROM_SHARE
    ]
    told: dict[tuple[int, float | None], Value] = {}
    for value in sorted(found, key=lambda value: -(value.index_low or 0.0)):
        told.setdefault((value.visits, value.index), value)
    return list(told.values())[:STANDS_OUT_ROWS]


def _rows(key: str, table: str, segment: str) -> list[dict[str, Any]]:
    return services().readings.table(key, table).filter(pl.col("segment") == segment).to_dicts()


def _last_week(key: str) -> str:
    chosen = period.of_figures(services().readings.table(key, "figures"), {})
    return chosen.weeks[-1] if chosen else ""


def _steps(key: str, segment: str) -> dict[str, list[dict[str, Any]]]:
    """How visits go from one touchpoint to the next, most taken first: where they begin, on the way, and where they end."""
    rows = sorted(_rows(key, "journeys", segment), key=lambda row: (-row["visits"], row["start"], row["end"]))
    return {
        "begin": [row for row in rows if row["start"] == START][:STEPS_SHOWN],
        "between": [row for row in rows if row["start"] != START and row["end"] != END][: 2 * STEPS_SHOWN],
        "end": [row for row in rows if row["end"] == END][:STEPS_SHOWN],
    }


def _nearer(key: str, segment: str) -> list[dict[str, Any]]:
    """What goes with getting nearer to applying and is more than chance, the strongest first."""
    found = [
        row for row in _rows(key, "nearer", segment) if row["real"] and row["touchpoint"] and (row["lift"] or 0.0) > 1
    ]
    return sorted(found, key=lambda row: -(row["low"] or 0.0))[:NEARER_SHOWN]


def _profile_or_404(key: str, segment: str) -> Profile:
    try:
        return services().readings.profile(key, segment, language.current())
    except (NoRun, UnknownSegment):
        abort(404)
