"""
A short careful name and one sentence for each segment, in English and Dutch, from its profile.

A name says what the visits do, never who the visitors are; what it is made of is in :mod:`analysis.naming`. Names are unique within a
site: where two would be the same, the next theme, channel or job family tells them apart.

**A name stays.** Profiles waver from week to week; a name that does so is no name. The name of the last run stays for as long as the
profile still supports it: as long as it could be made under limits that are somewhat wider, whatever the order of its themes. English
and Dutch are chosen together, so both always say the same.

Reads released profile rows only, so that no name can tell of fewer than k visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from analysis import naming, words
from analysis.words import Language

UNCLUSTERED: Final = ("Unclustered visits", "Niet-ingedeelde bezoeken")
UNCLUSTERED_SENTENCE: Final = (
    "Visits that look like no audience in particular, or like several at once.",
    "Bezoeken die op geen enkele doelgroep in het bijzonder lijken, of op meer dan één tegelijk.",
)


@dataclass(frozen=True)
class Label:
    """Name and sentence of a segment, per language."""

    name: dict[Language, str]
    sentence: dict[Language, str]


def build(profiles: pl.DataFrame, before: Mapping[str, Mapping[Language, str]] | None = None) -> dict[str, Label]:
    """
    Names and sentences of all segments of a run.

    Args:
        profiles: columns segment, dimension, value, share, index, as released.
        before: the names of the last published run, per segment id and language.

    Returns:
        A label per segment; within each language all names differ.
    """
    by_segment = {str(key[0]): naming.Profile(rows) for key, rows in profiles.group_by("segment", maintain_order=True)}
    taken: dict[Language, set[str]] = {"en": set(), "nl": set()}
    names: dict[str, dict[Language, str]] = {}
    for segment, profile in by_segment.items():
        old = (before or {}).get(segment)
        if old is not None and _is_free(old, taken) and naming.supports(profile, old):
            names[segment] = _take(old, taken)
    for segment, profile in by_segment.items():
        if segment not in names:
            names[segment] = _take(next(name for name in naming.candidates(profile) if _is_free(name, taken)), taken)
    return {
        segment: Label(names[segment], {lang: _sentence(profile, lang) for lang in taken})
        for segment, profile in by_segment.items()
    }


def _is_free(name: Mapping[Language, str], taken: Mapping[Language, set[str]]) -> bool:
    return all(name[lang] not in names for lang, names in taken.items())


def _take(name: Mapping[Language, str], taken: Mapping[Language, set[str]]) -> dict[Language, str]:
    for lang, names in taken.items():
        names.add(name[lang])
    return dict(name)


def _sentence(profile: naming.Profile, lang: Language) -> str:
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
        parts.append(f"Ze komen het meest via {come}." if dutch else f"They come most often by {come}.")
    return " ".join(parts) or ("Uiteenlopende pagina’s." if dutch else "Pages of many kinds.")


def _join(parts: list[str], lang: Language) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {'en' if lang == 'nl' else 'and'} {parts[-1]}"
