"""What the Jobs page says about jobs, in the language of the page: the analysis keeps codes and numbers, and its chapters in English."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from flask_babel import get_locale

from analysis.history import By, Row
from dashboard.formatting import number
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.scheduled import problems


def title(job: str) -> str:
    """What a job is called."""
    return {
        "fold": _("Counting visits"),
        "analyse": _("Analysis"),
        "first-analysis": _("First analysis"),
        "tidy": _("Deleting"),
        "tour": _("Simulated site"),
        "reports": _("Sending reports"),
        "bounces": _("Letters that came back"),
    }.get(job, job)


def does(job: str) -> str:
    """What a job does, in a sentence."""
    return {
        "fold": _("Counts the visits that are closed and forgets their events."),
        "analyse": _("Finds the audiences of every site in the last weeks, and closes weeks that are over."),
        "first-analysis": _("Looks whether a new site has enough visits for its first analysis."),
        "tidy": _("Deletes what removed sites have left, and counts that are older than a site keeps."),
        "reports": _("Sends the reports and alerts that are due."),
    }.get(job, "")


def asked_by(by: By) -> str:
    """Who started it."""
    return {"clock": _("by itself"), "page": _("asked for here"), "hand": _("on the command line")}[by]


def _chapters() -> dict[str, str]:
    return {
        "": "",
        "Simulating visits": _("Simulating visits"),
        "Reading the journal": _("Reading what came in"),
        "Folding the journal": _("Counting what came in"),
        "Reading the counts": _("Reading the counts"),
        "Finding audiences": _("Finding audiences"),
        "Reading the patterns": _("Reading the patterns"),
        "Drawing the map": _("Drawing the map"),
        "Looking for dense spots": _("Looking for dense spots"),
        "Merging them to audiences": _("Merging them to audiences"),
        "Settling the audiences": _("Settling the audiences"),
        "Judging": _("Judging"),
        "Closing weeks": _("Closing weeks"),
        "Describing audiences": _("Describing audiences"),
        "Naming audiences": _("Naming audiences"),
        "Looking for changes": _("Looking for changes"),
        "Publishing": _("Publishing"),
        "Done": _("Done"),
    }


def chapter(text: str) -> str:
    """What a job does now; as it is when the page has no words for it."""
    return _chapters().get(text, text)


def is_foreign(text: str) -> bool:
    """Is this chapter shown in English, whatever the language of the page?"""
    return text not in _chapters()


def ending(row: Row) -> str:
    """How a run ended."""
    numbers = row.numbers
    if row.ending == "waits":
        visits = numbers.get("visits")
        needed = number(float(numbers.get("needed", 0)))
        if visits:
            return _("Waits for visits: %(visits)s of %(needed)s", visits=number(float(visits)), needed=needed)
        return _("Waits for visits: too few yet of %(needed)s", needed=needed)
    if row.ending != "done":
        return {
            "failed": _("Failed"),
            "hung": _("Ended, because it took too long"),
            "interrupted": _("Was interrupted"),
            "stopped": _("Stopped with the server; it is done again") if row.message else _("Stopped"),
        }[row.ending]
    if "audiences" in numbers:
        found = int(numbers["audiences"])
        if "held" in numbers:
            return _("Not published: too weak to take the place of the one before")
        return ngettext("%(num)s audience", "%(num)s audiences", found)
    if "sent" in numbers:
        return ngettext("%(num)s report or alert sent", "%(num)s reports or alerts sent", int(numbers["sent"]))
    if "back" in numbers:
        return ngettext(
            "%(num)s letter could not be delivered", "%(num)s letters could not be delivered", int(numbers["back"])
        )
    if numbers.get("visits"):
        return _("%(visits)s visits counted", visits=number(float(numbers["visits"])))
    if "k" in numbers:
        return _("Fewer than %(k)s visits counted", k=numbers["k"])
    return _("Done")


def why(row: Row) -> str:
    """Why reports could not be sent, in the language of the page; "" for anything else."""
    told = str(row.numbers.get("why", ""))
    return "" if row.well else " ".join(problems.words(one) for one in told.split(";") if one)


def standing(row: Row) -> str:
    """``well``, ``problem``, or ``open`` for what is neither: it waits, or was stopped on purpose."""
    if not row.well:
        return "problem"
    return "well" if row.ending == "done" else "open"


def moment(when: str | datetime, zone: str) -> str:
    """A moment in a time zone, such as Sun 22 Nov, 03:30."""
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    return str(format_datetime(at.astimezone(ZoneInfo(zone)), "EEE d MMM, HH:mm", locale=get_locale()))


def took(seconds: float) -> str:
    """A length of time, such as 12 sec or 3 min."""
    whole = timedelta(seconds=max(1, round(seconds)))
    return str(format_timedelta(whole, granularity="second", threshold=1.5, format="short", locale=get_locale()))
