"""
How fast the collector is: ``POST /api/event`` against a bare WSGI application on the same Granian, in one run.

One worker on one core, 32 connections from wrk on another core where there is one. The body is what the snippet sends for a page
view; validated, classified, tokenised and in the journal before it is answered. Rates are taken in turns, and beside them stands the
processor time of the worker per request, which does not feel what else the machine does: their ratio is the figure to trust on a busy
machine.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import astuple, dataclass
from pathlib import Path

CONNECTIONS = 32
SECONDS = 3
ROUNDS = 3
GOAL_RATIO = 0.35
GOAL_P99_MS = 5.0
GOAL_MB = 120
GOAL_SCALING = 1.8
GOAL_IDLE_MB = 300
MANY_CONNECTIONS = 500
_PAUSE = """
delay = function() return {pause_ms} end
"""
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
    """
    One application under load.

    Attributes:
        per_second: requests answered.
        cpu_us: processor time of the workers per request, in microseconds.
        p50_ms, p99_ms: latency.
        memory_mb: peak of the largest worker.
        failed: answers that are no 2xx.
        broken: connections that timed out or were refused.
    """

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    failed: int
    broken: int


def run(*, quick: bool = False) -> float | None:
    """
    Measure and print tables; about a minute, half of it when *quick*.

    Returns:
        Events a second as a share of bare requests a second; None where there is no wrk.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        _say("collector: skipped, there is no wrk here (Debian: apt install wrk)")
        return None
    ratio = _against_bare(wrk)
    _at_half_load(wrk)
    if not quick:
        _two_workers(wrk)
        _overloaded(wrk)
    _idle()
    from tests.benchmarks import durability

    durability.run()
    return ratio


def _against_bare(wrk: str) -> float:
    rounds = [(_measure(wrk, "bare"), _measure(wrk, "event")) for _ in range(ROUNDS)]
    _title("one worker, one core, 32 connections")
    bare, event = (_median([pair[which] for pair in rounds]) for which in (0, 1))
    _row("bare WSGI application", bare)
    _row("POST /api/event", event)
    _say(f"  rate as a share of the bare application: {event.per_second / bare.per_second:.2f}")
    by_time = bare.cpu_us / event.cpu_us
    _say(f"  the same by processor time:              {by_time:.2f}   goal: at least {GOAL_RATIO}")
    _say(f"  memory:                                  {event.memory_mb:.0f} MB   goal: at most {GOAL_MB}")
    return by_time


def _at_half_load(wrk: str) -> None:
    full = _measure(wrk, "event")
    pause_ms = max(1, round(CONNECTIONS / (full.per_second / 2) * 1000))
    paused = _PAUSE.format(pause_ms=pause_ms)
    bare, half = _measure(wrk, "bare", script=paused), _measure(wrk, "event", script=paused)
    _title("about half of that load")
    _row("bare WSGI application", bare)
    _row("POST /api/event", half)
    _say(
        f"  p99: {half.p99_ms:.2f} ms   goal: at most {GOAL_P99_MS} ms; the bare application tells what the machine adds to it"
    )


def _two_workers(wrk: str) -> None:
    one = _median([_measure(wrk, "event", pin=False) for _ in range(ROUNDS)])
    two = _median([_measure(wrk, "event", pin=False, workers=2) for _ in range(ROUNDS)])
    _title("not pinned; wrk takes a part of the cores too")
    _row("one worker", one)
    _row("two workers", two)
    # What a second worker costs the first: with a core for each, rates are as processor times are.
    _say(f"  rate: {two.per_second / one.per_second:.2f} times one worker's, on {os.cpu_count()} cores that wrk shares")
    _say(
        f"  by processor time, with a core each: {2 * one.cpu_us / two.cpu_us:.2f} times   goal: at least {GOAL_SCALING}"
    )


def _overloaded(wrk: str) -> None:
    _title(f"{MANY_CONNECTIONS} connections at once")
    _row("no limit of the rate", _measure(wrk, "event", connections=MANY_CONNECTIONS))
    _row("limit of the rate: 429", _measure(wrk, "limited", connections=MANY_CONNECTIONS))


def _idle() -> None:
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "TELPUNT_DATA": place}
        command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", str(_free_port()), "--workers", "2"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as served:
            assert served.stdout
            try:
                origin = _one(r"(http://\S+)", served.stdout.readline())
                with contextlib.suppress(urllib.error.HTTPError):
                    urllib.request.urlopen(origin, timeout=30).read()  # the dashboard is loaded by its first page
                time.sleep(10)
                memory = {pid: _pss_mb(pid) for pid in _family(served.pid)}
            finally:
                served.terminate()
    _say(
        f"telpunt serve, idle, two workers, after a page: {sum(memory.values()):.0f} MB in {len(memory)} processes   goal: at most {GOAL_IDLE_MB}"
    )


def _title(text: str) -> None:
    _say(f"{text:44} {'per s':>9} {'µs each':>8} {'p50 ms':>8} {'p99 ms':>8} {'MB':>6} {'not 2xx':>9} {'broken':>7}")


def _row(name: str, row: Measured) -> None:
    latency = f"{row.p50_ms:8.2f} {row.p99_ms:8.2f}"
    _say(
        f"  {name:42} {row.per_second:9,.0f} {row.cpu_us:8.1f} {latency} {row.memory_mb:6.0f} {row.failed:9,} {row.broken:7}"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _median(rows: list[Measured]) -> Measured:
    return Measured(*(statistics.median(values) for values in zip(*map(astuple, rows), strict=True)))


def _measure(
    wrk: str, what: str, *, workers: int = 1, pin: bool = True, connections: int = CONNECTIONS, script: str = ""
) -> Measured:
    port = _free_port()
    with tempfile.TemporaryDirectory() as place:
        lua = Path(place) / "event.lua"
        lua.write_text(_SCRIPT.format(agent=_AGENT, body=json.dumps(_BODY)) + script)
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.collector",
            what,
            str(port),
            place,
            str(workers),
            str(int(pin)),
        ]
        with subprocess.Popen(command) as server:
            try:
                _await(port)
                processes = _family(server.pid)[1:]
                before = sum(map(_cpu_us, processes))
                done = subprocess.run(
                    [wrk, "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(lua), f"http://127.0.0.1:{port}/api/event"],
                    capture_output=True, text=True, check=True, preexec_fn=(lambda: _pin(-1)) if pin else None,
                ).stdout  # fmt: skip
                spent = sum(map(_cpu_us, processes)) - before
                memory = max(map(_peak_mb, processes))
            finally:
                server.send_signal(signal.SIGTERM)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done)
    return Measured(
        float(_one(r"Requests/sec:\s+([\d.]+)", done)),
        spent / int(_one(r"(\d+) requests in", done)),
        _ms(done, "50%"),
        _ms(done, "99%"),
        memory,
        int(failed[1]) if failed else 0,
        sum(map(int, broken.groups())) if broken else 0,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process and its children, by any of its threads."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, children.read_text().split())
    return found


def _cpu_us(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


def _pss_mb(pid: int) -> float:
    """Memory of a process, shared pages by their part."""
    return int(_one(r"Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())) / 1024


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def _ms(text: str, which: str) -> float:
    found = re.search(rf"{which}\s+([\d.]+)(us|ms|s)\b", text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def _peak_mb(pid: int) -> float:
    return int(_one(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())) / 1024


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


def _serve(what: str, port: int, place: str, workers: int, pin: bool) -> None:
    from collector.tokens import Tokens
    from dashboard import serve

    def bare(environ: dict[str, object], start_response: object) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])  # type: ignore[operator]
        return [b"ok"]

    def event() -> object:
        from collector.app import create_app
        from collector.folder import DataFolder
        from collector.settings import Settings
        from collector.sites import Registry, make_site

        folder = DataFolder(Path(place) / "data").prepare()
        Registry.open(folder).save(folder, make_site("bench", ["werkenbij.example.org"]))
        settings = Settings.load(data=folder.path, rate_max_per_minute=600 if what == "limited" else 0)
        app = create_app(settings, folder, tokens, f"w{os.getpid()}", threads=serve.THREADS, snippet=script)
        serve.collect_rarely()
        return app

    if pin:
        _pin(0)
    multiprocessing.set_start_method("fork")
    tokens = Tokens.shared(86400)
    script = serve._build_apart()
    server = serve._server("127.0.0.1", port, workers)
    server.serve(target_loader=(lambda: bare) if what == "bare" else event, wrap_loader=False)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5] == "1")
    else:
        run()
