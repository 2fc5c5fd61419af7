"""What the job ``reports`` does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard import database
from dashboard.cli_parts import working
from dashboard.mail import Mailer
from dashboard.scheduled.sending import NotAllSent, Sender
from dashboard.scheduled.subscriptions import Subscriptions
from dashboard.security import session_secret

if TYPE_CHECKING:
    from analysis.history import By


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
        try:
            sender.claim()
            if sender.deliveries.to_try():
                with working(folder, "reports", "", by) as work:
                    done = sender.send()
                    work.did(sent=done.sent)
                    if done.failed:
                        raise NotAllSent(done)
        finally:
            sender.plan()
