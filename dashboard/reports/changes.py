"""Chapter: what changed."""

from __future__ import annotations

from typing import Final

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports import cells
from dashboard.reports.model import Chapter, Column, Section, Table
from dashboard.reports.source import Source
from dashboard.views import Change

ROWS_MAX: Final = 30  # newest; an export has all


def chapter(source: Source) -> Chapter:
    """The changes, newest first."""
    found = [
        change
        for change in source.readings.changes(source.site.key, source.lang)
        if source.segment is None or change.segment.id == source.segment.id
    ][:ROWS_MAX]
    title = _("What changed")
    if not found:
        nothing = _("Nothing that is more than chance. Changes are told when two weeks agree.")
        return Chapter("changes", title, (Section(_("No changes"), nothing, ()),))
    table = Table(
        _("Changes, newest first"),
        (Column(_("Week")), Column(_("Audience")), Column(_("Change")), Column(_("Visits"), True)),
        tuple(
            (
                cells.text(formatting.week(change.week)),
                cells.text(change.segment.label),
                cells.text(words(change)),
                cells.count(change.visits or None),
            )
            for change in found
        ),
    )
    lead = _(
        "Weeks in which an audience left the range of the weeks before it. In quiet traffic at most one in a quarter of a year is chance."
    )
    evidence = tuple(f"{formatting.week(change.week)}: {change.sentence}" for change in found)
    return Chapter("changes", title, (Section(title, lead, (table,), evidence),))


def words(change: Change) -> str:
    """A change without the name of its audience, in the words of the pages."""
    before, after = formatting.percent(change.before), formatting.percent(change.after)
    other = change.other.label if change.other else ""
    match change.kind:
        case "appeared":
            return _("is new: %(after)s of the visits", after=after)
        case "vanished":
            return _("is no longer seen; it was %(before)s of the visits", before=before)
        case "grew":
            return _("grew from %(before)s to %(after)s of the visits", before=before, after=after)
        case "shrank":
            return _("shrank from %(before)s to %(after)s of the visits", before=before, after=after)
        case "split":
            return _("split off from %(other)s", other=other) if other else _("split off from another audience")
        case "merged":
            return _("merged with %(other)s", other=other) if other else _("merged with another audience")
        case "applies_rose":
            return _(
                "starts to apply more often: %(after)s of its visits, it was %(before)s", after=after, before=before
            )
        case "applies_fell":
            return _(
                "starts to apply less often: %(after)s of its visits, it was %(before)s", after=after, before=before
            )
    return change.sentence
