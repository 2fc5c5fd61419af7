"""
What the columns of the published tables mean, for who opens an export without the documentation; and how a spreadsheet shows them.

The schemas in :mod:`analysis.runs` and :mod:`analysis.tables` are the source; a test fails when a column has no words here.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["text", "day", "count", "share", "index", "number", "truth"]

_INTERVAL: Final = "95 % interval"
_EVERYWHERE: Final[dict[str, tuple[Kind, str]]] = {
    "segment": ("text", "Id of the audience; it stays the same while it is the same audience. Empty: the whole site"),
    "label": ("text", "What the audience is called: the given name, else the automatic label in English"),
    "label_nl": ("text", "The same in Dutch"),
    "name": ("text", "What sets it apart within its audience, in English"),
    "name_nl": ("text", "The same in Dutch"),
    "sentence": ("text", "The same in a sentence, in English"),
    "sentence_nl": ("text", "The same in a sentence, in Dutch"),
    "visits": ("count", "Visits (visits, not people)"),
    "share": ("share", "Part of the audience's visits; for the whole site, of all visits"),
    "share_low": ("share", f"{_INTERVAL} of the share, lower end"),
    "share_high": ("share", f"{_INTERVAL} of the share, upper end"),
    "status": ("text", "new, kept, grown, shrunk, split, merged or returned, since the analysis before"),
    "first_seen": ("day", "Last day of the first period in which it was found"),
    "colour": ("number", "Place in the palette of the pages; -1 for unclustered visits"),
    "dimension": ("text", "What is counted: channel, device, touchpoint and so on"),
    "kind": ("text", "What kind of thing the row is about"),
    "value": ("text", "The value that is counted; (other) takes in what is held back, (none) the visits that have none"),
    "index": ("index", "100 is the site's average; 200 is twice as often"),
    "index_low": ("index", f"{_INTERVAL} of the index, lower end"),
    "index_high": ("index", f"{_INTERVAL} of the index, upper end"),
    "q": ("number", "Smallest false discovery rate (0 to 1) at which the difference would count as real"),
    "real": ("truth", "Is the difference more than chance, at a false discovery rate of 5 %?"),
    "week": ("text", "ISO week, such as 2026-W47"),
    "measure": ("text", "What is counted of the whole site: visits, engaged visits, starts of an application and so on"),
    "rate": ("share", "Part of the visits, 0 to 1; empty where it can't be said"),
    "rate_low": ("share", f"{_INTERVAL} of the rate, lower end"),
    "rate_high": ("share", f"{_INTERVAL} of the rate, upper end"),
    "days": ("count", "Days of the week that are counted; fewer than 7 in a week that still runs"),
    "engaged": ("count", "Visits with 15 seconds of attention or more; empty where held back"),
    "engaged_rate": ("share", "Part of the audience's visits of the week"),
    "engaged_low": ("share", f"{_INTERVAL} of it, lower end"),
    "engaged_high": ("share", f"{_INTERVAL} of it, upper end"),
    "apply_starts": ("count", "Visits that start to apply; empty where held back"),
    "apply_rate": ("share", "Part of the audience's visits of the week"),
    "apply_low": ("share", f"{_INTERVAL} of it, lower end"),
    "apply_high": ("share", f"{_INTERVAL} of it, upper end"),
    "before": ("share", "Share of the visits in the weeks before; of applies_*: part of the audience's visits that starts to apply"),
    "after": ("share", "The same in the weeks that confirm the change"),
    "after_low": ("share", f"{_INTERVAL} of it, lower end"),
    "after_high": ("share", f"{_INTERVAL} of it, upper end"),
    "other": ("text", "Of split and merged: the other audience's id"),
    "told": ("day", "Last day of the first period in which the change was told"),
    "shape": ("text", "The audience and the shape's place in it by size; may change from analysis to analysis"),
    "start": ("text", "A touchpoint; (start) is the beginning of the visit"),
    "end": ("text", "The touchpoint seen next; (end) is the end of the visit"),
    "goal": ("text", "What is nearer to applying: vacancy, contact or apply"),
    "touchpoint": ("text", "Touchpoint or action on the way; empty: all visits of the audience"),
    "reached": ("count", "Of those visits, the ones that reach the goal; 0 stands for held back"),
    "rate_without": ("share", "The same of comparable visits without it"),
    "lift": ("number", "Rate over the rate without; 2 is twice as often"),
    "low": ("number", f"{_INTERVAL} of the lift, lower end"),
    "high": ("number", f"{_INTERVAL} of the lift, upper end"),
    "started": ("count", "Of those visits, the ones that start to apply; 0 stands for held back"),
    "start_rate": ("share", "Part of the visits that starts to apply; empty where held back"),
    "start_low": ("share", f"{_INTERVAL} of it, lower end"),
    "start_high": ("share", f"{_INTERVAL} of it, upper end"),
    "unanswered": ("share", "Of searches: part of the visits with it that found nothing"),
    "offered": ("count", "Of job families: vacancy pages seen on the site"),
    "pull": ("index", "Of job families: visits for each vacancy; 100 is the average vacancy, over 100 more is wanted than offered"),
}  # fmt: skip
_IN: Final[dict[tuple[str, str], tuple[Kind, str]]] = {
    ("segments", "share"): ("share", "Part of all visits of the period"),
    ("trends", "share"): ("share", "Part of the week's visits"),
    ("trends", "expected"): ("share", "Share that the weeks before would lead one to expect"),
    ("trends", "expected_low"): ("share", "Range in which 19 of 20 weeks lie while nothing changes, lower end"),
    ("trends", "expected_high"): ("share", "Range in which 19 of 20 weeks lie while nothing changes, upper end"),
    ("figures", "expected"): ("count", "Visits that the weeks before would lead one to expect"),
    ("figures", "expected_low"): ("count", "Range in which 19 of 20 weeks lie while nothing changes, lower end"),
    ("figures", "expected_high"): ("count", "Range in which 19 of 20 weeks lie while nothing changes, upper end"),
    ("changes", "kind"): ("text", "appeared, grew, shrank, vanished, split, merged, applies_rose or applies_fell"),
    ("changes", "week"): ("text", "ISO week from which on it is so"),
    ("changes", "visits"): ("count", "Visits that the share after rests on"),
    ("interest", "share"): ("share", "Part of the week's visits"),
}


def meaning(table: str, column: str) -> str:
    """What a column of a table holds, in a phrase; "" for one that nobody has described."""
    return _found(table, column)[1]


def kind(table: str, column: str) -> Kind:
    """How a column is shown; what nobody has described is text."""
    return _found(table, column)[0]


def _found(table: str, column: str) -> tuple[Kind, str]:
    return _IN.get((table, column)) or _EVERYWHERE.get(column) or ("text", "")
