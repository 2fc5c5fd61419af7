"""Slow clients against a real ``serve``: who holds back bodies, headers or connections, and who is served all the same."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.test_serve import Served, event, prepare, send

HEAD = b"POST /api/event HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n"
PAGE = (
    b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(prepare(tmp_path / "data"), 2, ())
    yield running
    running.stop()


@contextlib.contextmanager
def hold_back(port: int, connections: int, said: bytes, source: str = "127.0.0.1") -> Iterator[None]:
    """Open connections that begin a request and do not go on."""
    with contextlib.ExitStack() as stack:
        for _ in range(connections):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5, (source, 0)))
            connection.sendall(said)
        yield


def wait_ms(port: int, times: int = 20) -> list[float]:
    """How long each of some events, one after the other, takes to be accepted, in milliseconds, the longest last."""
    waits = []
    for _ in range(times):
        started = time.monotonic()
        assert send(port) == 202
        waits.append((time.monotonic() - started) * 1000)
    return sorted(waits)


@pytest.mark.parametrize("said", [HEAD, HEAD + b'{"site"', PAGE])
def test_bodies_that_are_held_back_stop_nobody(served: Served, said: bytes):
    """300 connections of one network that never send their body keep no other network waiting for longer than a second or two."""
    with hold_back(served.port, 300, said, "127.0.0.99"):
        waits = wait_ms(served.port)
        assert waits[-1] < 5000
        assert waits[len(waits) // 2] < 200


def test_dripped_bodies_are_closed(served: Served):
    """Clients that send a byte now and then, from several networks, are closed as those that send nothing."""
    with contextlib.ExitStack() as stack:
        drips = [
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 5, (f"127.0.0.{number}", 0)))
            for number in range(100, 124)
        ]
        for drip in drips:
            drip.sendall(HEAD)
        closed: set[socket.socket] = set()
        until = time.monotonic() + 20
        while len(closed) < 20 and time.monotonic() < until:
            for drip in set(drips) - closed:
                try:
                    drip.sendall(b" ")
                except OSError:
                    closed.add(drip)
            time.sleep(0.1)
        assert len(closed) >= 20
        assert wait_ms(served.port)[-1] < 5000


def test_a_slow_client_is_waited_for(served: Served):
    """A client whose body comes two seconds after its headers is served when the server has nothing else to wait for."""
    body = b'{"site":"acme","kind":"page_view","url":"https://werkenbij.example.org/"}'
    with socket.create_connection(("127.0.0.1", served.port), 10) as slow:
        slow.sendall(
            HEAD.replace(b"500", b"%d" % len(body)).replace(
                b"Host: x",
                b"Host: x\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            )
        )
        time.sleep(2)
        slow.sendall(body)
        assert slow.recv(100).startswith(b"HTTP/1.1 202")


def test_idle_connections_stop_nobody(served: Served):
    """3,000 connections that say nothing, or half a header, do not keep others from being served."""
    with hold_back(served.port, 1500, b""), hold_back(served.port, 1500, b"POST /api/event HTTP/1.1\r\nHost:"):
        assert wait_ms(served.port)[-1] < 2000


def test_a_kept_connection_of_another_network_stays(served: Served):
    """While the connections of a slow network are closed, silent ones of others are not."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    with hold_back(served.port, 40, HEAD, "127.0.0.99"):
        for _ in range(3):
            assert event(connection) == 202
            time.sleep(0.7)
    connection.close()
