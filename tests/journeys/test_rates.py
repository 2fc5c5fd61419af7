"""What may be tried so often holds for the whole installation, however many workers answer."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import pytest

from dashboard.api import door
from tests.journeys.test_serve import JOBS, Served, prepare


def ask(served: Served, path: str) -> int:
    """The status of an answer, over a connection of its own, so that either worker may take it."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": "Bearer telpunt_wrong"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_workers_count_together(tmp_path: Path) -> None:
    """Two workers refuse bad tokens after as many of them as one worker would."""
    served = Served(prepare(tmp_path / "data"), 2, JOBS)
    try:
        for _ in range(12):
            ask(served, "/login")  # each worker makes the pages when the first is asked for
        began = time.monotonic()
        answers = [ask(served, "/api/v1/sites") for _ in range(60)]
        if time.monotonic() - began > 50:
            pytest.skip("the machine took as long as the rate lasts")
    finally:
        served.stop()
    most = door.REFUSED_RATES[0].amount
    assert answers == [401] * most + [429] * (60 - most)
