"""
Makes things that tests need: above all a data folder with a published run that was made up.

The run is plausible but nobody's: eight audiences of a careers site with profiles, a map and twelve weeks of trends, all of it at
least *k*. ``text`` lets a test put one hostile string into everything that can come in through the collector.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from analysis import runs
from analysis.runs import MAP, OTHER, PROFILES, SEGMENTS, TRENDS, UNCLUSTERED, Run
from collector.folder import DataFolder
from collector.sites import Registry, Site, make_site
from tests import factory_tables

END = date(2026, 11, 22)
WEEKS = [f"2026-W{week}" for week in range(36, 48)]
K = 10

# label, label_nl, sentence, sentence_nl, share, status, growth over the weeks, dimension → value → share
AUDIENCES: list[tuple[str, str, str, str, float, str, float, dict[str, dict[str, float]]]] = [
    (
        "Job-board technicians", "Technici via vacaturebanken",
        "They land on one vacancy from a job board, on a phone, and often go on to the application system.",
        "Ze komen via een vacaturebank op één vacature, op de telefoon, en gaan vaak door naar het sollicitatiesysteem.",
        0.27, "kept", 0.0,
        {
            "touchpoint": {"vacancy": 0.99, "apply": 0.31, "vacancy_list": 0.12, "benefits": 0.07},
            "action": {"act:handoff": 0.22, "act:apply_start": 0.29}, "channel": {"job_board": 0.81, "direct": 0.11},
            "source": {"indeed": 0.51, "nationale vacaturebank": 0.21, "werkzoeken": 0.06}, "device": {"mobile": 0.78},
            "job_family": {"techniek": 0.62, "beheer en onderhoud": 0.2},
            "vacancy": {"/vacatures/monteur-gemalen": 0.2, "/vacatures/procesoperator": 0.17},
            "stage": {"vacancy": 0.68, "apply": 0.31}, "language": {"nl": 0.93, "pl": 0.03},
        },
    ),
    (
        "Culture readers", "Lezers over cultuur",
        "They read stories and culture pages from social media in the evening and hardly look at vacancies.",
        "Ze lezen 's avonds verhalen en cultuurpagina's via sociale media en kijken nauwelijks naar vacatures.",
        0.17, "grown", 0.8,
        {
            "touchpoint": {"story": 0.83, "culture": 0.61, "home": 0.3, "team": 0.22, "vacancy": 0.08},
            "channel": {"organic_social": 0.52, "paid_social": 0.2, "direct": 0.14}, "source": {"linkedin": 0.48, "instagram": 0.2},
            "campaign": {"verhalen van het water": 0.19}, "device": {"mobile": 0.69, "desktop": 0.28}, "stage": {"orienting": 0.9, "vacancy": 0.09},
            "engaged": {"60": 0.52, "300": 0.21, "15": 0.2}, "step": {"story>story": 0.41, "story>culture": 0.33}, "language": {"nl": 0.95},
        },
    ),
    (
        "Students looking for an internship", "Studenten die een stage zoeken",
        "They search for internships and read about early careers, on school days.",
        "Ze zoeken stages en lezen over de eerste baan, op schooldagen.",
        0.13, "new", 2.2,
        {
            "touchpoint": {"early_careers": 0.9, "vacancy_list": 0.44, "vacancy": 0.37, "event": 0.15},
            "action": {"act:search": 0.4, "act:search_empty": 0.13},
            "search": {"stage": 0.23, "hbo stage civiele techniek": 0.08}, "search_empty": {"stage marketing": 0.07, "bijbaan": 0.05},
            "channel": {"organic_search": 0.6, "referral": 0.2},
            "job_family": {"stage": 0.4, "techniek": 0.2}, "device": {"desktop": 0.58, "mobile": 0.41},
            "language": {"nl": 0.86, "en": 0.1}, "stage": {"orienting": 0.5, "vacancy": 0.4},
        },
    ),
    (
        "Comparers of terms of employment", "Vergelijkers van arbeidsvoorwaarden",
        "They compare benefits and the hiring process before they look at a vacancy.",
        "Ze vergelijken arbeidsvoorwaarden en de procedure voordat ze een vacature bekijken.",
        0.11, "shrunk", -0.5,
        {
            "touchpoint": {"benefits": 0.88, "process": 0.42, "vacancy": 0.51}, "channel": {"organic_search": 0.55, "direct": 0.3},
            "source": {"google": 0.54}, "device": {"desktop": 0.66, "mobile": 0.3}, "job_family": {"ict": 0.31, "juridisch": 0.12},
            "engaged": {"60": 0.6, "300": 0.28}, "stage": {"orienting": 0.45, "vacancy": 0.46}, "language": {"nl": 0.97},
        },
    ),
    (
        "Returners to the vacancy overview", "Terugkomers bij het vacature-overzicht",
        "They come directly to the overview, filter, and leave when there is nothing new.",
        "Ze komen rechtstreeks bij het overzicht, filteren, en gaan weer als er niets nieuws is.",
        0.09, "kept", 0.1,
        {
            "touchpoint": {"vacancy_list": 0.97, "vacancy": 0.33, "job_alert": 0.19}, "action": {"act:filter": 0.63, "act:job_alert": 0.18},
            "channel": {"direct": 0.71, "email": 0.2}, "device": {"desktop": 0.55, "mobile": 0.42}, "stage": {"orienting": 0.6, "vacancy": 0.3},
        },
    ),
    (
        "Internationals on relocation", "Internationals over verhuizen",
        "They read in English about relocation and visas.", "Ze lezen in het Engels over verhuizen en visa.",
        0.05, "split", 0.4,
        {
            "touchpoint": {"relocation": 0.86, "vacancy": 0.5, "culture": 0.2}, "language": {"en": 0.91, "es": 0.04},
            "channel": {"organic_search": 0.5, "ai_assistant": 0.21}, "job_family": {"ict": 0.4, "engineering": 0.33}, "device": {"desktop": 0.8},
        },
    ),
    (
        "Open-day visitors", "Bezoekers van de open dag",
        "They come from a campaign for the open day and sign up.", "Ze komen via een campagne voor de open dag en melden zich aan.",
        0.04, "new", 3.0,
        {
            "touchpoint": {"event": 0.98, "location": 0.4}, "action": {"act:event_signup": 0.52}, "campaign": {"open dag": 0.81},
            "channel": {"campaign": 0.6, "email": 0.3}, "device": {"mobile": 0.7},
        },
    ),
    (
        "Askers of how it works", "Vragers naar de procedure",
        "They arrive from an AI assistant on the questions page.", "Ze komen via een AI-assistent op de pagina met vragen.",
        0.03, "merged", 0.9,
        {"touchpoint": {"process": 0.93, "vacancy": 0.2}, "channel": {"ai_assistant": 0.77}, "device": {"desktop": 0.7}},
    ),
]  # fmt: skip


def folder(path: Path) -> DataFolder:
    """A fresh data folder."""
    return DataFolder(path / "telpunt-data").prepare()


def site(data: DataFolder, key: str = "demo", **options: Any) -> Site:
    """A registered site."""
    made = make_site(key, ["werkenbij.example.org"], **options)
    Registry.open(data).save(data, made)
    return made


def publish(
    data: DataFolder,
    of: Site,
    *,
    visits: int = 21_480,
    points: int = 900,
    seed: int = 7,
    text: Callable[[str], str] = lambda words: words,
    identity: str = "20261122T033000Z",
) -> Run:
    """
    Publish the made-up run for a site.

    Args:
        text: applied to everything that came in through the collector or was made of it: labels, sentences, values, words.
    """
    dice = random.Random(seed)
    shares = [audience[4] for audience in AUDIENCES]
    segments, trends = _segments(visits, shares, text), _trends(visits, shares, dice)
    run = Run(
        id=identity,
        site=of.key,
        start=END - timedelta(days=27),
        end=END,
        weeks=WEEKS[-4:],
        visits=visits,
        patterns=points,
        k=of.k,
        unclustered=segments[-1]["visits"],
        segments=len(AUDIENCES),
        verdict="good",
        reasons=[
            "89% of the visits lie in an audience.",
            "The audiences come back in 18 of 20 repeated analyses of resampled visits.",
        ],
        seed=seed,
        seconds=12.5,
        simulated=of.simulated,
    )
    path = data.runs / of.key / identity
    path.mkdir(parents=True)
    (path / "run.json").write_bytes(msgspec.json.encode(run))
    tables = {
        "segments": pl.DataFrame(segments, schema=SEGMENTS, orient="row"),
        "profiles": pl.DataFrame(_profiles(visits, shares, dice, text), schema=PROFILES, orient="row"),
        "map": pl.DataFrame(_map(points, shares, dice, text), schema=MAP, orient="row"),
        "trends": pl.DataFrame(trends, schema=TRENDS, orient="row"),
        **factory_tables.further(WEEKS, visits, [segment_id(place) for place in range(len(AUDIENCES))], text),
    }
    for name, table in tables.items():
        table.write_parquet(path / f"{name}.parquet")
    runs.publish(data, of.key, identity)
    return run


def segment_id(position: int) -> str:
    """The id of the audience at *position* in :data:`AUDIENCES`."""
    return f"a{position + 1:02d}"


def now() -> datetime:
    """The moment at which tests take place."""
    return datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _segments(visits: int, shares: list[float], text: Callable[[str], str]) -> list[dict[str, Any]]:
    rows = [
        {
            "segment": segment_id(position),
            "label": text(label),
            "label_nl": text(label_nl),
            "sentence": text(sentence),
            "sentence_nl": text(sentence_nl),
            "visits": round(visits * share),
            "share": share,
            "status": status,
            "first_seen": "2026-09-27" if status != "new" else END.isoformat(),
            "colour": position,
        }
        for position, (label, label_nl, sentence, sentence_nl, share, status, _growth, _profile) in enumerate(AUDIENCES)
    ]
    left = visits - sum(row["visits"] for row in rows)
    return [
        *rows,
        {
            "segment": UNCLUSTERED, "label": "unclustered visits", "label_nl": "niet ingedeelde bezoeken", "sentence": "", "sentence_nl": "",
            "visits": left, "share": left / visits, "status": "kept", "first_seen": "2026-09-27", "colour": -1,
        },
    ]  # fmt: skip


def _trends(visits: int, shares: list[float], dice: random.Random) -> list[dict[str, Any]]:
    rows = []
    for number, week in enumerate(WEEKS):
        phase = number / (len(WEEKS) - 1) - 0.5
        raw = [
            max(0.004, share * (1 + audience[6] * phase) * dice.uniform(0.92, 1.08))
            for share, audience in zip(shares, AUDIENCES, strict=True)
        ]
        of_week = visits / 4 * dice.uniform(0.9, 1.1)
        for position, share in enumerate([*raw, 1 - sum(raw)]):
            rows.append(
                {
                    "segment": segment_id(position) if position < len(AUDIENCES) else UNCLUSTERED,
                    "week": week,
                    "visits": max(K, round(of_week * share)),
                    "share": share,
                }
            )
    return rows


def _profiles(
    visits: int, shares: list[float], dice: random.Random, text: Callable[[str], str]
) -> list[dict[str, Any]]:
    site_wide: dict[tuple[str, str], float] = {}
    for share, audience in zip(shares, AUDIENCES, strict=True):
        for dimension, values in audience[7].items():
            for value, part in values.items():
                site_wide[dimension, value] = site_wide.get((dimension, value), 0.0) + share * part
    rows = []
    for position, (share, audience) in enumerate(zip(shares, AUDIENCES, strict=True)):
        size = round(visits * share)
        profile = {**audience[7], "hour_of_week": _hours(position, dice)}
        for dimension, values in profile.items():
            for value, part in values.items():
                average = site_wide.get((dimension, value), part)
                index = 100 * part / average if dimension != "hour_of_week" else dice.uniform(60, 170)
                spread = 196 * math.sqrt(max(part * (1 - part), 0.001) / size) / max(part, 0.01)
                rows.append(_row(position, audience[0], dimension, value, size, part, index, spread, text))
            rest = 1 - sum(values.values())
            if rest * size >= K:
                rows.append(_row(position, audience[0], dimension, OTHER, size, rest, 90.0, 15.0, text))
    return rows


def _row(
    position: int,
    label: str,
    dimension: str,
    value: str,
    size: int,
    part: float,
    index: float,
    spread: float,
    text: Callable[[str], str],
) -> dict[str, Any]:
    free = value != OTHER and dimension != "hour_of_week"
    return {
        "segment": segment_id(position),
        "label": text(label),
        "dimension": dimension,
        "value": text(value) if free else value,
        "visits": max(K, round(size * part)),
        "share": part,
        "index": index,
        "index_low": max(0.0, index - spread),
        "index_high": index + spread,
    }


def _hours(position: int, dice: random.Random) -> dict[str, float]:
    peak = 20 if position % 2 else 11
    weights = {}
    for day in range(1, 8):
        for hour in range(7, 24):
            weight = math.exp(-((hour - peak) ** 2) / 18) * (0.5 if day > 5 else 1.0) * dice.uniform(0.7, 1.3)
            if weight > 0.05:
                weights[f"{day}-{hour:02d}"] = weight
    total = sum(weights.values())
    return {hour: 0.96 * weight / total for hour, weight in weights.items()}


def _map(points: int, shares: list[float], dice: random.Random, text: Callable[[str], str]) -> list[dict[str, Any]]:
    rows = []
    names = [segment_id(position) for position in range(len(shares))]
    for _ in range(points):
        segment = dice.choices([*names, UNCLUSTERED], [*shares, 0.11])[0]
        if segment == UNCLUSTERED:
            x, y = dice.uniform(-7, 7), dice.uniform(-5, 5)
        else:
            position = names.index(segment)
            angle = 2 * math.pi * position / len(names)
            x, y = 5.2 * math.cos(angle) + dice.gauss(0, 0.75), 3.6 * math.sin(angle) + dice.gauss(0, 0.6)
        rows.append(
            {
                "x": x, "y": y, "segment": segment, "visits": max(K, round(dice.paretovariate(1.1) * K)),
                "words": text("vacancy 2–3 times, application form, over 5 minutes"),
                "words_nl": text("vacature 2–3 keer, sollicitatieformulier, meer dan 5 minuten"),
            }
        )  # fmt: skip
    return rows
