"""
The made-up employer of the demo, *Werken bij Waterland*: a regional water authority with its pages, vacancies and way of applying.

Nobody of that name exists; the host is under ``.example``, which never resolves (RFC 2606).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, Generic, TypeVar

KEY: Final = "demo"
HOST: Final = "werkenbijwaterland.example"
APPLICATION_SYSTEM: Final = "https://waterland.recruitee.com/o/{slug}/c/new"

T = TypeVar("T")
Paths = dict[str, dict[str, float]]  # touchpoint → path → how often it is taken


class Odds(Generic[T]):
    """Things to draw from, each with its weight; a weight is relative to the others."""

    __slots__ = ("_sums", "things")

    def __init__(self, weights: Mapping[T, float] | Iterable[tuple[T, float]]) -> None:
        listed = list(weights.items()) if isinstance(weights, Mapping) else list(weights)
        self.things = [thing for thing, _ in listed]
        self._sums = list(accumulate(weight for _, weight in listed))

    def draw(self, dice: Random) -> T:
        return self.things[bisect(self._sums, dice.random() * self._sums[-1])]


# Vacancies and their application pages are not here: they are made per vacancy.
_DUTCH: Final[Paths] = {
    "home": {"/": 1},
    "vacancy_list": {"/vacatures": 5, "/vacatures?pagina=2": 1},
    "story": {
        "/verhalen": 3,
        "/verhalen/een-nacht-op-het-gemaal": 2,
        "/verhalen/van-timmerman-naar-procesoperator": 2,
        "/verhalen/mijn-eerste-jaar-als-trainee": 1.5,
        "/verhalen/data-onder-water": 1,
        "/verhalen/dijkbewaking-bij-storm": 2,
    },
    "culture": {"/over-ons": 3, "/cultuur": 2, "/waarom-waterland": 1},
    "benefits": {"/arbeidsvoorwaarden": 4, "/arbeidsvoorwaarden/salaris": 2, "/arbeidsvoorwaarden/verlof": 1},
    "diversity": {"/diversiteit": 1},
    "growth": {"/ontwikkeling": 2, "/ontwikkeling/omscholing": 1},
    "team": {
        "/vakgebieden": 2,
        "/vakgebieden/techniek": 2,
        "/vakgebieden/ict-en-data": 2,
        "/vakgebieden/waterbouw": 1,
        "/vakgebieden/laboratorium": 1,
    },
    "location": {"/locaties": 2, "/locaties/purmerend": 2, "/locaties/edam": 1, "/locaties/alkmaar": 1},
    "early_careers": {"/stages": 3, "/traineeship": 2, "/afstuderen": 1.5, "/bbl": 1},
    "event": {"/evenementen": 1, "/evenementen/open-dag": 4, "/meeloopdag": 1},
    "news": {
        "/nieuws": 2,
        "/nieuws/nieuw-gemaal-geopend": 1,
        "/nieuws/jaarverslag": 1,
        "/nieuws/beste-werkgever": 1,
    },
    "job_alert": {"/job-alert": 1},
    "process": {"/sollicitatieprocedure": 2, "/veelgestelde-vragen": 3},
    "recruiter": {"/contact": 1},
    "open_application": {"/open-sollicitatie": 1},
}
_ENGLISH: Final[Paths] = {
    "home": {"/en": 1},
    "vacancy_list": {"/en/vacancies": 1},
    "story": {"/en/stories": 1, "/en/stories/engineering-below-sea-level": 1},
    "culture": {"/en/culture": 1},
    "benefits": {"/en/benefits": 1},
    "relocation": {"/en/relocation": 2, "/en/visa": 1},
    "location": {"/en/locations": 1},
    "process": {"/en/faq": 1},
}
DUTCH: Final = {touchpoint: Odds(paths) for touchpoint, paths in _DUTCH.items()}
ENGLISH: Final = {touchpoint: Odds(paths) for touchpoint, paths in _ENGLISH.items()}

# Job family → titles, and how much such vacancies are read.
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "Techniek en onderhoud": (
        "monteur-gemalen",
        "elektrotechnisch-monteur",
        "procesoperator-zuivering",
        "werkvoorbereider-onderhoud",
        "storingsmonteur",
        "teamleider-onderhoud",
        "allround-onderhoudsmonteur",
    ),
    "Waterbouw en projecten": (
        "projectleider-waterveiligheid",
        "civieltechnisch-adviseur",
        "omgevingsmanager",
        "hydroloog",
        "contractmanager",
    ),
    "ICT en data": (
        "data-engineer",
        "gis-specialist",
        "informatiebeveiliger",
        "functioneel-beheerder",
        "scada-engineer",
    ),
    "Beleid en advies": (
        "beleidsadviseur-klimaat",
        "adviseur-waterkwaliteit",
        "jurist-omgevingswet",
        "ecoloog",
    ),
    "Laboratorium": ("analist-waterkwaliteit", "laborant-microbiologie"),
    "Bedrijfsvoering": (
        "financieel-adviseur",
        "hr-adviseur",
        "communicatieadviseur",
        "inkoper",
        "managementassistent",
    ),
    "Klantcontact": ("medewerker-klantcontact", "medewerker-waterschapsbelasting"),
    "Stage en traineeship": (
        "stage-waterkwaliteit",
        "afstudeerstage-data",
        "stage-communicatie",
        "traineeship-water",
        "bbl-monteur",
        "stage-ecologie",
        "meewerkstage-hr",
    ),
}
_PLACES: Final = Odds({"Purmerend": 4, "Edam": 2, "Alkmaar": 2, "Amsterdam": 1})
_REMOTE: Final = frozenset({"ICT en data", "Beleid en advies", "Bedrijfsvoering"})


@dataclass(frozen=True, slots=True)
class Vacancy:
    """
    One vacancy while it is open.

    Attributes:
        slug: last part of its path.
        family: job family.
        employment_type: of schema.org JobPosting.
        remote: may the work be done from home?
        location: city.
        opens: first day, counted from the first day of the simulation; may lie before it.
        closes: last day.
        own_form: the application form is on the site itself, as for internships; otherwise applying leads to the application system.
    """

    slug: str
    family: str
    employment_type: str
    remote: bool
    location: str
    opens: int
    closes: int
    own_form: bool


class Vacancies:
    """Which vacancies are open on a day, and which of them somebody looks at."""

    def __init__(self, days: int, dice: Random) -> None:
        self._open: dict[str, list[Odds[Vacancy]]] = {}
        for family, titles in FAMILIES.items():
            made = [vacancy for title in titles for vacancy in _history(title, family, days, dice)]
            # A few vacancies are read much, most are read little.
            popularity = {vacancy: 1 / (1 + dice.random() * len(titles)) for vacancy in made}
            per_day = []
            for day in range(days):
                now = [(vacancy, popularity[vacancy]) for vacancy in made if vacancy.opens <= day <= vacancy.closes]
                per_day.append(Odds(now or [(vacancy, 1.0) for vacancy in made]))
            self._open[family] = per_day

    def draw(self, family: str, day: int, dice: Random) -> Vacancy:
        """One that is open on *day*; an old one, still in the search engines, when the family has none."""
        return self._open[family][day].draw(dice)


def _history(title: str, family: str, days: int, dice: Random) -> list[Vacancy]:
    """The same vacancy, posted, closed and some weeks later posted again."""
    early = family == "Stage en traineeship"
    kind = "INTERN" if early and "stage" in title else "FULL_TIME" if dice.random() < 0.6 else "PART_TIME"
    place, own_form = _PLACES.draw(dice), early
    made = []
    day = dice.randint(-40, 5)
    while day < days:
        closes = day + dice.randint(21, 60)
        made.append(Vacancy(title, family, kind, family in _REMOTE, place, day, closes, own_form))
        day = closes + dice.randint(3, 30)
    return made


def age(days: int) -> str:
    """A number of days as the snippet sends it, in four bins."""
    return "0-7" if days <= 7 else "8-30" if days <= 30 else "31-90" if days <= 90 else "90+"
