"""
A small real careers site in Dutch, English and German, served on an origin of its own under a strict content security policy.

The pages are the files in ``site/``; each has ``<!-- telpunt -->`` where a site owner puts the snippet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent / "site"


class _Page(BaseHTTPRequestHandler):
    def __init__(self, installed: str, policy: str, *arguments: object) -> None:
        self._installed = installed
        self._policy = policy
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.strip("/")
        file = (FOLDER / path / "index.html").resolve()
        found = file.is_relative_to(FOLDER) and file.is_file()
        html = file.read_text(encoding="utf-8") if found else "<!doctype html><title>Not found</title>"
        body = html.replace("<!-- telpunt -->", self._installed).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        # Nothing may run or be asked but the snippet; no-cache, and not no-store, keeps the back/forward cache open.
        self.send_header("Content-Security-Policy", f"default-src 'none'; form-action 'self'; {self._policy}")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(installed: str, policy: str) -> Iterator[str]:
    """
    Serve the site on an ephemeral port of 127.0.0.1.

    Args:
        installed: HTML that stands in every page's head.
        policy: directives of the Content-Security-Policy, after ``default-src 'none'``.

    Yields:
        Its origin.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Page, installed, policy))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
