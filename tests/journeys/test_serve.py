"""``serve`` with real processes: several workers, one key, kills, a clean stop, and errors that say what to do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collector.events import Hit
from collector.folder import DataFolder
from collector.journal import sealed
from collector.outcomes import read_all
from collector.sites import Registry, make_site

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0 TelpuntSecretAgent"
CODE = """
import sys
from collector.errors import TelpuntError
from collector.settings import Settings
from dashboard.serve import serve
data, host, port, workers, *jobs = sys.argv[1:]
try:
    serve(Settings.load(data=data, rate_max_per_minute=0), host, int(port), int(workers), jobs=jobs, notices=["Set up: {origin}"])
except TelpuntError as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(error.exit_status)
"""
JOBS = (sys.executable, "-c", "import time; time.sleep(600)  # telpunt-test-jobs")


def prepare(path: Path) -> DataFolder:
    folder = DataFolder(path).prepare()
    Registry.open(folder).save(folder, make_site("acme", ["werkenbij.example.org"]))
    return folder


def command(folder: DataFolder, port: int, workers: int, jobs: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, "-c", CODE, str(folder.path), "127.0.0.1", str(port), str(workers), *jobs]


class Served:
    """A running ``serve`` on a free port."""

    def __init__(self, folder: DataFolder, workers: int, jobs: tuple[str, ...]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command(folder, 0, workers, jobs), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout
        self.greeting: list[str] = []
        too_late = threading.Timer(20, self.process.kill)
        too_late.start()
        while not self.greeting or not self.greeting[-1].startswith("Set up: http"):
            self.greeting.append(self.process.stdout.readline())
            assert self.greeting[-1], self.greeting
        too_late.cancel()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.greeting[0])
        assert found
        self.port = int(found[1])
        self._await_workers(workers)

    def _await_workers(self, workers: int) -> None:
        until = time.monotonic() + 15
        while len(list(self.folder.journal.glob("*.open"))) < workers or not self._healthy():
            assert time.monotonic() < until, "serve does not answer"
            time.sleep(0.05)

    def _healthy(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status == 200
        return False

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def workers(self) -> list[int]:
        """The worker processes, by the names of their journals."""
        return sorted(
            {int(path.name[1:].partition("-")[0]) for path in self.folder.journal.glob("w*.open")}
            & set(self.children())
        )

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.terminate()
        output, _ = self.process.communicate(timeout=15)
        return output


def children_of(pid: int) -> list[int]:
    """Processes whose parent is *pid* (not those of one thread only)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def await_end(pids: list[int], seconds: float) -> None:
    until = time.monotonic() + seconds
    while any(map(alive, pids)):
        assert time.monotonic() < until, "a process is left behind"
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return prepare(tmp_path / "data")


@pytest.fixture
def served(folder: DataFolder) -> Iterator[Served]:
    running = Served(folder, 2, JOBS)
    yield running
    running.stop()


def event(connection: http.client.HTTPConnection, word: str = "kok") -> int:
    body = json.dumps(
        {"site": "acme", "kind": "search", "url": "https://werkenbij.example.org/vacatures", "query": word}
    )
    connection.request("POST", "/api/event", body, {"Content-Type": "application/json", "User-Agent": AGENT})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def send(port: int, word: str = "kok") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        return event(connection, word)
    finally:
        connection.close()


def send_again(port: int) -> int:
    """Send as a browser's beacon is sent by who does not give up: a connection that a dying worker had may be reset, a new one is not."""
    until = time.monotonic() + 15
    while True:
        try:
            return send(port)
        except OSError:
            assert time.monotonic() < until, "no worker answers"
            time.sleep(0.1)


def hits(folder: DataFolder) -> list[Hit]:
    return [msgspec.json.decode(line, type=Hit) for path in sealed(folder) for line in path.read_bytes().splitlines()]


def word_of(number: int) -> str:
    """A number in letters, since long numbers are taken out of search words."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


class Load:
    """A few connections that send numbered events and remember which were acknowledged."""

    def __init__(self, port: int, connections: int) -> None:
        self.acknowledged: set[str] = set()
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(start, connections)) for start in range(connections)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int, step: int) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            with contextlib.suppress(OSError, http.client.HTTPException):
                while not self._stop.is_set():
                    number += step
                    if event(connection, word_of(number)) == 202:
                        self.acknowledged.add(word_of(number))
            connection.close()
            time.sleep(0.01)

    def stop(self) -> set[str]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.acknowledged


def test_all_workers_have_one_key_and_a_new_worker_has_it_too(served: Served):
    """A visit has one token whichever worker answers, also after a worker was killed and started anew."""
    for _ in range(30):
        assert send(served.port) == 202
    before = served.workers()
    os.kill(before[0], signal.SIGKILL)
    await_end(before[:1], 5)
    until = time.monotonic() + 10
    while len(served.workers()) < 2:
        assert time.monotonic() < until, "the worker is not started again"
        time.sleep(0.05)
    for _ in range(30):
        assert send_again(served.port) == 202
    served.stop()
    found = hits(served.folder)
    assert len(found) >= 60, "what was acknowledged is there; an event whose answer was lost may be there too"
    assert len({hit.visit for hit in found}) == 1


def test_workers_that_die_again_and_again_are_started_again(served: Served):
    """Workers that are killed several times within seconds come back, with the same key."""
    assert send(served.port) == 202
    for _ in range(3):
        dying = served.workers()
        for pid in dying:
            os.kill(pid, signal.SIGKILL)
        await_end(dying, 5)
        until = time.monotonic() + 10
        while not set(served.workers()) - set(dying):
            assert time.monotonic() < until, "no worker is started again"
            time.sleep(0.05)
    served._await_workers(1)
    assert send_again(served.port) == 202
    served.stop()
    assert served.process.returncode == 0
    assert len({hit.visit for hit in hits(served.folder)}) == 1


def test_killed_under_load_nothing_acknowledged_is_lost(served: Served):
    """kill -9 of a worker under load, and then of everything, loses no acknowledged event and counts none twice."""
    load = Load(served.port, 4)
    time.sleep(1)
    os.kill(served.workers()[0], signal.SIGKILL)
    time.sleep(1.5)
    sealed(served.folder)  # the fold asks for complete files in the middle of it
    time.sleep(0.5)
    family = [served.process.pid, *served.children()]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    acknowledged = load.stop()
    await_end(family[1:], 5)
    found = [hit.query for hit in hits(served.folder)]
    assert len(acknowledged) > 500
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


def test_stopping_leaves_nothing_open(served: Served):
    """SIGTERM ends workers and jobs within ten seconds, with the journal complete, the counts saved and nobody left."""
    assert send(served.port) == 202
    family = served.children()
    assert len(family) == 3
    started = time.monotonic()
    output = served.stop()
    assert time.monotonic() - started < 10
    assert served.process.returncode == 0
    await_end(family, 1)
    assert not list(served.folder.journal.glob("*.open"))
    assert len(hits(served.folder)) == 1
    assert sum(read_all(served.folder).values()) == 1
    assert output == ""


def test_a_dead_parent_takes_everybody_along(served: Served):
    """When the parent is killed, workers and jobs end by themselves, and the port and the folder are free again."""
    family = served.children()
    served.process.kill()
    await_end(family, 10)
    again = Served(served.folder, 1, ())
    assert send(again.port) == 202
    again.stop()


def test_a_worker_that_only_begins_ends_too():
    """The signal that the parent is dead ends a worker that still has the handlers which it was forked with."""
    code = "import os, signal; from dashboard.serve import _end_with_parent; signal.signal(signal.SIGTERM, lambda *_: None); "
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            code + "_end_with_parent(os.getppid()); os.kill(os.getpid(), signal.SIGTERM); print('it goes on')",
        ],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (told.returncode, told.stdout) == (-signal.SIGTERM, b"")


def test_a_page_is_made_by_the_dashboard(served: Served):
    """An address that is not the collector's is answered by the dashboard."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in (200, 302, 303)


def test_neither_disk_nor_output_has_what_tells_a_visitor(served: Served):
    """After events, the data folder, the output and the environment hold no agent and no address that was sent."""
    for _ in range(5):
        send(served.port)
    output = "".join(served.greeting) + served.stop()
    kept = b"".join(path.read_bytes() for path in served.folder.path.rglob("*") if path.is_file())
    assert b"TelpuntSecretAgent" not in kept
    assert "TelpuntSecretAgent" not in output
    journal = b"".join(path.read_bytes() for path in served.folder.journal.rglob("*") if path.is_file())
    assert b"127.0.0.1" not in journal


def test_the_key_is_kept_out_of_core_dumps(served: Served):
    """A worker, which has the key in its memory, writes no core dump."""
    worker = served.workers()[0]
    limits = Path(f"/proc/{worker}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0", limits)


def test_who_reads_the_greeting_is_not_refused(folder: DataFolder):
    """The line that says where it listens comes when a worker answers there."""
    with subprocess.Popen(command(folder, 0, 1), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            assert send(int(line.rpartition(":")[2])) == 202
        finally:
            process.terminate()


def test_a_process_with_polars_cannot_serve(folder: DataFolder):
    """Workers forked from a process that has loaded Polars would hang, so that is refused in one sentence."""
    arguments = command(folder, 0, 1)
    arguments[2] = "import polars\n" + arguments[2]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("NotForkable: telpunt serve was called by a process that has loaded polars")


def test_workers_have_no_threads_before_they_are_forked(served: Served):
    """The parent has only threads of Python's own: those of a library would be missing in a worker, which would wait for them."""
    named = {path.read_text().strip() for path in Path(f"/proc/{served.process.pid}/task").glob("*/comm")}
    assert len(list(Path(f"/proc/{served.process.pid}/task").iterdir())) <= 4, (
        named
    )  # itself, jobs, one watcher a worker
    libraries = Path(f"/proc/{served.process.pid}/maps").read_text()
    assert "minify" not in libraries
    assert "polars" not in libraries


def test_a_second_serve_on_the_same_data_says_so(served: Served):
    """Two servers on one data folder would share its journal: the second one is refused in one sentence."""
    done = subprocess.run(command(served.folder, 0, 1), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("FolderBusy: Data folder")
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_says_so(folder: DataFolder):
    """A port that another program listens on is refused in one sentence, also when it would share the port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(command(folder, port, 1), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"PortInUse: Port {port} of 127.0.0.1 is in use by another program; stop that one or name another port with --port\n"
    )


def test_an_address_of_another_machine_says_so(folder: DataFolder):
    """An address that is not this machine's is refused in one sentence."""
    arguments = command(folder, 0, 1)
    arguments[4] = "192.0.2.1"
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("AddressNotUsable: Address 192.0.2.1")
