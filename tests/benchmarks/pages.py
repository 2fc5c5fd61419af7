"""
How fast the pages are: a site of two years and a million visits a month, 15 audiences, thousands of pages and searches.

The server is measured over real HTTP, warm (the tables are in memory) and cold (the first request of a process that has read
nothing), beside a page of the same server that reads no table, in the same run; by its share of the processor too, which a busy machine changes
less. The browser by its own clock: first and largest contentful paint, and what went over the wire.
"""

from __future__ import annotations

import gzip
import http.client
import random
import statistics
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from werkzeug.serving import WSGIRequestHandler, make_server

from analysis.runs import TABLES
from collector.settings import Settings
from dashboard.app import create_app
from dashboard.services import EXTENSION
from tests import factories
from tests.browser.conftest import CHROMIUM, FLAGS

WEEKS = 104
AUDIENCES = 15
VISITS = 1_000_000  # of the window
MANY = {"page": 3000, "vacancy": 1500, "search": 2000, "search_empty": 600, "source": 300, "campaign": 200}
PATHS = (
    "/sites/demo?weeks=52&compare=year", "/sites/demo/audiences", "/sites/demo/audiences/compare", "/sites/demo/segments/a01",
    "/sites/demo/changes", "/sites/demo/touchpoints?kind=page", "/sites/demo/touchpoints/one?kind=vacancy&value=/v/7",
    "/sites/demo/demand", "/sites/demo/channels?by=source", "/sites/demo/channels/link", "/sites/demo/live", "/jobs",
    "/sites/demo/install", "/sites/demo/rules", "/sites/demo/settings", "/privacy/demo", "/users", "/account",
)  # fmt: skip


class _Quiet(WSGIRequestHandler):
    def log(self, *_arguments: Any) -> None:
        pass


def run(*, quick: bool) -> None:
    """Print the table."""
    rounds = 5 if quick else 40
    with tempfile.TemporaryDirectory() as name:
        folder = factories.folder(Path(name))
        factories.publish(folder, factories.site(folder), visits=VISITS, points=5000)
        enlarge(folder.runs / "demo" / "20261122T033000Z")
        settings = Settings(data=folder.path)
        warm, cold = _Server(settings, folder), {}
        for path in PATHS:
            fresh = _Server(settings, folder)
            cold[path] = fresh.times(path, 1)[0]
            fresh.stop()
        empty = statistics.median(warm.times("/account", rounds))
        print(
            f"two years, {AUDIENCES} audiences; {rounds} requests a page; the account page, which reads no table: {1000 * empty:.1f} ms"
        )
        print(f"{'page':<52}{'p95 ms':>8}{'x account':>10}{'cold ms':>9}{'CPU ms':>8}{'kB':>7}{'kB gzip':>9}")
        for path in PATHS:
            spent = time.process_time()
            times = sorted(warm.times(path, rounds))
            spent = (time.process_time() - spent) / rounds
            p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
            print(
                f"{path:<52}{1000 * p95:>8.0f}{p95 / empty:>10.1f}{1000 * cold[path]:>9.0f}{1000 * spent:>8.0f}"
                f"{warm.size / 1000:>7.0f}{warm.sent / 1000:>9.1f}"
            )
        if CHROMIUM.exists():
            _browser(warm)
        warm.stop()


def enlarge(path: Path) -> None:
    """Make the tables of a made-up run as long as those of a large site: two years of weeks, thousands of values."""
    dice = random.Random(7)
    weeks = [
        "{}-W{:02d}".format(*(date(2026, 11, 16) - timedelta(weeks=back)).isocalendar()[:2]) for back in range(WEEKS)
    ]
    segments = [factories.segment_id(place) for place in range(AUDIENCES)]
    listed = pl.read_parquet(path / "segments.parquet")
    last = listed.filter(pl.col("segment") == segments[len(factories.AUDIENCES) - 1])
    further = [
        last.with_columns(segment=pl.lit(name), label=pl.lit(f"{name}, and more words than a label should have"))
        for name in segments[len(factories.AUDIENCES) :]
    ]
    pl.concat([listed[:-1], *further, listed[-1:]]).write_parquet(path / "segments.parquet")
    wide = {
        dimension: [(f"/v/{n}" if dimension == "vacancy" else f"{dimension} {n}") for n in range(many)]
        for dimension, many in MANY.items()
    }
    more: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for segment in segments:
        for dimension, values in wide.items():
            for value in dice.sample(values, len(values) // 2):
                more["profiles"].append(
                    {"segment": segment, "label": "x", "dimension": dimension, "value": value, "visits": 50, "share": 0.001,
                     "index": 120.0, "index_low": 80.0, "index_high": 160.0, "q": 0.5, "real": False}
                )  # fmt: skip
        more["trends"] += [{"segment": segment, "week": week, "visits": 20_000, "share": 1 / 9} for week in weeks]
    for segment in ("", *segments):
        for kind in ("page", "vacancy"):
            more["touchpoints"] += [
                {"segment": segment, "kind": kind, "value": value, "visits": 90, "share": 0.001, "started": 10, "start_rate": 0.1,
                 "start_low": 0.05, "start_high": 0.2, "index": 110.0, "real": False}
                for value in wide[kind]
            ]  # fmt: skip
        more["demand"] += [
            {"segment": segment, "kind": kind, "value": value, "visits": 40, "share": 0.001, "unanswered": 0.4}
            for kind in ("search", "search_empty")
            for value in wide[kind]
        ]
    more["interest"] = [
        {"kind": "vacancy", "value": value, "week": week, "visits": 30, "share": 0.001}
        for value in wide["vacancy"]
        for week in dice.sample(weeks, 20)
    ]
    more["figures"] = [
        {"week": week, "measure": measure, "visits": visits, "rate": None if measure == "visits" else 0.1, "days": 7}
        for week in weeks
        for measure, visits in (
            ("visits", 250_000),
            ("engaged", 150_000),
            ("vacancy_views", 120_000),
            ("apply_starts", 20_000),
        )
    ]
    for name, rows in more.items():
        if rows:
            file = path / f"{name}.parquet"
            table = pl.read_parquet(file).select(TABLES[name].keys()) if name not in ("trends", "figures") else None
            added = pl.DataFrame(rows, schema=TABLES[name], orient="row")
            (added if table is None else pl.concat([table, added])).write_parquet(file)


class _Server:
    """A dashboard that listens, and somebody who is logged in."""

    def __init__(self, settings: Settings, folder: Any) -> None:
        self.app = create_app(settings, folder)
        self.services = self.app.extensions[EXTENSION]
        if not self.services.accounts.has_admin():
            self.services.accounts.add("bench@example.org", "admin", None)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.size = self.sent = 0  # bytes of the last answer, and on the way
        self.cookie = ""
        self.entry = str(self.services.accounts.entry_link("bench@example.org"))
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        connection.request("GET", self.entry)
        answer = connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def times(self, path: str, rounds: int) -> list[float]:
        """Seconds of each of *rounds* requests."""
        found = []
        for _ in range(rounds):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
            started = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            body = answer.read()
            found.append(time.perf_counter() - started)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            connection.close()
            self.sent = len(body)
            self.size = len(gzip.decompress(body)) if answer.getheader("Content-Encoding") == "gzip" else len(body)
        return found

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.services.engine.dispose()


PAINTS = """() => new Promise((resolve) => {
  let largest = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) largest = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => resolve([performance.getEntriesByName("first-contentful-paint")[0].startTime, largest]), 2500);
})"""


def _browser(server: _Server) -> None:
    from playwright.sync_api import sync_playwright

    print(f"{'in Chromium':<52}{'FCP ms':>8}{'LCP ms':>8}{'kB over the wire, without Vega':>32}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        address = f"http://127.0.0.1:{server.server.server_port}"
        entry = str(server.services.accounts.entry_link("bench@example.org"))
        state = browser.new_context()
        state.new_page().goto(address + entry)
        for path in PATHS[:8]:
            context = browser.new_context(storage_state=state.storage_state())
            page = context.new_page()
            weights: dict[str, int] = {}
            page.on(
                "response",
                lambda answer, kept=weights: kept.update({answer.url: int(answer.headers.get("content-length", "0"))}),
            )
            page.goto(address + path)
            first, largest = page.evaluate(PAINTS)
            weight = sum(size for url, size in weights.items() if "/assets/vega-" not in url)
            print(f"{path:<52}{first:>8.0f}{largest:>8.0f}{weight / 1000:>32.0f}")
            context.close()
        browser.close()
