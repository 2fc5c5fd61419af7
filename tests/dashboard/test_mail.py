from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from collector.settings import Settings
from dashboard.mail import WAITING_MAX, Letter, Mailer, MailNotSent
from tests import tls
from tests.smtp import Inbox, serving

LETTER = Letter("anna@example.org", "Een nieuw wachtwoord – één keer", "Dag!\n\nhttps://count.example.org/reset/x\n")
PASSWORD = "hunter2-of-the-server"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def settings(tmp_path: Path, port: int, **options: Any) -> Settings:
    return Settings(
        **{
            "data": tmp_path,
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "mail_from": "telpunt@example.org",
            "public_url": "https://count.example.org/",
            **options,
        }
    )


def test_a_letter_arrives_as_it_was_written(tmp_path: Path, inbox: Inbox) -> None:
    """Sender, recipient, subject and text arrive whole, and no answering machine answers."""
    with serving(inbox) as port:
        Mailer(settings(tmp_path, port)).send(LETTER)
    [letter], [envelope] = inbox.letters, inbox.envelopes
    assert envelope.rcpt_tos == ["anna@example.org"]
    assert envelope.mail_from == "telpunt@example.org"
    assert letter["To"] == "anna@example.org"
    assert letter["From"] == "Telpunt <telpunt@example.org>"
    assert letter["Subject"] == LETTER.subject
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter["Date"]
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tls.Certificate:
    return tls.certificate(tmp_path_factory.mktemp("tls"))


def test_starttls_comes_before_name_and_password(
    tmp_path: Path, inbox: Inbox, certificate: tls.Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default the way is encrypted, the certificate checked, and only then name and password are said."""
    seen: list[Any] = []

    def check(_server: Any, session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        seen.append((data, session.ssl is not None))
        good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)

    secured = {"smtp_security": "starttls", "smtp_user": "telpunt", "smtp_password": PASSWORD}
    options = {"tls_context": certificate.context(), "authenticator": check, "require_starttls": True}
    with serving(inbox, **options) as port:
        with pytest.raises(MailNotSent, match="SSLCertVerificationError"):
            Mailer(settings(tmp_path, port, **secured)).send(LETTER)
        assert seen == []
        certificate.trust(monkeypatch)
        Mailer(settings(tmp_path, port, **secured)).send(LETTER)
        with pytest.raises(MailNotSent, match="SMTPAuthenticationError") as caught:
            Mailer(settings(tmp_path, port, **{**secured, "smtp_password": "wrong-one"})).send(LETTER)
    assert len(inbox.letters) == 1
    assert all(encrypted for _, encrypted in seen)
    assert "wrong-one" not in str(caught.value)


def test_a_server_without_starttls_gets_nothing(tmp_path: Path, inbox: Inbox) -> None:
    """Somebody in between who takes STARTTLS away learns neither password nor letter."""
    with serving(inbox) as port, pytest.raises(MailNotSent, match="SMTPNotSupportedError"):
        Mailer(settings(tmp_path, port, smtp_security="starttls", smtp_user="u", smtp_password="p")).send(LETTER)
    assert inbox.letters == []


@pytest.mark.parametrize("missing", ["smtp_host", "mail_from", "public_url"])
def test_mail_is_set_up_by_three_settings(tmp_path: Path, missing: str) -> None:
    """Without a server, a sender or the dashboard's own address no letter is tried: its links would lead nowhere."""
    mailer = Mailer(settings(tmp_path, 25, **{missing: ""}))
    assert not mailer.configured
    with pytest.raises(MailNotSent, match="not set up"):
        mailer.send(LETTER)
    assert Mailer(settings(tmp_path, 25)).configured


def test_what_goes_wrong_names_no_address(tmp_path: Path, inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """Refused, unreachable or broken: the kind is said and logged, and neither recipient nor the server's words."""
    inbox.answer = "550 no such user anna@example.org from 198.51.100.7"
    with serving(inbox) as port:
        mailer = Mailer(settings(tmp_path, port))
        with pytest.raises(MailNotSent, match="SMTPDataError") as caught:
            mailer.send(LETTER)
        assert "anna" not in str(caught.value)
        done = mailer.later(lambda: mailer.send(LETTER))
        assert done
        done.result(20)
    with pytest.raises(MailNotSent, match="ConnectionRefusedError"):
        mailer.send(LETTER)

    def broken() -> None:
        raise RuntimeError("anna@example.org")

    done = mailer.later(broken)
    assert done
    done.result(20)
    assert "RuntimeError" in caplog.text
    assert "anna" not in caplog.text
    assert "198.51.100.7" not in caplog.text


@pytest.mark.parametrize(
    "letter",
    [
        Letter("anna@example.org\r\nBcc: all@example.org", "x", "x"),
        Letter("anna@example.org", "x\r\nBcc: all@example.org", "x"),
        Letter("", "x", "x"),
        Letter("anna", "x", "x"),
    ],
)
def test_no_header_can_be_put_in(tmp_path: Path, inbox: Inbox, letter: Letter) -> None:
    """A line break in an address or subject sends nothing at all."""
    with serving(inbox) as port, pytest.raises(MailNotSent):
        Mailer(settings(tmp_path, port)).send(letter)
    assert inbox.letters == []


def test_letters_wait_up_to_a_bound(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A server that does not answer can't fill the memory: the letter after the hundredth is dropped, and the log says so."""
    caplog.set_level(logging.WARNING)
    mailer, go = Mailer(settings(tmp_path, 25)), threading.Event()
    waiting = [mailer.later(lambda: bool(go.wait(30)) and None) for _ in range(WAITING_MAX)]
    try:
        assert all(waiting)
        assert mailer.later(lambda: None) is None
        assert "dropped" in caplog.text
    finally:
        go.set()
    for done in waiting:
        assert done
        done.result(20)
    assert mailer.later(lambda: None)


def test_links_start_with_the_set_address(tmp_path: Path) -> None:
    """Not with what a request says its host is: a forged Host header can't put another address into a letter."""
    assert Mailer(settings(tmp_path, 25)).address("/reset/x") == "https://count.example.org/reset/x"
