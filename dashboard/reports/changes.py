"""Chapter: what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    found = source.changes[:ROWS_MAX]
    title = _("What changed")
    if not found:
        nothing = _("Nothing that is more than chance. Changes are told when two weeks agree.")
        return Chapter("changes", title, (Section(_("No changes"), nothing, ()),))
    table = Table(
        _("Changes, newest first"),
        (Column(_("Week")), Column(_("Audience")), Column(_("Change")), Column(_("Rests on visits"), True)),
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
    return Chapter("changes", title, (Section(table.title, lead, (table,), tuple(_evidence(found))),))


def _evidence(found: Iterable[Change]) -> Iterator[str]:
    """The interval of each change, where it has one."""
    for change in found:
        if change.after_low is not None and change.after_high is not None:
            yield _(
                "%(audience)s, %(week)s: between %(low)s and %(high)s in the weeks that showed it, 19 times out of 20.",
                audience=change.segment.label,
                week=formatting.week(change.week),
                low=formatting.percent(change.after_low),
                high=formatting.percent(change.after_high),
            )


def words(change: Change, share: Callable[[float], str] = formatting.percent) -> str:
    """A change without the name of its audience, in the words of the pages; *share* writes a fraction."""
    before, after = _shares(change, share)
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


def _shares(change: Change, share: Callable[[float], str]) -> tuple[str, str]:
    """Of before and after, as far as the words for the change tell them."""
    before = share(change.before) if change.kind not in ("appeared", "split", "merged") else ""
    after = share(change.after) if change.kind not in ("vanished", "split", "merged") else ""
    return before, after
