"""The first sheet of a workbook, in English or Dutch: what the table is, the rule of *k*, and what every column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.words import Language, pick
from dashboard.exports import columns
from dashboard.exports.headings import heading

TITLES: Final = {
    "segments": ("Audiences", "Doelgroepen"),
    "profiles": ("Profiles of the audiences", "Profielen van de doelgroepen"),
    "trends": ("Audiences week by week", "Doelgroepen per week"),
    "figures": ("The site week by week", "De site per week"),
    "changes": ("What changed", "Wat er veranderde"),
    "shapes": ("Finer shapes of the audiences", "Fijnere vormen van de doelgroepen"),
    "journeys": ("Journeys", "Routes"),
    "nearer": ("What goes with getting nearer to applying", "Wat samengaat met dichter bij solliciteren"),
    "touchpoints": ("Touchpoints", "Contactmomenten"),
    "interest": ("Interest by week", "Belangstelling per week"),
    "demand": ("Demand", "Vraag"),
    "supply": ("Supply beside demand", "Aanbod naast vraag"),
}
SHEET_NAME_MAX: Final = 26  # characters; Excel allows 31, and a number may follow
_SHEET: Final = ("About", "Uitleg")
_HEAD: Final = (("Heading", "Kop"), ("Name in other formats", "Naam in andere formaten"), ("Meaning", "Betekenis"))
_FACTS: Final = {
    "site": ("Site", "Site"),
    "what": ("Table", "Tabel"),
    "run": ("Analysis", "Analyse"),
    "start": ("First day", "Eerste dag"),
    "end": ("Last day", "Laatste dag"),
    "visits": ("Visits", "Bezoeken"),
    "k": ("Smallest number of visits (k)", "Kleinste aantal bezoeken (k)"),
    "note": ("Rule", "Regel"),
    "simulated": ("Simulated visits", "Gesimuleerde bezoeken"),
}
_NOTE: Final = (
    "Every number of visits rests on at least %(k)s visits (visits, not people); what is held back is in the value (other).",
    "Elk aantal bezoeken rust op ten minste %(k)s bezoeken (bezoeken, geen personen); wat wordt achtergehouden zit in de waarde (other).",
)
_TRUTH: Final = {True: ("yes", "ja"), False: ("no", "nee")}


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    The words of the sheet.

    Attributes:
        sheet: its name.
        title: what the table is.
        facts: name and value of what is known of the table as a whole.
        head: above the list of columns and their meanings.
        chart: name of the sheet with the chart, where there is one.
        rows: name of the sheet with the rows.
        headings: heading per column.
    """

    sheet: str
    title: str
    facts: tuple[tuple[str, object], ...]
    head: tuple[str, str, str]
    chart: str
    rows: str
    headings: Mapping[str, str]
    what: str
    lang: Language

    def meaning(self, column: str) -> str:
        """What a column holds."""
        return columns.meaning(self.what, column, self.lang)


def of(about: Mapping[str, Any], lang: Language | None, names: tuple[str, ...]) -> Explanation:
    """
    The words for the table that *about* tells of (see :func:`dashboard.exports.tables.stream`).

    Args:
        lang: of a reader; None: the words are English, and rows and columns keep the names that they have in every format.
        names: of the columns.
    """
    headings = {name: heading(name, lang, names) if lang else name for name in names}
    is_for_people, lang = lang is not None, lang or "en"
    what = str(about.get("what", "table"))
    return Explanation(
        sheet=pick(_SHEET, lang),
        title=title(what, lang),
        facts=tuple((pick(_FACTS.get(name, (name, name)), lang), _said(name, about, lang)) for name in about),
        head=(pick(_HEAD[0], lang), pick(_HEAD[1], lang), pick(_HEAD[2], lang)),
        chart=pick(("Chart", "Grafiek"), lang),
        rows=title(what, lang)[:SHEET_NAME_MAX] if is_for_people else what[:SHEET_NAME_MAX],
        headings=headings,
        what=what,
        lang=lang,
    )


def title(what: str, lang: Language) -> str:
    """What a table is called."""
    return pick(TITLES.get(what, (what, what)), lang)


def note(k: int, lang: Language) -> str:
    """The rule of *k* in a sentence."""
    return pick(_NOTE, lang) % {"k": k}


def _said(name: str, about: Mapping[str, Any], lang: Language) -> object:
    value = about[name]
    if name == "note" and "k" in about:
        return note(about["k"], lang)
    if name == "what":
        return f"{title(value, lang)} ({value})"
    if name in ("start", "end") and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return pick(_TRUTH[value], lang) if isinstance(value, bool) else value
