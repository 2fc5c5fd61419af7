"""For the site owner: the snippet, whether it works, and what was dropped and why."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from collector import snippet
from collector.outcomes import ACCEPTED, read_all
from collector.sites import Site
from dashboard import reasons
from dashboard.access import needs
from dashboard.accounts import Role
from dashboard.overview import site_or_404
from dashboard.services import services


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How often something became of an event.

    Attributes:
        events: None stands for one to k-1: even totals of a site are not shown under k.
    """

    reason: str
    title: str
    advice: str
    events: int | None


def blueprint() -> Blueprint:
    """The install page and its live check."""
    pages = Blueprint("install", __name__)
    # The live check tells that a count changed without telling the count: its marks mean nothing without this key.
    key_of_marks = secrets.token_bytes(16)

    @pages.get("/sites/<key>/install")
    @needs(Role.EDITOR)
    def install(key: str) -> ResponseReturnValue:
        """The snippet, the live check and the drop reasons."""
        site = site_or_404(key)
        address = request.url_root.rstrip("/")
        totals = _totals(site)
        return render_template(
            "install.html",
            site=site,
            tag=snippet.tag(address, site.key),
            csp=snippet.csp(address),
            address=address,
            accepted=_outcome(site, ACCEPTED, totals[ACCEPTED]),
            dropped=[
                _outcome(site, reason, events)
                for reason, events in totals.most_common()
                if reason != ACCEPTED and events > 0
            ],
        )

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


def _totals(site: Site) -> Counter[str]:
    totals: Counter[str] = Counter()
    for (key, outcome, _day), events in read_all(services().folder).items():
        if key == site.key:
            totals[outcome] += events
    return totals


def _outcome(site: Site, reason: str, events: int) -> Outcome:
    return Outcome(
        reason, reasons.title(reason), reasons.advice(reason), events if events == 0 or events >= site.k else None
    )
