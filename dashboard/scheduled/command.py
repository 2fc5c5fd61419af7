"""What the job ``reports`` does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from analysis import history
from analysis.history import Row
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard import database
from dashboard.cli_parts import working
from dashboard.mail import Mailer
from dashboard.people import accounts
from dashboard.scheduled import bell, bounces
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.sending import NotAllSent, Sender
from dashboard.scheduled.subscriptions import Subscriptions
from dashboard.security import session_secret

if TYPE_CHECKING:
    from analysis.history import By


ROUNDS_MAX: Final = 3  # when somebody presses a button meanwhile; then it waits for the clock


def send_due(settings: Settings, folder: DataFolder, sites: Registry, by: By) -> None:
    """
    Claim what is due and send what is claimed. Where there is nothing to send, the history has nothing of it.

    Raises:
        NotAllSent: something could not be sent; it is tried again, or given up.
    """

    def clock() -> int:
        return int(time.time())

    with database.opened(settings, folder) as engine:
        subscriptions = Subscriptions(engine, folder, session_secret(folder), clock)
        sender = Sender(settings, folder, sites, engine, subscriptions, clock, Mailer(settings))
        for _ in range(ROUNDS_MAX):
            name = f"round {uuid4().hex}"
            bell.begin(folder, name)
            try:
                sender.claim()
                if sender.deliveries.to_try():
                    with working(folder, "reports", "", by) as work:
                        done = sender.send()
                        work.did(sent=done.sent, why=";".join(sorted(done.problems)))
                        if done.failed:
                            raise NotAllSent(done)
            finally:
                is_over = bell.plan(folder, name, sender.next_look(), clock())
            if is_over:
                break


def note_bounces(settings: Settings, folder: DataFolder, letters: Iterable[bytes]) -> tuple[int, int]:
    """
    Write down which of our letters came back, and tell the page Jobs of it.

    Returns:
        How many came back, and how many of *letters* say nothing of ours.
    """
    began = datetime.now(UTC)
    with database.opened(settings, folder) as engine:
        subscriptions = Subscriptions(engine, folder, session_secret(folder))
        back, others = bounces.note(letters, Deliveries(engine, accounts.system_clock), subscriptions)
    if back:
        took = (datetime.now(UTC) - began).total_seconds()
        row = Row("bounces", "", "hand", began.isoformat(timespec="seconds"), took, "done", numbers={"back": back})
        history.keep(folder, row)
    return back, others
