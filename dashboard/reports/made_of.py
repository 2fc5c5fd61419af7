"""What a report is made of: as long as that stays, the same choices give the same report."""

from __future__ import annotations

import hashlib

from collector.sites import Site
from dashboard.reports.look import Look
from dashboard.services import Services


def made_of(known: Services, site: Site, look: Look) -> str:
    """
    A digest of everything but the choices of who asks: the run, what people called and marked, what they brought in, the site and its look.

    Raises:
        NoRun: nothing is published yet.
    """
    parts = (
        known.readings.run(site.key),
        sorted(known.names.of(site.key).items()),
        sorted(known.marks.of(site.key).items(), key=lambda item: item[0]),
        known.supply.imports(site.key),
        sorted(known.supply.mapped(site.key).items()),
        site,
        look,
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()
