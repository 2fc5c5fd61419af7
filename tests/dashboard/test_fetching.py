"""Fetching from the server opens no way into its network, and no server can hold it up."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Thread

import pytest

from collector.sites import make_site
from dashboard.fetching import Fetcher

LOCAL = (ip_network("127.0.0.0/8"),)
SITE = make_site("acme", ["werkenbij.acme.nl", "*.jobs.acme.nl", "127.0.0.1"])
Answers = dict[str, tuple[int, dict[str, str], bytes]]


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers.get(self.path, (404, {}, b"not here"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


@pytest.mark.parametrize(
    "url",
    [
        "http://elders.nl/",
        "http://acme.nl/",
        "http://werkenbij.acme.nl.elders.nl/",
        "http://werkenbij.acme.nl@elders.nl/",
        "http://user:secret@werkenbij.acme.nl/",
        "http://werkenbij.acme.nl:22/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "file:///etc/passwd",
        "ftp://werkenbij.acme.nl/",
        "gopher://werkenbij.acme.nl/",
        "//werkenbij.acme.nl/",
        "http://",
        "http://werkenbij.acme.nl:99999/",
        "",
    ],
)
def test_only_hosts_of_the_site_are_fetched(url: str) -> None:
    """Another host, port or scheme is refused before its name is even looked up."""
    fetcher = Fetcher(SITE, lookup=never)
    assert not fetcher.allows(url)
    answer = fetcher(url)
    assert answer.status == 0
    assert answer.trouble


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "::ffff:0:10.0.0.1", "::127.0.0.1", "fec0::1",
    ],
)  # fmt: skip
def test_a_name_that_points_into_a_private_network_is_refused(address: str) -> None:
    """One address of a name that is not public is enough to refuse it, also when it is dressed up as IPv6."""
    fetcher = Fetcher(SITE, lookup=lambda _host, _port: ["93.184.216.34", address])
    answer = fetcher("http://werkenbij.acme.nl/")
    assert answer.status == 0
    assert "not public" in answer.trouble


def test_the_address_that_was_looked_up_is_the_one_connected_to() -> None:
    """A name that points elsewhere a moment later gains nothing: it is looked up once per request."""
    asked = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with serving({"/": (200, {}, b"here")}) as origin:
        port = origin.rpartition(":")[2]
        site = make_site("acme", [f"werkenbij.acme.nl:{port}"])
        answer = Fetcher(site, LOCAL, lookup=lookup)(f"http://werkenbij.acme.nl:{port}/")
    assert (answer.status, answer.text, asked) == (200, "here", ["werkenbij.acme.nl"])


def test_a_redirect_is_asked_the_same_questions() -> None:
    """A page of the site may lead on within the site, not out of it and not round and round."""
    answers: Answers = {
        "/": (302, {"Location": "/home"}, b""),
        "/home": (200, {}, b"welcome"),
        "/out": (302, {"Location": "http://10.0.0.1/admin"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
    }
    with serving(answers) as origin:
        fetch = Fetcher(SITE, LOCAL)
        assert fetch(origin + "/").text == "welcome"
        assert fetch(origin + "/").url == origin + "/home"
        assert "10.0.0.1 is not a host of this site" in fetch(origin + "/out").trouble
        assert "redirects without end" in fetch(origin + "/round").trouble


def test_a_body_is_read_to_a_bound_however_small_it_was_packed() -> None:
    """A large body is cut off, and a gzip bomb does not become large in memory."""
    bomb = gzip.compress(b"0" * 50_000_000)
    answers: Answers = {
        "/large": (200, {}, b"x" * 300_000),
        "/bomb": (200, {"Content-Encoding": "gzip"}, bomb),
        "/broken": (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        "/packed": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello")),
    }
    with serving(answers) as origin:
        fetch = Fetcher(SITE, LOCAL, max_bytes=100_000)
        assert len(fetch(origin + "/large").text) == 100_000
        assert len(fetch(origin + "/bomb").text) == 100_000
        assert fetch(origin + "/broken").status == 0
        assert fetch(origin + "/packed").text == "hello"


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    """Who connects and never answers is given up after the time that a fetch may take."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = Fetcher(SITE, LOCAL, timeout_s=0.5)(url)
    assert answer.status == 0
    assert answer.trouble


def test_a_server_that_drips_is_not_waited_for() -> None:
    """A byte now and then does not keep a fetch going for longer than it may take."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while connection.send(b"a"):
                        connection.settimeout(0.05)
                        try:
                            if not connection.recv(4096):
                                break
                        except TimeoutError:
                            continue
                except OSError:
                    return

        thread = Thread(target=drip, daemon=True)
        thread.start()
        answer = Fetcher(SITE, LOCAL, timeout_s=0.5)(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join(10)
    assert answer.status == 0
    assert not thread.is_alive()


def test_a_server_that_speaks_something_else_is_said_to() -> None:
    """What is no HTTP gives a sentence and no exception."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 smtp.example.org ESMTP\r\n")

        thread = Thread(target=greet, daemon=True)
        thread.start()
        answer = Fetcher(SITE, LOCAL, timeout_s=5)(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join(10)
    assert answer.status == 0
    assert answer.trouble
