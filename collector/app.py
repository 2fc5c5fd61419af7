"""
The collector as a WSGI callable: what a page sends, what a page loads, and what a machine asks.

    POST /api/event   events → 202 with X-Telpunt: accepted, or dropped and why
    GET  /t.js        the snippet
    GET  /health      is the journal writable?
    GET  /metrics     what became of the events, for Prometheus; for this machine and its private network
    …                 everything else is a page, and for the dashboard

No log line, no lock, no file opened per event. An error that nobody foresaw is answered with 500 and named by type and place: its
text could hold what was sent.
"""

from __future__ import annotations

import gzip
import io
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from collector import beacon as beacons
from collector import metrics
from collector.beacon import Beacon, BeaconRefused
from collector.country import Countries
from collector.events import DropReason
from collector.folder import DataFolder
from collector.housekeeping import Housekeeping
from collector.ingest import Ingest
from collector.journal import Journal, JournalFull
from collector.outcomes import ACCEPTED, Outcomes
from collector.patience import Patience, TooSlow
from collector.settings import Settings
from collector.sites import Registry
from collector.snippet import Snippet
from collector.snippet import build as build_snippet
from collector.tokens import Tokens
from collector.traits import Sender, read_sender

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_ANY_ORIGIN: Final = ("Access-Control-Allow-Origin", "*")
_JSON: Final = ("Content-Type", "application/json")
_NO_STORE: Final = ("Cache-Control", "no-store")
_NO_SNIFF: Final = ("X-Content-Type-Options", "nosniff")
_SHOWN: Final = ("Access-Control-Expose-Headers", "X-Telpunt")

_ACCEPTED: Final[Headers] = [_ANY_ORIGIN, _SHOWN, ("X-Telpunt", "accepted"), ("Content-Length", "0")]
_PREFLIGHT: Final[Headers] = [
    _ANY_ORIGIN,
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "86400"),
]
_BODY_TYPES: Final = ("application/json", "text/plain")
_PAGE_BODY_MAX_BYTES: Final = 1024 * 1024  # the dashboard itself takes less
_REPORT_EVERY_S: Final = 60  # for the same error at the same place
IN_PIECES: Final = "telpunt.in_pieces"  # in the environment of a request: its answer goes out piece by piece
_SNIPPET_MAX_AGE_S: Final = 86400  # a day; pages ask again with the ETag


@runtime_checkable
class Closing(Protocol):
    """An answer that wants to know when it was sent (PEP 3333)."""

    def close(self) -> None:
        """It was sent, or will not be."""


class Collector:
    """
    The WSGI callable of one worker. Make it with :func:`create_app`; :meth:`close` it when no more requests come.

    Args:
        settings: of the installation.
        folder: its data folder.
        tokens: shared by all workers.
        worker: name of this one; part of the journal's file names.
        fallback: makes the application for all other paths, at the first request for one.
        clock: seconds since 1970.
        threads: that serve requests in this worker.
        snippet: as built; None: build it.
    """

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        tokens: Tokens,
        worker: str,
        fallback: Callable[[], WSGIApp] | None,
        clock: Callable[[], float],
        threads: int,
        snippet: Snippet | None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._outcomes = Outcomes.open(folder, "worker")
        self._sites = Registry.open(folder)
        self._countries = Countries(settings.country_file) if settings.country_file else None
        self._ingest = Ingest(settings, self._sites, tokens, self._outcomes, self._countries)
        self._journal = Journal.open(folder, worker, settings)
        self._snippet = snippet or build_snippet()
        self._snippet_gzip = gzip.compress(self._snippet.body, mtime=0)
        self._folder = folder
        self._fallback = fallback
        self._pages: WSGIApp | None = None
        self._making_pages = Lock()
        self._reported: dict[str, float] = {}
        self._patience = Patience(threads, settings.trusted_proxies)
        self._patience.start()
        self._housekeeping = Housekeeping(self._journal, self._sites, tokens, self._outcomes, self._ingest, clock)
        self._housekeeping.start()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        try:
            if path == "/api/event":
                return self._event(environ, start_response)
            if path == "/t.js":
                return self._serve_snippet(environ, start_response)
            if path == "/health":
                return self._health(environ, start_response)
            if path == "/metrics":
                return self._show_metrics(environ, start_response)
            return self._page(environ, start_response)
        except Exception as error:  # noqa: BLE001 (the last line of defence: the server would log the text of it)
            self._report(error)
            return _refuse(
                start_response,
                "500 Internal Server Error",
                "Something went wrong in Telpunt; the server's log has the place",
            )

    def close(self) -> None:
        """Complete the journal, save the counts, stop the housekeeping."""
        self._patience.stop()
        self._housekeeping.stop()
        if self._countries is not None:
            self._countries.close()

    def _event(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method != "POST":
            return _other_method(method, "POST", start_response)
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() not in _BODY_TYPES:
            return _refuse(
                start_response,
                "415 Unsupported Media Type",
                "The content type of the body cannot be used; expected application/json or text/plain",
            )
        now = int(self._clock())
        try:
            sent = beacons.read(self._patience.read(environ, self._settings.body_max_bytes + 1), self._settings)
        except TooSlow:
            return _too_slow(start_response)
        except BeaconRefused as refused:
            self._outcomes.add("", DropReason.MALFORMED, now)
            return _refuse(start_response, _STATUS[refused.status], str(refused))
        return self._keep(sent, read_sender(environ, self._settings.trusted_proxies), now, start_response)

    def _keep(self, sent: list[Beacon], sender: Sender, now: int, start_response: StartResponse) -> Iterable[bytes]:
        take = self._ingest.take
        lines: list[bytes] = []
        sites: list[str] = []
        dropped: list[DropReason] = []
        for beacon in sent:
            result = take(beacon, sender, now)
            if isinstance(result, DropReason):
                dropped.append(result)
            else:
                lines.append(result)
                sites.append(beacon.site)
        if not lines:
            return _drop(start_response, dropped[0])
        try:
            self._journal.append(b"".join(lines))
        except OSError as error:
            for site in sites:
                self._outcomes.add(site, ACCEPTED, now, -1)
            self._report(error)
            reason = error.strerror if isinstance(error, JournalFull) else "is the disk full?"
            return _refuse(
                start_response,
                "503 Service Unavailable",
                f"The event cannot be written at the moment ({reason}); try again",
                ("Retry-After", "10"),
            )
        if not dropped:
            start_response("202 Accepted", _ACCEPTED)
        else:
            detail = f"accepted; {len(lines)} of {len(sent)}; reason={','.join(dict.fromkeys(dropped))}"
            start_response("202 Accepted", [_ANY_ORIGIN, _SHOWN, ("X-Telpunt", detail), ("Content-Length", "0")])
        return [b""]

    def _report(self, error: BaseException) -> None:
        """Say on standard error what went wrong; the same once a minute, so that a flood of errors is no flood of lines."""
        place = _place(error)
        now = time.monotonic()
        if now >= self._reported.get(place, 0.0):
            self._reported[place] = now + _REPORT_EVERY_S
            sys.stderr.write(f"telpunt: {place}\n")

    def _serve_snippet(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _other_method(method, "GET", start_response)
        snippet: Snippet = self._snippet
        packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        body = self._snippet_gzip if packed else snippet.body
        headers: Headers = [
            ("Content-Type", "text/javascript; charset=utf-8"),
            ("Cache-Control", f"public, max-age={_SNIPPET_MAX_AGE_S}"),
            # Other bytes need another strong validator (RFC 9110, 8.8.3.3).
            ("ETag", f'{snippet.etag[:-1]}-gzip"' if packed else snippet.etag),
            ("Vary", "Accept-Encoding"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            _ANY_ORIGIN,
            _NO_SNIFF,
        ]
        if snippet.version in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", headers)
            return [b""]
        if packed:
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [b"" if method == "HEAD" else body]

    def _health(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _other_method(method, "GET", start_response)
        trouble = self._housekeeping.trouble
        status = "503 Service Unavailable" if trouble else "200 OK"
        body = msgspec.json.encode({"status": trouble or "ok", "snippet": self._snippet.version})
        start_response(status, [_JSON, _NO_STORE, ("Content-Length", str(len(body)))])
        return [b"" if method == "HEAD" else body]

    def _show_metrics(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _other_method(method, "GET", start_response)
        if not metrics.may_read(environ):
            return _refuse(
                start_response,
                "403 Forbidden",
                "Metrics are for this machine and its private network, without a proxy in between",
            )
        body = metrics.render(self._folder)
        start_response(
            "200 OK",
            [
                ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
                _NO_STORE,
                ("Content-Length", str(len(body))),
            ],
        )
        return [b"" if method == "HEAD" else body]

    def _page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._fallback is None:
            return _refuse(
                start_response, "404 Not Found", "There is nothing at this address; events go to POST /api/event"
            )
        if self._pages is None:
            with self._making_pages:
                if self._pages is None:
                    self._pages = self._fallback()
        # A page neither waits for its client's body nor for its client to take the answer: both would keep a thread. What is too large to be
        # put together says so, and sees to it that threads are left.
        body = b""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"):
            try:
                body = self._patience.read(environ, _PAGE_BODY_MAX_BYTES)
            except TooSlow:
                return _too_slow(start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        answer = self._pages(environ, start_response)
        if environ.get(IN_PIECES):
            return answer
        try:
            return [b"".join(answer)]
        finally:
            if isinstance(answer, Closing):
                answer.close()


def create_app(
    settings: Settings,
    folder: DataFolder,
    tokens: Tokens,
    worker: str,
    *,
    fallback: Callable[[], WSGIApp] | None = None,
    clock: Callable[[], float] = time.time,
    threads: int = 1,
    snippet: Snippet | None = None,
) -> Collector:
    """
    The collector of one worker, as a WSGI callable.

    Args:
        settings: of the installation.
        folder: its data folder, prepared.
        tokens: shared by all workers of the installation.
        worker: name of this one, such as ``w1``.
        fallback: makes the application for all other paths (the dashboard), at the first request for one; None: 404.
        clock: seconds since 1970.
        threads: that serve requests in this worker.
        snippet: as built; None: build it, which a forked worker must not, see :func:`collector.snippet.build`.

    Raises:
        OSError: the journal can't be written.
        FolderError: the site registry can't be read.
        CountryFileUnusable: there is a country file, and it can't be read.
    """
    return Collector(settings, folder, tokens, worker, fallback, clock, threads, snippet)


_STATUS: Final = {400: "400 Bad Request", 413: "413 Content Too Large"}


def _refuse(start_response: StartResponse, status: str, sentence: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    body = msgspec.json.encode({"error": sentence})
    start_response(status, [_ANY_ORIGIN, _JSON, _NO_STORE, ("Content-Length", str(len(body))), *headers])
    return [body]


def _drop(start_response: StartResponse, reason: DropReason) -> Iterable[bytes]:
    said = ("X-Telpunt", f"dropped; reason={reason}")
    if reason is DropReason.UNKNOWN_SITE:
        sentence = "The site of the event is not registered; compare data-site of the snippet with: telpunt site list"
        return _refuse(start_response, "404 Not Found", sentence, said, _SHOWN)
    if reason is DropReason.RATE:
        sentence = "More events came from this address than are accepted in a minute; send fewer"
        return _refuse(start_response, "429 Too Many Requests", sentence, said, _SHOWN, ("Retry-After", "60"))
    start_response("202 Accepted", [_ANY_ORIGIN, _SHOWN, said, ("Content-Length", "0")])
    return [b""]


def _too_slow(start_response: StartResponse) -> Iterable[bytes]:
    sentence = "Other requests from this network are still waited for to be complete; send this one again"
    return _refuse(start_response, "408 Request Timeout", sentence, ("Connection", "close"))


def _other_method(method: str, expected: str, start_response: StartResponse) -> Iterable[bytes]:
    if method == "OPTIONS":
        start_response("204 No Content", _PREFLIGHT)
        return [b""]
    sentence = f"This address does not take {method[:20]}; expected {expected}"
    return _refuse(start_response, "405 Method Not Allowed", sentence, ("Allow", f"{expected}, OPTIONS"))


def _place(error: BaseException) -> str:
    """What kind of error it was and where, never its text: that could hold an address or a URL."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "unknown place"
    )
    number = f" {error.errno}" if isinstance(error, OSError) else ""
    return f"{type(error).__name__}{number} at {place}"
