"""
The words people read for what the counts hold, in English and Dutch: touchpoints, actions, channels, dimensions, bins.

Labels, the map, the pages and the exports all take their words from here, so that one thing has one name. A value that has no
word of ours (a section, a campaign, a search) is shown as it came, made readable; it is hostile text and must be escaped.
"""

from __future__ import annotations

from typing import Final, Literal

from collector.events import SECTION_PREFIX

Language = Literal["en", "nl"]

TOUCHPOINTS: Final[dict[str, tuple[str, str]]] = {
    "home": ("careers home", "startpagina"),
    "vacancy_list": ("vacancy overview", "vacature-overzicht"),
    "vacancy": ("vacancy", "vacature"),
    "apply": ("application form", "sollicitatieformulier"),
    "applied": ("application sent", "sollicitatie verzonden"),
    "open_application": ("open application", "open sollicitatie"),
    "story": ("employee stories", "verhalen van medewerkers"),
    "culture": ("culture", "cultuur"),
    "benefits": ("benefits", "arbeidsvoorwaarden"),
    "diversity": ("diversity", "diversiteit"),
    "growth": ("learning and growth", "leren en groeien"),
    "team": ("teams and fields", "teams en vakgebieden"),
    "location": ("locations", "locaties"),
    "early_careers": ("students and starters", "studenten en starters"),
    "relocation": ("relocation", "verhuizen naar hier"),
    "event": ("events", "evenementen"),
    "news": ("news", "nieuws"),
    "job_alert": ("job alert", "vacature-alert"),
    "process": ("hiring process", "sollicitatieprocedure"),
    "recruiter": ("contact with recruiters", "contact met recruiters"),
    "other": ("other pages", "overige pagina's"),
}

ACTIONS: Final[dict[str, tuple[str, str]]] = {
    "act:search": ("search", "zoeken"),
    "act:search_empty": ("search without result", "zoeken zonder resultaat"),
    "act:filter": ("filter", "filteren"),
    "act:apply_start": ("start of an application", "begin van een sollicitatie"),
    "act:apply_step": ("step in the application form", "stap in het sollicitatieformulier"),
    "act:apply_complete": ("application sent", "sollicitatie verzonden"),
    "act:handoff": ("on to the application system", "door naar het sollicitatiesysteem"),
    "act:job_alert": ("sign-up for job alerts", "aanmelding vacature-alert"),
    "act:save": ("saved vacancy", "bewaarde vacature"),
    "act:share": ("shared page", "gedeelde pagina"),
    "act:contact": ("contact", "contact"),
    "act:video": ("video", "video"),
    "act:download": ("download", "download"),
    "act:outbound": ("link to another site", "link naar een andere site"),
    "act:event_signup": ("sign-up for an event", "aanmelding evenement"),
    "act:custom": ("event of the site's own", "eigen gebeurtenis van de site"),
}

CHANNELS: Final[dict[str, tuple[str, str]]] = {
    "direct": ("direct", "direct"),
    "organic_search": ("organic search", "organisch zoeken"),
    "paid_search": ("paid search", "betaald zoeken"),
    "organic_social": ("social media", "sociale media"),
    "paid_social": ("paid social media", "betaalde sociale media"),
    "job_board": ("job board", "vacaturebank"),
    "ai_assistant": ("AI assistant", "AI-assistent"),
    "email": ("e-mail", "e-mail"),
    "display": ("display", "display"),
    "video": ("video", "video"),
    "referral": ("other site", "andere site"),
    "campaign": ("campaign", "campagne"),
    "internal": ("own site", "eigen site"),
}

DEVICES: Final[dict[str, tuple[str, str]]] = {
    "desktop": ("desktop", "computer"),
    "mobile": ("phone", "telefoon"),
    "tablet": ("tablet", "tablet"),
    "other": ("other device", "ander apparaat"),
}

DIMENSIONS: Final[dict[str, tuple[str, str]]] = {
    "touchpoint": ("Touchpoint", "Contactmoment"),
    "action": ("Action", "Handeling"),
    "engaged": ("Engaged time", "Aandachtstijd"),
    "depth": ("Scroll depth", "Scrolldiepte"),
    "stage": ("Furthest stage", "Verste stap"),
    "channel": ("Channel", "Kanaal"),
    "source": ("Source", "Bron"),
    "medium": ("Medium", "Medium"),
    "campaign": ("Campaign", "Campagne"),
    "hour_of_week": ("Hour of the week", "Uur van de week"),
    "weekday": ("Day of the week", "Dag van de week"),
    "day_part": ("Part of the day", "Dagdeel"),
    "device": ("Device", "Apparaat"),
    "language": ("Language", "Taal"),
    "country": ("Country", "Land"),
    "entry": ("First page", "Eerste pagina"),
    "exit": ("Last page", "Laatste pagina"),
    "page": ("Page", "Pagina"),
    "step": ("From page to page", "Van pagina naar pagina"),
    "vacancy": ("Vacancy", "Vacature"),
    "job_family": ("Job family", "Functiegroep"),
    "employment_type": ("Employment type", "Soort dienstverband"),
    "job_location": ("Place of work", "Plaats van het werk"),
    "search": ("Search", "Zoekopdracht"),
    "search_empty": ("Search without result", "Zoekopdracht zonder resultaat"),
    "handoff": ("Application system", "Sollicitatiesysteem"),
    "download": ("Download", "Download"),
    "outbound": ("Other site", "Andere site"),
    "contact": ("Way of contact", "Manier van contact"),
    "video": ("Video", "Video"),
    "event": ("Event of the site's own", "Eigen gebeurtenis"),
    "opening": ("Job family and vacancy", "Functiegroep en vacature"),
}

STAGES: Final[dict[str, tuple[str, str]]] = {
    "orienting": ("orienting", "oriënteren"),
    "vacancy": ("looked at a vacancy", "vacature bekeken"),
    "apply": ("started to apply", "begonnen met solliciteren"),
    "applied": ("applied", "gesolliciteerd"),
}

ENGAGED: Final[dict[str, tuple[str, str]]] = {
    "0": ("under 15 seconds", "minder dan 15 seconden"),
    "15": ("15 to 60 seconds", "15 tot 60 seconden"),
    "60": ("1 to 5 minutes", "1 tot 5 minuten"),
    "300": ("over 5 minutes", "meer dan 5 minuten"),
}

DEPTH: Final[dict[str, tuple[str, str]]] = {
    "0": ("upper half of the page", "bovenste helft van de pagina"),
    "50": ("past the middle of the page", "voorbij het midden van de pagina"),
}

TIMES: Final[dict[int, tuple[str, str]]] = {
    1: ("", ""),
    2: ("2–3 times", "2–3 keer"),
    4: ("4 times or more", "4 keer of vaker"),
}

WEEKDAYS: Final[tuple[tuple[str, str], ...]] = (
    ("Mon", "ma"), ("Tue", "di"), ("Wed", "wo"), ("Thu", "do"), ("Fri", "vr"), ("Sat", "za"), ("Sun", "zo"),
)  # fmt: skip

DAY_PARTS: Final[dict[str, tuple[str, str]]] = {
    "00": ("night (0–6 h)", "nacht (0–6 uur)"),
    "06": ("morning (6–12 h)", "ochtend (6–12 uur)"),
    "12": ("afternoon (12–18 h)", "middag (12–18 uur)"),
    "18": ("evening (18–24 h)", "avond (18–24 uur)"),
}

HELD_BACK: Final = ("other, held back under k", "overig, achtergehouden onder k")

_BY_DIMENSION: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "touchpoint": TOUCHPOINTS,
    "entry": TOUCHPOINTS,
    "exit": TOUCHPOINTS,
    "action": ACTIONS,
    "channel": CHANNELS,
    "device": DEVICES,
    "stage": STAGES,
    "engaged": ENGAGED,
    "depth": DEPTH,
    "day_part": DAY_PARTS,
    "weekday": {str(number + 1): day for number, day in enumerate(WEEKDAYS)},
}


def pick(words: tuple[str, str], lang: Language) -> str:
    """The English or the Dutch of a pair."""
    return words[1] if lang == "nl" else words[0]


def touchpoint(value: str, lang: Language) -> str:
    """The word for a touchpoint or an action; a section is its own words."""
    words = TOUCHPOINTS.get(value) or ACTIONS.get(value)
    if words:
        return pick(words, lang)
    if value.startswith(SECTION_PREFIX):
        return f"“{value.removeprefix(SECTION_PREFIX).replace('-', ' ')}”"
    return value.replace("_", " ")


def channel(value: str, lang: Language) -> str:
    """The word for a channel."""
    return pick(CHANNELS[value], lang) if value in CHANNELS else value.replace("_", " ")


def dimension(name: str, lang: Language) -> str:
    """The heading over a dimension's values."""
    return pick(DIMENSIONS[name], lang) if name in DIMENSIONS else name.replace("_", " ").capitalize()


def value(name: str, text: str, lang: Language) -> str:
    """The word for value *text* of dimension *name*; a value without a word of ours comes back as it is."""
    if text == "(other)":
        return pick(HELD_BACK, lang)
    if name == "step" and ">" in text:
        start, _, end = text.partition(">")
        return f"{touchpoint(start, lang)} → {touchpoint(end, lang)}"
    if name == "hour_of_week":
        day, _, hour = text.partition("-")
        if day.isdigit() and hour.isdigit() and 1 <= int(day) <= 7:
            return f"{pick(WEEKDAYS[int(day) - 1], lang)} {int(hour):02d}:00"
        return text
    words = _BY_DIMENSION.get(name, {}).get(text)
    if words:
        return pick(words, lang)
    return touchpoint(text, lang) if name in ("touchpoint", "entry", "exit") else text


def pattern(signature: str, lang: Language) -> str:
    """What a pattern says, in words: "vacancy 2-3 times, application form, 1 to 5 minutes". The remainder has none: "various"."""
    parts: list[str] = []
    for part in signature.split(";")[1:]:
        name, _, number = part.rpartition("=")
        if name == "@engaged":
            parts.append(pick(ENGAGED[number], lang) if number in ENGAGED else number)
        elif name == "@depth":
            continue
        else:
            times = TIMES.get(int(number)) if number.isdigit() else None
            parts.append(" ".join(filter(None, [touchpoint(name, lang), pick(times, lang) if times else number])))
    return ", ".join(parts) or pick(("various", "uiteenlopend"), lang)
