"""
What the columns of the published tables mean, in English and Dutch, for who opens an export without the documentation; and how a
spreadsheet shows them.

The schemas in :mod:`analysis.runs`, :mod:`analysis.tables` and :mod:`dashboard.supply.table` are the source; a test fails when a column has
no words here.
"""

from __future__ import annotations

from typing import Final, Literal

from analysis.words import Language, pick

Kind = Literal["text", "day", "count", "share", "index", "number", "decimal", "truth"]
Told = tuple[Kind, str, str]
IN_WORDS: Final = "_in_words"  # behind the name of a column of codes

_LOW: Final = (
    "lower end of the interval that is right 19 times out of 20",
    "ondergrens van het interval dat 19 van de 20 keer klopt",
)
_HIGH: Final = ("upper end of that interval", "bovengrens van dat interval")


def _ends(kind: Kind, name: str, english: str, dutch: str) -> dict[str, Told]:
    """The two columns of an interval."""
    return {
        f"{name}_low".lstrip("_"): (kind, f"{english}: {_LOW[0]}", f"{dutch}: {_LOW[1]}"),
        f"{name}_high".lstrip("_"): (kind, f"{english}: {_HIGH[0]}", f"{dutch}: {_HIGH[1]}"),
    }


def _range(table: str, kind: Kind) -> dict[tuple[str, str], Told]:
    """The two columns of what is expected of a week."""
    return {
        (table, f"expected_{end}"): (
            kind,
            f"Range in which 19 of 20 weeks lie while nothing changes, {english} end",
            f"Bereik waarin 19 van de 20 weken liggen zolang er niets verandert, {dutch}",
        )
        for end, english, dutch in (("low", "lower", "ondergrens"), ("high", "upper", "bovengrens"))
    }


_EVERYWHERE: Final[dict[str, Told]] = {
    "segment": (
        "text",
        "Id of the audience; it stays the same while it is the same audience. Empty: the whole site",
        "Kenmerk van de doelgroep; het blijft gelijk zolang het dezelfde doelgroep is. Leeg: de hele site",
    ),
    "label": (
        "text",
        "What the audience is called: the given name, else the automatic label",
        "Hoe de doelgroep heet: de gegeven naam, anders het automatische label",
    ),
    "label_nl": ("text", "The same in Dutch", "Hetzelfde in het Nederlands"),
    "name": (
        "text",
        "What sets it apart within its audience",
        "Wat hem binnen de doelgroep onderscheidt",
    ),
    "name_nl": ("text", "The same in Dutch", "Hetzelfde in het Nederlands"),
    "sentence": ("text", "The same in a sentence", "Hetzelfde in een zin"),
    "sentence_nl": ("text", "The same in a sentence, in Dutch", "Hetzelfde in een zin, in het Nederlands"),
    "visits": ("count", "Visits (visits, not people)", "Bezoeken (bezoeken, geen personen)"),
    "share": (
        "share",
        "Part of the audience's visits; for the whole site, of all visits",
        "Deel van de bezoeken van de doelgroep; voor de hele site, van alle bezoeken",
    ),
    **_ends("share", "share", "Share", "Aandeel"),
    "status": (
        "text",
        "new, kept, grown, shrunk, split, merged or returned, since the analysis before",
        (
            "Sinds de vorige analyse: new (nieuw), kept (gebleven), grown (gegroeid), shrunk (gekrompen), split (afgesplitst), merged "
            "(samengegaan) of returned (terug)"
        ),
    ),
    "first_seen": (
        "day",
        "Last day of the first period in which it was found",
        "Laatste dag van de eerste periode waarin hij is gevonden",
    ),
    "colour": (
        "count",
        "Place in the palette of the pages; -1 for unclustered visits",
        "Plaats in het kleurenpalet van de pagina's; -1 voor bezoeken zonder doelgroep",
    ),
    "dimension": (
        "text",
        "What is counted: channel, device, touchpoint and so on",
        "Wat er geteld is: kanaal (channel), apparaat (device), contactmoment (touchpoint) enzovoort",
    ),
    "kind": ("text", "What kind of thing the row is about", "Over wat voor soort ding de rij gaat"),
    "value": (
        "text",
        "The value that is counted; (other) takes in what is held back, (none) the visits that have none",
        "De waarde die geteld is; (other) is wat wordt achtergehouden, (none) de bezoeken die er geen hebben",
    ),
    "index": (
        "index",
        "100 is the site's average; 200 is twice as often",
        "100 is het gemiddelde van de site; 200 is twee keer zo vaak",
    ),
    **_ends("index", "index", "Index", "Index"),
    "q": (
        "number",
        "Smallest false discovery rate (0 to 1) at which the difference would count as real",
        "Kleinste kans op valse ontdekkingen (0 tot 1) waarbij het verschil als echt zou tellen",
    ),
    "real": (
        "truth",
        "Is the difference more than chance, with 5 in 100 of such findings false?",
        "Is het verschil meer dan toeval, als 5 op de 100 van zulke vondsten onwaar mogen zijn?",
    ),
    "week": ("text", "ISO week, such as 2026-W47", "ISO-week, zoals 2026-W47"),
    "measure": (
        "text",
        "What is counted of the whole site: visits, engaged visits, starts of an application and so on",
        "Wat van de hele site geteld is: bezoeken, bezoeken met aandacht, begonnen sollicitaties enzovoort",
    ),
    "rate": (
        "share",
        "Part of the visits, 0 to 1; empty where it can't be said",
        "Deel van de bezoeken, 0 tot 1; leeg waar het niet te zeggen is",
    ),
    **_ends("share", "rate", "Rate", "Deel"),
    "days": (
        "count",
        "Days of the week that are counted; fewer than 7 in a week that still runs",
        "Dagen van de week die geteld zijn; minder dan 7 in een week die nog loopt",
    ),
    "engaged": (
        "count",
        "Visits with 15 seconds of attention or more; empty where held back",
        "Bezoeken met 15 seconden aandacht of meer; leeg waar het wordt achtergehouden",
    ),
    "engaged_rate": (
        "share",
        "Those as a part of the audience's visits of the week",
        "Deze als deel van de bezoeken van de doelgroep in de week",
    ),
    **_ends("share", "engaged", "Engaged visits as a part", "Bezoeken met aandacht als deel"),
    "apply_starts": (
        "count",
        "Visits that start to apply; empty where held back",
        "Bezoeken die beginnen te solliciteren; leeg waar het wordt achtergehouden",
    ),
    "apply_rate": (
        "share",
        "Those as a part of the audience's visits of the week",
        "Deze als deel van de bezoeken van de doelgroep in de week",
    ),
    **_ends("share", "apply", "Starts of an application as a part", "Begonnen sollicitaties als deel"),
    "before": (
        "share",
        "Share of the visits in the weeks before; of applies_*: part of the audience's visits that starts to apply",
        "Aandeel in de bezoeken in de weken ervoor; bij applies_*: deel van de bezoeken van de doelgroep dat begint te solliciteren",
    ),
    "after": (
        "share",
        "The same in the weeks that confirm the change",
        "Hetzelfde in de weken die de verandering bevestigen",
    ),
    **_ends("share", "after", "The same in those weeks", "Hetzelfde in die weken"),
    "other": (
        "text",
        "Of split and merged: the other audience's id",
        "Bij split en merged: het kenmerk van de andere doelgroep",
    ),
    "told": (
        "day",
        "Last day of the first period in which the change was told",
        "Laatste dag van de eerste periode waarin de verandering is verteld",
    ),
    "shape": (
        "text",
        "The audience and the shape's place in it by size; may change from analysis to analysis",
        "De doelgroep en de plaats van de vorm daarin naar grootte; kan per analyse veranderen",
    ),
    "start": (
        "text",
        "A touchpoint; (start) is the beginning of the visit",
        "Een contactmoment; (start) is het begin van het bezoek",
    ),
    "end": (
        "text",
        "The touchpoint seen next; (end) is the end of the visit",
        "Het contactmoment daarna; (end) is het einde van het bezoek",
    ),
    "goal": (
        "text",
        "What is nearer to applying: vacancy, contact or apply",
        "Wat dichter bij solliciteren ligt: vacancy (vacature), contact of apply (solliciteren)",
    ),
    "touchpoint": (
        "text",
        "Touchpoint or action on the way; empty: all visits of the audience",
        "Contactmoment of handeling onderweg; leeg: alle bezoeken van de doelgroep",
    ),
    "reached": (
        "count",
        "Of those visits, the ones that reach the goal; 0 stands for held back",
        "Van die bezoeken degene die het doel bereiken; 0 staat voor achtergehouden",
    ),
    "rate_without": (
        "share",
        "The same of comparable visits without it",
        "Hetzelfde van vergelijkbare bezoeken zonder",
    ),
    "lift": (
        "number",
        "Rate over the rate without; 2 is twice as often",
        "Deel gedeeld door het deel zonder; 2 is twee keer zo vaak",
    ),
    **_ends("number", "", "Lift", "Verhouding (lift)"),
    "started": (
        "count",
        "Of those visits, the ones that start to apply; 0 stands for held back",
        "Van die bezoeken degene die beginnen te solliciteren; 0 staat voor achtergehouden",
    ),
    "start_rate": (
        "share",
        "Part of the visits that starts to apply; empty where held back",
        "Deel van de bezoeken dat begint te solliciteren; leeg waar het wordt achtergehouden",
    ),
    **_ends("share", "start", "Part that starts to apply", "Deel dat begint te solliciteren"),
    "unanswered": (
        "share",
        "Of searches: part of the visits with it that found nothing",
        "Bij zoekopdrachten: deel van de bezoeken ermee dat niets vond",
    ),
    "offered": (
        "count",
        "Of job families: vacancy pages seen on the site",
        "Bij functiegroepen: vacaturepagina's die op de site zijn gezien",
    ),
    "pull": (
        "index",
        "Of job families: visits for each vacancy; 100 is the average vacancy, over 100 more is wanted than offered",
        "Bij functiegroepen: bezoeken per vacature; 100 is de gemiddelde vacature, boven 100 is er meer vraag dan aanbod",
    ),
    "family": ("text", "Job family", "Functiegroep"),
    "open": (
        "decimal",
        "Vacancies open on an average day of the period, as brought in; without imported ones, those that visits saw",
        "Vacatures open op een gemiddelde dag van de periode, zoals ingelezen; zonder ingelezen vacatures: die door bezoeken zijn gezien",
    ),
    "hires": (
        "count",
        (
            "Hires in the twelve months up to the period's last; the employer's own figures. Who is no editor gets them rounded down to a "
            "multiple of 5 (0: fewer than 5), or not at all"
        ),
        (
            "Aangenomen in de twaalf maanden tot en met de laatste van de periode; cijfers van de werkgever zelf. Wie geen redacteur is krijgt ze "
            "naar beneden afgerond op een veelvoud van 5 (0: minder dan 5), of niet"
        ),
    ),
    "applications": (
        "count",
        "Applications in the same months, in the same way",
        "Sollicitaties in dezelfde maanden, op dezelfde manier",
    ),
    "stands_out": (
        "text",
        "wanted: visits and no vacancy open; unseen: vacancies open and hardly a visit",
        "wanted: bezoeken en geen vacature open; unseen: vacatures open en nauwelijks een bezoek",
    ),
}
_IN: Final[dict[tuple[str, str], Told]] = {
    ("segments", "share"): ("share", "Part of all visits of the period", "Deel van alle bezoeken van de periode"),
    ("trends", "share"): ("share", "Part of the week's visits", "Deel van de bezoeken van de week"),
    ("trends", "expected"): (
        "share",
        "Share that the weeks before would lead one to expect",
        "Aandeel dat de weken ervoor doen verwachten",
    ),
    ("figures", "expected"): (
        "count",
        "Visits that the weeks before would lead one to expect",
        "Bezoeken die de weken ervoor doen verwachten",
    ),
    ("changes", "kind"): (
        "text",
        "appeared, grew, shrank, vanished, split, merged, applies_rose or applies_fell",
        (
            "appeared (nieuw), grew (groeide), shrank (kromp), vanished (weg), split (afgesplitst), merged (samengegaan), applies_rose (solliciteert "
            "vaker) of applies_fell (solliciteert minder)"
        ),
    ),
    ("changes", "week"): ("text", "ISO week from which on it is so", "ISO-week vanaf waar het zo is"),
    ("changes", "visits"): ("count", "Visits that the share after rests on", "Bezoeken waar het aandeel erna op rust"),
    ("interest", "share"): ("share", "Part of the week's visits", "Deel van de bezoeken van de week"),
    ("supply", "pull"): (
        "index",
        "Visits for each open vacancy; 100 is the average of the families that have both",
        "Bezoeken per open vacature; 100 is het gemiddelde van de functiegroepen die beide hebben",
    ),
    **_range("trends", "share"),
    **_range("figures", "count"),
}


def meaning(table: str, column: str, lang: Language = "en") -> str:
    """What a column of a table holds, in a phrase; "" for one that nobody has described."""
    code, is_worded, _rest = column.partition(IN_WORDS)
    if is_worded:
        return pick(
            (f"The same as {code}, as the pages call it", f"Hetzelfde als {code}, zoals de pagina's het noemen"), lang
        )
    _kind, *words = _found(table, column)
    return pick((words[0], words[1]), lang)


def kind(table: str, column: str) -> Kind:
    """How a column is shown; what nobody has described is text."""
    return _found(table, column)[0]


def _found(table: str, column: str) -> Told:
    return _IN.get((table, column)) or _EVERYWHERE.get(column) or ("text", "", "")
