"""Letters that come back: found by our mark, counted, and no way for anybody else to end a report."""

from __future__ import annotations

import mailbox
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import history
from dashboard.scheduled import bounces
from dashboard.scheduled.deliveries import Delivery
from tests.dashboard.scheduled.conftest import AFTER, WISH, World
from tests.smtp import Inbox, serving


def notice(message_id: str, *, action: str = "failed", status: str = "5.1.1", headers_only: bool = True) -> bytes:
    """A delivery status notification, as Postfix and Exchange send them (RFC 3464)."""
    lines = [
        "From: MAILER-DAEMON@mx.example.org",
        "To: telpunt@example.org",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "I'm sorry to have to inform you",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.org",
        "",
        "Final-Recipient: rfc822; anna@example.org",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--b",
        f"Content-Type: {'text/rfc822-headers' if headers_only else 'message/rfc822'}",
        "",
        "From: Telpunt <telpunt@example.org>",
        f"Message-ID: {message_id}",
        "Subject: x",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.fixture
def sent(world: World, inbox: Inbox) -> tuple[World, int, str]:
    """A report that the mail server took; its subscription and Message-ID."""
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", replace(WISH, chapters=("about",)))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
    return world, number, str(inbox.letters[0]["Message-ID"])


def last(world: World, number: int) -> Delivery:
    return world.sender().deliveries.last("demo")[number]


def noted(world: World, *letters: bytes) -> tuple[int, int]:
    return bounces.note(letters, world.sender().deliveries, world.subscriptions)


@pytest.mark.parametrize("headers_only", [True, False])
def test_a_letter_that_comes_back_is_told(sent: tuple[World, int, str], headers_only: bool) -> None:
    """By the notice of a mail server, once; the subscription goes on."""
    world, number, message_id = sent
    letter = notice(message_id, headers_only=headers_only)
    assert noted(world, letter, letter, b"Subject: Re: hello\r\n\r\nhi") == (1, 2)
    assert (last(world, number).state, last(world, number).problem) == ("bounced", "bounced 5.1.1")
    assert world.found(number).state == "on"


def test_a_delay_or_success_is_no_bounce(sent: tuple[World, int, str]) -> None:
    """What is only late, or was delivered, is passed over."""
    world, number, message_id = sent
    assert noted(
        world, notice(message_id, action="delayed", status="4.4.1"), notice(message_id, action="delivered")
    ) == (0, 2)
    assert last(world, number).state == "sent"


def test_nobody_else_can_say_that_it_came_back(sent: tuple[World, int, str]) -> None:
    """A guessed mark, that of another delivery, an older one of another recipient: nothing is written."""
    world, number, message_id = sent
    mark = message_id.strip("<>").partition("@")[0].partition(".")[2]
    for wrong in (
        f"<1.{'0' * 40}@x>",
        f"<2.{mark}@x>",
        f"<1.{mark[:-1]}{'0' if mark[-1] != '0' else '1'}@x>",
        "<1@x>",
        "",
    ):
        assert noted(world, notice(wrong)) == (0, 1), wrong
    world.subscriptions.change("demo", number, replace(WISH, recipient="bert@example.org"))
    assert noted(world, notice(message_id)) == (0, 1)
    assert last(world, number).state == "sent"


def test_three_in_a_row_stop_it(sent: tuple[World, int, str]) -> None:
    """Of three reports in a row that came back the subscription is stopped; one that arrived in between keeps it going."""
    world, number, _ = sent
    deliveries = world.sender().deliveries
    for place in range(5):
        world.clock.now += 400
        assert deliveries.ask(world.found(number))
        [one] = deliveries.to_try()
        deliveries.begin(one)
        deliveries.done(one)
        if place != 1:
            mark = world.subscriptions.mark(world.found(number), one.id)
            assert noted(world, notice(f"<{mark}@example.org>")) == (1, 0)
        assert world.found(number).state == ("on" if place < 4 else "stopped")


@settings(max_examples=60)
@given(
    st.binary(max_size=600)
    | st.builds(lambda junk, place: notice("<1.x@y>")[:place] + junk, st.binary(max_size=80), st.integers(0, 900))
)
def test_whatever_comes_is_read_without_an_error(letter: bytes) -> None:
    """Any bytes, and any notice that is broken off and goes on otherwise."""
    found = bounces.failed(letter)
    assert found is None or isinstance(found, tuple)
    assert b"".join(bounces.split(BytesIO(letter))) in letter or b"From " in letter


def test_a_notice_of_many_parts_is_bounded() -> None:
    """Parts in parts without end, and a letter of many megabytes, take no more than a bound."""
    deep = b"".join(b'Content-Type: multipart/report; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(2_000))
    assert bounces.failed(deep) is None
    assert all(
        len(part) <= bounces.LETTER_MAX_BYTES + 100 for part in bounces.split(BytesIO((b"x" * 99 + b"\n") * 50_000))
    )


def test_the_command_reads_what_a_mail_server_pipes(sent: tuple[World, int, str], tmp_path: Path) -> None:
    """On standard input with the line that Postfix puts before it, from a Maildir and an mbox; the page Jobs has a row; exit status 0."""
    world, number, message_id = sent
    command = [sys.executable, "-m", "dashboard.cli", "bounces"]
    piped = b"From MAILER-DAEMON Mon Nov 23 04:00:00 2026\n" + notice(message_id)
    environment = world.settings.environment()
    told = subprocess.run(command, input=piped, env=environment, capture_output=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (0, b"1 of our letters came back; 0 other letters were passed over\n"), (
        told.stderr
    )
    assert last(world, number).state == "bounced"
    assert [(row.job, row.numbers) for row in history.rows(world.folder)] == [("bounces", {"back": 1})]
    folder = mailbox.Maildir(tmp_path / "mail")
    folder.add(notice(message_id))
    assert len(list(bounces.read(tmp_path / "mail"))) == 1
    (tmp_path / "mbox").write_bytes(b"From a\n" + notice("<1.x@y>") + b"\n\nFrom b\n" + notice(message_id))
    assert [bounces.failed(one) is not None for one in bounces.read(tmp_path / "mbox")] == [False, True]
