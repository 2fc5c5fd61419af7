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


def fact(name: str) -> str:
    """What the collector sees of a request, by the names of :mod:`collector.diagnostics`, in a few words."""
    return {
        "peer": _("Connected from"),
        "forwarded_for": "X-Forwarded-For",
        "forwarded": "Forwarded",
        "trusted": _("Proxies that are believed"),
        "client": _("Taken for your address"),
        "scheme": _("Scheme"),
        "host": _("Host"),
        "device": _("Device"),
        "language": _("Language"),
        "country": _("Country"),
        "outcome": _("An event of this browser would be"),
    }.get(name, name.replace("_", " "))


def trouble(problem: str) -> str:
    """What is wrong with a fact and what to do; "" for nothing."""
    return {
        "proxy_not_trusted": _(
            "A proxy names your address but is not believed: all visits seem to come from it. Name it in TELPUNT_TRUSTED_PROXIES."
        ),
        "proxy_names_nobody": _(
            "The proxy does not say whom it speaks for, so all visits seem to come from it. Let it send X-Forwarded-For."
        ),
        "chain_broken": _(
            "The proxy's header has something else than an address where yours should be. Look at its settings."
        ),
        "client_is_private": _(
            "This is an address of a private network: right inside a company, else a proxy that is not named yet."
        ),
        "insecure": _("Without https, pages that have it cannot send here."),
        "opt_out": _(
            "Your browser asks not to be counted (Global Privacy Control or Do Not Track). Test with another browser."
        ),
        "bot": _("Your browser looks automated. Test with another one."),
        "prefetch": _("Your browser loads this page ahead of time."),
    }.get(problem, problem.replace("_", " "))


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
        DropReason.PAUSED: (_("Paused"), _("Counting is paused in the settings of this site. Resume it there.")),
        DropReason.FUTURE: (_("From the future"), _("A log line with a time that is still to come. Check the clock and time zone of the server.")),
    }  # fmt: skip
