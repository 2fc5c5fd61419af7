"""
``telpunt serve``: collector, dashboard and jobs with one command.

    telpunt serve       holds the data folder and the memory in which the visit key lives
    ├── worker 1 … N    Granian, WSGI: POST /api/event and /t.js; pages, from the first request for one on
    └── jobs            one child process

Workers are forked, since that is how they inherit the memory with the key; a worker that is started anew after a crash is forked from
the same parent and so has the same key. When the parent dies, however it dies, the system tells the others to stop.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import multiprocessing
import multiprocessing.util
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import click
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from collector import bots
from collector.app import Collector, WSGIApp, create_app
from collector.country import Countries
from collector.errors import TelpuntError, UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from collector.snippet import Snippet, build, tag
from collector.tokens import Tokens
from dashboard.rate_table import RateTable

JOBS: Final = (sys.executable, "-P", "-m", "dashboard.cli", "jobs")
# Threads per worker, so that events wait neither for a page nor for a slow client. 8 cost no rate (29 µs of processor time an event);
# 16 cost a fifth of it, 64 half (tests/benchmarks/collector.py).
THREADS: Final = 8
HEADERS_WITHIN_MS: Final = 10_000  # also: how long a connection may say nothing between two requests
# Per worker; more wait outside until one ends. One costs no thread, a handle, and memory: 3 kB idle, at most this when half sent.
CONNECTIONS_MAX: Final = 2048
HEADERS_MAX_BYTES: Final = 32 * 1024
_HANDLES_FOR_OTHERS: Final = 256  # files, pipes and the database
STOP_WITHIN_S: Final = 4  # who has not ended by then is killed; what was acknowledged is in the journal
_ANSWERS_WITHIN_S: Final = 30
_WITH_THREADS: Final = ("polars", "minify")  # what would be loaded first, of what is known to
_CRASHES_MAX: Final = 5  # within a minute: then something is wrong that starting again does not cure
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_PR_SET_DUMPABLE: Final = 4

# Runs argv so that it gets SIGTERM when its parent dies. The signal survives exec; preexec_fn and threads do not go together.
_LAUNCHER: Final = (
    "import ctypes,os,signal,sys;"
    f"getattr(ctypes.CDLL(None),'prctl',int)({_PR_SET_PDEATHSIG},signal.SIGTERM);"
    "os.getppid()==int(sys.argv[1]) and os.execvp(sys.argv[2],sys.argv[2:])"
)


class PortInUse(UsageError):
    """When another program listens on the port."""


class AddressNotUsable(UsageError):
    """When the host is no address of this machine, or the port is not allowed."""


class CrashLoop(TelpuntError):
    """When workers die faster than starting them again makes sense."""


class NotForkable(TelpuntError):
    """When this process has a library with threads: they do not survive a fork, and a forked worker would wait for them for ever."""

    def __init__(self, library: str) -> None:
        super().__init__(
            f"telpunt serve was called by a process that has loaded {library}, whose threads its workers would wait for without end; "
            "call it from a process of its own"
        )


def serve(
    settings: Settings, host: str, port: int, workers: int, *, jobs: Sequence[str] = JOBS, notices: Sequence[str] = ()
) -> None:
    """
    Serve until SIGTERM, SIGINT or SIGHUP, then stop everything within ten seconds.

    Args:
        settings: of the installation.
        host: address or name to listen on.
        port: 0 takes a free one.
        workers: processes that answer requests.
        jobs: command of the process that runs the jobs, kept running; empty: none.
        notices: lines to show once it listens, such as the link to set up the first account; ``{origin}`` in them becomes the
            address that it listens at, ``http://127.0.0.1:8000``.

    Raises:
        PortInUse, AddressNotUsable: it can't listen there.
        FolderError: the data folder can't be used, or another ``serve`` uses it.
        CrashLoop: workers die as soon as they are started.
        CountryFileUnusable: there is a country file, and it can't be read.
        NotForkable: this process has loaded Polars or another library with threads.
    """
    for library in _WITH_THREADS:
        if library in sys.modules:
            raise NotForkable(library)
    folder = DataFolder(settings.data).prepare()
    with folder.hold("serve"):
        sites = Registry.open(folder)
        if settings.country_file:
            Countries(settings.country_file).close()  # says what is wrong with it once, and not by every worker
        address, port = free_address(host, port)
        _keep_memory_private()
        # Lets workers be forked, and no other program in this process is there to mind.
        multiprocessing.set_start_method("fork", force=True)
        bots.verdict("Mozilla/5.0")  # compiles the lists once, before the workers share them
        script = _build_apart()
        collect_rarely()
        tokens = Tokens.shared(settings.key_lifetime_s)
        rates = RateTable.shared()
        child = _Jobs(jobs)
        crashes: list[float] = []
        try:
            while True:
                server = _server(address, port, workers)
                server.on_startup(partial(_on_hangup, server))
                if not crashes:
                    server.on_startup(
                        partial(_greet_soon, address, port, partial(_greet, address, port, sites, notices))
                    )
                    child.start(server)
                child.server = server
                load = _loader(settings, folder, tokens, rates, script, os.getpid())
                try:
                    server.serve(target_loader=load, wrap_loader=False)
                except SystemExit:
                    if not server.interrupt_signal:
                        crashes = [crash for crash in crashes if crash > time.monotonic() - 60] + [time.monotonic()]
                if server.interrupt_signal:
                    return
                if len(crashes) >= _CRASHES_MAX:
                    raise CrashLoop(
                        "Workers of telpunt serve end as soon as they are started; the lines above say where"
                    )
        finally:
            child.stop()
            tokens.forget()


def _server(address: str, port: int, workers: int) -> MPServer:
    return MPServer(
        "telpunt",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=4096,
        backpressure=_connections_max(),
        # HTTP/2 would let one connection hold back many bodies; who speaks it speaks it to a proxy.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS, max_buffer_size=HEADERS_MAX_BYTES),
        log_level=LogLevels.error,
        log_access=False,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
    )


def _connections_max() -> int:
    """As many as the system allows this process, once it is asked for more than it gives by itself."""
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + _HANDLES_FOR_OTHERS
    unlimited = resource.RLIM_INFINITY
    if given != unlimited and given < wanted:
        given = wanted if most == unlimited else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (given, most))
    return CONNECTIONS_MAX if given == unlimited else max(64, min(CONNECTIONS_MAX, given - _HANDLES_FOR_OTHERS))


def _loader(
    settings: Settings, folder: DataFolder, tokens: Tokens, rates: RateTable, script: Snippet, parent: int
) -> Callable[[], Collector]:
    """What a worker runs first, in its own process."""

    def pages() -> WSGIApp:
        from dashboard.app import create_app as create_dashboard

        return create_dashboard(settings, folder, rates=rates)

    def load() -> Collector:
        _end_with_parent(parent)
        app = create_app(settings, folder, tokens, f"w{os.getpid()}", fallback=pages, threads=THREADS, snippet=script)
        multiprocessing.util.Finalize(None, app.close, exitpriority=100)
        collect_rarely()
        return app

    return load


def _build_apart() -> Snippet:
    """The snippet, built by a process of its own: what minifies it has threads, which must not be here when workers are forked."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(build()))
    child.start()
    sender.close()
    try:
        script: Snippet = receiver.recv()
    finally:
        child.join()
        receiver.close()
    return script


def collect_rarely() -> None:
    """
    Let the garbage collector leave alone what is there, and look at new objects seldom: an event makes no cycles.

    A full collection holds up all threads, 20 ms each time: it made p99 at half load 20 ms instead of 5 (tests/benchmarks/collector.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


class _Jobs:
    """The process that runs the jobs: started again when it ends, stopped when the server stops."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telpunt-jobs", daemon=True)
        self.server: MPServer | None = None

    def start(self, server: MPServer) -> None:
        self.server = server
        if self._command:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait_s = 1.0
        while not self._asked_to_stop():
            started = time.monotonic()
            launched = [sys.executable, "-c", _LAUNCHER, str(os.getpid()), *self._command]
            with subprocess.Popen(launched, stdin=subprocess.DEVNULL) as process:
                while process.poll() is None and not self._asked_to_stop():
                    self._stopping.wait(0.2)
                _end(process)
            if not self._asked_to_stop():
                wait_s = 1.0 if time.monotonic() - started > 60 else min(60.0, wait_s * 2)
                click.echo(
                    f"telpunt: the jobs process ended (exit status {process.returncode}); starting it again in {wait_s:.0f} s",
                    err=True,
                )
                until = time.monotonic() + wait_s
                while time.monotonic() < until and not self._asked_to_stop():
                    self._stopping.wait(0.2)

    def _asked_to_stop(self) -> bool:
        return self._stopping.is_set() or bool(self.server is not None and self.server.interrupt_signal)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()


def free_address(host: str, port: int) -> tuple[str, int]:
    """
    The numeric address to listen on, tried out: workers share a port by SO_REUSEPORT, which would let a second program share it too.

    Raises:
        PortInUse, AddressNotUsable: with the reason.
    """
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            found = probe.getsockname()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} of {host} is in use by another program; stop that one or name another port with --port"
            ) from None
        raise AddressNotUsable(
            f"Address {host} with port {port} cannot be listened on ({error.strerror}); expected an address of this machine and a free "
            "port above 1023, such as --host 127.0.0.1 --port 8000"
        ) from None
    except OverflowError:
        raise AddressNotUsable(f"Port {port} is not a port; expected 0 to 65535") from None
    return str(found[0]), int(found[1])


def _greet_soon(address: str, port: int, greet: Callable[[], None]) -> None:
    """Greet as soon as a worker answers, so that who reads the greeting is not refused."""

    def wait() -> None:
        until = time.monotonic() + _ANSWERS_WITHIN_S
        while time.monotonic() < until:
            try:
                with socket.create_connection((_reachable(address), port), 1) as connection:
                    connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                    if connection.recv(12):
                        break
            except OSError:
                time.sleep(0.02)
        greet()

    threading.Thread(target=wait, name="telpunt-greeting", daemon=True).start()


def _reachable(address: str) -> str:
    """Where this machine reaches itself when it listens on *address*."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 (asked, not bound)


def _greet(address: str, port: int, sites: Registry, notices: Sequence[str]) -> None:
    shown = _reachable(address)
    shown = f"[{shown}]" if ":" in shown else shown
    origin = f"http://{shown}:{port}"
    click.echo(f"Telpunt listens at {origin}")
    known = sites.all()
    if not known:
        click.echo("No site yet; add one with: telpunt site add KEY --host HOST")
    for site in known[:5]:
        click.echo(f"Put this on every page of {site.hosts[0]}: {tag(origin, site.key)}")
    for notice in notices:
        click.echo(notice.replace("{origin}", origin))


def _on_hangup(server: MPServer) -> None:
    """Let a closed terminal mean stop; Granian would reload."""
    signal.signal(signal.SIGHUP, server.signal_handler_interrupt)


def _keep_memory_private() -> None:
    """No core dump of a process that has the key, and no debugger of another account at it, where the system knows how."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def _end_with_parent(parent: int) -> None:
    # Until Granian has handlers of its own a worker has those that it was forked with, which would hear the signal and go on.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the line above
        raise SystemExit(1)


def _prctl(option: int, value: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(option, value, 0, 0, 0)
