"""A site owner's first day in a real Chromium: from the set-up link to a page that says how long it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from analysis import fold
from collector import snippet
from collector.app import create_app as create_collector
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from collector.tokens import Tokens
from dashboard.app import create_app as create_dashboard
from dashboard.services import EXTENSION
from tests.browser.conftest import AGENT

pytestmark = pytest.mark.browser

PASSWORD = "vier woorden op een rij 7"
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{0}/vacatures/kok</loc></url>'
    "<url><loc>{0}/xyzzy/jan</loc></url><url><loc>{0}/xyzzy/els</loc></url></urlset>"
)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listening(app: Callable[..., Any]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class CareersSite:
    """A site of one page and a sitemap; the owner pastes a line into its head."""

    def __init__(self) -> None:
        self.head = ""
        self.address = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        is_map = environ["PATH_INFO"] == "/sitemap.xml"
        kind = "application/xml" if is_map else "text/html; charset=utf-8"
        body = (
            SITEMAP.format(self.address)
            if is_map
            else f"<!doctype html><html><head>{self.head}</head><body><h1>Werken bij</h1>"
        )
        start_response("200 OK", [("Content-Type", kind)])
        return [body.encode()]


@contextmanager
def telpunt(path: Path) -> Iterator[tuple[str, Any]]:
    """Collector and dashboard as one worker serves them; what may be fetched from includes this machine."""
    folder = DataFolder(path).prepare()
    settings = Settings(data=path, fetch_networks="127.0.0.0/8")  # type: ignore[arg-type]
    pages = create_dashboard(settings, folder)
    collector = create_collector(settings, folder, Tokens.private(), "w1", fallback=lambda: pages)  # type: ignore[arg-type,return-value]
    services = pages.extensions[EXTENSION]

    def whole(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        # This server's input has no end of its own.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return collector({**environ, "wsgi.input": BytesIO(body)}, start_response)

    try:
        with listening(whole) as address:
            yield address, services
    finally:
        collector.close()
        services.engine.dispose()


@pytest.fixture
def careers_site() -> Iterator[CareersSite]:
    site = CareersSite()
    with listening(site) as address:
        site.address = address
        yield site


def test_the_first_day_of_a_site_owner(tmp_path: Path, careers_site: CareersSite, browser: Any) -> None:
    """She makes her account, adds the site, sees why nothing arrives and then that it does, says what her pages are, and what she waits for."""
    with telpunt(tmp_path / "data") as (address, services):
        context = browser.new_context(locale="en-GB", user_agent=AGENT)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))

        page.goto(address + services.accounts.setup_link())
        page.get_by_label("E-mail address").fill("anna@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()

        page.get_by_label("Its address").fill(careers_site.address)
        page.get_by_label("A short name for it").fill("acme")
        page.get_by_role("button", name="Add the site").click()
        assert page.get_by_role("heading", name="The first day of acme").is_visible()
        line = page.locator("#copy-tag").inner_text()
        assert line == snippet.tag(address, "acme")

        page.get_by_role("link", name="WordPress, Tag Manager").click()
        page.get_by_label("Address of the page").fill(careers_site.address + "/")
        page.get_by_role("button", name="Check this page").click()
        page.get_by_text("The snippet is not on the page.").wait_for()
        careers_site.head = line
        page.get_by_role("button", name="Check this page").click()
        page.get_by_text("can do its work").wait_for()

        page.get_by_text("Waiting for an event").wait_for()
        visitor = browser.new_context(user_agent=AGENT).new_page()
        visitor.goto(careers_site.address + "/vacatures/kok")
        page.locator(".live-yes").wait_for(timeout=60_000)  # counts are written every ten seconds
        visitor.context.close()

        page.goto(f"{address}/sites/acme/first-day")
        assert page.locator(".steps .done").count() == 2
        page.get_by_label("Sitemap", exact=True).fill(f"{careers_site.address}/sitemap.xml")
        page.get_by_role("button", name="Read it").click()
        assert page.get_by_text("3 pages were looked at.").is_visible()
        page.get_by_label("What /xyzzy/* counts as").select_option("story")
        page.get_by_role("button", name="Add these rules").click()
        assert page.get_by_label("Address of rule 1").input_value() == "/xyzzy/*"
        page.get_by_role("button", name="Take the last change back").click()
        assert page.get_by_text("There are none yet").is_visible()
        page.get_by_role("button", name="Take the last change back").click()
        assert Registry.open(services.folder)["acme"].rules[0].touchpoint == "story"

        later = datetime.now(UTC) + timedelta(hours=2)
        fold.fold(services.folder, services.settings, services.sites, now=later)
        page.goto(f"{address}/sites/acme")
        assert page.get_by_text("fewer than 10 of 300 visits").is_visible()

        stranger = browser.new_context(locale="en-GB").new_page()
        stranger.goto(f"{address}/privacy/acme")
        assert stranger.get_by_role("heading", name="Counted, not followed").is_visible()
        assert stranger.context.cookies() == []
        stranger.context.close()
        assert complaints == []
        context.close()


def test_reading_and_forms_need_no_script(tmp_path: Path, careers_site: CareersSite, browser: Any) -> None:
    """Without JavaScript a site is added, its pages are looked through, and its settings are saved."""
    with telpunt(tmp_path / "data") as (address, services):
        services.accounts.add("anna@example.org", "admin", None)
        context = browser.new_context(locale="nl-NL", java_script_enabled=False)
        page = context.new_page()
        page.goto(address + services.accounts.entry_link("anna@example.org"))
        page.get_by_label("Het adres").fill(careers_site.address)
        page.get_by_label("Een korte naam ervoor").fill("acme")
        page.get_by_role("button", name="Site toevoegen").click()
        page.get_by_label("Sitemap", exact=True).fill(f"{careers_site.address}/sitemap.xml")
        page.get_by_role("button", name="Lezen", exact=True).click()
        assert page.get_by_text("Er zijn 3 pagina's bekeken.").is_visible()
        page.goto(f"{address}/sites/acme/settings")
        page.get_by_label("Maanden dat aantallen worden bewaard").fill("25")
        page.get_by_role("button", name="Bewaar").click()
        assert Registry.open(services.folder)["acme"].keep_months == 25
        page.get_by_role("button", name="Tellen pauzeren").click()
        assert page.get_by_role("button", name="Weer tellen").is_visible()
        context.close()
