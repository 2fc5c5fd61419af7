"""
What the API has: a list of the tables and what they can be filtered by. Routes, answers and the OpenAPI document are made from it.

The tables are those that can be exported, so every number of visits has passed the rule of *k* (:mod:`analysis.runs`); beside them in the
table ``supply`` stand the employer's own figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from analysis.runs import TABLES
from dashboard.exports import names
from dashboard.supply.table import SUPPLY

PREFIX: Final = "/api/v1"
LIMIT_MAX: Final = 1000  # rows of an answer
LIMIT: Final = 100  # rows of an answer where nothing is asked for
FILTER_MAX_CHARS: Final = 400

# Columns that an address may choose by, in the tables that have them: several values of one column are any of them.
FILTERS: Final = {
    "segment": "Id of an audience; empty: the whole site, in the tables that have it",
    "dimension": "Such as channel, device or touchpoint",
    "kind": "Kind of the thing that the row is about",
    "measure": "Such as visits or apply_starts",
    "goal": "What is nearer to applying: vacancy, contact or apply",
    "value": "Exactly this value",
    "family": "Exactly this job family",
}
ABOUT: Final = {
    "segments": "The audiences, largest first, and last the visits of none",
    "profiles": "What each audience does, comes for and comes from, beside the site's average",
    "trends": "Each audience week by week",
    "figures": "The whole site week by week",
    "changes": "What changed in the audiences, newest first",
    "shapes": "Each audience opened further",
    "journeys": "Steps from one touchpoint to the next",
    "nearer": "What goes with getting nearer to applying",
    "touchpoints": "What is seen and done, with how often an application starts",
    "interest": "Vacancies, job families, touchpoints and searches week by week",
    "demand": "What visits look for, and whether the site has it",
    "supply": "Open vacancies and hires that were brought in, beside what visits want; hires in steps of five where the token may not annotate",
}


def is_api(path: str) -> bool:
    """Is this an address of the API, or meant to be one?"""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


@dataclass(frozen=True, slots=True)
class Resource:
    """
    A table as the API has it.

    Attributes:
        name: of :data:`dashboard.exports.names.EXPORTED`, and the last part of its address.
        columns: with their types.
    """

    name: str
    about: str
    columns: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Its name as the name of a shape."""
        return self.name.capitalize()

    @property
    def filters(self) -> tuple[str, ...]:
        """The columns that it can be filtered by."""
        return tuple(column for column in FILTERS if column in self.columns)

    @property
    def weekly(self) -> bool:
        """Has it a row per week, so that ``from`` and ``to`` choose?"""
        return "week" in self.columns

    @property
    def parameters(self) -> tuple[str, ...]:
        """What chooses rows of it."""
        return (*self.filters, *(("from", "to") if self.weekly else ()))


RESOURCES: Final = {
    name: Resource(name, ABOUT[name], SUPPLY if name == names.SUPPLY else TABLES[name]) for name in names.EXPORTED
}
