"""
A short careful name and one sentence for each segment, in English and Dutch, from its profile.

A name says what the visits do, never who the visitors are. It is made of the segment's *themes*: the touchpoints and actions that
are both common in it and more common than elsewhere (share times the root of the index above average), and of one *manner*: one look and away, on to
applying, long reads. Names are unique within a site: where two would be the same, the next theme, channel or job family tells them apart.

Reads released profile rows only, so that no name can tell of fewer than k visits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis import words
from analysis.profiles import NONE
from analysis.runs import OTHER
from analysis.words import Language

# A heuristic: a theme is in at least a fifth of the visits, and a tenth above the site's average.
THEME_MIN_SHARE: Final = 0.2
THEME_MIN_INDEX: Final = 110.0
# Touchpoints that nearly every visit can have; they make a name only where nothing else does.
PLAIN: Final = frozenset({"home", "other", "vacancy", "vacancy_list"})
# Actions that the stage already tells, or that are the same as a touchpoint.
TOLD: Final = frozenset(
    {
        "act:apply_start",
        "act:apply_step",
        "act:apply_complete",
        "act:handoff",
        "apply",
        "applied",
        "act:custom",
        "act:outbound",
    }
)

UNCLUSTERED: Final = ("Unclustered visits", "Niet-ingedeelde bezoeken")
UNCLUSTERED_SENTENCE: Final = (
    "Visits that look like no audience in particular, or like several at once.",
    "Bezoeken die op geen enkele doelgroep in het bijzonder lijken, of op meer dan één tegelijk.",
)

# Words of a theme where the word of the touchpoint or action alone would not make a title.
THEMES: Final[dict[str, tuple[str, str]]] = {
    "vacancy": ("vacancies", "vacatures"),
    "act:filter": ("filtering vacancies", "vacatures filteren"),
    "act:search": ("searching vacancies", "vacatures zoeken"),
    "act:search_empty": ("searching in vain", "vergeefs zoeken"),
    "act:download": ("downloads", "downloads"),
    "act:video": ("videos", "video’s"),
    "act:job_alert": ("job alerts", "vacature-alerts"),
    "act:save": ("saving vacancies", "vacatures bewaren"),
    "act:share": ("sharing pages", "pagina’s delen"),
    "act:contact": ("contacting recruiters", "contact met recruiters"),
}

MANNERS: Final[dict[str, tuple[str, str]]] = {
    "applied": ("applications sent", "tot en met solliciteren"),
    "apply": ("on to applying", "op weg naar solliciteren"),
    "long": ("long reads", "lang gelezen"),
    "short": ("quick looks", "kort bekeken"),
}


@dataclass(frozen=True)
class Label:
    """Name and sentence of a segment, per language."""

    name: dict[Language, str]
    sentence: dict[Language, str]


@dataclass(frozen=True)
class _Row:
    value: str
    share: float
    index: float

    @property
    def weight(self) -> float:
        return self.share * math.sqrt(max(self.index - 100.0, 0.0))


class _Profile:
    """The released rows of one segment, by dimension, most common first."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._by_dimension: dict[str, list[_Row]] = {}
        self._held_back: dict[str, float] = {}
        for dimension, value, share, index in rows.select("dimension", "value", "share", "index").iter_rows():
            if value == OTHER:
                self._held_back[dimension] = share
            elif value != NONE and index is not None:
                self._by_dimension.setdefault(dimension, []).append(_Row(value, share, index))

    def held_back(self, dimension: str) -> float:
        """Share of the visits whose value is not told."""
        return self._held_back.get(dimension, 0.0)

    def rows(self, dimension: str) -> list[_Row]:
        return self._by_dimension.get(dimension, [])

    def share(self, dimension: str, *values: str) -> float:
        return sum(row.share for row in self.rows(dimension) if row.value in values)

    def index(self, dimension: str, value: str) -> float:
        return next((row.index for row in self.rows(dimension) if row.value == value), 0.0)


def build(profiles: pl.DataFrame) -> dict[str, Label]:
    """
    Names and sentences of all segments of a run.

    Args:
        profiles: columns segment, dimension, value, share, index, as released.

    Returns:
        A label per segment; within each language all names differ.
    """
    by_segment = {str(key[0]): _Profile(rows) for key, rows in profiles.group_by("segment", maintain_order=True)}
    taken: dict[Language, set[str]] = {"en": set(), "nl": set()}
    labels = {}
    for segment, profile in by_segment.items():
        name = {lang: _unique(profile, lang, taken[lang]) for lang in taken}
        labels[segment] = Label(name, {lang: _sentence(profile, lang) for lang in taken})
    return labels


def _themes(profile: _Profile) -> list[str]:
    """What the segment is about, most telling first; never empty."""
    rows = [row for name in ("touchpoint", "action") for row in profile.rows(name) if row.value not in TOLD]
    telling = sorted(
        (row for row in rows if row.share >= THEME_MIN_SHARE and row.index >= THEME_MIN_INDEX),
        key=lambda row: (-row.weight, row.value),
    )
    special = [row.value for row in telling if row.value not in PLAIN]
    plain = [row.value for row in telling if row.value in PLAIN]
    common = [row.value for row in sorted(rows, key=lambda row: (-row.share, row.value))]
    ordered = dict.fromkeys([*special, *plain, *common])
    return list(ordered) or ["other"]


def _manner(profile: _Profile) -> str | None:
    applied, apply = profile.share("stage", "applied"), profile.share("stage", "applied", "apply")
    if applied >= 0.3:
        return "applied"
    if apply >= 0.25:
        return "apply"
    if profile.share("engaged", "300") >= 0.3 and profile.index("engaged", "300") >= 130:
        return "long"
    if profile.share("engaged", "0") >= 0.5 and profile.index("engaged", "0") >= 120:
        return "short"
    return None


def _candidates(profile: _Profile, lang: Language) -> Iterator[str]:
    """Names from short to long, until one is free."""
    themes = [
        words.pick(THEMES[theme], lang) if theme in THEMES else words.touchpoint(theme, lang)
        for theme in _themes(profile)
    ]
    manner = _manner(profile)
    tail = f", {words.pick(MANNERS[manner], lang)}" if manner else ""
    both = " + "
    via = {"en": ", by way of ", "nl": ", via "}[lang]
    about = {"en": ", for ", "nl": ", voor "}[lang]
    head = both.join(themes[:2]) if len(themes) > 1 and _has_second(profile) else themes[0]
    yield head + tail
    channels = sorted(profile.rows("channel"), key=lambda row: (-row.weight, row.value))
    families = sorted(profile.rows("job_family"), key=lambda row: (-row.weight, row.value))
    if channels and channels[0].index >= THEME_MIN_INDEX:
        yield head + tail + via + words.channel(channels[0].value, lang)
    if families and families[0].index >= THEME_MIN_INDEX:
        yield head + tail + about + words.value("job_family", families[0].value, lang)
    for theme in themes[1:]:
        yield f"{head}{both}{theme}{tail}" if theme not in head else head + tail
    number = 2
    while True:
        yield f"{head}{tail} ({number})"
        number += 1


def _has_second(profile: _Profile) -> bool:
    """Is the second theme telling too, or at least common?"""
    second = _themes(profile)[1]
    name = "action" if second.startswith("act:") else "touchpoint"
    return profile.share(name, second) >= 0.35


def _unique(profile: _Profile, lang: Language, taken: set[str]) -> str:
    for candidate in _candidates(profile, lang):
        name = candidate[:1].upper() + candidate[1:]
        if name not in taken:
            taken.add(name)
            return name
    raise AssertionError("the candidates never end")


def _sentence(profile: _Profile, lang: Language) -> str:
    """What the visits see, how far they go and how they come, each with its figure."""
    seen = [row for row in profile.rows("touchpoint") if row.share >= 0.1][:3]
    pages = ", ".join(f"{words.touchpoint(row.value, lang)} {row.share:.0%}" for row in seen)
    channels = sorted(
        (row for row in profile.rows("channel") if row.share >= 0.1), key=lambda row: (-row.share, row.value)
    )[:2]
    come = _join([f"{words.channel(row.value, lang)} ({row.share:.0%})" for row in channels], lang)
    dutch = lang == "nl"
    parts = []
    if pages:
        parts.append(f"Meest bekeken: {pages}." if dutch else f"Seen most: {pages}.")
    apply, untold = profile.share("stage", "applied", "apply"), profile.held_back("stage")
    if apply >= 0.005:
        parts.append(
            f"Van de 100 bezoeken beginnen er {apply * 100:.0f} met solliciteren."
            if dutch
            else f"Out of 100 visits, {apply * 100:.0f} start to apply."
        )
    elif untold < 0.02:
        parts.append("Solliciteren komt nauwelijks voor." if dutch else "Hardly any start to apply.")
    if come:
        parts.append(f"De meeste komen via {come}." if dutch else f"Most come by {come}.")
    return " ".join(parts) or ("Uiteenlopende pagina’s." if dutch else "Pages of many kinds.")


def _join(parts: list[str], lang: Language) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {'en' if lang == 'nl' else 'and'} {parts[-1]}"
