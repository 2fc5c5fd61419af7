"""
What the API costs: counting a request, answering one, and a large table as a file by token, from a real ``telpunt serve``.

The server's memory is told by the system while the file is on its way. What a busy machine changes less is a ratio, so counting stands beside
the memory of one process that the library ``limits`` has itself.
"""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import timeit
from pathlib import Path

import polars as pl
from limits.storage import MemoryStorage

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people.accounts import Accounts
from dashboard.people.tokens import ApiTokens
from dashboard.rate_table import RateTable
from tests import factories

ROWS = 2_000_000
TURNS = 20_000
REQUESTS = 200  # fewer than a token may ask in a minute


def run(*, quick: bool) -> None:
    """Print the tables."""
    print(f"load {os.getloadavg()[0]:.1f}")
    shared, own = RateTable.shared(), MemoryStorage()
    for name, count in (("shared by workers", shared.add), ("of one process", own.incr)):
        took = timeit.timeit(lambda count=count: count("token/300/1/minute", 60), number=TURNS) / TURNS
        print(f"{'counting, ' + name:<32}{1e6 * took:>7.1f} µs")
    with tempfile.TemporaryDirectory() as place:
        folder = factories.folder(Path(place))
        factories.publish(folder, factories.site(folder))
        _grow(folder.runs / "demo" / "20261122T033000Z" / "interest.parquet", ROWS // 10 if quick else ROWS)
        token = _token(folder)
        command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", "0", "--workers", "1"]
        environment = {**os.environ, "TELPUNT_DATA": str(folder.path)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            try:
                found = re.search(r"127\.0\.0\.1:(\d+)", server.stdout.readline())
                assert found
                _ask(int(found[1]), token, server.pid)
            finally:
                server.terminate()


def _ask(port: int, token: str, server: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {token}"}

    def get(path: str, **more: str) -> http.client.HTTPResponse:
        connection.request("GET", f"/api/v1/sites{path}", headers={**headers, **more})
        return connection.getresponse()

    first = get("/demo/segments")
    first.read()
    for name, more in (("segments", {}), ("segments, not changed", {"If-None-Match": str(first.headers["ETag"])})):
        began = time.perf_counter()
        for _ in range(REQUESTS // 2):
            get("/demo/segments", **more).read()
        print(f"{name:<32}{1000 * (time.perf_counter() - began) / (REQUESTS // 2):>7.1f} ms")
    print(f"{'file':<12}{'MB':>7}{'s':>7}{'MB/s':>7}{'memory MB':>11}{'before':>8}")
    for form in ("csv", "json", "parquet"):
        before = most = _memory_mb(server)
        began, size, over = time.perf_counter(), 0, threading.Event()
        peaks: list[float] = []

        def watch(over: threading.Event = over, peaks: list[float] = peaks) -> None:
            while not over.wait(0.02):
                peaks.append(_memory_mb(server))

        watching = threading.Thread(target=watch)
        watching.start()
        answer = get(f"/demo/interest.{form}")
        while piece := answer.read(1 << 20):
            size += len(piece)
        took = time.perf_counter() - began
        over.set()
        watching.join()
        most = max([most, *peaks])
        print(f"{form:<12}{size / 1e6:>7.0f}{took:>7.1f}{size / 1e6 / took:>7.0f}{most:>11.0f}{before:>8.0f}")


def _grow(path: Path, rows: int) -> None:
    table = pl.read_parquet(path)
    grown = pl.concat([table] * (rows // table.height + 1)).head(rows)
    grown.with_columns(value=pl.col("value") + pl.int_range(pl.len()).cast(pl.String)).write_parquet(path)


def _token(folder: DataFolder) -> str:
    with database.opened(Settings(data=folder.path), folder) as engine:
        account = Accounts(engine).add("bench@example.org", "admin", None)
        return ApiTokens(engine).make(account.id, "bench", "read", None, 30)


def _memory_mb(server: int) -> float:
    """Of the largest process under *server*: the worker that answers."""
    sizes = [0.0]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            status = (stat.parent / "status").read_text() if parent == server else ""
        except OSError:
            continue  # it ended meanwhile
        if "VmRSS" in status:
            sizes.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
    return max(sizes)
