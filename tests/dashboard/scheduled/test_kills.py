"""Killed at any point: nothing is lost, and only where two systems can't agree is it there twice, under one Message-ID."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from analysis import history
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard.database import DeliveryRow, SubscriptionRow
from dashboard.mail import Mailer
from dashboard.scheduled.deliveries import BACKOFF_S
from dashboard.scheduled.subscriptions import Subscriptions
from dashboard.security import session_secret
from tests import factories
from tests.dashboard.conftest import services_of
from tests.dashboard.scheduled.conftest import AFTER, WISH, World
from tests.smtp import Inbox, serving

SHORT = replace(WISH, chapters=("about",))  # the quickest to make


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
        world.subscriptions.add("demo", SHORT)
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
    number = world.subscriptions.add("demo", SHORT)
    world.clock.now = AFTER
    for wait in (*BACKOFF_S, BACKOFF_S[-1]):
        sender = world.sender(mailer=Dying(world.settings))
        sender.claim()
        with pytest.raises(Killed):
            sender.send()
        world.clock.now += wait
    assert world.round() == (0, 1, 1)
    assert world.sender().deliveries.last("demo")[number].state == "given_up"


class Killing(Inbox):
    """A server in whose hands the process that sends is ended by SIGKILL: while it greets, holds the letter, or has answered for it."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self.moment = moment
        self.process: subprocess.Popen[bytes] | None = None

    def kill(self, moment: str) -> None:
        if self.process and moment == self.moment:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.kill("greeting")
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.kill("data")
        return await super().handle_DATA(server, session, envelope)

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        self.kill("taken")
        return "221 Bye"


@pytest.mark.parametrize(("moment", "letters"), [("greeting", 1), ("data", 2), ("taken", 2)])
def test_the_real_command_killed_is_made_up_for(app: Flask, folder: DataFolder, moment: str, letters: int) -> None:
    """SIGKILL before the letter is with the server: once in the end. After that and before we wrote it down: twice, under one id."""
    known, began, inbox = services_of(app), datetime.now(UTC), Killing(moment)
    factories.publish(folder, factories.site(folder), points=10, identity=began.strftime("%Y%m%dT%H%M%SZ"))
    Subscriptions(known.engine, folder, session_secret(folder)).add("demo", SHORT)
    with known.engine.begin() as connection:
        connection.execute(update(SubscriptionRow).values(due_at=1))
    with serving(inbox) as port:
        told = Settings(
            data=folder.path,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            mail_from="telpunt@example.org",
            public_url="https://count.example.org",
        ).environment()

        def command() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-m", "dashboard.cli", "reports"], env=told, stderr=subprocess.DEVNULL
            )

        with command() as process:
            inbox.process = process
            assert process.wait(60) == -9
        with known.engine.begin() as connection:
            assert connection.execute(select(DeliveryRow.state, DeliveryRow.tries)).one() == ("claimed", 1)
            connection.execute(update(DeliveryRow).values(try_at=1))
        with command() as process:
            assert process.wait(60) == 0
    assert len(inbox.letters) == letters
    assert len({mail["Message-ID"] for mail in inbox.letters}) == 1
    assert [row.ending for row in history.rows(folder)] == ["done", "interrupted"]
