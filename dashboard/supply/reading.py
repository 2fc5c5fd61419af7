"""Reading what somebody brings in: a file, or an address on the site's own hosts; nothing is kept by it."""

from __future__ import annotations

import dataclasses
from datetime import date
from functools import partial
from typing import Final

from collector.events import Touchpoint
from collector.sites import Site
from collector.touchpoints import classify
from dashboard.fetching import Fetcher
from dashboard.owner import sitemap
from dashboard.owner.check import PAGE_MAX_BYTES
from dashboard.owner.sitemap import Page, Unreadable
from dashboard.said import Said as _
from dashboard.supply import feeds, sheets
from dashboard.supply.rows import VACANCIES, Read

TOO_LARGE: Final = _("This is too much for a page; use the command telpunt supply import.")
_SECONDS: Final = 30.0  # that a page may wait for what it fetches
_PAGES: Final = 40  # that a page fetches within that


def content(data: bytes, kind: str, today: date) -> Read:
    """
    What a file holds: a CSV file, or an XML feed of vacancies.

    Raises:
        Unreadable: neither, or hires that are not CSV.
    """
    if not feeds.is_markup(data):
        return sheets.read(data, kind, today)
    if kind != VACANCIES:
        raise Unreadable(_("Hires are read from a CSV file only."))
    if feeds.is_sitemap(data):
        raise Unreadable(_("This is a sitemap, whose pages have to be fetched; give its address instead."))
    return feeds.read(data, today)


def address(fetcher: Fetcher, url: str, today: date, *, pages_max: int = _PAGES, seconds: float = _SECONDS) -> Read:
    """
    The vacancies of a feed, or of the pages of a sitemap, on the hosts of the fetcher's site.

    Args:
        fetcher: bounds one fetch.
        pages_max: pages of a sitemap that are fetched.
        seconds: for all fetches together.

    Raises:
        Unreadable: it cannot be fetched, or is neither.
    """
    get = sitemap.within(seconds, partial(sitemap.fetch, dataclasses.replace(fetcher, max_bytes=sitemap.BYTES_MAX + 1)))
    data = get(url)
    if not feeds.is_markup(data) or not feeds.is_sitemap(data):
        return content(data, VACANCIES, today)
    listed = [page for page in sitemap.read(data, url, get).pages if fetcher.allows(page.url)]
    chosen = [page for page in listed if _is_vacancy(page, fetcher.site)]
    if not chosen:
        raise Unreadable(
            _("None of the %(pages)s pages of the sitemap is a vacancy, by the rules of the site.", pages=len(listed))
        )
    pages = sitemap.within(seconds, partial(sitemap.fetch, dataclasses.replace(fetcher, max_bytes=PAGE_MAX_BYTES)))
    return feeds.from_pages(chosen, pages, today, pages_max)


def _is_vacancy(page: Page, site: Site) -> bool:
    return classify(page.url, site) == Touchpoint.VACANCY
