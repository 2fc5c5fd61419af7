"""Claimed, then sent: each report once, what is tried again and what is not, and when a subscription is stopped."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from analysis import jobs
from analysis.jobs import REPORTS_LOOK, REPORTS_WITHIN_S
from collector.sites import Registry
from dashboard.mail import Mailer
from dashboard.scheduled import bell
from dashboard.scheduled.deliveries import BACKOFF_S, TRIES_MAX
from dashboard.scheduled.sending import NotAllSent
from tests import factories
from tests.dashboard.scheduled.conftest import AFTER, WISH, World, receiving
from tests.smtp import Inbox, serving

WEEK_S = 7 * 86_400
SHORT = replace(WISH, chapters=("about",))  # the quickest to make


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


def test_what_passes_is_tried_again_and_given_up(world: World, inbox: Inbox) -> None:
    """Each try waits longer, all tries have one Message-ID, after the last it is given up, and nothing told names the recipient."""
    inbox.answer = "451 try later, anna@example.org"
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", SHORT)
        world.clock.now = AFTER
        for wait in (*BACKOFF_S, 0):
            sender = world.sender()
            sender.claim()
            done = sender.send()
            assert (done.sent, done.failed, done.ended) == (0, 1, int(not wait))
            assert "anna" not in str(NotAllSent(done))
            assert "takes nothing at the moment" in str(NotAllSent(done))
            assert world.round() == (0, 0, 0)
            world.clock.now += wait
        world.clock.now += 86_400
        assert world.round() == (0, 0, 0)
        last = world.sender().deliveries.last("demo")[number]
        assert (last.state, last.tries, last.problem) == ("given_up", TRIES_MAX, "busy 451")
    assert len(inbox.letters) == TRIES_MAX
    assert len({mail["Message-ID"] for mail in inbox.letters}) == 1
    assert world.found(number).state == "on"


def test_no_such_mailbox_is_told_at_once_and_stopped_after_three(world: World, inbox: Inbox) -> None:
    """One try a report; after three reports in a row nothing is sent until an editor goes on with it, and then it counts anew."""
    inbox.answer = "550 5.1.1 no such user anna@example.org"
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", SHORT)
        for week in range(4):
            world.clock.now = AFTER + week * WEEK_S
            world.run_again(identity=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(world.clock.now - 3600)))
            assert world.round() == ((0, 1, 1) if week < 3 else (0, 0, 0))
            last = world.sender().deliveries.last("demo")[number]
            assert (last.state, last.tries, last.problem) == ("refused", 1, "no_mailbox 550 5.1.1")
            assert world.found(number).state == ("on" if week < 2 else "stopped")
        assert len(inbox.letters) == 3
        world.clock.now += 60
        world.subscriptions.pause("demo", number, paused=False)
        assert world.sender().deliveries.ask(world.found(number))
        assert world.round() == (0, 1, 1)
        assert world.found(number).state == "on"


def test_what_the_administrator_can_repair_is_tried_again(world: World, inbox: Inbox) -> None:
    """A server that wants another password: the sentence asks for the administrator, the recipient is not blamed, and it arrives in the end."""
    with serving(inbox) as port:
        world.mail_to(port, smtp_security="starttls")
        number = world.subscriptions.add("demo", SHORT)
        world.clock.now = AFTER
        sender = world.sender()
        sender.claim()
        assert "Ask the administrator" in str(NotAllSent(sender.send()))
        assert world.found(number).state == "on"
        world.mail_to(port)
        world.clock.now += BACKOFF_S[0]
        assert world.round() == (1, 0, 0)


def test_a_webhook_that_is_gone_is_not_tried_again(world: World) -> None:
    """410 is told at once; 503 is tried again."""
    with receiving(410) as (url, got):
        world.subscriptions.add("demo", replace(WISH, channel="slack", recipient="https://hooks.example.org/x"))
        world.clock.now = AFTER

        def nearby(_url: str, content: bytes, **more: Any) -> None:
            from dashboard.scheduled import webhook
            from tests.dashboard.scheduled.conftest import LOCAL

            webhook.post(url, content, **{**more, "networks": LOCAL})

        assert world.round(post=nearby) == (0, 1, 1)
        world.clock.now += 86_400
        assert world.round(post=nearby) == (0, 0, 0)
    assert len(got) == 1


def test_one_that_cannot_be_made_does_not_hold_up_the_others(
    world: World, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of ours in one report is written down, without what it quotes, and the next recipient gets theirs."""
    from dashboard.scheduled import message

    made = message.of_report

    def broken(readings: Any, site: Any, wish: Any, *rest: Any) -> Any:
        if wish.recipient.startswith("anna"):
            raise RuntimeError("anna@example.org")
        return made(readings, site, wish, *rest)

    monkeypatch.setattr(message, "of_report", broken)
    with serving(inbox) as port:
        world.mail_to(port)
        first = world.subscriptions.add("demo", WISH)
        world.subscriptions.add("demo", replace(WISH, recipient="bert@example.org"))
        world.clock.now = AFTER
        assert world.round() == (1, 1, 0)
    assert [mail["To"] for mail in inbox.letters] == ["bert@example.org"]
    assert world.sender().deliveries.last("demo")[first].problem == "broke"


def test_a_damaged_run_of_one_site_does_not_hold_up_the_others(world: World, inbox: Inbox) -> None:
    """Where a site's published run can't be read, the others' reports go out."""
    other = factories.site(world.folder, "other")
    factories.publish(world.folder, other, points=10)
    (world.folder.runs / "demo" / "current").write_text("nowhere\n")
    with serving(inbox) as port:
        world.mail_to(port)
        for site in ("demo", "other"):
            world.subscriptions.add(site, replace(WISH, alerts=True))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
    assert "other" in str(inbox.letters[0]["List-ID"])


def test_an_audience_that_may_come_back_is_waited_for(world: World, inbox: Inbox) -> None:
    """While the runs still look out for it nothing is sent, the list says why, and the subscription goes on."""
    import msgspec

    path = world.folder.runs / "demo" / "20261122T033000Z" / "run.json"
    told = msgspec.json.decode(path.read_bytes())
    absent = {"id": "s9", "run": told["id"], "since": "2026-11-15", "first_seen": "2026-09-06"}
    path.write_bytes(msgspec.json.encode({**told, "absent": [absent]}))
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", replace(WISH, segment="s9"))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
    assert inbox.letters == []
    assert world.sender().deliveries.last("demo")[number].problem == "away"
    assert world.found(number).state == "on"


def test_an_audience_that_is_gone_is_said_once(world: World, inbox: Inbox) -> None:
    """The recipient gets a letter that says so, in their language, then nothing until an editor chose another."""
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.subscriptions.add("demo", replace(WISH, segment="a99", language="nl"))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
        world.clock.now += WEEK_S
        world.run_again()
        assert world.round() == (0, 0, 0)
        assert world.found(number).state == "stopped"
        assert world.sender().deliveries.last("demo")[number].problem == "no_audience"
        world.subscriptions.change("demo", number, replace(WISH, segment="a01"))
        world.subscriptions.pause("demo", number, paused=False)
        assert world.sender().deliveries.ask(world.found(number))
        assert world.round() == (1, 0, 0)
    body = inbox.letters[0].get_body(("plain",))
    assert body is not None
    assert "doelgroep" in body.get_content()
    assert "Job-board technicians" in str(inbox.letters[1]["Subject"])


@pytest.mark.parametrize("behaviour", ["silent", "dies", "drips", "dies_after_data"])
def test_a_server_that_is_slow_or_dies(world: World, behaviour: str) -> None:
    """Silence, a byte now and then, an end in the middle and one before the last answer: each ends in time, and is tried again."""
    import socket

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                if behaviour == "silent":
                    over.wait(20)
                    return
                while behaviour == "drips":
                    if over.wait(0.05):
                        return
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return
                connection.sendall(b"220 hello\r\n")
                for line in lines:
                    word = line.split()[0].upper() if line.split() else b""
                    if behaviour == "dies" and word == b"MAIL":
                        return
                    if word == b"DATA":
                        connection.sendall(b"354 go on\r\n")
                        while lines.readline() not in (b".\r\n", b""):
                            pass
                        return
                    connection.sendall(b"250 fine\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        world.mail_to(listening.getsockname()[1])
        number = world.subscriptions.add("demo", SHORT)
        world.clock.now = AFTER
        whole_s = 1.0 if behaviour == "drips" else 30.0
        silence_s = 1.0 if behaviour == "silent" else 20.0
        assert world.round(mailer=Mailer(world.settings, silence_s, whole_s)) == (0, 1, 0)
        over.set()
        thread.join(20)
    expected = {"silent": "silent", "drips": "silent"}.get(behaviour, "broken")
    assert world.sender().deliveries.last("demo")[number].problem == expected


@pytest.mark.parametrize("goodbye", [b"421 too busy to say goodbye\r\n", b""])
def test_a_bad_goodbye_is_no_reason_to_send_it_again(world: World, goodbye: bytes) -> None:
    """Once the server has taken the letter, whatever it does when we leave, it was sent."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 hello\r\n")
                for line in lines:
                    if line.upper().startswith(b"QUIT"):
                        connection.sendall(goodbye)
                        return
                    if line.upper().startswith(b"DATA"):
                        connection.sendall(b"354 go on\r\n")
                        while lines.readline() != b".\r\n":
                            pass
                    connection.sendall(b"250 fine\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        world.mail_to(listening.getsockname()[1])
        world.subscriptions.add("demo", SHORT)
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0), world.sender().deliveries.last("demo")
        thread.join(20)


def test_the_clock_asks_when_something_may_be_due(world: World) -> None:
    """Without subscriptions nothing is started; a new one is looked at, then not before something is due; a clock that was ahead heals."""
    job = next(job for job in jobs.JOBS if job.name == "reports")
    assert job.sites(world.folder, []) == []
    world.clock.now = int(time.time())
    number = world.subscriptions.add("demo", WISH)
    assert job.sites(world.folder, []) == [""]
    world.round()
    assert job.sites(world.folder, []) == []
    world.subscriptions.pause("demo", number, paused=True)
    assert job.sites(world.folder, []) == [""]
    world.round()
    assert not (world.folder.jobs / REPORTS_LOOK).exists()
    world.subscriptions.pause("demo", number, paused=False)
    world.clock.now += 365 * 86_400
    world.round()
    assert job.sites(world.folder, []) == [""]


def test_who_rings_while_the_job_is_at_work_is_heard(world: World) -> None:
    """A press of the button between the last look and the end of a round is not forgotten until next Monday; a killed round looks again."""
    job = next(job for job in jobs.JOBS if job.name == "reports")
    now = int(time.time())
    bell.begin(world.folder, "one")
    bell.ring(world.folder)
    assert not bell.plan(world.folder, "one", now + WEEK_S, now)
    assert job.sites(world.folder, []) == [""]
    bell.begin(world.folder, "two")
    assert job.sites(world.folder, []) == [""]
    assert bell.plan(world.folder, "two", now + WEEK_S, now)
    assert job.sites(world.folder, []) == []
    assert int((world.folder.jobs / REPORTS_LOOK).read_text()) == now + REPORTS_WITHIN_S
