"""A real SMTP server on this machine, and what it was sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

WAIT_S = 20.0


class Inbox:
    """What a real SMTP server took, or why it takes nothing."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.envelopes.append(envelope)
        parsed = message_from_bytes(bytes(envelope.content or b""), policy=default)
        assert isinstance(parsed, EmailMessage)
        self.letters.append(parsed)
        return self.answer

    def wait_for(self, count: int) -> EmailMessage:
        """The last letter, once there are *count*; AssertionError when they don't come."""
        until = time.monotonic() + WAIT_S
        while len(self.letters) < count:
            assert time.monotonic() < until, f"{count} letter(s) did not come"
            time.sleep(0.02)
        return self.letters[-1]


class _Controller(Controller):
    """On a port that the system gives: aiosmtpd's own check of the port does not know 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """Run it; gives its port."""
    controller = _Controller(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
