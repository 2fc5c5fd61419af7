"""A real Chromium, and a real collector that also remembers what it was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from collector import snippet
from collector.app import create_app
from collector.events import Hit
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.tokens import Tokens
from tests import careers_site

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # No host but this machine exists: a click leads to an error page, as a real navigation, and nothing of the tests goes out. Playwright's
    # routes are not used for that: they hold every request of the page, and lose now and then the beacon of one that is left.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
# Headless Chromium says so, and the collector believes it.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
WAIT_S = 10.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Collected:
    """A running collector: its address, what it was sent, and what stands in its journal."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.address = ""
        self.sent: list[dict[str, Any]] = []
        self.answers: list[str] = []
        self.beacons: list[int] = []  # events in each

    def wait_for(self, count: int, kind: str = "") -> list[dict[str, Any]]:
        """The events of *kind* (of all kinds, without) once there are *count* of them; AssertionError when they don't come."""
        until = time.monotonic() + WAIT_S
        while len(self.of_kind(kind)) < count:
            assert time.monotonic() < until, f"{count} {kind or 'event'}(s) did not come; what came: {self.sent}"
            time.sleep(0.02)
        return self.of_kind(kind)

    def of_kind(self, kind: str = "") -> list[dict[str, Any]]:
        return [event for event in self.sent if not kind or event["kind"] == kind]

    def hits(self) -> list[Hit]:
        """What stands in the journal."""
        lines = b"".join(
            file.read_bytes() for file in sorted(self.folder.journal.rglob("*")) if file.is_file()
        ).splitlines()
        return [msgspec.json.decode(line, type=Hit) for line in lines if line.startswith(b"{")]


@contextmanager
def collecting(path: Path) -> Iterator[Collected]:
    """Run the collector's own WSGI callable for the site "acme" on 127.0.0.1."""
    folder = DataFolder(path).prepare()
    Registry.open(folder).save(folder, make_site("acme", ["127.0.0.1"]))
    collected = Collected(folder)
    app = create_app(Settings(data=path), folder, Tokens.private(), "w1")

    def remembering(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] != "POST":
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))

        def answer(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            collected.answers.append(f"{status} {dict(headers).get('X-Telpunt', '')}")
            return start_response(status, headers, *rest)

        answered = app({**environ, "wsgi.input": BytesIO(body)}, answer)
        sent = msgspec.json.decode(body)
        collected.beacons.append(len(sent) if isinstance(sent, list) else 1)
        collected.sent.extend(sent if isinstance(sent, list) else [sent])
        return answered

    server = make_server("127.0.0.1", 0, remembering, server_class=_Server, handler_class=_Quiet)
    collected.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collected
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        app.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile of a Dutch browser."""
    context = browser.new_context(user_agent=AGENT, locale="nl-NL")
    yield context
    context.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Any]]:
    """Gives a page of a browser of its own, that notes every complaint and every dialog in ``page.complaints``."""
    contexts: list[BrowserContext] = []

    def begin(**options: Any) -> Any:
        context = browser.new_context(**{"locale": "en-GB", **options})
        contexts.append(context)
        page: Any = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (page.complaints.append("dialog"), dialog.dismiss()))
        return page

    yield begin
    for context in contexts:
        context.close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collected]:
    """A collector that counts the site "acme" on 127.0.0.1."""
    with collecting(tmp_path / "data") as collected:
        yield collected


@pytest.fixture
def site(collector: Collected) -> Iterator[str]:
    """The origin of the careers site, with the snippet on it as an owner would put it, under a strict policy."""
    with careers_site.serve(snippet.tag(collector.address, "acme"), snippet.csp(collector.address)) as origin:
        yield origin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a browser test once more when something in the browser took too long: it has ten processes of its own on two busy cores."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError", "did not come"]))
