"""
``/metrics``: what became of the events, in Prometheus' text format.

    telpunt_events_total{site="werkenbij",outcome="accepted"} 1234

Read from the files that all workers write every ten seconds, so that it does not matter which worker answers. Not for everybody: who
watches a small site's count grow knows when somebody is there, and nothing about fewer than *k* visits leaves the system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from collector import outcomes
from collector.folder import DataFolder

_PROXIED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def may_read(environ: Mapping[str, Any]) -> bool:
    """Is it this machine or its private network that asks, and nobody behind a proxy?"""
    if any(environ.get(header) for header in _PROXIED):
        return False
    try:
        address = ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def render(folder: DataFolder) -> bytes:
    """The counts of all workers, as last written, over the days that are kept."""
    totals: Counter[tuple[str, str]] = Counter()
    for (site, outcome, _), events in outcomes.read_all(folder).items():
        totals[site, outcome] += events
    lines = [
        "# HELP telpunt_events_total Events by site and outcome: accepted, or dropped and why.",
        "# TYPE telpunt_events_total counter",
        *(
            f'telpunt_events_total{{site="{site}",outcome="{outcome}"}} {totals[site, outcome]}'
            for site, outcome in sorted(totals)
        ),
    ]
    bots = outcomes.read_bots(folder)
    lines += [
        "# HELP telpunt_bots_total Events of bots by site and family, over the last week; families beyond 20 a day are left out.",
        "# TYPE telpunt_bots_total gauge",
        *(
            f'telpunt_bots_total{{site="{site}",family="{family}"}} {bots[site, family]}'
            for site, family in sorted(bots)
        ),
    ]
    return ("\n".join(lines) + "\n").encode()
