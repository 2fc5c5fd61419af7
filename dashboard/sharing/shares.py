"""What a shared link is: which page or report it opens, of whom, for how long, and where its chart may stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from analysis.words import Language
from collector.errors import UsageError
from dashboard.exports.names import CHAPTERS, LANGUAGES, REPORT_FORMATS
from dashboard.people.sessions import DAY_S, day_of

DAYS: Final = (7, 30, 90, 365)  # how long one may last
AUDIENCE: Final = "audience"  # the view that is of one audience
REPORT: Final = "report"  # the view that is no page: a report, of the site or of one audience
VIEWS: Final = ("overview", "audiences", AUDIENCE, "changes", "touchpoints", "demand", "channels", REPORT)
# The views that may stand in other pages, each with the charts of it, the first unless the address names another.
EMBEDDED: Final[Mapping[str, tuple[str, ...]]] = {
    "overview": ("shares", "weeks"),
    "audiences": ("shares", "weeks"),
    AUDIENCE: ("trend",),
}
DOWNLOADS: Final = tuple(name for name in REPORT_FORMATS if name != "html")  # HTML is what the link shows
PER_SITE_MAX: Final = 100
HOSTS_MAX: Final = 10
PORT_MAX: Final = 65_535
LEAST_UNDER_STAR: Final = 2  # dots: *.example.org is somebody's, *.org everybody's
# A host-source of the policy "frame-ancestors" (CSP 3, 2.3.1) without scheme and path: ours is the scheme.
HOST: Final = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62})){0,8}(:[0-9]{1,5})?", re.ASCII)


class InvalidShare(UsageError):
    """
    When a link cannot be made as asked for.

    Attributes:
        field: which part of it: name, view, segment, days, host, hosts (too many), framed (what can't be), heading, report or many.
    """

    def __init__(self, field: str, found: str, expected: str) -> None:
        self.field = field
        super().__init__(f"{field} is {found[:40]!r}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Paper:
    """
    The report that a link opens.

    Attributes:
        chapters: of :data:`dashboard.exports.names.CHAPTERS`, in that order, at least one.
        lang: that it is in.
        formats: of :data:`DOWNLOADS`, in which it may be taken away.
    """

    chapters: tuple[str, ...]
    lang: Language
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Where the chart of a link may stand in a frame.

    Attributes:
        hosts: as ``www.example.org``; none: nowhere.
        heading: what stands above it; "": what it shows, and of which site.
    """

    hosts: tuple[str, ...] = ()
    heading: str = ""


NOWHERE: Final = Frame()


@dataclass(frozen=True, slots=True)
class Share:
    """
    A shared link.

    Attributes:
        name: for whom or what it is.
        view: of :data:`VIEWS`.
        segment: id of the audience, for the view of one and the report about one; else "".
        paper: the report, for the view that is one; else None.
        password_hash: Argon2id; None: it asks for none.
        expires_at: seconds since 1970.
        made_at: seconds since 1970.
        made_by: e-mail address of the account that made it; "": that is gone.
    """

    id: int
    site: str
    name: str
    view: str
    segment: str
    paper: Paper | None
    password_hash: str | None
    frame: Frame
    expires_at: int
    made_at: int
    made_by: str

    @property
    def until(self) -> date:
        """The day on which it ends."""
        return day_of(self.expires_at // DAY_S)

    @property
    def since(self) -> date:
        """The day on which it was made."""
        return day_of(self.made_at // DAY_S)


def check_days(days: int) -> None:
    """
    Can a link last so long?

    Raises:
        InvalidShare: no.
    """
    if days not in DAYS:
        raise InvalidShare("days", str(days), " or ".join(map(str, DAYS)))


def check_paper(view: str, paper: Paper | None) -> None:
    """
    Is there a report when *view* is one, and can it be made?

    Raises:
        InvalidShare: no.
    """
    if (paper is None) is (view == REPORT):
        raise InvalidShare("report", str(paper), "a report for the view that is one, and none for others")
    if paper and not (
        _are(paper.chapters, CHAPTERS)
        and paper.lang in LANGUAGES
        and (_are(paper.formats, DOWNLOADS) or not paper.formats)
    ):
        raise InvalidShare("report", str(paper), "chapters, a language and formats that reports have")


def _are(chosen: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Are these some of the known, in their order and each once?"""
    return bool(chosen) and chosen == tuple(name for name in known if name in chosen)


def clean_hosts(hosts: Sequence[str]) -> tuple[str, ...]:
    """
    Host names as a policy can name them, in lower case, each once.

    Raises:
        InvalidShare: one is no host name, or there are more than ten.
    """
    found = tuple(dict.fromkeys(host.strip().lower() for host in hosts if host.strip()))
    if len(found) > HOSTS_MAX:
        raise InvalidShare("hosts", str(len(found)), f"at most {HOSTS_MAX}")
    for host in found:
        name, _, port = host.partition(":")
        if (
            not HOST.fullmatch(host)
            or not re.search(r"[a-z]", host)  # a number is an address of a network, and of those none is kept here
            or not 0 < int(port or 1) <= PORT_MAX
            or (name.startswith("*.") and name.count(".") < LEAST_UNDER_STAR)
        ):
            raise InvalidShare("host", host, "host names such as www.example.org or *.example.org")
    return found
