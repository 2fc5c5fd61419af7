"""
Vacancies from what a site tells job boards: an XML feed of jobs, or the JobPosting of the pages that its sitemap lists.

A feed is ``<source><job>…</job>…</source>`` (https://docs.indeed.com/indeed-apply/xml-feed) or like it: elements called job, vacancy, position or
item, with the fields below under any of the names that feeds use. A page has one schema.org JobPosting in JSON-LD.
Hostile like everything from outside: no document types, no entities, all of it within bounds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dashboard.owner.sitemap import Get, Page, Unreadable, unpack
from dashboard.said import Said as _
from dashboard.supply.rows import ROWS_MAX, TROUBLES_SHOWN, VACANCIES, Read, Trouble, Wrong, table, vacancy

JOBS: Final = frozenset(("job", "vacancy", "vacature", "position", "item", "jobposting", "offer"))
FIELDS: Final = {  # the first that is there and not empty
    "family": (
        "category", "jobcategory", "family", "jobfamily", "occupationalcategory", "vakgebied", "functiegroep", "industry",
    ),
    "opened": ("date", "dateposted", "posted", "opened", "pubdate", "publishdate", "publicationdate", "startdate"),
    "closed": ("expirationdate", "expiration_date", "validthrough", "closed", "closingdate", "enddate", "expires"),
    "employment_type": ("jobtype", "employmenttype", "employment_type", "dienstverband"),
    "location": ("city", "addresslocality", "plaats", "location"),
    "count": ("openings", "numberofopenings", "totaljobopenings"),
}  # fmt: skip
TEXT_MAX_CHARS: Final = 500
JSON_MAX_CHARS: Final = 200_000  # of one script
_SCRIPT: Final = re.compile(r"<script\b[^<>]{0,300}>", re.IGNORECASE)
_CLOSING: Final = re.compile(r"</script", re.IGNORECASE)


def is_markup(content: bytes) -> bool:
    """Does *content* look like XML (or gzip, as sitemaps and feeds come) rather than like a table?"""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16
        return content[2:100].replace(b"\0", b"").lstrip().startswith(b"<")
    return content[:2] == b"\x1f\x8b" or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def is_sitemap(content: bytes) -> bool:
    """Does XML list pages or sitemaps rather than jobs?"""
    head = unpack(content)[:4000].replace(b"\0", b"")
    return b"<urlset" in head or b"<sitemapindex" in head


def read(content: bytes, today: date) -> Read:
    """
    The vacancies of an XML feed, plain or gzipped; what has no family or no day is told and left out.

    Raises:
        Unreadable: it is no XML, or has no jobs in it.
    """
    try:
        root = fromstring(unpack(content), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(
            _("This is not a feed of jobs: %(error)s.", error=str(error)[:120] or type(error).__name__)
        ) from None
    jobs = list(_jobs(root))
    if not jobs:
        raise Unreadable(_("There is no job in this feed; expected elements called job, vacancy, position or item."))
    if len(jobs) > ROWS_MAX:
        raise Unreadable(_("The feed has more than %(most)s jobs.", most=ROWS_MAX))
    return _read((_fields(job) for job in jobs), today)


def from_pages(pages: Iterable[Page], get: Get, today: date, pages_max: int) -> Read:
    """
    The vacancies of the pages that have a JobPosting.

    Args:
        pages: those to look at, most likely first; *pages_max* of them are fetched.
        get: gives a page, or raises Unreadable.
    """
    found: list[dict[str, str]] = []
    troubles: list[Trouble] = []
    for number, page in enumerate(pages, start=1):
        if number > pages_max:
            troubles.append(Trouble(0, _("Only the first %(pages)s pages were looked at.", pages=pages_max)))
            break
        try:
            posting = posting_of(get(page.url).decode("utf-8", "replace"))
        except Unreadable as error:
            if len(troubles) < TROUBLES_SHOWN:
                troubles.append(Trouble(number, error.said))
            continue
        if posting is not None:
            found.append(posting)
    return _read(found, today, troubles)


def posting_of(page: str) -> dict[str, str] | None:
    """The fields of the JobPosting of a page; None when it has none, or several: then it is a list."""
    postings: list[dict[str, Any]] = []

    def lower(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        one = {key.lower(): value for key, value in pairs}  # real pages get the capitals wrong
        if "JobPosting" in _listed(one.get("@type")):
            postings.append(one)
        return one

    for script in _scripts(page):
        try:
            json.loads(script, object_pairs_hook=lower)
        except (ValueError, RecursionError):
            continue  # broken JSON-LD is common, and other scripts of the page may be whole
    if len(postings) != 1:
        return None
    (posting,) = postings
    place = _first(posting.get("joblocation"))
    address = _first(place.get("address")) if isinstance(place, dict) else place
    return {
        "family": _plain(posting.get("occupationalcategory")) or _plain(posting.get("industry")),
        "opened": _plain(posting.get("dateposted")),
        "closed": _plain(posting.get("validthrough")),
        "employment_type": _plain(posting.get("employmenttype")),
        "location": _plain(address.get("addresslocality")) if isinstance(address, dict) else "",
        "count": _plain(posting.get("totaljobopenings")),
    }


def _read(jobs: Iterable[dict[str, str]], today: date, troubles: Iterable[Trouble] = ()) -> Read:
    found, wrong, left_out = [], list(troubles), 0
    for number, fields in enumerate(jobs, start=1):
        try:
            found.append(vacancy(fields, today))
        except Wrong as error:
            left_out += 1
            if left_out <= TROUBLES_SHOWN:
                wrong.append(Trouble(number, error.said))
    if left_out > TROUBLES_SHOWN:
        wrong.append(Trouble(0, _("%(jobs)s jobs in all were left out.", jobs=left_out)))
    return Read(VACANCIES, table(VACANCIES, found), tuple(wrong), all_or_nothing=False)


def _jobs(root: Element) -> Iterator[Element]:
    """The jobs in the order of the feed; what is called so within a job is a part of it."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if _name(element) in JOBS and len(element):
            yield element
        else:
            waiting.extend(reversed(element))


def _fields(job: Element) -> dict[str, str]:
    texts: dict[str, str] = {}
    for element in job.iter():
        text = (element.text or "").strip()[:TEXT_MAX_CHARS]
        if text:
            texts.setdefault(_name(element), text)
    return {
        field: next((texts[name] for name in names if name in texts), "") for field, names in FIELDS.items()
    }  # title, text, address and who recruits stay behind here


def _name(element: Element) -> str:
    tag: Any = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _first(value: object) -> Any:
    found = _listed(value)
    return found[0] if found else None


def _plain(value: object) -> str:
    one = _first(value)
    if isinstance(one, dict):
        one = one.get("name")
    return str(one)[:TEXT_MAX_CHARS] if isinstance(one, str | int) else ""


def _scripts(page: str) -> Iterator[str]:
    """The JSON-LD of a page, in one pass however its tags are broken."""
    end = 0
    for found in _SCRIPT.finditer(page):
        if found.start() < end or "ld+json" not in found[0].lower():
            continue
        closing = _CLOSING.search(page, found.end())
        if closing is None:
            return
        end = closing.end()
        if closing.start() - found.end() <= JSON_MAX_CHARS:
            yield page[found.end() : closing.start()]
