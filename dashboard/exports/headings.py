"""What stands above the columns of a workbook for people, in English and Dutch; files for programs have the names of the columns."""

from __future__ import annotations

from typing import Final

from analysis.words import Language, pick
from dashboard.exports.columns import IN_WORDS

_HEADINGS: Final = {
    "segment": ("Audience (id)", "Doelgroep (kenmerk)"),
    "label": ("Audience", "Doelgroep"),
    "name": ("Shape", "Vorm"),
    "sentence": ("In a sentence", "In een zin"),
    "visits": ("Visits", "Bezoeken"),
    "share": ("Share", "Aandeel"),
    "status": ("Status", "Status"),
    "first_seen": ("First found", "Eerst gevonden"),
    "colour": ("Colour", "Kleur"),
    "dimension": ("What", "Wat"),
    "kind": ("What", "Wat"),
    "value": ("Value", "Waarde"),
    "index": ("Index", "Index"),
    "q": ("False discovery rate (q)", "Kans op valse ontdekking (q)"),
    "real": ("More than chance", "Meer dan toeval"),
    "week": ("Week", "Week"),
    "measure": ("Figure", "Cijfer"),
    "rate": ("Part of the visits", "Deel van de bezoeken"),
    "days": ("Days counted", "Getelde dagen"),
    "engaged": ("Engaged visits", "Bezoeken met aandacht"),
    "engaged_rate": ("Engaged, part", "Met aandacht, deel"),
    "apply_starts": ("Starts of an application", "Begonnen sollicitaties"),
    "apply_rate": ("Starts, part", "Begonnen, deel"),
    "apply": ("Starts, part", "Begonnen, deel"),
    "before": ("Before", "Ervoor"),
    "after": ("After", "Erna"),
    "other": ("Other audience (id)", "Andere doelgroep (kenmerk)"),
    "told": ("Told on", "Verteld op"),
    "shape": ("Shape (id)", "Vorm (kenmerk)"),
    "start": ("From", "Van"),
    "end": ("To", "Naar"),
    "goal": ("Goal", "Doel"),
    "touchpoint": ("Touchpoint", "Contactmoment"),
    "reached": ("Reach the goal", "Bereiken het doel"),
    "rate_without": ("Part without it", "Deel zonder"),
    "lift": ("Lift", "Verhouding"),
    "started": ("Start an application", "Beginnen te solliciteren"),
    "start_rate": ("Start, part", "Beginnen, deel"),
    "unanswered": ("Found nothing", "Vond niets"),
    "offered": ("Vacancies seen", "Vacatures gezien"),
    "pull": ("Pull", "Trek"),
    "expected": ("Expected", "Verwacht"),
    "family": ("Job family", "Functiegroep"),
    "open": ("Open vacancies", "Open vacatures"),
    "hires": ("Hires in 12 months", "Aannames in 12 maanden"),
    "applications": ("Applications in 12 months", "Sollicitaties in 12 maanden"),
    "stands_out": ("What stands out", "Wat opvalt"),
}  # fmt: skip
_CODE: Final = ("code", "code")
_ENDS: Final = {"_low": ("from", "vanaf"), "_high": ("to", "tot")}


def heading(column: str, lang: Language, beside: tuple[str, ...]) -> str:
    """
    The heading of a column.

    Args:
        beside: the names of all columns of the table: one of codes that has its words beside it says that it holds codes.
    """
    name = column.removesuffix(IN_WORDS)
    for end, words in _ENDS.items():
        whole = name.removesuffix(end)
        if whole != name:
            return f"{_found('start_rate' if whole == 'start' else whole, lang)}, {pick(words, lang)}"
    if name in ("low", "high"):
        return f"{_found('lift', lang)}, {pick(_ENDS[f'_{name}'], lang)}"
    found = _found(name, lang)
    return f"{found} ({pick(_CODE, lang)})" if column + IN_WORDS in beside else found


def _found(name: str, lang: Language) -> str:
    return pick(_HEADINGS[name], lang) if name in _HEADINGS else name
