"""
What an SMTP server's no means (RFC 5321, RFC 3463): is it about the recipient, about the letter, about us, or about this moment?

The library's errors hold the server's own words, which may name the recipient. What comes out of here is a word of ours and the two
codes, which are digits.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from typing import Final, Literal

Step = Literal["connect", "tls", "login", "send"]

# For good, whoever tries again.
NO_MAILBOX, MAILBOX_FULL, TOO_LARGE, REFUSED, NOT_MADE = (
    "no_mailbox",
    "mailbox_full",
    "too_large",
    "refused",
    "not_made",
)
# Who runs this installation, or the mail server, has to do something.
NOT_SET_UP, LOGIN, NO_TLS, CERTIFICATE, NOT_LET = "not_set_up", "login", "no_tls", "certificate", "not_let"
# They pass.
BUSY, SILENT, BROKEN, UNREACHABLE = "busy", "silent", "broken", "unreachable"

SERVICE_CLOSING: Final = 421
SIZE_EXCEEDED: Final = 552  # of the message, or, said of a recipient, of what is stored for them
_ENHANCED: Final = re.compile(rb"\s*([45])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 2034: at the start of the reply


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why a letter was not taken.

    Attributes:
        problem: one of the words above.
        codes: the reply code and the enhanced one, such as ``550 5.1.1``; "" without a reply.
    """

    problem: str
    codes: str = ""


def reason_of(error: Exception, step: Step) -> Reason:
    """
    The reason behind an error of smtplib, ssl, socket or email.

    Args:
        step: what was being done.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()), (0, b""))
        return _of_reply(code, reply, "recipient")
    if isinstance(error, smtplib.SMTPResponseException):
        about = {"connect": "server", "tls": "tls", "login": "login"}.get(step) or (
            "letter" if isinstance(error, smtplib.SMTPDataError) else "sender"
        )
        return _of_reply(error.smtp_code, error.smtp_error, about)
    return Reason(_of_silence(error, step))


def _of_silence(error: Exception, step: Step) -> str:
    """Of an error without a reply."""
    if isinstance(error.__context__, TimeoutError):
        return SILENT  # smtplib tells of it as of a connection that was closed
    known: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (ssl.SSLCertVerificationError, CERTIFICATE),
        (TimeoutError, SILENT),
        ((ConnectionRefusedError, socket.gaierror), UNREACHABLE),
        (ssl.SSLError, NO_TLS),
        (smtplib.SMTPServerDisconnected, BROKEN),
        ((smtplib.SMTPNotSupportedError, smtplib.SMTPException), NO_TLS if step == "tls" else LOGIN),
        ((MessageError, ValueError, IndexError), NOT_MADE),
        (OSError, BROKEN if isinstance(error, ConnectionError) else UNREACHABLE),
    )
    return next((problem for kind, problem in known if isinstance(error, kind)), BROKEN)


def _of_reply(code: int, reply: bytes | str, about: str) -> Reason:
    raw = reply if isinstance(reply, bytes) else reply.encode("ascii", "replace")
    found = _ENHANCED.match(raw)
    subject, detail = (int(found[2]), int(found[3])) if found else (0, 0)
    codes = f"{code} {found[1].decode()}.{subject}.{detail}" if found else str(code)
    return Reason(_problem(code, subject, detail, about), codes)


def _problem(code: int, subject: int, detail: int, about: str) -> str:
    if not 500 <= code < 600:  # RFC 5321, 4.2.1: 5yz is for good, 4yz passes
        return BUSY if code >= 400 else BROKEN
    if about in ("tls", "login", "server"):
        return {"tls": NO_TLS, "login": LOGIN, "server": NOT_LET}[about]
    if (subject, detail) in ((3, 4), (2, 3)) or (about != "recipient" and code == SIZE_EXCEEDED):
        return TOO_LARGE
    if about == "sender" or (subject in (5, 7) and about == "recipient") or (subject, detail) in ((1, 7), (1, 8)):
        return NOT_LET  # relaying denied, log in first, a sender it does not know: not this recipient's doing
    if (subject, detail) == (2, 2) or (about == "recipient" and code == SIZE_EXCEEDED):
        return MAILBOX_FULL
    if subject in (1, 2, 4) or (about == "recipient" and code != 554):  # transaction failed: says nothing of whom
        return NO_MAILBOX
    return REFUSED
