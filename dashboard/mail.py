"""
Sending e-mail by SMTP. Nothing that goes wrong here is told with an address in it: neither the recipient's nor a server's answer.

Mail is sent when an SMTP server, a sender and the dashboard's own address (``TELPUNT_PUBLIC_URL``) are set. Links in e-mails start with
that address, never with what a request says its host is.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Final

from collector.errors import TelpuntError
from collector.settings import Settings

TIMEOUT_S: Final = 15.0
WAITING_MAX: Final = 100  # letters that wait to be sent; more are dropped, and the log says so

log = logging.getLogger("telpunt.mail")


class MailNotSent(TelpuntError):
    """When a letter could not be handed to the SMTP server."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The e-mail could not be sent ({kind}); check TELPUNT_SMTP_HOST, its port, security, name and password"
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail to one person, in plain text."""

    to: str
    subject: str
    text: str


class Mailer:
    """
    Sends letters, at once or after the answer.

    Args:
        settings: of the SMTP server.
        timeout_s: seconds that the server may keep silent.
    """

    def __init__(self, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._room = threading.BoundedSemaphore(WAITING_MAX)
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    @property
    def configured(self) -> bool:
        """Can mail be sent at all?"""
        settings = self._settings
        return bool(settings.smtp_host and settings.mail_from and settings.public_url)

    def address(self, path: str) -> str:
        """The whole address of a path of the dashboard, for a letter."""
        return self._settings.public_url.rstrip("/") + path

    def send(self, letter: Letter) -> None:
        """
        Send now.

        Raises:
            MailNotSent: the server can't be reached or does not take it, or mail is not set up.
        """
        self.hand_over(lambda sender: _message(letter, sender))

    def hand_over(self, write: Callable[[str], EmailMessage]) -> None:
        """
        Send what *write* makes of the sender's address, now.

        Raises:
            MailNotSent: as :meth:`send` says.
        """
        if not self.configured:
            raise MailNotSent("not set up")
        settings = self._settings
        context = ssl.create_default_context()
        try:
            message = write(settings.mail_from)
            if settings.smtp_security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.smtp_host, settings.smtp_port, timeout=self._timeout_s, context=context
                )
            else:
                server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=self._timeout_s)
            with server:
                if settings.smtp_security == "starttls":
                    server.starttls(context=context)
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException, MessageError, ValueError, IndexError) as error:
            # Its text may hold the recipient's address. (IndexError: how the library says that an address is empty.)
            raise MailNotSent(type(error).__name__) from None

    def later(self, work: Callable[[], None]) -> Future[None] | None:
        """
        Do *work*, which looks up and sends, after the answer and outside its time: whoever asked can't tell whether anything was sent.

        What goes wrong is logged by its kind. None when too much waits already.
        """
        if not self._room.acquire(blocking=False):
            log.warning("Too many e-mails wait; one was dropped")
            return None
        with self._starting:
            # Not before the first letter: threads do not survive the fork of a worker.
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="telpunt-mail")
        return self._pool.submit(self._work, work)

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except MailNotSent as error:
            log.warning("%s", error)
        except Exception as error:  # noqa: BLE001  # nobody waits for it, so it must be said here; its text may hold an address
            log.error("An e-mail could not be made (%s)", type(error).__name__)  # noqa: TRY400  # the traceback too
        finally:
            self._room.release()


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Telpunt", addr_spec=sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(letter.text)
    return message
