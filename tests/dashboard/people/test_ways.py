from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.mail import Letter
from dashboard.people.letters import send_reset_later
from tests.dashboard.conftest import PASSWORD, post, services_of, without_csrf

NEW = "a quite different sentence"


@pytest.fixture
def sent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """What the mailer is given; it sends nothing, and does what is for later at once."""
    mailer, letters = services_of(app).mailer, []
    monkeypatch.setattr(type(mailer), "configured", True)
    monkeypatch.setattr(mailer, "send", letters.append)
    monkeypatch.setattr(mailer, "later", lambda work: work())
    return letters


def test_an_invitation_ends_logged_in_with_a_password(app: Flask) -> None:
    """Who is invited reads whose account it is, sets a password, is in, and can come back with it; the link is spent."""
    accounts = services_of(app).accounts
    accounts.add("admin@example.org", "admin", None)
    accounts.add("anna@example.org", "viewer", None)
    link = accounts.password_link("anna@example.org")
    client = app.test_client()
    assert "anna@example.org" in client.get(link).text
    assert post(client, link, password="short", again="short").status_code == 400
    assert post(client, link, password=PASSWORD, again=NEW).status_code == 400
    assert post(client, link, password="passwordpassword", again="passwordpassword").status_code == 400
    assert post(client, link, password=PASSWORD, again=PASSWORD).location == "/"
    assert "anna@example.org" in client.get("/account").text
    other = app.test_client()
    assert other.get(link).status_code == 403
    assert post(other, "/login", email="anna@example.org", password=PASSWORD).location == "/"


def test_a_reset_link_sets_a_password_and_ends_every_session(app: Flask) -> None:
    """The link itself logs nobody in; sessions of before have ended, and the old password is none."""
    accounts = services_of(app).accounts
    accounts.add("anna@example.org", "admin", PASSWORD)
    there, here = app.test_client(), app.test_client()
    post(there, "/login", email="anna@example.org", password=PASSWORD)
    link = accounts.password_link("anna@example.org")
    assert link.startswith("/reset/")
    assert here.head(link).status_code == 200  # looking does not use it up
    assert post(here, link, password=NEW, again=NEW).location == "/login"
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 302
    assert post(here, "/login", email="anna@example.org", password=PASSWORD).status_code == 403
    assert post(here, "/login", email="anna@example.org", password=NEW).location == "/"
    assert app.test_client().get(link).status_code == 403


def test_asking_for_a_link_tells_nothing(app: Flask, sent: list[Letter]) -> None:
    """The answer is the same for an account, a deactivated one and none; only the first gets a letter, with a link that works."""
    accounts = services_of(app).accounts
    accounts.add("admin@example.org", "admin", PASSWORD)
    accounts.deactivate(accounts.add("gone@example.org", "viewer", PASSWORD).id)
    answers = []
    for email in ("admin@example.org", "gone@example.org", "nobody@example.org", "not an address", ""):
        answer = post(app.test_client(), "/forgot", email=email)
        answers.append((answer.status_code, without_csrf(answer.text)))
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert [letter.to for letter in sent] == ["admin@example.org"]
    link = next(line for line in sent[0].text.splitlines() if line.startswith("/reset/"))
    client = app.test_client()
    assert post(client, link, password=NEW, again=NEW).location == "/login"
    assert sent[1].subject == "Telpunt: how you log in was changed"
    assert "/reset/" not in sent[1].text


def test_nobody_is_flooded_with_letters(app: Flask, sent: list[Letter]) -> None:
    """An address can be sent three links an hour, wherever they are asked for."""
    services_of(app).accounts.add("admin@example.org", "admin", PASSWORD)
    answers = []
    for number in range(4):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        answers.append(post(client, "/forgot", email="Admin@example.org ").status_code)
    assert answers == [200, 200, 200, 429]
    assert len(sent) == 3


def test_letters_speak_the_language_of_who_reads_them(app: Flask, sent: list[Letter]) -> None:
    """The language of the account wins over the one in which the link was asked for."""
    accounts = services_of(app).accounts
    anna = accounts.add("anna@example.org", "admin", PASSWORD)
    with app.test_request_context():
        send_reset_later(anna.email, "nl")
        accounts.prefer(anna.id, language="en", theme="auto")
        send_reset_later(anna.email, "nl")
    assert [letter.subject for letter in sent] == ["Telpunt: een nieuw wachtwoord", "Telpunt: a new password"]


def test_without_mail_the_page_says_what_to_do_instead(app: Flask) -> None:
    """Where no mail is set up, nobody is promised any."""
    services_of(app).accounts.add("admin@example.org", "admin", PASSWORD)
    page = app.test_client().get("/forgot").text
    assert "telpunt user reset-password" in page
    assert "Send the link" not in page


def test_an_entry_link_still_asks_for_the_second_step(
    app: Flask, log_in: Callable[[str], FlaskClient], code_of: Callable[[str], str]
) -> None:
    """Whoever finds a link is not in without the code."""
    accounts = services_of(app).accounts
    log_in("admin")
    services_of(app).second_factor.begin(accounts.named("admin@example.org").id)
    services_of(app).second_factor.confirm(accounts.named("admin@example.org").id, code_of("admin@example.org"))
    client = app.test_client()
    assert client.get(accounts.entry_link("admin@example.org")).location == "/login/code"
    assert client.get("/account").location == "/login?next=/account"
