"""The pages of a site and of the installation, as the menu lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext as _

from collector.sites import Site
from dashboard.access import may_open


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the menu: the view it leads to, what it is called, and the group that it stands in."""

    endpoint: str
    title: str
    group: str


READ: Final = "read"
SITE: Final = "site"
ALL_SITES: Final = "all"
# What needs a higher role than the reader's is left out, by the rule that guards the page itself.
PLACES: Final = (
    Place("overview.overview", _("Overview"), READ),
    Place("audiences.audiences", _("Audiences"), READ),
    Place("changes.changes", _("Changes"), READ),
    Place("touchpoints.touchpoints", _("Touchpoints"), READ),
    Place("demand.demand", _("Demand"), READ),
    Place("channels.channels", _("Channels"), READ),
    Place("report.report", _("Report"), READ),
    Place("live.live", _("Live"), READ),
    Place("install.install", _("Install"), SITE),
    Place("rules.rules", _("Rules"), SITE),
    Place("sharing.sharing", _("Sharing"), SITE),
    Place("schedule.schedule", _("Scheduled reports"), SITE),
    Place("site_settings.site_settings", _("Settings"), SITE),
    Place("jobs.jobs", _("Jobs"), ALL_SITES),
    Place("users.users", _("Users"), ALL_SITES),
    Place("first_day.welcome", _("Add a site"), ALL_SITES),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the menu for this reader, and whether it is the page (or its part) that is open."""

    title: str
    address: str
    here: bool


def menu(group: str, site: Site | None = None) -> Iterator[Link]:
    """The lines of *group* that this reader may open, for *site* when there is one."""
    for place in PLACES:
        if place.group != group or not place_of(place.endpoint):
            continue
        address = (
            url_for(place.endpoint) if group == ALL_SITES else url_for(place.endpoint, key=site.key if site else "")
        )
        yield Link(str(place.title), address, _owner(request.blueprint or "") == place.endpoint.partition(".")[0])


def _owner(blueprint: str) -> str:
    """The blueprint whose line in the menu stands for *blueprint*."""
    return {"segments": "audiences"}.get(blueprint, blueprint)


def place_of(endpoint: str) -> bool:
    """Is there a page of this name, and may this reader open it; of the site that is open, when it is a page of a site?"""
    view = current_app.view_functions.get(endpoint)
    of_site = view is not None and current_app.url_map.is_endpoint_expecting(endpoint, "key")
    return view is not None and may_open(view, (request.view_args or {}).get("key") if of_site else None)


def install(app: Flask) -> None:
    """Give templates the functions ``menu`` and ``place_of``."""
    app.jinja_env.globals.update(menu=menu, place_of=place_of)
