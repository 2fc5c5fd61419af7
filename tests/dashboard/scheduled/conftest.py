"""An installation whose reports go out by real SMTP and to real receivers, with a clock that stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard.mail import Mailer
from dashboard.scheduled import bell
from dashboard.scheduled.message import Message
from dashboard.scheduled.sending import Sender
from dashboard.scheduled.subscriptions import Subscription, Subscriptions
from dashboard.scheduled.times import Plan
from dashboard.scheduled.wishes import Wish
from dashboard.security import session_secret
from dashboard.services import EXTENSION
from tests import factories
from tests.dashboard.conftest import Clock, services_of
from tests.smtp import Inbox

MONDAY_7 = Plan(0, 1, 7, "Europe/Amsterdam")
WISH = Wish("mail", "anna@example.org", "en", MONDAY_7, ("summary",))
# The factory's run began on Sunday 22 November 2026, 03:30 UTC; this is Monday 06:30 UTC, half an hour after 7:00 in Amsterdam.
BEFORE, AFTER = (int(datetime(2026, 11, day, 6, 30, tzinfo=UTC).timestamp()) for day in (22, 23))
LOCAL = (ip_network("127.0.0.0/8"),)


@dataclass
class World:
    """An installation with a site, a published run and a clock, whose mail goes to a real server."""

    folder: DataFolder
    settings: Settings
    clock: Clock
    engine: Any
    timeout_s: float = 10.0

    @property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.engine, self.folder, session_secret(self.folder), self.clock)

    def sender(self, **other: Any) -> Sender:
        parts: dict[str, Any] = {
            "settings": self.settings,
            "folder": self.folder,
            "sites": Registry.open(self.folder),
            "engine": self.engine,
            "subscriptions": self.subscriptions,
            "clock": self.clock,
            "mailer": Mailer(self.settings, self.timeout_s),
        }
        return Sender(**{**parts, **other})

    def mail_to(self, port: int, **options: Any) -> None:
        chosen = {
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "mail_from": "telpunt@example.org",
            "public_url": "https://count.example.org",
        }
        self.settings = Settings(data=self.folder.path, **{**chosen, **options})

    def round(self, **other: Any) -> tuple[int, int, int]:
        """One round of the job; sent, failed, and of these not tried again."""
        sender = self.sender(**other)
        bell.begin(self.folder, "round")
        sender.claim()
        done = sender.send()
        bell.plan(self.folder, "round", sender.next_look(), self.clock())
        return done.sent, done.failed, done.ended

    def add(self, wish: Wish = WISH) -> int:
        """A subscription whose feed was looked at once, so that what comes after is news."""
        number = self.subscriptions.add("demo", wish)
        if wish.alerts:
            self.sender().claim()
        return number

    def found(self, number: int) -> Subscription:
        found = self.subscriptions.find("demo", number)
        assert found
        return found

    def compose(self, wish: Wish = WISH) -> Message:
        """What a subscriber gets."""
        of = self.found(self.subscriptions.add("demo", wish))
        sender = self.sender()
        return sender.compose(of, Registry.open(self.folder)["demo"], sender.way(of, "claim", 7))

    def run_again(self, identity: str = "20261129T033000Z", **more: Any) -> None:
        """A new run, a week later."""
        factories.publish(self.folder, Registry.open(self.folder)["demo"], points=10, identity=identity, **more)


@pytest.fixture
def world(app: Flask, folder: DataFolder) -> World:
    known = services_of(app)
    factories.publish(folder, factories.site(folder), points=10)
    made = World(folder, known.settings, Clock(BEFORE), known.engine)
    made.mail_to(9)
    return made


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def editor(app: Flask, log_in: Any, folder: DataFolder) -> FlaskClient:
    factories.publish(folder, factories.site(folder), points=10)
    services_of(app).accounts.add("admin@example.org", "admin", None)
    known = services_of(app)
    mail = {"smtp_host": "127.0.0.1", "smtp_port": 9, "mail_from": "t@example.org"}
    settings = Settings(data=folder.path, public_url="https://count.example.org", **mail)
    app.extensions[EXTENSION] = replace(known, settings=settings, mailer=Mailer(settings))
    client = log_in("editor")
    assert isinstance(client, FlaskClient)
    return client


@contextmanager
def receiving(
    status: int = 200, hang: threading.Event | None = None, answer: bytes = b""
) -> Iterator[tuple[str, list[Any]]]:
    """A real receiver of webhooks; its address, and what it got."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), content))
            if hang:
                hang.wait(20)
                return
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            try:
                self.wfile.write(answer)
            except OSError:
                return  # who posts reads no more than the beginning

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", got
        finally:
            if hang:
                hang.set()
            server.shutdown()
            thread.join(20)
