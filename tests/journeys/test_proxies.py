"""The recipe for nginx in docs/howto/first-party.md, word for word, on a real nginx before the real collector."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import msgspec
import pytest

from collector.app import create_app
from collector.events import Hit
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.tokens import Tokens

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "first-party.md"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: apt install nginx-light)")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def collecting(folder: DataFolder, *, trusted: bool, seen: list[dict[str, Any]]) -> Iterator[int]:
    """Run the collector for werkenbij.acme.nl; the environment of each request goes into *seen*."""
    Registry.open(folder).save(folder, make_site("acme", ["werkenbij.acme.nl"]))
    settings = Settings(data=folder.path, trusted_proxies="127.0.0.1/32" if trusted else "")  # type: ignore[arg-type]
    app = create_app(settings, folder, Tokens.private(), "w1")

    def noting(environ: dict[str, Any], start_response: Any) -> Any:
        seen.append(environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return app({**environ, "wsgi.input": BytesIO(body)}, start_response)

    server = make_server("127.0.0.1", 0, noting, handler_class=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        app.close()


@contextmanager
def proxying(folder: Path, upstream: int) -> Iterator[int]:
    """Run nginx with the guide's recipe in front of *upstream*."""
    found = re.search(r"```nginx\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    recipe = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{}}\n"
        f"http {{ {temporary} access_log {folder}/access.log; server {{ listen 127.0.0.1:{port};\n{recipe}\n"
        'location / { return 200 "the careers site"; } } }\n'
    )
    process = subprocess.Popen([str(NGINX), "-c", str(file), "-p", str(folder), "-e", f"{folder}/error.log"])
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def ask(
    port: int, method: str, path: str, client: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request from the address *client* of this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10, source_address=(client, 0))
    sent = {
        "Host": "werkenbij.acme.nl",
        "User-Agent": AGENT,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    got = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return got


def view(port: int, client: str, **headers: str) -> str:
    """Send a page view through the proxy, and give what X-Telpunt said."""
    body = msgspec.json.encode({"site": "acme", "kind": "page_view", "url": "https://werkenbij.acme.nl/vacatures"})
    status, answered, _ = ask(
        port, "POST", "/telpunt/api/event", client, body, Content_Type="text/plain", Cookie="sid=1", **headers
    )
    assert status == 202
    return answered["X-Telpunt"]


def visits(folder: DataFolder) -> list[str]:
    lines = b"".join(file.read_bytes() for file in sorted(folder.journal.rglob("*")) if file.is_file()).splitlines()
    return [msgspec.json.decode(line, type=Hit).visit for line in lines if line.startswith(b"{")]


def test_first_party_behind_nginx(tmp_path: Path) -> None:
    """
    Snippet and events pass under the site's own domain: visits stay apart, a made-up address changes nothing, cookies stay out, the
    rest of Telpunt is not reachable, and the proxy's log has no line of it.
    """
    folder = DataFolder(tmp_path / "data").prepare()
    seen: list[dict[str, Any]] = []
    with collecting(folder, trusted=True, seen=seen) as upstream, proxying(tmp_path / "nginx", upstream) as port:
        status, headers, body = ask(port, "GET", "/telpunt/t.js", "127.0.0.2", Accept_Encoding="gzip")
        assert (status, headers["Content-Encoding"]) == (200, "gzip")
        assert len(body) <= 1500
        status, _, _ = ask(
            port, "GET", "/telpunt/t.js", "127.0.0.2", Accept_Encoding="gzip", If_None_Match=headers["ETag"]
        )
        assert status == 304
        assert view(port, "127.0.0.2") == "accepted"
        assert view(port, "127.0.0.2", X_Forwarded_For="203.0.113.9") == "accepted"
        assert view(port, "127.0.0.3") == "accepted"
        assert ask(port, "GET", "/telpunt/metrics", "127.0.0.2")[2] == b"the careers site"
        assert ask(port, "GET", "/", "127.0.0.2")[2] == b"the careers site"
        assert ask(port, "POST", "/telpunt/api/event", "127.0.0.2", b"x" * 70_000, Content_Type="text/plain")[0] == 413
    one, spoofed, another = visits(folder)
    assert one == spoofed
    assert one != another
    assert not [environ for environ in seen if environ.get("HTTP_COOKIE")]
    assert "/telpunt/api/event" not in (tmp_path / "nginx" / "access.log").read_text()


def test_without_trust_all_visits_are_the_proxys(tmp_path: Path) -> None:
    """A proxy that is not named is not believed: what two visitors do runs together, which is what the Install page warns of."""
    folder = DataFolder(tmp_path / "data").prepare()
    with collecting(folder, trusted=False, seen=[]) as upstream, proxying(tmp_path / "nginx", upstream) as port:
        view(port, "127.0.0.2")
        view(port, "127.0.0.3")
    assert len(set(visits(folder))) == 1
