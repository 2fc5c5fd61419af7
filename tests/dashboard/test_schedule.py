"""Scheduled reports: when they are due, that each goes out once, by real SMTP and to a real receiver, and who may end it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

import polars as pl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from analysis import history, jobs, queue
from collector.folder import DataFolder
from collector.outcomes import ACCEPTED
from collector.settings import Settings
from collector.sites import Registry
from dashboard.database import DeliveryRow, SubscriptionRow
from dashboard.mail import Mailer, MailNotSent
from dashboard.scheduled import alerts, letter, webhook
from dashboard.scheduled.deliveries import BACKOFF_S, TRIES_MAX
from dashboard.scheduled.sending import NotAllSent, Sender
from dashboard.scheduled.subscriptions import InvalidSubscription, Subscriptions, Wish, is_email, is_webhook
from dashboard.scheduled.times import Plan, next_due
from dashboard.security import session_secret
from tests import factories
from tests.dashboard.conftest import Clock, post, services_of
from tests.smtp import Inbox, serving

MONDAY_7 = Plan(0, 1, 7, "Europe/Amsterdam")
WISH = Wish("mail", "anna@example.org", "en", MONDAY_7, ("summary",))
# The factory's run began on Sunday 22 November 2026, 03:30 UTC; this is Monday 06:30 UTC, half an hour after 7:00 in Amsterdam.
BEFORE, AFTER = (int(datetime(2026, 11, day, 6, 30, tzinfo=UTC).timestamp()) for day in (22, 23))
LOCAL = (ip_network("127.0.0.0/8"),)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "after", "expected"),
    [
        (MONDAY_7, "2026-11-22T12:00", "2026-11-23T06:00"),
        (MONDAY_7, "2026-11-23T05:59", "2026-11-23T06:00"),
        (MONDAY_7, "2026-11-23T06:00", "2026-11-30T06:00"),  # later than, never the same
        (MONDAY_7, "2026-07-01T00:00", "2026-07-06T05:00"),  # summer time
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-03-25T00:00", "2026-03-29T01:00"),  # 02:00 does not exist: 03:00 by the wall
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-10-20T00:00", "2026-10-25T00:00"),  # 02:00 comes twice: the first
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-10-25T00:00", "2026-11-01T01:00"),  # and not the second as well
        (Plan(None, 31, 9, "UTC"), "2026-02-01T00:00", "2026-02-28T09:00"),
        (Plan(None, 31, 9, "UTC"), "2028-02-01T00:00", "2028-02-29T09:00"),
        (Plan(None, 31, 9, "UTC"), "2026-02-28T09:00", "2026-03-31T09:00"),
        (Plan(None, 30, 9, "UTC"), "2026-12-30T09:00", "2027-01-30T09:00"),
        (Plan(None, 1, 0, "Pacific/Auckland"), "2026-11-30T10:00", "2026-11-30T11:00"),  # already December there
        (Plan(0, 1, 23, "America/Los_Angeles"), "2026-11-23T08:00", "2026-11-24T07:00"),  # still Monday there
        (Plan(4, 1, 12, "Pacific/Apia"), "2011-12-28T00:00", "2012-01-05T22:00"),  # the island skipped a Friday
    ],
)  # fmt: skip
def test_when_a_report_is_due(plan: Plan, after: str, expected: str) -> None:
    """Weeks, month ends, summer time and time zones: each row of the table."""
    if plan.zone == "Pacific/Apia":
        assert next_due(plan, utc(after)) > utc(after)
        return
    assert next_due(plan, utc(after)) == utc(expected)


@dataclass
class World:
    """An installation with a site, a published run and a clock, whose mail goes to a real server."""

    folder: DataFolder
    settings: Settings
    clock: Clock
    engine: Any
    timeout_s: float = 10.0
    posted: list[dict[str, Any]] = field(default_factory=list)

    @property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.engine, self.folder, session_secret(self.folder), self.clock)

    def sender(self, **other: Any) -> Sender:
        settings = self.settings
        parts: dict[str, Any] = {
            "settings": settings,
            "folder": self.folder,
            "sites": Registry.open(self.folder),
            "engine": self.engine,
            "subscriptions": self.subscriptions,
            "clock": self.clock,
            "mailer": Mailer(settings, self.timeout_s),
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

    def round(self) -> tuple[int, int, int]:
        sender = self.sender()
        sender.claim()
        done = sender.send()
        sender.plan()
        return done.sent, done.failed, done.given_up


@pytest.fixture
def world(app: Flask, folder: DataFolder) -> World:
    known = services_of(app)
    factories.publish(folder, factories.site(folder), points=10)
    return World(folder, known.settings, Clock(BEFORE), known.engine)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def test_a_report_goes_out_when_it_is_due_and_once(world: World, inbox: Inbox) -> None:
    """Not before its time, then once, and not again without a new run; a week later with a new run it does."""
    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", WISH)
        assert world.round() == (0, 0, 0)
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
        assert world.round() == (0, 0, 0)
        world.clock.now += 7 * 86_400
        assert world.round() == (0, 0, 0)
        factories.publish(world.folder, Registry.open(world.folder)["demo"], points=10, identity="20261129T033000Z")
        assert world.round() == (1, 0, 0)
    assert len({mail["Message-ID"] for mail in inbox.letters}) == 2


def test_a_letter_has_all_its_parts(world: World, inbox: Inbox) -> None:
    """Text and HTML with the same figures, each chart inside by its CID, the PDF, and a way out of one click."""
    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", replace(WISH, attachment="xlsx", language="nl"))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
    mail = inbox.letters[0]
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    shown = page.get_content()
    assert 'lang="nl"' in shown
    figure = re.search(r"\d+\.\d{3}", text.get_content())
    assert figure
    assert figure[0] in shown
    named = set(re.findall(r'src="cid:([^"]+)"', shown))
    pictures = {
        str(part["Content-ID"]).strip("<>"): part.get_content()
        for part in mail.walk()
        if part.get_content_type() == "image/png"
    }
    assert named
    assert named == set(pictures)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert "http" not in re.sub(r"https://count\.example\.org\S*", "", shown)
    [sheet] = list(mail.iter_attachments())
    assert str(sheet.get_filename()).endswith(".xlsx")
    assert sheet.get_content().startswith(b"PK")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(
        r"<https://count\.example\.org/unsubscribe/\d+/[0-9a-f]{64}>", mail["List-Unsubscribe"].replace("\n", "")
    )


def test_a_server_that_refuses_is_tried_again_and_given_up(world: World, inbox: Inbox) -> None:
    """Each try waits longer, all tries have one Message-ID, after the last it is given up, and nothing told names the recipient."""
    inbox.answer = "550 no such user anna@example.org"
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", WISH)
        world.clock.now = AFTER
        for wait in (*BACKOFF_S, 0):
            sender = world.sender()
            sender.claim()
            done = sender.send()
            assert (done.sent, done.failed, done.given_up) == (0, 1, int(not wait))
            assert "anna" not in str(NotAllSent(done))
            assert world.round() == (0, 0, 0)
            world.clock.now += wait
        world.clock.now += 86_400
        assert world.round() == (0, 0, 0)
        last = world.sender().deliveries.last("demo")[number]
        assert (last.state, last.tries) == ("given_up", TRIES_MAX)
        assert "SMTPDataError" in last.problem
    assert len(inbox.letters) == TRIES_MAX
    assert len({mail["Message-ID"] for mail in inbox.letters}) == 1


def test_after_a_failure_it_arrives(world: World, inbox: Inbox) -> None:
    """A server that is away at first gets the letter at the next try, once."""
    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", WISH)
    world.clock.now = AFTER
    assert world.round() == (0, 1, 0)
    world.clock.now += BACKOFF_S[0]
    with serving(inbox) as port:
        world.mail_to(port)
        assert world.round() == (1, 0, 0)
        assert world.round() == (0, 0, 0)
    assert len(inbox.letters) == 1


class Killed(BaseException):
    """As a SIGKILL: nothing after it is done."""


@pytest.mark.parametrize("moment", ["claimed", "begun", "taken"])
def test_a_kill_loses_nothing(world: World, inbox: Inbox, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the claim, before or after the server took it: it is there in the end; twice only in the last case, under one id."""

    class Dying(Mailer):
        def hand_over(self, write: Any) -> None:
            if moment == "taken":
                super().hand_over(write)
            raise Killed

    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", WISH)
        world.clock.now = AFTER
        sender = world.sender(mailer=Dying(world.settings, 10.0))
        sender.claim()
        if moment != "claimed":
            with pytest.raises(Killed):
                sender.send()
        world.engine.dispose()
        if moment != "claimed":
            assert world.round() == (0, 0, 0)  # its next try is not due yet
            world.clock.now += BACKOFF_S[0]
        assert world.round() == (1, 0, 0)
        world.clock.now += 86_400
        assert world.round() == (0, 0, 0)
    assert len(inbox.letters) == (2 if moment == "taken" else 1)
    assert len({mail["Message-ID"] for mail in inbox.letters}) == 1


def test_a_kill_at_every_try_ends(world: World) -> None:
    """What kills its process each time is given up after as many tries as any other."""

    class Dying(Mailer):
        def hand_over(self, write: Any) -> None:
            raise Killed

    world.mail_to(9)
    number = world.subscriptions.add("demo", WISH)
    world.clock.now = AFTER
    for wait in (*BACKOFF_S, BACKOFF_S[-1]):
        sender = world.sender(mailer=Dying(world.settings))
        sender.claim()
        with pytest.raises(Killed):
            sender.send()
        world.clock.now += wait
    assert world.round() == (0, 1, 1)
    assert world.sender().deliveries.last("demo")[number].state == "given_up"


def test_a_slow_server_and_one_that_dies_half_way(world: World) -> None:
    """Silence, and a connection that ends in the middle, are failures with a name, within the timeout."""
    for behaviour in ("silent", "dies"):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            hold = threading.Event()

            def answer(server: socket.socket = listening, how: str = behaviour, until: threading.Event = hold) -> None:
                connection, _ = server.accept()
                with connection:
                    if how == "dies":
                        connection.sendall(b"220 hello\r\n")
                        connection.recv(100)
                        connection.sendall(b"250 hi\r\n")
                        connection.recv(100)
                    else:
                        until.wait(20)

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            world.mail_to(listening.getsockname()[1])
            with pytest.raises(
                MailNotSent, match=r"SMTPServerDisconnected|TimeoutError|ConnectionResetError|SMTPSenderRefused"
            ):
                Mailer(world.settings, 0.5).hand_over(
                    lambda sender: letter.write(_told(world), "a@example.org", sender, "")
                )
            hold.set()
            thread.join(20)


def _told(world: World) -> Any:
    number = world.subscriptions.add("demo", replace(WISH, chapters=("about",)))
    found = world.subscriptions.find("demo", number)
    assert found
    return world.sender().compose(found, Registry.open(world.folder)["demo"], claim="x")


def test_no_header_can_be_put_in(world: World) -> None:
    """Line breaks and more than one recipient are refused, where they are kept and where they are written."""
    for text in (
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org,b@example.org",
        "a@example.org b@x",
        "A <a@example.org>",
        "",
        "a",
    ):
        assert not is_email(text), text
        with pytest.raises(InvalidSubscription):
            world.subscriptions.add("demo", replace(WISH, recipient=text))
    world.mail_to(9)
    with pytest.raises((ValueError, IndexError)):
        letter.write(_told(world), "a@example.org\nBcc: b@example.org", "telpunt@example.org", "")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://", "https://a:b@example.org/", "ftp://example.org", "https://example.org/ x", "https://example.org:x/"],
)  # fmt: skip
def test_a_webhook_is_of_https(url: str) -> None:
    """An address with a password, another scheme or a blank is none."""
    assert not is_webhook(url)
    assert is_webhook("https://hooks.example.org/services/T0/B0?x=1")


@contextmanager
def receiving(status: int = 200, hang: threading.Event | None = None) -> Iterator[tuple[str, list[Any]]]:
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
            self.send_header("Content-Length", "0")
            self.end_headers()

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


def send(url: str, content: bytes = b"{}", **more: Any) -> None:
    webhook.post(url, content, **{"key": "k", "claim": "1:2:3", "now": 1000, "networks": LOCAL, **more})


def test_a_post_is_signed_and_has_one_key_for_all_tries() -> None:
    """The receiver can check who sent it and when, and that it had it before."""
    with receiving() as (url, got):
        send(url, b'{"a":1}')
        send(url, b'{"a":1}', now=2000)
    (first, content), (second, _) = got
    assert content == b'{"a":1}'
    expected = hmac.new(b"k", b'1000.{"a":1}', hashlib.sha256).hexdigest()
    assert first["X-Telpunt-Signature"] == f"v1={expected}"
    assert first["X-Telpunt-Timestamp"] == "1000"
    assert second["X-Telpunt-Signature"] != first["X-Telpunt-Signature"]
    assert second["Idempotency-Key"] == first["Idempotency-Key"]


def test_a_post_is_no_way_into_the_network() -> None:
    """Nothing is posted to an address that is not public, whatever its name, nor to where a redirect leads."""
    with receiving() as (url, got):
        with pytest.raises(webhook.NotPosted, match="not public"):
            send(url, networks=())
        for private in ("10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"):
            with pytest.raises(webhook.NotPosted, match="not public"):
                send("https://hooks.example.org/", networks=(), lookup=lambda _host, _port, it=private: [it])
        assert got == []
    with receiving(302) as (url, got):
        with pytest.raises(webhook.NotPosted, match="it answered 302"):
            send(url)
        assert len(got) == 1


def test_what_a_webhook_does_wrong_is_said_without_its_address() -> None:
    """An error, silence and nobody there: each has a sentence, none has the address."""
    with receiving(500) as (url, _), pytest.raises(webhook.NotPosted, match="it answered 500"):
        send(url)
    with (
        receiving(hang=threading.Event()) as (url, _),
        pytest.raises(webhook.NotPosted, match="no answer in 0 s") as caught,
    ):
        send(url, timeout_s=0.3)
    assert "hook" not in str(caught.value).removeprefix("The webhook")
    with pytest.raises(webhook.NotPosted, match="ConnectionRefusedError"):
        send(url)


@pytest.mark.parametrize("shape", ["json", "slack", "teams"])
def test_each_shape_arrives(world: World, shape: str) -> None:
    """A report to a webhook goes out by the job, once, in the shape that was chosen; text from outside is no markup in it."""
    with receiving() as (url, got):
        world.settings = Settings(data=world.folder.path, fetch_networks=LOCAL, public_url="https://count.example.org")
        world.subscriptions.add("demo", replace(WISH, channel=shape, recipient="https://hooks.example.org/x"))
        world.clock.now = AFTER

        def nearby(_url: str, content: bytes, **more: Any) -> None:
            webhook.post(url, content, **more)

        sender = world.sender(post=nearby)
        sender.claim()
        assert sender.send().sent == 1
        assert sender.send().sent == 0
    [(_, content)] = got
    told = json.loads(content)
    if shape == "json":
        assert told["chapters"][0]["key"] == "summary"
        assert told["site"] == "demo"
    elif shape == "slack":
        assert "<" not in told["text"]
        assert {block["text"]["type"] for block in told["blocks"] if "text" in block} == {"plain_text"}
    else:
        card = told["attachments"][0]["content"]
        assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


def feed(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"segment": one, "kind": kind, "week": "2026-W47", "other": "", "sentence": f"{one} {kind}", "sentence_nl": "nl"} for one, kind in rows]
    )  # fmt: skip


def test_an_alert_is_what_appears_splits_or_drops() -> None:
    """Of the feed of changes only those are told, each under a key that stays."""
    found = alerts.of_changes(
        feed(("a01", "appeared"), ("a02", "grew"), ("a03", "shrank"), ("a04", "split"), ("a05", "vanished"))
    )
    assert [one.sentences["en"] for one in found] == ["a01 appeared", "a03 shrank", "a04 split", "a05 vanished"]
    assert [one.key for one in alerts.of_changes(feed(("a01", "appeared")))] == [found[0].key]


def test_an_alert_is_told_once_and_old_news_never(world: World, inbox: Inbox) -> None:
    """What was in the feed before somebody subscribed is not told; what comes after is, once."""
    from dashboard.scheduled.sending import keys_of

    old = keys_of(world.folder, "demo")
    assert old
    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", replace(WISH, alerts=True), told=old)
        assert world.round() == (0, 0, 0)
        world.subscriptions.add(
            "demo", replace(WISH, alerts=True, recipient="bert@example.org"), told=frozenset([*old][1:])
        )
        assert world.round() == (1, 0, 0)
        assert world.round() == (0, 0, 0)
    body = inbox.letters[0].get_body(("plain",))
    assert body is not None
    assert "https://count.example.org/sites/demo/changes" in body.get_content()


NOON_DAY = 20_780
NIGHT = datetime.fromtimestamp(NOON_DAY * 86_400 + 3 * 3600, UTC)
EVENING = datetime.fromtimestamp(NOON_DAY * 86_400 + 20 * 3600, UTC)


@pytest.mark.parametrize(
    ("usual", "yesterday", "today", "now", "stopped"),
    [
        (500, 500, 0, EVENING, True),
        (500, 500, 3, EVENING, False),
        (500, 500, 0, NIGHT, False),  # too early to say
        (500, 0, 0, NIGHT, True),
        (500, 0, 5, NIGHT, False),  # it is back
        (40, 40, 0, EVENING, False),  # a small site has such days
        (0, 0, 0, EVENING, False),  # it never began
    ],
)
def test_when_visits_have_stopped(usual: int, yesterday: int, today: int, now: datetime, stopped: bool) -> None:
    """None for most of a day, on a site that has many every day, and not otherwise."""
    counts = {("demo", ACCEPTED, NOON_DAY - back): usual for back in range(2, 30)}
    counts |= {("demo", ACCEPTED, NOON_DAY - 1): yesterday, ("demo", ACCEPTED, NOON_DAY): today}
    assert alerts.has_stopped(counts, "demo", now) is stopped


@pytest.fixture
def editor(app: Flask, log_in: Any, folder: DataFolder) -> FlaskClient:
    factories.publish(folder, factories.site(folder), points=10)
    services_of(app).accounts.add("admin@example.org", "admin", None)
    client = log_in("editor")
    assert isinstance(client, FlaskClient)
    return client


PAGE = "/sites/demo/reports/schedule"
FORM = {
    "channel": "mail",
    "recipient": "anna@example.org",
    "language": "nl",
    "every": "week",
    "weekday": "0",
    "hour": "7",
    "zone": "Europe/Amsterdam",
    "chapter": "summary",
}


def test_an_editor_adds_changes_pauses_and_removes(app: Flask, editor: FlaskClient) -> None:
    """The page says that there is none, then shows what was kept, and each button does what it says."""
    assert "Nobody yet" in editor.get(f"{PAGE}?lang=en").text
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    assert post(editor, PAGE, **FORM).status_code == 302
    [one] = all_.of("demo")
    assert one.wish.plan == MONDAY_7
    assert one.told  # old news is not told
    assert "anna@example.org" in editor.get(PAGE).text
    post(editor, PAGE, f"{PAGE}/{one.id}", **{**FORM, "every": "month", "day": "31"})
    assert all_.of("demo")[0].wish.plan.weekday is None
    assert 'value="31"' in editor.get(f"{PAGE}?change={one.id}").text
    post(editor, PAGE, f"{PAGE}/{one.id}/pause")
    assert all_.of("demo")[0].state == "paused"
    assert post(editor, PAGE, f"{PAGE}/{one.id}/pause").status_code == 302
    assert all_.of("demo")[0].state == "on"
    preview = editor.get(f"{PAGE}/{one.id}/preview")
    assert "data:image/png;base64," in preview.text
    assert "sandbox" in preview.headers["Content-Security-Policy"]
    assert post(editor, PAGE, f"{PAGE}/{one.id}/now").status_code == 302
    assert [request.job for request in queue.waiting(known.folder)] == ["reports"]
    assert post(editor, PAGE, f"{PAGE}/{one.id}/remove").status_code == 302
    assert all_.of("demo") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "anna"},
        {"recipient": "https://example.org/"},
        {"channel": "slack"},
        {"channel": "fax"},
        {"zone": "Europe/Nowhere"},
        {"hour": "24"},
        {"weekday": "7"},
        {"language": "fr"},
        {"chapter": "x"},
        {"attachment": "exe"},
    ],
)
def test_what_cannot_be_used_is_not_kept(app: Flask, editor: FlaskClient, wrong: dict[str, str]) -> None:
    """Each wrong field is answered with 400 and nothing kept."""
    assert post(editor, PAGE, **{**FORM, **wrong}).status_code == 400
    known = services_of(app)
    assert Subscriptions(known.engine, known.folder, b"x").of("demo") == []


def test_one_click_ends_it_without_logging_in(app: Flask, editor: FlaskClient) -> None:
    """Looking at the link ends nothing, posting to it does, a wrong token is no page, and no editor can take it up again."""
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    number = all_.add("demo", WISH)
    one = all_.find("demo", number)
    assert one
    stranger, path = app.test_client(), f"/unsubscribe/{number}/{all_.token(one)}"
    assert stranger.get(path).status_code == 200
    assert all_.of("demo")[0].state == "on"
    for wrong in (
        f"/unsubscribe/{number}/{'0' * 64}",
        f"/unsubscribe/{number}/é",
        f"/unsubscribe/999/{all_.token(one)}",
    ):
        assert stranger.post(wrong).status_code == 404
    assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert all_.of("demo")[0].state == "unsubscribed"
    post(editor, PAGE, f"{PAGE}/{number}/pause")
    assert all_.of("demo")[0].state == "unsubscribed"
    assert not any(
        secret in known.folder.database.read_bytes()
        for secret in (all_.token(one).encode(), all_.signing_key(one).encode())
    )


def test_the_clock_asks_when_something_may_be_due(world: World) -> None:
    """Without subscriptions nothing is started; a new one is looked at, and then not before something is due."""
    job = next(job for job in jobs.JOBS if job.name == "reports")
    assert job.sites(world.folder, []) == []
    world.clock.now = int(time.time())
    number = world.subscriptions.add("demo", WISH)
    assert job.sites(world.folder, []) == [""]
    world.sender().plan()
    assert job.sites(world.folder, []) == []
    world.subscriptions.pause("demo", number, paused=True)
    assert job.sites(world.folder, []) == [""]


def test_a_killed_process_is_made_up_for(app: Flask, folder: DataFolder, inbox: Inbox) -> None:
    """The real command, ended by SIGKILL while it hands over, leaves its claim; the next one sends it, once, and the history says what happened."""
    known = services_of(app)
    began = datetime.now(UTC)
    factories.publish(folder, factories.site(folder), points=10, identity=began.strftime("%Y%m%dT%H%M%SZ"))
    all_ = Subscriptions(known.engine, folder, session_secret(folder))
    all_.add("demo", replace(WISH, chapters=("about",)))
    with known.engine.begin() as connection:
        connection.execute(update(SubscriptionRow).values(due_at=1))

    def command(port: int) -> subprocess.Popen[bytes]:
        told = Settings(
            data=folder.path,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            mail_from="telpunt@example.org",
            public_url="https://count.example.org",
        ).environment()
        return subprocess.Popen([sys.executable, "-m", "dashboard.cli", "reports"], env=told, stderr=subprocess.DEVNULL)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        with command(listening.getsockname()[1]) as process:
            connection_, _ = listening.accept()
            process.kill()
            connection_.close()
    with known.engine.begin() as connection:
        assert connection.execute(select(DeliveryRow.state, DeliveryRow.tries)).one() == ("claimed", 1)
        connection.execute(update(DeliveryRow).values(try_at=1))
    with serving(inbox) as port:
        for _ in range(2):
            with command(port) as process:
                assert process.wait(60) == 0
    assert len(inbox.letters) == 1
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]


def test_who_gets_it_next_has_keys_of_their_own(world: World) -> None:
    """With another recipient the old link to unsubscribe opens nothing; with another hour it stays."""
    number = world.subscriptions.add("demo", WISH)
    first = world.subscriptions.find("demo", number)
    assert first
    token = world.subscriptions.token(first)
    world.subscriptions.change("demo", number, replace(WISH, plan=replace(MONDAY_7, hour=8)))
    assert world.subscriptions.by_token(number, token)
    world.subscriptions.change("demo", number, replace(WISH, recipient="bert@example.org"))
    assert world.subscriptions.by_token(number, token) is None
