"""The dashboard in a real Chromium, under its real policy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from collector.folder import DataFolder
from collector.outcomes import Outcomes
from collector.settings import Settings
from dashboard.app import create_app
from dashboard.services import EXTENSION
from tests import factories

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.executed=1</script>",
    '"><img src=x onerror="window.executed=1">',
    "'><svg onload=window.executed=1>",
    "</script></title></textarea><script>window.executed=1</script>",
    "javascript:window.executed=1",
    "{{constructor.constructor('window.executed=1')()}}{{7*7}}${7*7}",
    "</table><iframe srcdoc='<script>parent.executed=1</script>'>",
    "\u202egnp.exe\u2066 %(visits)s %s {0}",
)
PATHS = (
    "/sites/demo",
    "/sites/demo/audiences",
    "/sites/demo/segments/a01",
    "/sites/demo/segments/a03",
    "/sites/demo/segments/unclustered",
    "/sites/demo/audiences/compare",
    "/sites/demo/changes",
    "/sites/demo/touchpoints",
    "/sites/demo/touchpoints?segment=a01&kind=vacancy",
    "/sites/demo/touchpoints/one?kind=vacancy&value=/vacatures/monteur-gemalen",
    "/sites/demo/demand",
    "/sites/demo/demand?segment=a03",
    "/sites/demo/channels?by=source",
    "/sites/demo/channels/link?page=werkenbij.example.org&source=indeed&medium=jobboard&campaign=water&audience=a01",
    "/sites/demo/report",
    "/sites/demo/reports/schedule",
    "/sites/demo/sharing",
    "/sites/demo/supply",
    "/api/docs",
    "/sites/demo/live",
    "/sites/demo/install",
    "/sites/demo/rules",
    "/sites/demo/settings",
    "/sites/demo/first-day",
    "/welcome",
    "/privacy/demo",
    "/account",
    "/users",
    "/jobs",
)


class Quiet(WSGIRequestHandler):
    """Writes no line per request: it would hold the address."""

    def log(self, *_arguments: Any) -> None:
        pass


class Dashboard:
    """A dashboard that listens."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.app: Flask = create_app(Settings(data=folder.path), folder)
        self.services = self.app.extensions[EXTENSION]
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def entry(self) -> str:
        if not self.services.accounts.has_admin():
            self.services.accounts.add("anna@example.org", "admin", None)
        return self.address + str(self.services.accounts.entry_link("anna@example.org"))

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.services.engine.dispose()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Dashboard]]:
    started: list[Dashboard] = []

    def begin() -> Dashboard:
        started.append(Dashboard(factories.folder(tmp_path)))
        return started[-1]

    yield begin
    for dashboard in started:
        dashboard.stop()


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with the made-up run; who changes something in it changes it back."""
    made = Dashboard(factories.folder(tmp_path_factory.mktemp("pages")))
    factories.publish(made.folder, factories.site(made.folder, simulated=True))
    yield made
    made.stop()


def test_the_first_visit(start: Callable[[], Dashboard], open_page: Callable[..., Any]) -> None:
    """A newcomer is told where the link is, makes the account with it, and is told the next step."""
    dashboard, page = start(), open_page()
    page.goto(dashboard.address)
    assert page.locator("h1").inner_text() == "Set up Telpunt"
    page.goto(dashboard.address + dashboard.services.accounts.setup_link())
    page.get_by_label("E-mail address").fill("anna@example.org")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_label("The same password again").fill("correct horse battery staple")
    page.get_by_role("button", name="Make the account").click()
    assert page.get_by_role("heading", name="No site yet").is_visible()
    page.get_by_role("button", name="Nederlands").click()
    assert page.get_by_role("heading", name="Nog geen site").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_draws_under_the_strict_policy(
    dashboard: Dashboard, open_page: Callable[..., Any], scheme: str
) -> None:
    """Vega draws without eval and without inline style, in the colours of the theme, and its words show on hover; nothing is refused."""
    page = open_page(color_scheme=scheme)
    page.goto(dashboard.entry())
    page.goto(f"{dashboard.address}/sites/demo/audiences")
    draw_charts(page)
    canvas = page.locator("[data-chart] canvas")
    colours = canvas.evaluate(
        """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 160) seen.add(`${data[i] >> 5},${data[i + 1] >> 5},${data[i + 2] >> 5}`);
            return seen.size;
        }"""
    )
    assert colours > 8
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tip = page.locator(".chart-tip")
    for x in range(20, int(box["width"]), 12):
        page.mouse.move(box["x"] + x, box["y"] + box["height"] * 0.45)
        if tip.is_visible():
            break
    assert "vacancy 2–3 times" in tip.inner_text()
    assert page.complaints == []


def test_nothing_hostile_executes(start: Callable[[], Dashboard], open_page: Callable[..., Any]) -> None:
    """Scripts in every label, sentence, value, name and pattern stay text on every page, in the map and in its words on hover."""
    dashboard = start()
    turn = iter(range(10**9))

    def hostile(words: str) -> str:
        number = next(turn)
        return f"{HOSTILE[number % len(HOSTILE)]} {number} {words}"

    site = factories.site(dashboard.folder)
    factories.publish(dashboard.folder, site, text=hostile)
    dashboard.services.names.give("demo", "a03", HOSTILE[1], by=None)
    page = open_page()
    page.goto(dashboard.entry())
    for path in PATHS:
        for language in ("en", "nl"):
            page.goto(f"{dashboard.address}{path}?lang={language}")
            if path == "/sites/demo/audiences":
                draw_charts(page)
                canvas = page.locator("[data-chart] canvas")
                canvas.scroll_into_view_if_needed()
                box = canvas.bounding_box()
                for x in range(10, int(box["width"]), 40):
                    page.mouse.move(box["x"] + x, box["y"] + box["height"] * 0.45)
            assert page.evaluate("window.executed") is None
            assert page.locator("main iframe, main script, main [onerror], main [onload], main svg svg").count() == 0
    page.goto(f"{dashboard.address}/sites/demo/audiences/map.svg")
    assert page.evaluate("window.executed") is None
    # A refused script would be a complaint: the policy was not even needed.
    assert [complaint for complaint in page.complaints if "Content Security Policy" in complaint] == []


def draw_charts(page: Any) -> None:
    """Scroll to each chart, since they are drawn when they are looked at, and wait for it."""
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
    for _ in page.locator("[data-chart]").all():
        page.wait_for_function("() => !document.querySelector('[data-chart]:not([data-drawn])')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(dashboard: Dashboard, open_page: Callable[..., Any], scheme: str) -> None:
    """No page breaks a rule of WCAG 2.2 A or AA that axe-core can check, in light and dark, charts drawn."""
    page = open_page(color_scheme=scheme)
    page.goto(dashboard.entry())
    axe = Axe()
    found = []
    for path in PATHS:
        page.goto(dashboard.address + path)
        draw_charts(page)
        results = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        found += [
            (path, violation["id"], violation["help"], [node["target"] for node in violation["nodes"]][:3])
            for violation in results.response["violations"]
        ]
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_pages_fit_and_are_well_formed_for_readers(
    dashboard: Dashboard, open_page: Callable[..., Any], width: int
) -> None:
    """No page scrolls sideways; each has one h1, headings without gaps, labelled fields, named buttons and tables with headers."""
    page = open_page(viewport={"width": width, "height": 900})
    page.goto(dashboard.entry())
    for path in PATHS:
        page.goto(dashboard.address + path)
        problems = page.evaluate(
            """() => {
                const found = [];
                if (document.documentElement.scrollWidth > innerWidth) found.push("scrolls sideways");
                const levels = [...document.querySelectorAll("h1,h2,h3,h4")].map((heading) => Number(heading.tagName[1]));
                if (levels.filter((level) => level === 1).length !== 1) found.push("not one h1");
                levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) found.push(`h${levels[i - 1]} then h${level}`); });
                for (const field of document.querySelectorAll("input:not([type=hidden])"))
                    if (!field.labels.length) found.push(`no label: ${field.name}`);
                for (const button of document.querySelectorAll("button,a"))
                    if (!button.textContent.trim()) found.push(`no name: ${button.outerHTML}`);
                for (const table of document.querySelectorAll("table"))
                    if (!table.querySelector("th[scope=col]")) found.push("table without headers");
                const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
                if (new Set(ids).size !== ids.length) found.push("ids that are not unique");
                for (const landmark of ["body > header", "main", "body > footer"])
                    if (document.querySelectorAll(landmark).length !== 1) found.push(`not one ${landmark}`);
                return found;
            }"""
        )
        assert problems == [], path
        assert page.get_by_text("Simulated data: no real visits").first.is_visible() or path == "/account"
    assert page.complaints == []


def test_reading_needs_no_script(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """Without JavaScript every figure is there, and the map is a picture."""
    page = open_page(java_script_enabled=False)
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/audiences")
    assert page.get_by_role("table").get_by_role("link", name="Culture readers").first.is_visible()
    picture = page.locator("figure img")
    assert picture.is_visible()
    page.wait_for_load_state("networkidle")
    assert picture.bounding_box()["height"] > 200
    page.get_by_role("link", name="Culture readers").first.click()
    assert page.get_by_role("heading", name="What they do").is_visible()


def test_an_editor_renames_an_audience(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """Rename, see it in the list, take it back."""
    page = open_page()
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/audiences")
    page.get_by_role("link", name="Culture readers").first.click()
    page.get_by_text("Rename this audience").click()
    page.get_by_label("Name").fill("Water lovers")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("2")
    assert "Water lovers" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_text("Rename this audience").click()
    page.get_by_role("button", name="Back to the automatic label").click()
    assert "Culture readers" in page.get_by_role("heading", level=1).inner_text()


def test_the_install_page_copies_and_sees_an_event_arrive(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """The copy button copies the snippet; an event that is dropped says why, one that is counted says that it works."""
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/install")
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()")
        == f'<script defer src="{dashboard.address}/t.js" data-site="demo"></script>'
    )
    live = page.locator("[data-live]")
    page.get_by_text("Waiting for an event").wait_for()
    outcomes = Outcomes.open(dashboard.folder, "test")
    outcomes.add("demo", "bot", 1_790_000_000)
    outcomes.save(1_790_000_000)
    page.locator(".live-no").wait_for(timeout=15_000)
    assert "Automated traffic" in live.inner_text()
    outcomes.add("demo", "accepted", 1_790_000_000)
    outcomes.close(1_790_000_000)
    page.locator(".live-yes").wait_for(timeout=15_000)
    assert "It works" in live.inner_text()


def test_pages_are_light(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """An overview weighs under 120 kB without the Vega bundle, even when nothing compresses it on the way."""
    page = open_page()
    weights: dict[str, int] = {}
    page.on(
        "response", lambda response: weights.update({response.url: int(response.headers.get("content-length", "0"))})
    )
    page.goto(dashboard.entry())
    page.goto(f"{dashboard.address}/sites/demo/audiences")
    draw_charts(page)
    assert sum(weight for url, weight in weights.items() if "/assets/vega-" not in url) <= 120_000
