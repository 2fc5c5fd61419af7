"""
Who comes to the made-up site, and what for: the truth that the analysis is not told.

Audiences overlap as real ones do: most arrive on a vacancy, half of the visits of each are over after one page, and every one of them
now and then behaves like the others. They differ in what they read next, how long, in which order, and apart from that in channels, hours,
devices and languages, which the analysis never clusters on. Shares and shapes are made up, after the facts of the trade: most visits land
on a job page, few on the home page, one in twenty sees content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

Curve = Callable[[float], float]  # position in the simulated time, 0 to 1 → how busy, 1 is usual
Weights = Mapping[str, float]


def steady(_: float) -> float:
    return 1.0


def change(start: float, end: float) -> Curve:
    """Grow or fade in a straight line."""
    return lambda position: start + (end - start) * position


def burst(begin: float, peak: float, rest: float) -> Curve:
    """Nothing before *begin*, then at once a peak that sinks to *rest*."""
    return lambda position: 0.0 if position < begin else max(rest, peak - (peak - rest) * (position - begin) / 0.25)


USUAL_FAMILIES: Final = {
    "Techniek en onderhoud": 30, "Waterbouw en projecten": 14, "ICT en data": 14, "Beleid en advies": 12, "Laboratorium": 5,
    "Bedrijfsvoering": 14, "Klantcontact": 6, "Stage en traineeship": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Audience:
    """
    How visits of one kind go.

    Attributes:
        name: for tests; written nowhere.
        a_day: visits on a usual day.
        entry: touchpoints that they land on.
        interest: touchpoints that they go to next, whatever they saw.
        after: the same from one touchpoint, in place of *interest*.
        single: fraction of visits of one page.
        pages: mean number of pages of the others.
        engaged_s: median seconds on a page.
        depth_pct: usual depth of scrolling, in percent.
        channels: ways to the site, keys of :data:`dashboard.demo.arrivals.ARRIVALS`.
        families: job families of the vacancies they read.
        actions: on a touchpoint, (what, chance); what is a kind of event.
        searches: search words, (words, number of results, weight).
        hours: shape of their day, a key of :data:`HOURS`.
        weekend: how busy a day of the weekend is against a weekday.
        mobile: fraction on a telephone.
        languages: of the browser.
        english: reads the English pages.
        curve: how busy over the simulated time.
    """

    name: str
    a_day: float
    entry: Weights
    interest: Weights
    after: Mapping[str, Weights] = field(default_factory=lambda: MappingProxyType({}))
    single: float = 0.45
    pages: float = 4.0
    engaged_s: float = 25.0
    depth_pct: float = 55.0
    channels: Weights = field(default_factory=lambda: MappingProxyType({"google": 1.0}))
    families: Weights = field(default_factory=lambda: MappingProxyType(USUAL_FAMILIES))
    actions: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=lambda: MappingProxyType({}))
    searches: tuple[tuple[str, int, float], ...] = (("monteur", 6, 2), ("adviseur", 9, 2), ("administratief", 3, 1))
    hours: str = "day"
    weekend: float = 0.6
    mobile: float = 0.5
    languages: Weights = field(default_factory=lambda: MappingProxyType({"nl": 0.93, "en": 0.05, "de": 0.02}))
    english: bool = False
    curve: Curve = steady


# Busy-ness per hour of the day, 0 to 23 h.
HOURS: Final[dict[str, tuple[float, ...]]] = {
    "day": (1, 0, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 9, 8, 8, 8, 8, 7, 6, 7, 8, 8, 6, 3),
    "office": (0, 0, 0, 0, 0, 0, 1, 3, 9, 12, 12, 11, 9, 10, 11, 10, 8, 4, 2, 2, 2, 2, 1, 0),
    "evening": (2, 1, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 4, 3, 3, 3, 4, 5, 8, 12, 14, 14, 11, 6),
    "shift": (1, 1, 0, 0, 2, 5, 8, 7, 4, 3, 4, 4, 6, 4, 5, 8, 9, 8, 6, 6, 6, 5, 3, 2),
    "morning": (0, 0, 0, 0, 0, 1, 5, 12, 14, 10, 6, 4, 5, 4, 3, 3, 3, 3, 3, 3, 4, 4, 2, 1),
    "student": (3, 1, 0, 0, 0, 0, 0, 1, 3, 6, 9, 10, 10, 10, 10, 10, 9, 7, 6, 8, 9, 9, 8, 5),
}

# Where anybody may go next: what the site's menu and its links suggest.
ANYWHERE: Final = {
    "vacancy": 30, "vacancy_list": 22, "home": 10, "culture": 6, "benefits": 6, "story": 5, "team": 6, "process": 4, "early_careers": 3,
    "location": 3, "news": 3, "event": 1, "growth": 2, "recruiter": 3, "job_alert": 2, "diversity": 1, "open_application": 1,
}  # fmt: skip

AUDIENCES: Final = (
    Audience(
        "technicians",  # a job board, a vacancy, apply
        62,
        entry={"vacancy": 88, "vacancy_list": 9, "team": 3},
        interest={"vacancy": 46, "apply": 26, "benefits": 12, "vacancy_list": 8, "process": 3, "recruiter": 5},
        after={"apply": {"vacancy": 4, "benefits": 1, "process": 1}},
        single=0.44,
        pages=3.4,
        engaged_s=38,
        depth_pct=72,
        channels={"indeed": 42, "nvb": 16, "technicus": 10, "google_jobs": 12, "google": 10, "facebook_ads": 6, "direct": 4},
        families={"Techniek en onderhoud": 88, "Waterbouw en projecten": 9, "Laboratorium": 3},
        actions={"vacancy": (("apply", 0.3), ("contact", 0.04)), "recruiter": (("contact", 0.4),)},
        hours="shift",
        mobile=0.74,
    ),
    Audience(
        "returners",  # looks now and then whether there is something new
        54,
        entry={"vacancy_list": 74, "home": 20, "vacancy": 6},
        interest={"vacancy": 56, "vacancy_list": 34, "job_alert": 7, "home": 3},
        after={"home": {"vacancy_list": 1}, "vacancy": {"vacancy_list": 6, "vacancy": 3, "job_alert": 0.5}, "job_alert": {"vacancy_list": 1}},
        single=0.34,
        pages=5.2,
        engaged_s=13,
        depth_pct=48,
        channels={"direct": 58, "jobmail": 24, "google": 16, "bing": 2},
        actions={"vacancy_list": (("filter", 0.34), ("search", 0.12)), "job_alert": (("job_alert", 0.5),), "vacancy": (("save", 0.05),)},
        hours="morning",
        mobile=0.55,
    ),
    Audience(
        "students",  # an internship or final project; more of them as the autumn goes on
        44,
        entry={"early_careers": 66, "vacancy": 16, "home": 8, "vacancy_list": 10},
        interest={"early_careers": 46, "vacancy": 22, "story": 9, "team": 9, "recruiter": 7, "location": 4, "process": 3},
        after={"vacancy": {"early_careers": 5, "apply": 2, "recruiter": 1, "story": 1}, "apply": {"early_careers": 1, "process": 1}},
        single=0.4,
        pages=3.8,
        engaged_s=22,
        depth_pct=60,
        channels={"google": 44, "school": 22, "stagemarkt": 16, "instagram": 8, "direct": 10},
        families={"Stage en traineeship": 94, "Laboratorium": 6},
        actions={"early_careers": (("search", 0.06),), "vacancy": (("apply", 0.1),), "recruiter": (("contact", 0.35),)},
        searches=(("stage", 4, 5), ("stage communicatie", 1, 2), ("stage rechten", 0, 3), ("afstuderen hbo-ict", 1, 2), ("bijbaan", 0, 4)),
        hours="student",
        weekend=0.45,
        mobile=0.46,
        curve=change(0.45, 1.7),
    ),
    Audience(
        "culture",  # latent interest: reads what it is like, does not look at vacancies
        46,
        entry={"story": 76, "culture": 12, "news": 8, "home": 4},
        interest={"story": 50, "culture": 26, "team": 8, "diversity": 6, "home": 5, "vacancy_list": 5},
        single=0.5,
        pages=3.6,
        engaged_s=58,
        depth_pct=76,
        channels={"linkedin": 34, "instagram_campaign": 30, "facebook": 14, "linkedin_ads": 16, "direct": 6},
        actions={"story": (("video", 0.3), ("share", 0.05))},
        hours="evening",
        weekend=0.95,
        mobile=0.82,
    ),
    Audience(
        "switchers",  # another trade: what does it pay, what do I have to learn, how does it go
        34,
        entry={"benefits": 34, "growth": 26, "process": 12, "vacancy": 20, "home": 8},
        interest={"benefits": 34, "growth": 30, "process": 18, "story": 8, "vacancy": 6, "early_careers": 4},
        after={"growth": {"benefits": 4, "process": 3, "story": 2, "growth": 1}},
        single=0.36,
        pages=4.6,
        engaged_s=52,
        depth_pct=70,
        channels={"google": 66, "google_ads": 16, "overheid": 10, "direct": 8},
        families={"Techniek en onderhoud": 55, "Klantcontact": 25, "Laboratorium": 10, "Bedrijfsvoering": 10},
        actions={"benefits": (("download", 0.22),), "process": (("search", 0.06),), "growth": (("video", 0.08),)},
        searches=(("zij-instroom", 0, 5), ("omscholing", 0, 4), ("zonder diploma", 0, 3), ("salaris", 0, 2)),
        hours="evening",
        weekend=0.9,
        mobile=0.58,
    ),
    Audience(
        "specialists",  # ICT and data: searches the site, compares teams, sets terms
        36,
        entry={"team": 32, "vacancy_list": 26, "vacancy": 32, "home": 10},
        interest={"vacancy": 38, "team": 26, "vacancy_list": 22, "benefits": 9, "apply": 5},
        after={"vacancy_list": {"vacancy": 7, "team": 2}, "team": {"vacancy": 4, "team": 2, "vacancy_list": 2}},
        single=0.32,
        pages=5.0,
        engaged_s=30,
        depth_pct=58,
        channels={"linkedin_jobs": 34, "google": 32, "linkedin_ads": 8, "direct": 18, "bing": 4, "chatgpt": 4},
        families={"ICT en data": 86, "Waterbouw en projecten": 14},
        actions={"vacancy_list": (("search", 0.46), ("filter", 0.4)), "vacancy": (("save", 0.08), ("apply", 0.07)), "team": (("search", 0.1),)},
        searches=(("data", 3, 4), ("python", 0, 4), ("thuiswerken", 0, 3), ("security", 1, 2), ("gis", 1, 2), ("devops", 0, 3)),
        hours="office",
        weekend=0.4,
        mobile=0.24,
        languages={"nl": 0.7, "en": 0.27, "de": 0.03},
    ),
    Audience(
        "internationals",  # from abroad, in English: may I, how do I move, is there something in English
        24,
        entry={"home": 36, "vacancy": 22, "relocation": 26, "vacancy_list": 16},
        interest={"relocation": 34, "vacancy_list": 22, "vacancy": 20, "benefits": 12, "process": 7, "culture": 3, "location": 2},
        single=0.36,
        pages=4.4,
        engaged_s=40,
        depth_pct=64,
        channels={"google": 40, "linkedin_jobs": 24, "expat": 20, "chatgpt": 8, "direct": 8},
        families={"ICT en data": 48, "Waterbouw en projecten": 42, "Laboratorium": 10},
        actions={"vacancy_list": (("search", 0.36),), "vacancy": (("apply", 0.08),)},
        searches=(("english", 0, 5), ("visa sponsorship", 0, 3), ("engineer", 3, 3), ("hydrology", 0, 2), ("data", 2, 2)),
        hours="day",
        weekend=0.8,
        mobile=0.38,
        languages={"en": 0.68, "de": 0.1, "pl": 0.06, "es": 0.06, "tr": 0.05, "uk": 0.05},
        english=True,
    ),
    Audience(
        "open_day",  # appears with a campaign
        50,
        entry={"event": 88, "home": 5, "location": 7},
        interest={"event": 44, "location": 30, "team": 10, "vacancy_list": 6, "story": 6, "recruiter": 4},
        single=0.38,
        pages=3.2,
        engaged_s=27,
        depth_pct=62,
        channels={"open_day_ads": 46, "open_day_mail": 16, "open_day_poster": 14, "regional_news": 12, "google": 12},
        families={"Techniek en onderhoud": 60, "Stage en traineeship": 25, "Laboratorium": 15},
        actions={"event": (("event_signup", 0.26), ("share", 0.05)), "location": (("outbound", 0.16),)},
        hours="day",
        weekend=1.2,
        mobile=0.72,
        curve=burst(0.41, 1.9, 0.25),
    ),
    Audience(
        "asked_an_assistant",  # an AI assistant sent them to the one page that answers
        26,
        entry={"process": 62, "benefits": 16, "vacancy": 12, "open_application": 10},
        interest={"process": 44, "vacancy": 14, "recruiter": 18, "open_application": 14, "benefits": 10},
        single=0.46,
        pages=2.8,
        engaged_s=46,
        depth_pct=84,
        channels={"chatgpt": 58, "copilot": 16, "perplexity": 14, "gemini": 12},
        actions={"recruiter": (("contact", 0.45),), "process": (("download", 0.08),)},
        hours="day",
        weekend=0.7,
        mobile=0.34,
        curve=change(0.35, 1.65),
    ),
    Audience(
        "colleagues",  # work there or did: news, the next post inside
        22,
        entry={"news": 62, "home": 22, "vacancy_list": 16},
        interest={"news": 52, "home": 14, "vacancy_list": 14, "culture": 10, "vacancy": 10},
        single=0.42,
        pages=3.4,
        engaged_s=20,
        depth_pct=44,
        channels={"intranet": 56, "newsletter": 26, "direct": 18},
        actions={"news": (("share", 0.1),)},
        hours="office",
        weekend=0.15,
        mobile=0.14,
    ),
    Audience(
        "trainees",  # the traineeship's campaign ends when the autumn begins
        28,
        entry={"early_careers": 62, "story": 16, "vacancy": 16, "home": 6},
        interest={"early_careers": 26, "apply": 24, "story": 18, "vacancy": 16, "growth": 12, "process": 4},
        after={"vacancy": {"apply": 5, "growth": 2, "story": 2}, "apply": {"process": 1, "growth": 1}},
        single=0.3,
        pages=4.8,
        engaged_s=55,
        depth_pct=80,
        channels={"trainee_ads": 44, "linkedin": 18, "google": 20, "school": 10, "direct": 8},
        families={"Stage en traineeship": 100},
        actions={"vacancy": (("apply", 0.2),), "growth": (("video", 0.2),), "early_careers": (("download", 0.14),)},
        hours="student",
        weekend=0.8,
        mobile=0.5,
        curve=change(1.9, 0.12),
    ),
)  # fmt: skip

# Visits of no audience.
PASSERS_BY: Final = Audience(
    "passers-by",  # one vacancy, and gone
    135,
    entry={"vacancy": 90, "vacancy_list": 5, "home": 5},
    interest=ANYWHERE,
    single=0.96,
    pages=2.2,
    engaged_s=11,
    depth_pct=32,
    channels={"indeed": 36, "google_jobs": 18, "google": 28, "linkedin_jobs": 8, "nvb": 6, "direct": 4},
    mobile=0.66,
)
WANDERERS: Final = Audience(
    "wanderers",  # a bit of everything
    34,
    entry=ANYWHERE,
    interest=ANYWHERE,
    single=0.4,
    pages=3.4,
    channels={"google": 44, "direct": 34, "linkedin": 8, "facebook": 6, "bing": 4, "intranet": 4},
    actions={
        "vacancy_list": (("search", 0.1), ("filter", 0.1)),
        "vacancy": (("apply", 0.04),),
        "story": (("video", 0.1),),
    },
)
SCRAPERS: Final = Audience(
    "scrapers",  # look like a browser and read all vacancies in a row, without ever scrolling
    3,
    entry={"vacancy_list": 1},
    interest={"vacancy": 1},
    single=0.0,
    pages=24,
    engaged_s=0,
    depth_pct=0,
    channels={"direct": 1},
    hours="day",
    weekend=1.0,
    mobile=0.0,
)
EVERYBODY: Final = (*AUDIENCES, PASSERS_BY, WANDERERS, SCRAPERS)
