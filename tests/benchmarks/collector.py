"""
How fast the collector is: ``POST /api/event`` against a bare WSGI application on the same Granian, in one run.

One worker on one core, 32 connections from wrk on another core where there is one. The body is what the snippet sends for a page
view; validated, classified, tokenised and in the journal before it is answered. Goal: at least 0.35 of the bare application.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
SECONDS = 6
GOAL_RATIO = 0.35
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/plain;charset=UTF-8"
wrk.headers["User-Agent"] = "{agent}"
wrk.headers["Accept-Language"] = "nl-NL,nl;q=0.9,en;q=0.8"
wrk.headers["Origin"] = "https://werkenbij.example.org"
local ready = {{}}
init = function()
  for number = 1, 200 do
    ready[number] = wrk.format(nil, nil, nil, string.format({body}, number, number % 7))
  end
end
local turn = 0
request = function()
  turn = turn % 200 + 1
  return ready[turn]
end
"""
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_BODY = json.dumps(
    {
        "site": "bench",
        "kind": "page_view",
        "url": "https://werkenbij.example.org/vacatures/verpleegkundige-%d?utm_source=indeed&utm_medium=cpc&utm_campaign=zorg",
        "referrer": "https://nl.indeed.com/viewjob?jk=%d",
        "job": {"family": "zorg", "employment_type": "PART_TIME", "location": "Utrecht", "posted": "8-30"},
    }
)


@dataclass(frozen=True)
class Measured:
    """One application under load: requests a second, latencies in milliseconds, peak memory of the worker in MB."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    failed: int


def run() -> float | None:
    """
    Measure and print a table; about 20 seconds.

    Returns:
        Events a second as a share of bare requests a second; None where there is no wrk.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        _say("collector: skipped, there is no wrk here (Debian: apt install wrk)")
        return None
    with tempfile.TemporaryDirectory() as place:
        bare = _measure(wrk, "bare", "bare WSGI application", place)
        event = _measure(wrk, "event", "POST /api/event", place)
    _say(
        f"{'one worker, one core, 32 connections':38} {'per s':>9} {'p50 ms':>8} {'p99 ms':>8} {'MB':>6} {'failed':>7}"
    )
    for row in (bare, event):
        _say(
            f"{row.name:38} {row.per_second:9,.0f} {row.p50_ms:8.2f} {row.p99_ms:8.2f} {row.memory_mb:6.0f} {row.failed:7}"
        )
    ratio = event.per_second / bare.per_second
    _say(f"{'share of the bare application':38} {ratio:9.2f}   goal: at least {GOAL_RATIO}")
    return ratio


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _measure(wrk: str, what: str, name: str, place: str) -> Measured:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(place) / "event.lua"
    script.write_text(_SCRIPT.format(agent=_AGENT, body=json.dumps(_BODY)))
    with subprocess.Popen([sys.executable, "-m", "tests.benchmarks.collector", what, str(port), place]) as server:
        try:
            _await(port)
            done = subprocess.run(
                [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}/api/event"],
                capture_output=True, text=True, check=True, preexec_fn=lambda: _pin(-1),
            ).stdout  # fmt: skip
            memory = _peak_mb(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    return Measured(
        name,
        float(_one(r"Requests/sec:\s+([\d.]+)", done)),
        _ms(done, "50%"),
        _ms(done, "99%"),
        memory,
        int(failed[1]) if failed else 0,
    )


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def _ms(text: str, which: str) -> float:
    found = re.search(rf"{which}\s+([\d.]+)(us|ms|s)\b", text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def _peak_mb(pid: int) -> float:
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(int(_one(r"VmHWM:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())) / 1024 for worker in workers)


def _await(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).read()
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.05)
        else:
            return


def _pin(which: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[which]})


def _serve(what: str, port: int, place: str) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import MPServer

    from dashboard.serve import THREADS

    def bare(environ: dict[str, object], start_response: object) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])  # type: ignore[operator]
        return [b"ok"]

    def event() -> object:
        from collector.app import create_app
        from collector.folder import DataFolder
        from collector.settings import Settings
        from collector.sites import Registry, make_site
        from collector.tokens import Tokens

        folder = DataFolder(Path(place) / "data").prepare()
        Registry.open(folder).save(folder, make_site("bench", ["werkenbij.example.org"]))
        settings = Settings.load(data=folder.path, rate_max_per_minute=0)
        return create_app(settings, folder, Tokens.shared(settings.key_lifetime_s), "w1")

    _pin(0)
    server = MPServer(
        "bench", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=THREADS,
        log_level=LogLevels.error, websockets=False,
    )  # fmt: skip
    server.serve(target_loader=(lambda: bare) if what == "bare" else event, wrap_loader=False)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    else:
        run()
