"""
Sending e-mail by SMTP. Nothing that goes wrong here is told with an address in it: neither the recipient's nor a server's answer.

Mail is sent when an SMTP server, a sender and the dashboard's own address (``TELPUNT_PUBLIC_URL``) are set. Links in e-mails start with
that address, never with what a request says its host is.
"""

from __future__ import annotations

import logging
import smtplib
import socket
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
from dashboard.fetching import Alarm
from dashboard.mail_errors import NOT_SET_UP, SILENT, Reason, Step, reason_of

TIMEOUT_S: Final = 15.0
WHOLE_S: Final = 180.0  # for one letter, however the server draws it out; ten megabytes at 0.5 Mbit/s
WAITING_MAX: Final = 100  # letters that wait to be sent; more are dropped, and the log says so

log = logging.getLogger("telpunt.mail")


class MailNotSent(TelpuntError):
    """When a letter could not be handed to the SMTP server; *reason* says whose matter that is."""

    def __init__(self, kind: str, reason: Reason = Reason(NOT_SET_UP)) -> None:  # noqa: B008  # it can't be changed
        self.reason = reason
        super().__init__(
            f"The e-mail could not be sent ({kind}); check TELPUNT_SMTP_HOST, its port, security, name and password"
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail to one person, in plain text."""

    to: str
    subject: str
    text: str


class _Server(smtplib.SMTP):
    """
    An SMTP server that can't draw a letter out: smtplib's timeout is between two bytes only.

    Args:
        alarm: ends the connection.
        tls: encrypts from the first byte on; None: not, or by STARTTLS.
        timeout_s: seconds of silence.
    """

    def __init__(self, alarm: Alarm, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        self._alarm = alarm
        self._tls = tls
        super().__init__(timeout=timeout_s)

    def begin(self, host: str, port: int) -> None:
        """Connect and be greeted; SMTPConnectError when it does not want us."""
        self._host = host  # starttls looks here for the name that must stand in the certificate
        code, reply = self.connect(host, port)
        if code != 220:  # RFC 5321, 4.3.2
            raise smtplib.SMTPConnectError(code, reply)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            self._alarm.watch(plain)
            return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain
        except BaseException:
            plain.close()
            raise


class Mailer:
    """
    Sends letters, at once or after the answer.

    Args:
        settings: of the SMTP server.
        timeout_s: seconds that the server may keep silent.
        whole_s: seconds that handing over one letter may take in all.
    """

    def __init__(self, settings: Settings, timeout_s: float = TIMEOUT_S, whole_s: float = WHOLE_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._whole_s = whole_s
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
        alarm = Alarm(self._whole_s)
        try:
            self._hand_over(write, alarm)
        finally:
            alarm.off()

    def _hand_over(self, write: Callable[[str], EmailMessage], alarm: Alarm) -> None:
        settings = self._settings
        context = ssl.create_default_context()
        server = _Server(alarm, context if settings.smtp_security == "tls" else None, self._timeout_s)
        step: Step = "connect"
        try:
            message = write(settings.mail_from)
            server.begin(settings.smtp_host, settings.smtp_port)
            if settings.smtp_security == "starttls":
                step = "tls"
                server.starttls(context=context)
            if settings.smtp_user:
                step = "login"
                server.login(settings.smtp_user, settings.smtp_password)
            step = "send"
            server.send_message(message)
        except (OSError, smtplib.SMTPException, MessageError, ValueError, IndexError) as error:
            # Its text may hold the recipient's address. (IndexError: how the library says that an address is empty.)
            server.close()
            reason = Reason(SILENT) if alarm.rang else reason_of(error, step)
            raise MailNotSent(type(error).__name__, reason) from None
        _take_leave(server)

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


def _take_leave(server: smtplib.SMTP) -> None:
    """Say goodbye. The letter is with the other side by now, so what goes wrong here is no reason to send it again (RFC 5321, 4.1.1.10)."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException) as error:
        log.info("The SMTP server took the letter and did not say goodbye (%s)", type(error).__name__)
    finally:
        server.close()


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
