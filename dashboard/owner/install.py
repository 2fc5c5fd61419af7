"""For the site owner: the snippet in every way of putting it on a site, whether it works, and what was dropped and why."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from collector import diagnostics, snippet
from collector.errors import UsageError
from collector.events import DropReason
from collector.outcomes import ACCEPTED, read_all, read_examples
from collector.sites import Site
from dashboard import reasons
from dashboard.access import needs, site_or_404
from dashboard.fetching import Busy, Fetcher, slot
from dashboard.language import gettext as _
from dashboard.owner.check import Report, check
from dashboard.people.accounts import Role
from dashboard.said import translated
from dashboard.services import services

SHOWN_DAYS = 7
# What arrives with a key that is not registered belongs to no site, so every site's page says it.
_OF_NO_SITE = (DropReason.UNKNOWN_SITE, DropReason.MALFORMED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How often something became of an event.

    Attributes:
        events: rounded down to a multiple of k, so that two looks do not differ by less; None stands for one to k-1.
        examples: hosts, parts of paths, families of bots; nothing that tells a visitor.
    """

    reason: str
    title: str
    advice: str
    events: int | None
    examples: tuple[str, ...] = ()


def blueprint() -> Blueprint:
    """The install page and its live check."""
    pages = Blueprint("install", __name__)
    # The live check tells that a count changed without telling the count: its marks mean nothing without this key.
    key_of_marks = secrets.token_bytes(16)

    @pages.get("/sites/<key>/install")
    @needs(Role.EDITOR)
    def install(key: str) -> ResponseReturnValue:
        """The snippet, the live check and the drop reasons."""
        return _page(site_or_404(key))

    @pages.post("/sites/<key>/install/look")
    @needs(Role.EDITOR)
    def look(key: str) -> ResponseReturnValue:
        """Fetches a page of the site and says what is wrong with the snippet on it."""
        site = site_or_404(key)
        url = request.form.get("url", "").strip()[:2048]
        fetcher = Fetcher(site, services().settings.fetch_networks)
        try:
            with slot():
                report = check(url, services().sites, site.key, fetch=fetcher, looks_at=fetcher.allows, expects=_here())
        except Busy:
            return _page(site, looked_at=url, problem=_("Other pages are being looked at. Try again in a moment.")), 503
        except UsageError:
            problem = _("That is not an address of a page, such as https://werkenbij.example.org/.")
            return _page(site, looked_at=url, problem=problem), 400
        return _page(site, looked_at=url, report=report)

    @pages.get("/sites/<key>/install/live.json")
    @needs(Role.EDITOR)
    def live(key: str) -> Response:
        """A mark per outcome that changes when its count does, and what to say when it has."""
        site = site_or_404(key)
        marks = {
            reason: {
                "mark": hashlib.blake2b(
                    f"{site.key} {reason} {events}".encode(), key=key_of_marks, digest_size=8
                ).hexdigest(),
                "accepted": reason == ACCEPTED,
                "title": reasons.title(reason),
                "advice": reasons.advice(reason),
            }
            for reason, events in _totals(site).items()
            if events > 0
        }
        answer = jsonify(marks)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return pages


def _here() -> str:
    """The origin at which this dashboard, and so the collector, was reached."""
    parts = urlsplit(request.url_root)
    return f"{parts.scheme}://{parts.netloc}"


def _page(site: Site, looked_at: str = "", report: Report | None = None, problem: str = "") -> str:
    address = request.url_root.rstrip("/")
    since = int(time.time()) // 86400 - SHOWN_DAYS + 1
    totals = _totals(site, since)
    examples = read_examples(services().folder, site.key, since)
    seen = diagnostics.describe(request.environ, services().settings) if current_user.role.covers(Role.ADMIN) else []
    return render_template(
        "install.html",
        site=site,
        tag=snippet.tag(address, site.key),
        loader=snippet.loader(address, site.key),
        csp=snippet.csp(address),
        address=address,
        behind=urlsplit(address).netloc,
        own_tag=snippet.tag("/telpunt", site.key),
        accepted=_outcome(site, ACCEPTED, totals[ACCEPTED]),
        dropped=[
            _outcome(site, reason, events, tuple(examples.get(reason, ())[:5]))
            for reason, events in totals.most_common()
            if reason != ACCEPTED and events > 0
        ],
        seen=[(reasons.fact(fact.name), fact.value, reasons.trouble(fact.problem)) for fact in seen],
        looked_at=looked_at or f"https://{site.hosts[0].removeprefix('*.')}/",
        problem=problem,
        problems=[translated(one) for one in report.problems] if report else [],
        notes=[translated(one) for one in report.notes] if report else [],
        was_looked_at=report is not None,
    )


def _totals(site: Site, since: int = 0) -> Counter[str]:
    """Events of *site* by outcome, and those of no site that may have been meant for it, from day *since* on."""
    totals: Counter[str] = Counter()
    for (key, outcome, day), events in read_all(services().folder).items():
        if day >= since and (key == site.key or (not key and outcome in _OF_NO_SITE)):
            totals[outcome] += events
    return totals


def _outcome(site: Site, reason: str, events: int, examples: tuple[str, ...] = ()) -> Outcome:
    shown = events // site.k * site.k
    return Outcome(
        reason, reasons.title(reason), reasons.advice(reason), shown if shown or not events else None, examples
    )
