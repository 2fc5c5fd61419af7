"""
What is wrong with the installation on a page: fetched as a browser would, read, and said in one line per thing with what to do.

It looks from this machine, runs no script and sends no event; what only a browser can know (a consent tool or tag manager that
holds the snippet back, an ad blocker) it can't see, and says so.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from collector.errors import UsageError
from collector.sites import Registry, Site
from dashboard.owner.policy import Policy
from dashboard.said import Said as _

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
    """What was found: *problems* to be solved, *notes* that are good to know; each can be translated (:mod:`dashboard.said`)."""

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


Fetch = Callable[..., Answer]


def check(
    url: str,
    sites: Registry,
    key: str | None = None,
    *,
    fetch: Fetch | None = None,
    looks_at: Callable[[str], bool] | None = None,
    expects: str = "",
) -> Report:
    """
    Look at the page *url* and say what is wrong with the installation.

    Args:
        url: of a page of the site, http or https; without a scheme https is meant.
        sites: the registry.
        key: key that the snippet should have; None: any that is registered.
        fetch: fetches an address; None: :func:`fetch_anywhere`, from wherever it is.
        looks_at: may the snippet at this address be fetched too? What may not is said, and not looked at. None: all may.
        expects: origin at which Telpunt is; a snippet from there needs no look. "": not known.

    Raises:
        UsageError: *url* is not an address of a page.
        UnknownSite: no site has that key.
    """
    asked = url if "://" in url else f"https://{url}"
    parts = _parts(asked)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"Address {url!r} cannot be checked; expected a page such as https://werkenbij.example.org/")
    expected = None if key is None else sites[key]
    report = Report()
    get = fetch or fetch_anywhere
    answer = get(asked)
    if not answer.status:
        report.problems.append(
            _(
                "The page cannot be reached: %(trouble)s. Is the address right, and is the site up?",
                trouble=answer.trouble,
            )
        )
        return report
    if answer.status >= 400:
        report.problems.append(
            _("The page answers %(status)s; expected 200. Name a page that visitors can open.", status=answer.status)
        )
        return report
    page = _Page()
    page.feed(answer.text)
    if not page.tags:
        report.problems.append(_no_snippet(page))
        return report
    if len(page.tags) > 1:
        report.problems.append(
            _(
                "The snippet is on the page %(times)s times; it counts once, but remove the others.",
                times=len(page.tags),
            )
        )
    _check_key(page.tags[0], expected, sites, answer.url, report)
    src = _joined(answer.url, page.base, page.tags[0].src)
    _check_address(page.tags[0], src, answer, page.policies, report)
    if urlsplit(src).scheme in ("http", "https"):
        if looks_at is None or (looks_at(src) and _origin(src) != expects):
            _check_snippet(src, get, report)
        elif _origin(src) != expects:
            report.notes.append(
                _(
                    "The snippet comes from %(origin)s, which is not looked at from here. Is that where Telpunt is?",
                    origin=_origin(src),
                )
            )
    if not report.problems:
        report.notes.append(
            _(
                "The snippet for site %(key)s is on %(url)s and can do its work.",
                key=repr(page.tags[0].key),
                url=answer.url,
            )
        )
        report.notes.append(
            _(
                "Not seen from here: consent tools and ad blockers. Open the page and look at the dashboard's Install page."
            )
        )
    return report


def fetch_anywhere(url: str, method: str = "GET") -> Answer:
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


def _parts(url: str) -> SplitResult | None:
    """*url* taken apart; None when Python finds it none, such as ``http://[``."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _joined(page: str, base: str, src: str) -> str:
    """The address of a script as a browser finds it; as written when it is none."""
    try:
        joined = urljoin(urljoin(page, base), src)
        urlsplit(joined)
    except ValueError:
        return f"invalid:{src}"
    return joined


def _no_snippet(page: _Page) -> str:
    if any(manager in source for manager in _TAG_MANAGERS for source in page.sources):
        return _(
            "The snippet is not in the page's HTML, but a tag manager is: publish the tag there and look at the dashboard's Install "
            "page, or put the snippet in the page itself."
        )
    return _(
        "The snippet is not on the page. Put the line of the dashboard's Install page in its head, and empty the site's cache."
    )


def _check_key(tag: Tag, expected: Site | None, sites: Registry, url: str, report: Report) -> None:
    site = sites.get(tag.key)
    if not tag.key:
        report.problems.append(
            _('The snippet has no site key. Add data-site="KEY"; tag managers take it off, and need their own code.')
        )
    elif expected is not None and tag.key != expected.key:
        report.problems.append(
            _(
                "The snippet has the site key %(key)s; expected %(expected)s. Change data-site.",
                key=repr(tag.key[:80]),
                expected=repr(expected.key),
            )
        )
    elif site is None:
        known = ", ".join(each.key for each in sites.all()[:10]) or "none yet"
        report.problems.append(
            _(
                "The snippet has the site key %(key)s, which is not registered; known sites: %(known)s.",
                key=repr(tag.key[:80]),
                known=known,
            )
        )
    else:
        parts = urlsplit(url)
        if not site.accepts_host(parts.netloc.rpartition("@")[2].lower()):
            report.problems.append(
                _(
                    "The host %(host)s is not one of site %(key)s (%(hosts)s), so its events are dropped. Add it: %(command)s",
                    host=parts.hostname,
                    key=repr(site.key),
                    hosts=", ".join(site.hosts),
                    command=f"telpunt site add {site.key} --host {' --host '.join((*site.hosts, str(parts.hostname)))}",
                )
            )


def _check_address(tag: Tag, src: str, answer: Answer, metas: list[str], report: Report) -> None:
    """May a browser on the page load the snippet and send what it says?"""
    if urlsplit(src).scheme not in ("http", "https"):
        report.problems.append(
            _(
                "The snippet's address %(src)s is none that a browser can load; expected https://…/t.js.",
                src=repr(src[:200]),
            )
        )
        return
    if answer.url.startswith("https:") and src.startswith("http:"):
        report.problems.append(
            _(
                "The page has https and the snippet has not (%(src)s); browsers refuse that. Serve Telpunt over https.",
                src=src[:200],
            )
        )
    for policy in (*answer.all("content-security-policy"), *metas):
        for one in policy.split(","):
            parsed = Policy.parse(one)
            if not parsed.allows_script(src, page=answer.url, nonce=tag.nonce):
                report.problems.append(
                    _(
                        "The page's Content-Security-Policy refuses the snippet. Add to it: script-src %(origin)s",
                        origin=_origin(src),
                    )
                )
            if not parsed.allows_connection(_api(src), page=answer.url):
                report.problems.append(
                    _(
                        "The page's Content-Security-Policy refuses the beacons. Add to it: connect-src %(origin)s",
                        origin=_origin(src),
                    )
                )


def _check_snippet(src: str, get: Fetch, report: Report) -> None:
    """Is Telpunt's snippet there, and the door for its events?"""
    script = get(src)
    if script.status != 200:
        report.problems.append(
            _(
                "The snippet %(src)s %(what)s. Is telpunt serve running, and does the proxy pass /t.js?",
                src=src[:200],
                what=_what(script),
            )
        )
        return
    if "api/event" not in script.text:
        report.problems.append(
            _(
                "What lies at %(src)s is not Telpunt's snippet. Does the proxy pass /t.js to telpunt serve?",
                src=src[:200],
            )
        )
        return
    door = get(_api(src), "OPTIONS")
    if not 200 <= door.status < 300:
        report.problems.append(
            _(
                "The address for events %(api)s %(what)s. Does the proxy pass it to telpunt serve?",
                api=_api(src)[:200],
                what=_what(door),
            )
        )


def _what(answer: Answer) -> str:
    if answer.status:
        return _("answers %(status)s", status=answer.status)
    return _("cannot be reached: %(trouble)s", trouble=answer.trouble)


def _api(src: str) -> str:
    return src.partition("?")[0].rpartition("/")[0] + "/api/event"


def _origin(src: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(src))
