"""Why events were not counted, in words a site owner can act on."""

from __future__ import annotations

from collector.events import DropReason
from dashboard.language import gettext as _


def title(reason: str) -> str:
    """A drop reason in a few words; one that this page does not know comes back as it is."""
    return _words().get(reason, (reason.replace("_", " "), ""))[0]


def advice(reason: str) -> str:
    """What it means and what to do about it, if anything."""
    return _words().get(reason, ("", ""))[1]


def _words() -> dict[str, tuple[str, str]]:
    return {
        DropReason.MALFORMED: (_("Not readable"), _("An event or log line that could not be read. A few are normal; many mean another log format.")),
        DropReason.UNKNOWN_SITE: (_("Unknown site"), _("The snippet sends another site key. Check data-site in the snippet.")),
        DropReason.WRONG_HOST: (_("Wrong host"), _("The page is not on a host of this site. Add the host to the site, or remove the snippet there.")),
        DropReason.OPT_OUT: (_("Opted out"), _("The browser asks not to be counted (Global Privacy Control or Do Not Track). Nothing to do.")),
        DropReason.BOT: (_("Automated traffic"), _("A crawler, monitor or script. Nothing to do; your own automated tests are dropped too.")),
        DropReason.PREFETCH: (_("Loaded ahead"), _("The browser loaded the page before anybody saw it. Nothing to do.")),
        DropReason.SPAM: (_("Referrer spam"), _("A made-up visit that advertises another site. Nothing to do.")),
        DropReason.RATE: (_("Too fast"), _("More events from one address than a person makes. Name a proxy in TELPUNT_TRUSTED_PROXIES.")),
        DropReason.ASSET: (_("Not a page"), _("A log line of an image, style, script or feed. Nothing to do.")),
        DropReason.METHOD: (_("Not a page view"), _("A log line of a request that does not read a page. Nothing to do.")),
        DropReason.ERROR_STATUS: (_("Error page"), _("A log line of a page that was not there or did not work. Many may mean broken links.")),
        DropReason.INTERNAL: (_("Own work"), _("An admin or preview page. Nothing to do.")),
        DropReason.FUTURE: (_("From the future"), _("A log line with a time that is still to come. Check the clock and time zone of the server.")),
    }  # fmt: skip
