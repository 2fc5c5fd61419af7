"""The snippet in a real Chromium, on a real careers site, against the real collector."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from collector import snippet
from tests import careers_site
from tests.browser.conftest import AGENT, CHROMIUM, FLAGS, Collected

pytestmark = pytest.mark.browser
VACANCY = "/nl/vacatures/verpleegkundige-utrecht-12345/"


def stay_on(page: Page) -> None:
    """Let links be clicked without leaving the page."""
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")


def hide(page: Page, *, hidden: bool) -> None:
    """Make the page believe that it is hidden or shown; headless Chromium never hides a page."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
            document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


def test_pages_of_three_languages_reach_the_journal(context: BrowserContext, collector: Collected, site: str) -> None:
    """Every page of a visit is one page view, with touchpoint and without anything that can tell the visitor."""
    paths = {
        "/nl/": "home",
        "/nl/vacatures/": "vacancy_list",
        VACANCY: "vacancy",
        "/nl/solliciteren/": "apply",
        "/nl/bedankt/": "applied",
        "/nl/verhalen/": "story",
        "/nl/arbeidsvoorwaarden/": "benefits",
        "/en/": "home",
        "/en/jobs/": "vacancy_list",
        "/en/jobs/software-engineer/": "vacancy",
        "/en/apply/": "apply",
        "/de/": "home",
        "/de/stellenangebote/": "vacancy_list",
        "/de/stellenangebote/pflegefachkraft-m-w-d/": "vacancy",
        "/de/bewerben/": "apply",
    }
    page = context.new_page()
    for number, path in enumerate(paths, start=1):
        page.goto(site + path)
        collector.wait_for(number, "page_view")
    views = [hit for hit in collector.hits() if hit.kind == "page_view"]
    assert [hit.touchpoint for hit in views] == list(paths.values())
    assert {hit.language for hit in views} == {"nl"}
    assert {hit.device for hit in views} == {"desktop"}
    assert len({hit.visit for hit in views}) == 1
    assert views[2].page == "/nl/vacatures/verpleegkundige-utrecht-:id"
    assert all(answer.startswith("202") for answer in collector.answers)


def test_arrival_is_told_and_links_within_are_internal(
    context: BrowserContext, collector: Collected, site: str
) -> None:
    """The first page has the channel of its tags, the next is internal."""
    page = context.new_page()
    page.goto(site + "/nl/?utm_source=indeed&utm_medium=cpc&utm_campaign=Zorg")
    collector.wait_for(1, "page_view")
    page.click("#vacatures")
    collector.wait_for(2, "page_view")
    first, second = (hit for hit in collector.hits() if hit.kind == "page_view")
    assert (first.channel, first.source, first.campaign) == ("job_board", "indeed", "zorg")
    assert second.channel == "internal"


def test_nothing_is_kept_in_the_browser(context: BrowserContext, collector: Collected, site: str) -> None:
    """After a visit there is no cookie, and nothing in localStorage, sessionStorage, IndexedDB or the cache storage."""
    page = context.new_page()
    for path in ("/nl/", "/nl/vacatures/?q=zorg", VACANCY):
        page.goto(site + path)
    collector.wait_for(3, "page_view")
    kept = page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, document.cookie.length,"
        " (await indexedDB.databases()).length, window.name.length]"
    )
    assert kept == [0, 0, 0, 0, 0]
    assert context.cookies() == []


def test_strict_policy_is_enough(context: BrowserContext, collector: Collected, site: str) -> None:
    """Under a policy that allows the snippet's origin and nothing else, it works and the console stays empty."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site + VACANCY)
    collector.wait_for(1, "page_view")
    stay_on(page)
    page.click("#bewaar")
    assert collector.wait_for(1, "custom")
    assert [text for text in said if "favicon" not in text and "404" not in text] == []


def test_engaged_time_and_depth_survive_the_closing_of_the_tab(
    context: BrowserContext, collector: Collected, site: str
) -> None:
    """When a tab is closed, one engagement says how long and how deep the page was seen."""
    page = context.new_page()
    page.goto(site + VACANCY)
    collector.wait_for(1, "page_view")
    page.wait_for_timeout(1200)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(100)
    page.close(run_before_unload=True)
    (engagement,) = collector.wait_for(1, "engagement")
    assert 1000 <= engagement["engaged_ms"] <= 15_000
    assert engagement["depth_pct"] >= 95
    assert engagement["url"].endswith(VACANCY)


def test_hidden_time_is_not_engaged_time(context: BrowserContext, collector: Collected, site: str) -> None:
    """Time in which the page is hidden does not count, and hiding twice does not count twice."""
    page = context.new_page()
    page.goto(site + "/nl/")
    collector.wait_for(1, "page_view")
    page.wait_for_timeout(700)
    hide(page, hidden=True)
    (first,) = collector.wait_for(1, "engagement")
    page.wait_for_timeout(1500)
    hide(page, hidden=False)
    hide(page, hidden=True)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(300)
    assert collector.of_kind("engagement") == [first]
    assert first["engaged_ms"] < 2000


def test_single_page_application_counts_each_page_once(
    context: BrowserContext, collector: Collected, site: str
) -> None:
    """A new path is a page view with its own engagement; the same path, an anchor and new parameters are none."""
    page = context.new_page()
    page.goto(site + "/nl/")
    collector.wait_for(1, "page_view")
    page.wait_for_timeout(700)
    page.evaluate("history.pushState({}, '', '/nl/vacatures/')")
    page.evaluate("history.replaceState({}, '', '/nl/vacatures/')")
    page.evaluate("history.pushState({}, '', '/nl/vacatures/?pagina=2')")
    page.evaluate("history.pushState({}, '', '/nl/vacatures/?pagina=2#top')")
    page.evaluate("history.pushState({}, '', '/nl/verhalen/')")
    page.evaluate("history.back()")
    views = collector.wait_for(4, "page_view")
    page.wait_for_timeout(300)
    assert [view["url"].removeprefix(site) for view in collector.of_kind("page_view")] == [
        "/nl/",
        "/nl/vacatures/",
        "/nl/verhalen/",
        "/nl/vacatures/?pagina=2#top",
    ]
    assert views[1]["referrer"] == site + "/nl/"
    assert {hit.channel for hit in collector.hits()[1:] if hit.kind == "page_view"} == {"internal"}
    assert collector.of_kind("engagement")[0]["url"] == site + "/nl/"


def test_single_page_application_without_navigation_api(
    context: BrowserContext, collector: Collected, site: str
) -> None:
    """A browser without the Navigation API counts a new path as well, and once."""
    context.add_init_script("delete window.navigation; Object.defineProperty(window, 'navigation', {value: undefined})")
    page = context.new_page()
    page.goto(site + "/nl/")
    collector.wait_for(1, "page_view")
    page.evaluate("history.pushState({}, '', '/nl/verhalen/')")
    collector.wait_for(2, "page_view")
    page.wait_for_timeout(1200)
    assert [view["url"].removeprefix(site) for view in collector.of_kind("page_view")] == ["/nl/", "/nl/verhalen/"]


def test_back_forward_cache_counts_a_page_again(browser: Browser, collector: Collected, site: str) -> None:
    """A page that comes back from the back/forward cache is a page view, and an internal one."""
    # Playwright switches that cache off; without its switch it is on.
    cached = browser.browser_type.launch(
        executable_path=str(CHROMIUM), args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = cached.new_context(user_agent=AGENT).new_page()
    page.goto(site + "/nl/", referer="https://www.google.com/")
    collector.wait_for(1, "page_view")
    page.evaluate("window.stayed = true")
    page.goto(site + "/nl/verhalen/")
    collector.wait_for(2, "page_view")
    page.go_back(wait_until="commit")
    views = collector.wait_for(3, "page_view")
    stayed = page.evaluate("window.stayed")
    cached.close()
    assert stayed, "Chromium did not keep the page, so this test shows nothing"
    assert [view["url"].removeprefix(site) for view in views] == ["/nl/", "/nl/verhalen/", "/nl/"]
    assert views[2]["referrer"].startswith(site)


def test_page_that_was_never_shown_does_not_count(context: BrowserContext, collector: Collected, site: str) -> None:
    """A page that is loaded ahead or in the background counts when it is shown, once."""
    context.add_init_script("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    page = context.new_page()
    page.goto(site + "/nl/")
    page.wait_for_timeout(300)
    assert collector.sent == []
    hide(page, hidden=False)
    hide(page, hidden=True)
    hide(page, hidden=False)
    collector.wait_for(1, "page_view")
    page.wait_for_timeout(200)
    assert len(collector.of_kind("page_view")) == 1


@pytest.mark.parametrize(
    "asks",
    [
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
        "window.telpunt = {optOut: true}",
    ],
)
def test_who_asks_not_to_be_counted_sends_nothing(
    context: BrowserContext, collector: Collected, site: str, asks: str
) -> None:
    """Under Global Privacy Control, Do Not Track, or the page's own switch, nothing is sent at all."""
    context.add_init_script(asks)
    page = context.new_page()
    page.goto(site + VACANCY)
    stay_on(page)
    page.click("#bewaar")
    page.wait_for_timeout(300)
    page.close(run_before_unload=True)
    time.sleep(0.3)
    assert collector.sent == []


def test_address_can_opt_out(context: BrowserContext, collector: Collected, site: str) -> None:
    """With telpunt=off in the address of a page, nothing of it is counted."""
    page = context.new_page()
    page.goto(site + "/nl/?telpunt=off")
    page.wait_for_timeout(300)
    page.goto(site + "/nl/verhalen/")
    collector.wait_for(2, "page_view")
    assert collector.answers[0] == "202 Accepted dropped; reason=opt_out"
    assert [hit.page for hit in collector.hits() if hit.kind == "page_view"] == ["/nl/verhalen"]


@pytest.mark.parametrize(
    ("path", "family", "employment", "place", "remote", "posted"),
    [
        (VACANCY, "zorg", "PART_TIME", "utrecht", False, "2026-11-12"),
        ("/en/jobs/software-engineer/", "it", "FULL_TIME", "amsterdam", True, "2026-05-01"),
        ("/de/stellenangebote/pflegefachkraft-m-w-d/", "pflege", "FULL_TIME", "köln", False, "2026-11-20"),
        ("/en/jobs/gardener-microdata/", "parks", "PART_TIME", "delft", False, "2026-11-12"),
        ("/en/jobs/driver-rdfa/", "transport", "FULL_TIME", "gent", True, "2026-11-01T08:00"),
    ],
)
def test_vacancy_is_read_coarsely(
    context: BrowserContext,
    collector: Collected,
    site: str,
    path: str,
    family: str,
    employment: str,
    place: str,
    remote: bool,
    posted: str,
) -> None:
    """Of a JobPosting as JSON-LD, microdata or RDFa family, type, town and day are sent, whatever its capitals; title and street are not."""
    page = context.new_page()
    page.goto(site + path)
    (view,) = collector.wait_for(1, "page_view")
    job = view["job"]
    kept = collector.hits()[0].job
    assert kept is not None
    assert (kept.family, kept.employment_type, kept.location, kept.remote) == (family, employment, place, remote)
    assert kept.posted in ("0-7", "8-30", "31-90", "90+")
    assert job["posted"] == posted
    assert set(job) <= {"family", "employment_type", "location", "remote", "posted"}
    assert collector.answers == ["202 Accepted accepted"]
    assert collector.hits()[0].job is not None


def test_list_of_vacancies_is_no_vacancy(context: BrowserContext, collector: Collected, site: str) -> None:
    """A page that describes two vacancies sends none."""
    page = context.new_page()
    page.goto(site + "/en/jobs/")
    (view,) = collector.wait_for(1, "page_view")
    assert "job" not in view


@pytest.mark.parametrize(
    ("element", "kinds", "target"),
    [
        ("#solliciteer", ["apply_start"], ""),
        ("#ats", ["apply_start", "handoff"], "jobs.lever.co"),
        ("#ats-anders", ["handoff"], "acme.homerun.co"),
        ("#mail", ["contact"], "mail"),
        ("#bel", ["contact"], "tel"),
        ("#app", ["contact"], "whatsapp"),
        ("#folder", ["download"], "pdf"),
        ("#buiten", ["outbound"], "example.org"),
        ("#bewaar", ["save"], ""),
        ("#eigen", ["custom"], ""),
        ("h1", [], ""),
    ],
)
def test_clicks(
    context: BrowserContext, collector: Collected, site: str, element: str, kinds: list[str], target: str
) -> None:
    """What is clicked stands in the journal by its kind, with a host at most; whom it reaches never leaves the page."""
    page = context.new_page()
    page.goto(site + VACANCY)
    collector.wait_for(1, "page_view")
    stay_on(page)
    page.click(element)
    collector.wait_for(1 + len(kinds))
    page.wait_for_timeout(100)
    hits = [hit for hit in collector.hits() if hit.kind not in ("page_view", "engagement")]
    assert [hit.kind for hit in hits] == kinds
    assert (hits[-1].target if hits else "") == target
    for secret in ("jan", "31612345678", "lever-source"):
        assert secret not in str([event for event in collector.sent if event["kind"] != "page_view"]).lower()


def test_site_search_is_counted_with_its_results(context: BrowserContext, collector: Collected, site: str) -> None:
    """On the page of results the words and the number are sent, once for one search."""
    page = context.new_page()
    page.goto(site + "/nl/vacatures/?q=Chirurg+Utrecht")
    (search,) = collector.wait_for(1, "search")
    page.evaluate("history.replaceState({}, '', '?q=Chirurg+Utrecht&pagina=2')")
    page.evaluate("history.replaceState({}, '', '?trefwoord=monteur')")
    collector.wait_for(2, "search")
    page.wait_for_timeout(200)
    assert [event["query"] for event in collector.of_kind("search")] == ["Chirurg Utrecht", "monteur"]
    assert search["results"] == 0
    assert next(hit for hit in collector.hits() if hit.kind == "search").query == "chirurg utrecht"


def test_page_can_speak_before_the_snippet_is_there(context: BrowserContext, collector: Collected, site: str) -> None:
    """What a page says with telpunt() before the snippet has loaded is sent when it has; nonsense harms nobody."""
    context.add_init_script(
        "window.telpunt = (...given) => (telpunt.q = telpunt.q || []).push(given); telpunt('job_alert'); telpunt('quiz', {results: 3})"
    )
    page = context.new_page()
    page.goto(site + "/nl/")
    collector.wait_for(2, "custom")
    page.evaluate("const loop = {}; loop.loop = loop; telpunt('x', loop); telpunt(); telpunt(null, 3)")
    page.wait_for_timeout(200)
    assert [hit.kind for hit in collector.hits()][:3] == ["page_view", "job_alert", "custom"]


def test_included_twice_counts_once(context: BrowserContext, collector: Collected) -> None:
    """A site that has the snippet in its template and in its tag manager is counted once."""
    line = snippet.tag(collector.address, "acme")
    with careers_site.serve(line + line, snippet.csp(collector.address)) as origin:
        page = context.new_page()
        page.goto(origin + "/nl/")
        collector.wait_for(1, "page_view")
        page.wait_for_timeout(300)
    assert len(collector.of_kind("page_view")) == 1


def test_collector_that_is_away_harms_nobody(context: BrowserContext, collector: Collected) -> None:
    """When the beacons can't be sent, the page hears no error."""
    heard: list[str] = []
    with careers_site.serve(snippet.tag(collector.address, "acme"), snippet.csp(collector.address)) as origin:
        page = context.new_page()
        page.route("**/api/event", lambda route: route.abort())
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto(origin + VACANCY)
        stay_on(page)
        page.click("#bewaar")
        page.evaluate("delete Navigator.prototype.sendBeacon")
        page.click("#eigen")
        page.wait_for_timeout(300)
    assert heard == []
