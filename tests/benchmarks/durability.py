"""
What a kill -9 of everything costs, ten times in a row, and what a hundred thousand hostile bodies do.

Goal: no acknowledged event is missing, none is there twice, no body gives a 5xx, and nothing odd is in the journal.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from collector.app import create_app
from collector.events import Hit, Kind
from collector.folder import DataFolder
from collector.journal import sealed
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.tokens import Tokens
from tests.hostile import body, is_odd
from tests.journeys.test_serve import Load, Served, await_end, hits, prepare

KILLS = 10
BODIES = 100_000


def run(*, quick: bool = False) -> None:
    """Measure both and print them; about two minutes."""
    kills(KILLS // 5 if quick else KILLS)
    hostile(BODIES // 10 if quick else BODIES)


def kills(times: int) -> None:
    """Kill all processes of a ``serve`` with two workers under load, *times* times, at a random moment."""
    dice = random.Random(20260)
    acknowledged_in_all = missing = twice = 0
    for _ in range(times):
        with tempfile.TemporaryDirectory() as place:
            served = Served(prepare(Path(place) / "data"), 2, ())
            load = Load(served.port, 4)
            time.sleep(0.5 + dice.random())
            family = [served.process.pid, *served.children()]
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            acknowledged = load.stop()
            served.process.wait()
            await_end(family[1:], 5)
            if served.process.stdout:
                served.process.stdout.close()
            found = Counter(hit.query for hit in hits(served.folder))
            acknowledged_in_all += len(acknowledged)
            missing += len(acknowledged - set(found))
            twice += sum(count > 1 for count in found.values())
    _say(
        f"{times} times kill -9 under load: {acknowledged_in_all:,} acknowledged, {missing} missing, {twice} there twice; goal: 0 and 0"
    )


def hostile(bodies: int) -> None:
    """Send *bodies* hostile bodies to the endpoint, and read what is in the journal."""
    dice = random.Random(20260)
    kinds = {kind.value for kind in Kind}
    answers: Counter[int] = Counter()
    odd = 0
    with tempfile.TemporaryDirectory() as place:
        folder = DataFolder(Path(place)).prepare()
        Registry.open(folder).save(folder, make_site("acme", ["werkenbij.example.org"]))
        app = create_app(Settings(data=folder.path, rate_max_per_minute=0), folder, Tokens.shared(86400), "w1")
        started = time.perf_counter()
        for _ in range(bodies):
            environ: dict[str, Any] = {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": "/api/event",
                "CONTENT_TYPE": "text/plain",
                "REMOTE_ADDR": "10.0.0.1",
                "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "wsgi.input": io.BytesIO(body(dice)),
            }
            app(environ, lambda status, _headers: answers.update([int(status[:3])]))
        seconds = time.perf_counter() - started
        app.close()
        lines = [line for path in sealed(folder) for line in path.read_bytes().splitlines()]
        for line in lines:
            odd += is_odd(msgspec.json.decode(line, type=Hit), kinds)
    said = ", ".join(f"{count:,} × {status}" for status, count in sorted(answers.items()))
    worst = sum(count for status, count in answers.items() if status >= 500)
    _say(
        f"{bodies:,} hostile bodies in {seconds:.0f} s: {said}; {worst} × 5xx; {len(lines):,} lines in the journal, {odd} odd; goal: 0 and 0"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    run()
