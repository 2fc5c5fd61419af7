"""What an SMTP server's no means."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.errors import HeaderParseError

import pytest

from dashboard.mail_errors import Reason, Step, reason_of


def recipient(code: int, reply: bytes) -> Exception:
    return smtplib.SMTPRecipientsRefused({"anna@example.org": (code, reply)})


def late() -> Exception:
    """As smtplib tells of a reply that does not come."""
    error = smtplib.SMTPServerDisconnected("Connection unexpectedly closed: timed out")
    error.__context__ = TimeoutError("timed out")
    return error


@pytest.mark.parametrize(
    ("error", "step", "expected"),
    [
        (recipient(550, b"5.1.1 <anna@example.org>: no such user"), "send", Reason("no_mailbox", "550 5.1.1")),
        (recipient(550, b"No such user here"), "send", Reason("no_mailbox", "550")),
        (recipient(553, b"mailbox name not allowed"), "send", Reason("no_mailbox", "553")),
        (recipient(550, b"5.2.1 disabled"), "send", Reason("no_mailbox", "550 5.2.1")),
        (recipient(550, b"5.4.1 Recipient address rejected: Access denied"), "send", Reason("no_mailbox", "550 5.4.1")),
        (recipient(552, b"storage exceeded"), "send", Reason("mailbox_full", "552")),
        (recipient(550, b"5.2.2 over quota"), "send", Reason("mailbox_full", "550 5.2.2")),
        (recipient(554, b"5.7.1 Relay access denied"), "send", Reason("not_let", "554 5.7.1")),
        (recipient(554, b"no"), "send", Reason("refused", "554")),
        (recipient(450, b"4.2.0 Greylisted, anna@example.org"), "send", Reason("busy", "450 4.2.0")),
        (recipient(452, b"4.2.2 over quota for now"), "send", Reason("busy", "452 4.2.2")),
        (smtplib.SMTPSenderRefused(552, b"5.3.4 message size exceeds", "t@x"), "send", Reason("too_large", "552 5.3.4")),
        (smtplib.SMTPSenderRefused(552, b"too big", "t@x"), "send", Reason("too_large", "552")),
        (smtplib.SMTPSenderRefused(530, b"5.7.0 Must issue STARTTLS", "t@x"), "send", Reason("not_let", "530 5.7.0")),
        (smtplib.SMTPSenderRefused(421, b"closing", "t@x"), "send", Reason("busy", "421")),
        (smtplib.SMTPDataError(552, b"too big"), "send", Reason("too_large", "552")),
        (smtplib.SMTPDataError(550, b"5.7.1 looks like spam"), "send", Reason("refused", "550 5.7.1")),
        (smtplib.SMTPDataError(550, b"5.1.1 no such user"), "send", Reason("no_mailbox", "550 5.1.1")),
        (smtplib.SMTPDataError(451, b"try later"), "send", Reason("busy", "451")),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad credentials"), "login", Reason("login", "535 5.7.8")),
        (smtplib.SMTPAuthenticationError(454, b"4.7.0 later"), "login", Reason("busy", "454 4.7.0")),
        (smtplib.SMTPNotSupportedError("AUTH"), "login", Reason("login")),
        (smtplib.SMTPNotSupportedError("STARTTLS"), "tls", Reason("no_tls")),
        (smtplib.SMTPResponseException(502, b"no"), "tls", Reason("no_tls", "502")),
        (smtplib.SMTPConnectError(554, b"go away"), "connect", Reason("not_let", "554")),
        (smtplib.SMTPConnectError(421, b"busy"), "connect", Reason("busy", "421")),
        (smtplib.SMTPServerDisconnected("x"), "send", Reason("broken")),
        (late(), "send", Reason("silent")),
        (ssl.SSLCertVerificationError("x"), "tls", Reason("certificate")),
        (ssl.SSLError("wrong version number"), "connect", Reason("no_tls")),
        (TimeoutError("x"), "connect", Reason("silent")),
        (ConnectionRefusedError("x"), "connect", Reason("unreachable")),
        (socket.gaierror("x"), "connect", Reason("unreachable")),
        (OSError(113, "No route to host"), "connect", Reason("unreachable")),
        (ConnectionResetError("x"), "send", Reason("broken")),
        (ValueError("x"), "connect", Reason("not_made")),
        (HeaderParseError("x"), "connect", Reason("not_made")),
    ],
)  # fmt: skip
def test_what_a_no_means(error: Exception, step: Step, expected: Reason) -> None:
    """Whose matter it is, by RFC 5321 and 3463, and of the server's words the digits only."""
    assert reason_of(error, step) == expected
