"""The tables of a made-up run beside those of :mod:`tests.factories`: weekly figures, changes, touchpoints, demand, journeys, shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from analysis.runs import TABLES

Text = Callable[[str], str]
Rows = list[dict[str, Any]]
# Of the visits of a week, the part that does this.
MEASURES = {
    "visits": 1.0, "engaged": 0.61, "vacancy_views": 0.52, "apply_starts": 0.08, "handoffs": 0.05, "applications": 0.006,
    "searches": 0.11, "searches_empty": 0.02, "job_alerts": 0.01,
}  # fmt: skip
SEEN = {
    "touchpoint": {"vacancy": 0.52, "vacancy_list": 0.3, "home": 0.22, "story": 0.15, "benefits": 0.11},
    "page": {"/vacatures": 0.3, "/verhalen/water": 0.08},
    "vacancy": {"/vacatures/monteur-gemalen": 0.07, "/vacatures/procesoperator": 0.05},
    "action": {"act:search": 0.11, "act:handoff": 0.05},
}


def further(weeks: list[str], visits: int, segments: list[str], text: Text) -> dict[str, pl.DataFrame]:
    """
    A frame for each of those tables.

    Args:
        weeks: ISO weeks, oldest first.
        visits: of the window's four weeks.
        segments: ids of the audiences.
        text: applied to everything that came in through the collector or was made of it.
    """
    a_week = visits // 4
    rows: dict[str, Rows] = {
        "figures": [
            {
                "week": week, "measure": measure, "visits": int(a_week * part * (0.9 + 0.02 * number)) // 10 * 10,
                "rate": None if measure == "visits" else part, "days": 7,
            }
            for number, week in enumerate(weeks)
            for measure, part in MEASURES.items()
        ],
        "changes": [
            {
                "segment": segments[1], "label": text("Culture readers"), "label_nl": text("Lezers over cultuur"), "week": weeks[-3],
                "kind": "grew", "before": 0.12, "after": 0.17, "after_low": 0.16, "after_high": 0.18, "visits": 1800,
                "other": "", "told": "2026-11-15",
                "sentence": text("“Culture readers” grew."), "sentence_nl": text("“Lezers over cultuur” groeide."),
            },
            {
                "segment": segments[6], "label": text("Open-day visitors"), "label_nl": text("Bezoekers van de open dag"),
                "week": weeks[-2], "kind": "appeared", "before": 0.0, "after": 0.04, "after_low": 0.03, "after_high": 0.05, "visits": 400,
                "other": "", "told": "2026-11-22",
                "sentence": text("“Open-day visitors” is new."), "sentence_nl": text("“Bezoekers van de open dag” is nieuw."),
            },
        ],
        "touchpoints": [
            {
                "segment": segment, "kind": kind, "value": text(value), "visits": round(visits * share * part) // 10 * 10, "share": part,
                "index": None if not segment else 130.0, "real": None if not segment else True,
                "started": 20, "start_rate": 0.04, "start_low": 0.03, "start_high": 0.06,
            }
            for segment, share in [("", 1.0), *((segment, 0.1) for segment in segments)]
            for kind, values in SEEN.items()
            for value, part in values.items()
        ],
        "interest": [
            {"kind": kind, "value": text(value), "week": week, "visits": 100 + 10 * number, "share": 0.02}
            for kind in ("touchpoint", "vacancy")
            for value in SEEN[kind]
            for number, week in enumerate(weeks)
        ],
        "demand": [
            {
                "segment": segment, "kind": kind, "value": text(value), "visits": seen, "share": seen / visits, "unanswered": unanswered,
                "offered": offered, "pull": pull,
            }
            for segment in ("", segments[2])
            for kind, value, seen, unanswered, offered, pull in (
                ("search", "stage", 300, 0.2, None, None),
                ("search_empty", "stage marketing", 70, 1.0, None, None),
                ("search_empty", "bijbaan", 50, 0.8, None, None),
                ("job_family", "techniek", 3000, None, 12, 80.0),
                ("job_family", "ict", 900, None, 2, 210.0),
            )
        ],
        "journeys": [
            {
                "segment": segment, "start": start, "end": end, "visits": 200, "share": 0.3, "index": 140.0, "index_low": 120.0,
                "index_high": 160.0, "real": True,
            }
            for segment in segments
            for start, end in (("(start)", "home"), ("home", "vacancy_list"), ("vacancy_list", "vacancy"), ("vacancy", "(end)"))
        ],
        "shapes": [
            {
                "segment": segments[0], "shape": f"{segments[0]}.{number}", "name": text(name), "name_nl": text(name),
                "sentence": text("Seen most: vacancy."), "sentence_nl": text("Meest gezien: vacature."), "visits": seen, "share": share,
            }
            for number, name, seen, share in ((1, "quick looks", 4000, 0.7), (2, "on to applying", 1800, 0.3))
        ],
        "nearer": [
            {
                "segment": segments[0], "goal": "apply", "touchpoint": "benefits", "visits": 400, "reached": 160, "rate": 0.4,
                "rate_without": 0.2, "lift": 2.0, "low": 1.6, "high": 2.5, "q": 0.001, "real": True,
                "sentence": text("Of visits with “benefits”, 40% start to apply."),
                "sentence_nl": text("Van de bezoeken met “arbeidsvoorwaarden” begint 40% te solliciteren."),
            },
            {
                "segment": segments[0], "goal": "apply", "touchpoint": "news", "visits": 400, "reached": 40, "rate": 0.1,
                "rate_without": 0.2, "lift": 0.5, "low": 0.4, "high": 0.6, "q": 0.001, "real": True,
                "sentence": text("Of visits with “news”, 10% start to apply."),
                "sentence_nl": text("Van de bezoeken met “nieuws” begint 10% te solliciteren."),
            },
        ],
    }  # fmt: skip
    return {name: pl.DataFrame(made, schema=TABLES[name], orient="row") for name, made in rows.items()}
