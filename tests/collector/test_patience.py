from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from collector.patience import PATIENCE_FULL_S, PATIENCE_S, Patience, TooSlow
from collector.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stalled:
    """A body that comes when it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()

    def read(self, size: int) -> bytes:
        self.asked.set()
        self.let_go.wait(10)
        return b""


@contextmanager
def stalled(patience: Patience, address: str, reads: int = 1) -> Iterator[None]:
    bodies = [Stalled() for _ in range(reads)]
    threads = [
        threading.Thread(target=patience.read, args=({"REMOTE_ADDR": address, "wsgi.input": body}, 10))
        for body in bodies
    ]
    for thread, body in zip(threads, bodies, strict=True):
        thread.start()
        body.asked.wait(5)
    try:
        yield
    finally:
        for thread, body in zip(threads, bodies, strict=True):
            body.let_go.set()
            thread.join()


def body(address: str = "192.0.2.1") -> dict[str, Any]:
    return {"REMOTE_ADDR": address, "wsgi.input": io.BytesIO(b"0123456789")}


def test_a_body_is_read_up_to_its_limit():
    """Of a body, at most as much as asked for is read."""
    assert Patience(4).read(body(), 4) == b"0123"


def test_a_network_has_a_quarter_of_the_threads():
    """Once reads of a network are slow, it gets no more than a quarter of the threads; others do, and so does it afterwards."""
    clock = Clock()
    patience = Patience(8, clock=clock)
    with stalled(patience, "2001:db8::1", 2):
        patience.tick()
        assert patience.read(body("2001:db8::2"), 10)  # not slow yet
        clock.now += 0.25
        patience.tick()
        with pytest.raises(TooSlow):
            patience.read(body("2001:db8::3"), 10)
        assert patience.read(body("2001:db8:0:1::1"), 10)
    patience.tick()
    assert patience.read(body("2001:db8::2"), 10)


def test_a_trusted_proxy_is_not_its_slow_clients():
    """Slow clients behind a trusted proxy use up their own share, and not that of the proxy's other clients."""
    clock = Clock()
    patience = Patience(4, Settings(trusted_proxies="10.0.0.0/8").trusted_proxies, clock=clock)
    slow = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1", "wsgi.input": Stalled()}
    thread = threading.Thread(target=patience.read, args=(slow, 10))
    thread.start()
    slow["wsgi.input"].asked.wait(5)
    patience.tick()
    clock.now += 0.25
    patience.tick()
    assert patience.read(body("10.0.0.1") | {"HTTP_X_FORWARDED_FOR": "192.0.2.2"}, 10)
    with pytest.raises(TooSlow):
        patience.read(body("10.0.0.1") | {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 10)
    slow["wsgi.input"].let_go.set()
    thread.join()


@pytest.mark.parametrize(("threads", "waits_s"), [(8, PATIENCE_S), (1, PATIENCE_FULL_S)])
def test_connections_of_a_slow_network_are_closed(threads: int, waits_s: float):
    """A connection is closed when its network's read was waited for long enough: less long when no thread is free."""
    clock = Clock()
    patience = Patience(threads, clock=clock)
    with socket.create_server(("127.0.0.1", 0)) as server:
        # What is connected from elsewhere must stay open.
        ours = socket.create_connection(server.getsockname(), source_address=("127.0.0.77", 0))
        theirs, _ = server.accept()
        other = socket.create_connection(server.getsockname(), source_address=("127.0.0.78", 0))
        others, _ = server.accept()
        with ours, theirs, other, others, stalled(patience, "127.0.0.77"):
            patience.tick()
            clock.now += waits_s / 2
            assert patience.tick() == 0
            clock.now += waits_s / 2
            silent = threading.Event()
            silent.wait(0.6)  # the system's own clock says for how long a connection was silent
            assert patience.tick() == (1 if waits_s < 1 else 0)
            other.settimeout(0.05)
            with pytest.raises(TimeoutError):
                other.recv(1)
