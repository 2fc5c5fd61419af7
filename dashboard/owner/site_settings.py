"""For the site owner: hosts, time zone, the rule of k, how long counts are kept, pausing, and removing the site for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.errors import InvalidHost, InvalidNumber, InvalidSite, InvalidTimezone, KeyTaken
from collector.sites import (
    FINE_DAYS_LIMITS,
    K_LIMITS,
    KEEP_MONTHS_LIMITS,
    MIN_VISITS_LIMITS,
    Site,
)
from dashboard.access import needs, own, site_or_404
from dashboard.language import gettext as _
from dashboard.owner import site_removal
from dashboard.people.accounts import Role
from dashboard.services import services

pages = Blueprint("site_settings", __name__)

TIMEZONES: Final = (
    "Europe/Amsterdam",
    "Europe/Brussels",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Madrid",
    "Europe/Vienna",
    "Europe/Zurich",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Lisbon",
    "America/New_York",
    "America/Curacao",
    "UTC",
)
# What a field may hold; 0 is allowed besides where it stands for something else.
LIMITS: Final = {
    "k": K_LIMITS,
    "min_visits": MIN_VISITS_LIMITS,
    "keep_months": KEEP_MONTHS_LIMITS,
    "fine_days": FINE_DAYS_LIMITS,
}


@pages.get("/sites/<key>/settings")
@needs(Role.EDITOR)
def site_settings(key: str) -> ResponseReturnValue:
    """What is set for a site."""
    return _page(site_or_404(key))


@pages.post("/sites/<key>/settings")
@needs(Role.EDITOR)
def save(key: str) -> ResponseReturnValue:
    """Set what the form says."""
    site = site_or_404(key)
    form = request.form
    values: dict[str, object] = {
        "hosts": tuple(form.get("hosts", "")[:20_000].replace(",", " ").split()),
        "timezone": form.get("timezone", "").strip()[:80],
        "privacy_page": form.get("privacy_page") == "1",
    }
    try:
        values |= {name: _whole(name, form.get(name, "")) for name in LIMITS}
        services().sites.change(services().folder, key, lambda now: msgspec.structs.replace(now, **values))
    except InvalidSite as error:
        kept = {name: value for name, value in values.items() if name not in LIMITS}
        return _page(msgspec.structs.replace(site, **kept), problem=in_words(error), numbers=form), 400
    flash(_("Saved."))
    return redirect(url_for("site_settings.site_settings", key=key))


@pages.post("/sites/<key>/pause")
@needs(Role.EDITOR)
def pause(key: str) -> ResponseReturnValue:
    """Stop counting, or go on (``paused`` is 0)."""
    site_or_404(key)
    paused = request.form.get("paused") == "1"
    services().sites.change(services().folder, key, lambda site: msgspec.structs.replace(site, paused=paused))
    flash(_("Counting is paused. What is sent is dropped and not kept.") if paused else _("Counting goes on."))
    return redirect(url_for("site_settings.site_settings", key=key))


@pages.post("/sites/<key>/remove")
@needs(Role.ADMIN, everywhere=True)
def remove(key: str) -> ResponseReturnValue:
    """Remove the site for good, once its key was typed; not for an administrator of this site alone."""
    site = site_or_404(key)
    if request.form.get("confirm", "").strip() != key:
        return _page(
            site, problem=_("The site was not removed: type its key, %(key)s, to say that you mean it.", key=key)
        ), 400
    served = services()
    done = site_removal.begin(
        served.folder, served.sites, served.engine, key, now=datetime.fromtimestamp(served.clock(), UTC)
    )
    flash(
        _("Site %(key)s is removed and its data deleted. What may still be on its way follows within minutes.", key=key)
        if done
        else _("Site %(key)s is removed. Its data is deleted as soon as the job that is using it has ended.", key=key)
    )
    return redirect(url_for("overview.home"))


def _page(site: Site, problem: str = "", numbers: dict[str, str] | None = None) -> str:
    return render_template(
        "site_settings.html",
        site=site,
        problem=problem,
        numbers={name: (numbers or {}).get(name, str(getattr(site, name)))[:12] for name in LIMITS},
        limits=LIMITS,
        timezones=TIMEZONES,
        fine_days=services().settings.fine_pattern_days,
        may_remove=own().role.covers(Role.ADMIN),
    )


def _whole(name: str, text: str) -> int:
    """The whole number of a field; an empty field is 0."""
    text = text.strip() or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidNumber(name, "", -1, LIMITS[name])
    return int(text)


def in_words(error: InvalidSite) -> str:
    """What is wrong with a site, as the page says it."""
    match error:
        case InvalidHost():
            return _(
                "A host cannot be used. Expected host names without path, one a line, such as werkenbij.example.org."
            )
        case InvalidTimezone():
            return _("That time zone is not known. Expected a name such as Europe/Amsterdam.")
        case InvalidNumber(name=name, limits=(least, most)):
            what = {
                "k": _("The smallest group that is shown"),
                "min_visits": _("The visits for a first analysis"),
                "keep_months": _("The months that counts are kept"),
                "fine_days": _("The days that rare patterns stay fine"),
            }[name]
            return _("%(what)s: expected a whole number from %(least)s to %(most)s.", what=what, least=least, most=most)
        case KeyTaken():
            return _("There is a site of that key already, or one that is just being deleted. Choose another key.")
        case _:
            return _("The key cannot be used. Expected 1 to 40 of a-z, 0-9 and -, such as werkenbij-acme.")
