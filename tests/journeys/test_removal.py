"""A site is removed while ``serve`` counts it and another: nothing of it stays, and nothing of the other is lost."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis import facts, fold
from analysis.store import Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from dashboard import database
from dashboard.owner import site_removal
from tests.journeys.test_serve import AGENT, Served

GONE, STAYS = "acme-geheim", "stays"
WAIT_S = 60


class Sender:
    """Sends page views of both sites from a thread until it is stopped, each as a visit of its own, and remembers the answers."""

    def __init__(self, port: int) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        number = 0
        while not self._stop.wait(0.005):
            number += 1
            for site in (GONE, STAYS):
                event = {
                    "site": site,
                    "kind": "page_view",
                    "url": f"https://werkenbij.example.org/vacatures/{site}-kok",
                }
                headers = {"Content-Type": "text/plain", "User-Agent": f"{AGENT}/{number}"}
                connection.request("POST", "/api/event", json.dumps(event), headers)
                answer = connection.getresponse()
                answer.read()
                self.answers[site, answer.headers["X-Telpunt"]] += 1
        connection.close()

    def wait_for(self, site: str, answer: str) -> None:
        until = time.monotonic() + WAIT_S
        while not self.answers[site, answer]:
            assert time.monotonic() < until, dict(self.answers)
            time.sleep(0.05)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_a_site_is_removed_while_it_is_counted(tmp_path: Path) -> None:
    """What arrives for it is dropped from then on; when the job has looked again no byte names it; every visit of the other counts."""
    folder = DataFolder(tmp_path / "data").prepare()
    settings = Settings(data=folder.path)
    sites = Registry.open(folder)
    for key in (GONE, STAYS):
        sites.save(folder, make_site(key, ["werkenbij.example.org"]))
    served = Served(folder, 2, ())
    sender = Sender(served.port)
    try:
        with database.opened(settings, folder) as engine:
            sender.wait_for(GONE, "accepted")
            fold.fold(folder, settings, sites, now=datetime.now(UTC))
            site_removal.begin(folder, sites, engine, GONE, now=datetime.now(UTC))
            sender.wait_for(GONE, "dropped; reason=unknown_site")
            site_removal.finish(folder, sites, engine, now=datetime.now(UTC))
            assert [gone.key for gone in sites.removed] == [GONE]
            sender.stop()
            served.stop()
            site_removal.finish(folder, sites, engine, now=datetime.now(UTC) + timedelta(seconds=61))
    finally:
        sender.stop()
        served.stop()
    assert sites.removed == ()
    named = [path for path in folder.path.rglob("*") if path.is_file() and GONE.encode() in path.read_bytes()]
    assert named == []
    fold.fold(folder, settings, sites, now=datetime.now(UTC), close_all=True)
    counted = Store(folder).read(STAYS).filter(dimension=facts.PATTERN_TOTAL)["visits"].sum()
    assert counted == sender.answers[STAYS, "accepted"] > 0
