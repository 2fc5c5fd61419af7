"""What the forms of shared links say: as a link is made of it, and in words when it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final, cast
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from analysis.words import Language
from dashboard.exports.names import CHAPTERS, LANGUAGES
from dashboard.language import gettext as _
from dashboard.names import NAME_MAX_CHARS
from dashboard.people.errors import PASSWORD_MIN_CHARS, GuessablePassword, WeakPassword
from dashboard.sharing.shares import (
    AUDIENCE,
    DAYS,
    DOWNLOADS,
    EMBEDDED,
    HOSTS_MAX,
    PER_SITE_MAX,
    REPORT,
    VIEWS,
    Frame,
    InvalidShare,
    Paper,
)
from dashboard.views import Segment

Form = MultiDict[str, str]
Refused = InvalidShare | WeakPassword | GuessablePassword

THEMES: Final = ("light", "dark")
# Of a frame: what the chart needs, and for each audience in it. Names that need two lines on a phone scroll.
HEIGHTS_PX: Final = {"shares": (200, 50), "weeks": (440, 42), "trend": (380, 0)}


def fresh(asked: Form, lang: Language) -> Form:
    """What stands in the form before anybody fills it in; ``view``, ``segment`` and ``choices`` of *asked* do when they can be."""
    form: Form = MultiDict({"view": "overview", "days": "30", "format": "pdf", "language": lang})
    form.setlist("chapter", list(CHAPTERS))
    if asked.get("view") in VIEWS:
        form["view"] = asked["view"]
        form["segment"] = asked.get("segment", "")
        form["choices"] = asked.get("choices", "")
    return form


def days(form: Form) -> int:
    """For how many days; 0 when it says nothing that can be."""
    return int(form["days"]) if form.get("days") in [str(known) for known in DAYS] else 0


def segment(form: Form, known: Sequence[Segment]) -> str:
    """
    The audience, for what can be of one; "" for the whole site.

    Raises:
        InvalidShare: it is not there.
    """
    chosen = form.get("segment", "") if form.get("view") in (AUDIENCE, REPORT) else ""
    if chosen and chosen not in [one.id for one in known]:
        raise InvalidShare("segment", chosen, "an audience of the newest analysis")
    return chosen


def paper(form: Form) -> Paper | None:
    """The report, when it asks for one; whether it can be made is seen when the link is."""
    if form.get("view") != REPORT:
        return None
    lang = form.get("language", "")
    return Paper(
        tuple(name for name in CHAPTERS if name in form.getlist("chapter")),
        cast("Language", lang if lang in LANGUAGES else ""),
        tuple(name for name in DOWNLOADS if name in form.getlist("format")),
    )


def frame(form: Form) -> Frame:
    """Where the chart may stand in a frame; of an address that was pasted, its host."""
    pasted = form.get("hosts", "").replace(",", " ").split()
    hosts = tuple(re.sub("^https?://", "", one, flags=re.IGNORECASE).partition("/")[0] for one in pasted)
    return Frame(hosts, form.get("heading", ""))


def frame_line(address: str, form: Form, employer: str, known: Sequence[Segment]) -> str:
    """
    The line of HTML that shows a chart as the form asks for it, to be put in a page of somebody else.

    Args:
        address: of the chart.
        employer: whose it is, for the title of the frame when the form has no heading.
        known: the audiences of the newest analysis.
    """
    of_view = EMBEDDED[form["view"]]
    chart = form["chart"] if form.get("chart") in of_view else of_view[0]
    choices = {
        "chart": chart if chart != of_view[0] else "",
        "theme": form["theme"] if form.get("theme") in THEMES else "",
        "lang": form["frame_language"] if form.get("frame_language") in LANGUAGES else "",
    }
    query = urlencode({name: value for name, value in choices.items() if value})
    source = escape(f"{address}?{query}" if query else address)
    labels = {one.id: one.label for one in known}
    named = labels.get(form.get("segment", "")) if chart == "trend" else ""
    ours = f"{employer}: {named}" if named else _("Audiences of %(site)s", site=employer)
    title = escape(form.get("heading", "").strip() or ours)
    room, each = HEIGHTS_PX[chart]
    height = room + each * (len(known) + 1)  # with the unclustered visits
    return f'<iframe src="{source}" width="100%" height="{height}" loading="lazy" title="{title}"></iframe>'


def wrong(error: Refused, outcome: str) -> str:
    """What is wrong in words, and what came of it."""
    if isinstance(error, WeakPassword):
        told = _("The password must have at least %(least)s characters, or be left out.", least=PASSWORD_MIN_CHARS)
    elif isinstance(error, GuessablePassword):
        told = _("The password is easy to guess. Four words in a row are good.")
    else:
        told = {
            "name": _("A name has 1 to %(most)s characters.", most=NAME_MAX_CHARS),
            "segment": _("Choose an audience."),
            "heading": _("A heading has at most %(most)s characters.", most=NAME_MAX_CHARS),
            "report": _("Choose at least one chapter, and a language."),
            "host": _(
                "A host is such as www.example.org or *.example.org: a name, with a port if need be, and no number."
            ),
            "hosts": _("At most %(most)s hosts.", most=HOSTS_MAX),
            "framed": _(
                "A chart for other pages goes with the overview, the audiences or one audience, and without a password."
            ),
            "many": _("This site has %(most)s links already; revoke one that is not used.", most=PER_SITE_MAX),
        }.get(error.field, _("The form was not complete."))
    return f"{told} {outcome}"
