"""
What a segment may be called: its *themes* and its *manner*, read from its profile.

The themes are the touchpoints and actions that are both common in it and more common than elsewhere (share times the root of the index
above average), the manner is one look and away, on to applying, or long reads. :func:`candidates` are the names from short to long
that fit best; :func:`supports` says whether a name that is there already still fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

import polars as pl

from analysis import words
from analysis.profiles import NONE
from analysis.runs import OTHER
from analysis.words import Language

# A heuristic: a theme is in at least a fifth of the visits, and a tenth above the site's average.
THEME_MIN_SHARE: Final = 0.2
THEME_MIN_INDEX: Final = 110.0
SECOND_MIN_SHARE: Final = 0.35  # of a second theme, telling or not
MOST_THEMES: Final = 6
MOST_ALIKE: Final = 9  # segments that only a number tells apart
WIDER: Final = 0.75  # of each limit: what a name that is there already has to reach still
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
# Actions that say the same in a name as the page that they are done on.
DONE_ON: Final = {"act:contact": "recruiter", "act:job_alert": "job_alert", "act:event_signup": "event"}

MANNERS: Final[dict[str, tuple[str, str]]] = {
    "applied": ("applications sent", "tot en met solliciteren"),
    "apply": ("on to applying", "op weg naar solliciteren"),
    "long": ("long reads", "lang gelezen"),
    "short": ("quick looks", "kort bekeken"),
}


@dataclass(frozen=True)
class _Row:
    value: str
    share: float
    index: float

    @property
    def weight(self) -> float:
        return self.share * math.sqrt(max(self.index - 100.0, 0.0))


class Profile:
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


def _telling(profile: Profile, scale: float) -> list[_Row]:
    """The themes that set a segment apart, most telling first; limits times *scale*."""
    rows = [row for name in ("touchpoint", "action") for row in profile.rows(name) if row.value not in TOLD]
    least = 100 + scale * (THEME_MIN_INDEX - 100)
    chosen = (row for row in rows if row.share >= scale * THEME_MIN_SHARE and row.index >= least)
    return sorted(chosen, key=lambda row: (-row.weight, row.value))


def _themes(profile: Profile) -> list[str]:
    """What the segment is about, most telling first; never empty."""
    telling = _telling(profile, 1.0)
    special = [row.value for row in telling if row.value not in PLAIN]
    plain = [row.value for row in telling if row.value in PLAIN]
    rows = [row for name in ("touchpoint", "action") for row in profile.rows(name) if row.value not in TOLD]
    common = [row.value for row in sorted(rows, key=lambda row: (-row.share, row.value))]
    ordered = dict.fromkeys([*special, *plain, *common])
    # A page and what is done on it make one theme: the one that tells more.
    said: dict[str, str] = {}
    for theme in ordered:
        said.setdefault(DONE_ON.get(theme, theme), theme)
    return list(said.values()) or ["other"]


def _manners(profile: Profile, scale: float) -> list[str]:
    """The manners that fit, the first being the one to name; limits times *scale*."""
    fits = {
        "applied": profile.share("stage", "applied") >= scale * 0.3,
        "apply": profile.share("stage", "applied", "apply") >= scale * 0.25,
        "long": profile.share("engaged", "300") >= scale * 0.3 and profile.index("engaged", "300") >= 100 + scale * 30,
        "short": profile.share("engaged", "0") >= scale * 0.5 and profile.index("engaged", "0") >= 100 + scale * 20,
    }
    return [name for name, is_so in fits.items() if is_so]


@dataclass(frozen=True)
class Parts:
    """What a name is made of: themes, a manner, and what tells it from another of the same themes."""

    themes: tuple[str, ...]
    manner: str = ""
    channel: str = ""
    family: str = ""
    number: int = 1

    def text(self, lang: Language) -> str:
        """The name in a language."""
        name = " + ".join(
            words.pick(THEMES[theme], lang) if theme in THEMES else words.touchpoint(theme, lang)
            for theme in self.themes
        )
        if self.manner:
            name += f", {words.pick(MANNERS[self.manner], lang)}"
        if self.channel:
            name += {"en": ", by way of ", "nl": ", via "}[lang] + words.channel(self.channel, lang)
        if self.family:
            name += {"en": ", for ", "nl": ", voor "}[lang] + words.value("job_family", self.family, lang)
        if self.number > 1:
            name += f" ({self.number})"
        return name[:1].upper() + name[1:]

    def names(self) -> dict[Language, str]:
        """The name in every language."""
        return {"en": self.text("en"), "nl": self.text("nl")}


def candidates(profile: Profile) -> Iterator[dict[Language, str]]:
    """Names from short to long, until one is free."""
    themes = _themes(profile)
    manner = next(iter(_manners(profile, 1.0)), "")
    head = tuple(themes[:2]) if len(themes) > 1 and _is_common(profile, themes[1], 1.0) else (themes[0],)
    yield Parts(head, manner).names()
    for dimension in ("channel", "job_family"):
        rows = _apart(profile, dimension, 1.0)
        if rows:
            yield (
                Parts(head, manner, channel=rows[0]) if dimension == "channel" else Parts(head, manner, family=rows[0])
            ).names()
    for theme in themes[1:]:
        if theme not in head:
            yield Parts((*head, theme), manner).names()
    number = 2
    while True:
        yield Parts(head, manner, number=number).names()
        number += 1


def _apart(profile: Profile, dimension: str, scale: float) -> list[str]:
    """The values that set a segment apart in *dimension*, most telling first."""
    rows = sorted(profile.rows(dimension), key=lambda row: (-row.weight, row.value))
    return [row.value for row in rows if row.index >= 100 + scale * (THEME_MIN_INDEX - 100)]


def supports(profile: Profile, name: Mapping[Language, str]) -> bool:
    """Could *name* still be made of the profile, under the wider limits and in any order of its themes?"""
    telling = [row.value for row in _telling(profile, WIDER)][:MOST_THEMES]
    # A second theme need not tell, if it is common; and where nothing tells, what is common makes the name.
    common = [theme for theme in _themes(profile) if theme not in telling and _is_common(profile, theme, WIDER)]
    themes = [*telling, *common[:MOST_THEMES]] or _themes(profile)[:1]
    heads = [
        head
        for count in (1, 2, 3)
        for head in permutations(themes, count)
        if not telling or not _misses_the_point(profile, telling, head)
    ]
    manners = _manners(profile, WIDER)
    # Where a manner clearly fits, a name without any says too little.
    options = manners if _manners(profile, 1 / WIDER) else ["", *manners]
    channels, families = (_apart(profile, name, WIDER)[:MOST_THEMES] for name in ("channel", "job_family"))
    wanted = name["en"]
    return any(
        part.names() == name
        for head in heads
        for manner in options
        # Most heads don't begin as the name does: only those that do are worth spelling out.
        if wanted.startswith((plain := Parts(head, manner)).text("en"))
        for part in (
            *(replace(plain, number=number) for number in range(1, MOST_ALIKE + 1)),
            *(replace(plain, channel=channel) for channel in channels),
            *(replace(plain, family=family) for family in families),
        )
    )


def _misses_the_point(profile: Profile, telling: list[str], head: tuple[str, ...]) -> bool:
    """Is the best theme of *head* plain where another is not, or does the strongest theme tell more than twice as much?"""
    special = [theme for theme in telling if theme not in PLAIN]
    if special and not set(special) & set(head):
        return True
    weight = {row.value: row.weight for row in _telling(profile, WIDER)}
    return weight[(special or telling)[0]] > 2 * max(weight.get(theme, 0.0) for theme in head)


def _is_common(profile: Profile, theme: str, scale: float) -> bool:
    name = "action" if theme.startswith("act:") else "touchpoint"
    return profile.share(name, theme) >= scale * SECOND_MIN_SHARE
