"""
What is wrong with the installation on a page: fetched as a browser would, read, and said in one line per thing with what to do.

It looks from this machine, runs no script and sends no event; what only a browser can know (a consent tool or tag manager that
holds the snippet back, an ad blocker) it can't see, and says so.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from typing import Final
from urllib.parse import urljoin, urlsplit

from collector.errors import UsageError
from collector.sites import Registry, Site
from dashboard.policy import Policy

TIMEOUT_S: Final = 10
PAGE_MAX_BYTES: Final = 2 * 1024 * 1024
AGENT: Final = "Mozilla/5.0 (compatible; Telpunt-check/1.0)"
_SNIPPET_PATH: Final = re.compile(r"/t\.js(?:\?|$)")
_IN_SCRIPT: Final = re.compile(
    r"dataset\.site\s*=\s*[\"']([^\"']*)[\"']|setAttribute\([\"']data-site[\"'],\s*[\"']([^\"']*)[\"']\)"
)
_SRC_IN_SCRIPT: Final = re.compile(r"[\"']((?:https?:)?//[^\"'\s]+/t\.js[^\"'\s]*)[\"']")
_TAG_MANAGERS: Final = (
    "googletagmanager.com/gtm.js",
    "matomo.cloud/container_",
    "/js/container_",
    "tealiumiq.com",
    "piwik.pro",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: *status* 0 stands for nothing, and *trouble* says why."""

    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    trouble: str = ""

    def all(self, name: str) -> list[str]:
        """The values of every header of that name."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Tag:
    """One snippet on the page: its key, its address as written, its nonce; *loaded* by a script instead of by a tag."""

    key: str
    src: str
    nonce: str = ""
    loaded: bool = False


@dataclass
class Report:
    """What was found: *problems* to be solved, *notes* that are good to know."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """The scripts, policies and base of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.policies: list[str] = []
        self.base = ""
        self.sources: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says about scripts."""
        given = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script" and "src" not in given
        if tag == "script" and given.get("src"):
            self.sources.append(given["src"])
            if "data-site" in given or _SNIPPET_PATH.search(given["src"]):
                self.tags.append(Tag(given.get("data-site", ""), given["src"], given.get("nonce", "")))
        elif tag == "base" and not self.base:
            self.base = given.get("href", "")
        elif tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.get("content", ""))

    def handle_data(self, data: str) -> None:
        """Find the snippet in a script that loads it."""
        if self._in_script:
            self.sources.append(data)
            found = _IN_SCRIPT.search(data)
            src = _SRC_IN_SCRIPT.search(data)
            if found and src:
                self.tags.append(Tag(found[1] or found[2], src[1], loaded=True))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the parser's interface
        """A script ends."""
        self._in_script = False


def check(url: str, sites: Registry, key: str | None = None) -> Report:
    """
    Look at the page *url* and say what is wrong with the installation.

    Args:
        url: of a page of the site, http or https; without a scheme https is meant.
        sites: the registry.
        key: key that the snippet should have; None: any that is registered.

    Raises:
        UsageError: *url* is not an address of a page.
        UnknownSite: no site has that key.
    """
    asked = url if "://" in url else f"https://{url}"
    if urlsplit(asked).scheme not in ("http", "https") or not urlsplit(asked).hostname:
        raise UsageError(f"Address {url!r} cannot be checked; expected a page such as https://werkenbij.example.org/")
    expected = None if key is None else sites[key]
    report = Report()
    answer = fetch(asked)
    if not answer.status:
        report.problems.append(
            f"The page cannot be reached: {answer.trouble}. Is the address right, and is the site up?"
        )
        return report
    if answer.status >= 400:
        report.problems.append(f"The page answers {answer.status}; expected 200. Name a page that visitors can open.")
        return report
    page = _Page()
    page.feed(answer.text)
    if not page.tags:
        report.problems.append(_no_snippet(page))
        return report
    if len(page.tags) > 1:
        report.problems.append(
            f"The snippet is on the page {len(page.tags)} times; it counts once, but remove the others."
        )
    _check_key(page.tags[0], expected, sites, answer.url, report)
    _check_address(page.tags[0], urljoin(answer.url, page.base), answer, page.policies, report)
    if not report.problems:
        report.notes.append(f"The snippet for site {page.tags[0].key!r} is on {answer.url} and can do its work.")
        report.notes.append(
            "Not seen from here: consent tools and ad blockers. Open the page and look at the dashboard's Install page."
        )
    return report


def fetch(url: str, method: str = "GET") -> Answer:
    """Fetch *url*, redirects followed, at most 2 MB and 10 s without a byte; never raises for what is wrong there."""
    opener = urllib.request.OpenerDirector()  # http and https only, and no proxy, file or ftp
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    opener.addheaders = []
    try:
        request = urllib.request.Request(url, method=method, headers={"User-Agent": AGENT, "Accept": "*/*"})  # noqa: S310  # checked by the caller, and the opener knows no other scheme
        with opener.open(request, timeout=TIMEOUT_S) as got:
            text = got.read(PAGE_MAX_BYTES).decode("utf-8", "replace")
            return Answer(got.url, got.status, tuple(got.headers.items()), text)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(url, error.code, tuple(error.headers.items()))
    except urllib.error.URLError as error:
        return Answer(url, trouble=str(error.reason))
    except TimeoutError:
        return Answer(url, trouble=f"no answer in {TIMEOUT_S} s")
    except (HTTPException, OSError, ValueError) as error:
        return Answer(url, trouble=str(error) or type(error).__name__)


def _no_snippet(page: _Page) -> str:
    if any(manager in source for manager in _TAG_MANAGERS for source in page.sources):
        return (
            "The snippet is not in the page's HTML, but a tag manager is: publish the tag there and look at the dashboard's Install "
            "page, or put the snippet in the page itself."
        )
    return "The snippet is not on the page. Put the line of the dashboard's Install page in its <head>, and empty the site's cache."


def _check_key(tag: Tag, expected: Site | None, sites: Registry, url: str, report: Report) -> None:
    site = sites.get(tag.key)
    if not tag.key:
        report.problems.append(
            'The snippet has no site key. Add data-site="KEY"; tag managers take it off, and need their own code.'
        )
    elif expected is not None and tag.key != expected.key:
        report.problems.append(
            f"The snippet has the site key {tag.key!r}; expected {expected.key!r}. Change data-site."
        )
    elif site is None:
        known = ", ".join(each.key for each in sites.all()[:10]) or "none yet"
        report.problems.append(
            f"The snippet has the site key {tag.key!r}, which is not registered; known sites: {known}."
        )
    else:
        parts = urlsplit(url)
        if not site.accepts_host(parts.netloc.rpartition("@")[2].lower()):
            report.problems.append(
                f"The host {parts.hostname} is not one of site {site.key!r} ({', '.join(site.hosts)}), so its events are dropped. "
                f"Add it: telpunt site add {site.key} --host {' --host '.join((*site.hosts, str(parts.hostname)))}"
            )


def _check_address(tag: Tag, base: str, answer: Answer, metas: list[str], report: Report) -> None:
    src = urljoin(base, tag.src)
    api = src.partition("?")[0].rpartition("/")[0] + "/api/event"
    if urlsplit(src).scheme not in ("http", "https"):
        report.problems.append(
            f"The snippet's address {src[:200]!r} is none that a browser can load; expected https://…/t.js."
        )
        return
    if answer.url.startswith("https:") and src.startswith("http:"):
        report.problems.append(
            f"The page has https and the snippet has not ({src}); browsers refuse that. Serve Telpunt over https."
        )
    for policy in (*answer.all("content-security-policy"), *metas):
        for one in policy.split(","):
            parsed = Policy.parse(one)
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(src))
            if not parsed.allows_script(src, page=answer.url, nonce=tag.nonce):
                report.problems.append(
                    f"The page's Content-Security-Policy refuses the snippet. Add to it: script-src {origin}"
                )
            if not parsed.allows_connection(api, page=answer.url):
                report.problems.append(
                    f"The page's Content-Security-Policy refuses the beacons. Add to it: connect-src {origin}"
                )
    script = fetch(src)
    if script.status != 200:
        what = f"answers {script.status}" if script.status else f"cannot be reached: {script.trouble}"
        report.problems.append(f"The snippet {src} {what}. Is telpunt serve running, and does the proxy pass /t.js?")
        return
    if "api/event" not in script.text:
        report.problems.append(
            f"What lies at {src} is not Telpunt's snippet. Does the proxy pass /t.js to telpunt serve?"
        )
        return
    door = fetch(api, "OPTIONS")
    if not 200 <= door.status < 300:
        what = f"answers {door.status}" if door.status else f"cannot be reached: {door.trouble}"
        report.problems.append(f"The address for events {api} {what}. Does the proxy pass it to telpunt serve?")
