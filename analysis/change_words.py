"""A change in one plain sentence, in English and Dutch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analysis.iso_weeks import monday
from analysis.words import Language, pick

if TYPE_CHECKING:
    from analysis.changes import Change

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "appeared": (
        "“{name}” is new since {week}: {after} of the visits ({low}–{high}).",
        "“{name}” is er sinds {week}: {after} van de bezoeken ({low}–{high}).",
    ),
    "grew": (
        "“{name}” grew in {week}, from {before} to {after} of the visits ({low}–{high}).",
        "“{name}” groeide in {week}, van {before} naar {after} van de bezoeken ({low}–{high}).",
    ),
    "shrank": (
        "“{name}” shrank in {week}, from {before} to {after} of the visits ({low}–{high}).",
        "“{name}” kromp in {week}, van {before} naar {after} van de bezoeken ({low}–{high}).",
    ),
    "vanished": (
        "“{name}” is hardly seen any more since {week}; it was {before} of the visits.",
        "“{name}” komt sinds {week} vrijwel niet meer voor; het was {before} van de bezoeken.",
    ),
    "split": (
        "“{name}” is told apart from “{other}” since {week}: {after} of the visits ({low}–{high}).",
        "“{name}” staat sinds {week} apart van “{other}”: {after} van de bezoeken ({low}–{high}).",
    ),
    "merged": (
        "“{name}” is no longer told apart from “{other}” since {week}; it was {before} of the visits.",
        "“{name}” is sinds {week} niet meer te onderscheiden van “{other}”; het was {before} van de bezoeken.",
    ),
    "applies_rose": (
        "More of “{name}” start to apply since {week}: {after} of the visits ({low}–{high}), it was {before}.",
        "Van “{name}” beginnen er sinds {week} meer met solliciteren: {after} van de bezoeken ({low}–{high}), dat was {before}.",
    ),
    "applies_fell": (
        "Fewer of “{name}” start to apply since {week}: {after} of the visits ({low}–{high}), it was {before}.",
        "Van “{name}” beginnen er sinds {week} minder met solliciteren: {after} van de bezoeken ({low}–{high}), dat was {before}.",
    ),
}


def sentence(change: Change, name: str, other: str, lang: Language) -> str:
    """
    The change with its figures, for a person.

    Args:
        name: what its audience is called.
        other: what the audience is called that it split off from, or that took it in.
    """
    share, low, high = change.after
    return pick(SENTENCES[change.kind], lang).format(
        name=name,
        other=other,
        before=percent(change.before, lang),
        after=percent(share, lang),
        low=percent(low, lang),
        high=percent(high, lang),
        week=week_words(change.week, lang),
    )


def percent(share: float, lang: Language) -> str:
    """A share (0 to 1) as people of that language write it: 4.5%, 4,5%."""
    text = f"{share:.1%}"
    return text.replace(".", ",") if lang == "nl" else text


def week_words(week: str, lang: Language) -> str:
    """An ISO week in words: "week 47 (from 16 November 2026)"."""
    day = monday(week)
    month = pick(MONTHS[day.month - 1], lang)
    number = int(week[-2:])
    return f"week {number} ({'vanaf' if lang == 'nl' else 'from'} {day.day} {month} {day.year})"


MONTHS: Final = (
    ("January", "januari"), ("February", "februari"), ("March", "maart"), ("April", "april"), ("May", "mei"), ("June", "juni"),
    ("July", "juli"), ("August", "augustus"), ("September", "september"), ("October", "oktober"), ("November", "november"),
    ("December", "december"),
)  # fmt: skip
