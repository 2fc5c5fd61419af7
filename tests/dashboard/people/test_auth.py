from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests.dashboard.conftest import PASSWORD, post, services_of, without_csrf


def test_a_fresh_installation_asks_for_the_link(app: Flask) -> None:
    """Whoever comes first without the link reads where it is, and can make no account."""
    client = app.test_client()
    assert client.get("/").location == "/setup"
    page = client.get("/setup")
    assert page.status_code == 403
    assert "telpunt serve" in page.text
    assert "password" not in page.text.lower().replace("passwords", "")
    assert client.get("/setup/made-up-token").status_code == 403


def test_the_first_day(app: Flask) -> None:
    """With the link: make the admin, be logged in, log out, log in again."""
    client = app.test_client()
    link = services_of(app).accounts.setup_link()
    assert link
    wrong = post(client, link, email="anna@example.org", password=PASSWORD, again="something else here")
    assert wrong.status_code == 400
    assert "not the same" in wrong.text
    done = post(client, link, email="anna@example.org", password=PASSWORD, again=PASSWORD)
    assert done.location == "/"
    assert client.get("/account").status_code == 200
    assert client.get(link).location == "/login"

    assert post(client, "/account", "/logout").location == "/login"
    assert client.get("/").location == "/login?next=/"
    assert post(client, "/login", email="anna@example.org", password="not this one").status_code == 403
    assert post(client, "/login", email="anna@example.org", password=PASSWORD).location == "/"
    assert client.get("/account").status_code == 200


def test_an_entry_link_logs_in_once(app: Flask) -> None:
    """An entry link opens the dashboard for one browser; looking ahead does not use it up."""
    accounts = services_of(app).accounts
    accounts.add("anna@example.org", "admin", None)
    link = accounts.entry_link("anna@example.org")
    client = app.test_client()
    assert client.head(link).status_code == 503
    assert client.get(link, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert client.get(link).location == "/"
    assert client.get("/account").status_code == 200
    other = app.test_client()
    assert other.get(link).status_code == 403
    assert other.get("/").location == "/login?next=/"


def test_failed_log_ins_look_the_same(app: Flask) -> None:
    """A wrong password and an unknown address get the same page (no enumeration of accounts)."""
    services_of(app).accounts.add("anna@example.org", "admin", PASSWORD)
    client = app.test_client()
    known = post(client, "/login", email="anna@example.org", password="wrong")
    unknown = post(client, "/login", email="nobody@example.org", password="wrong")
    assert known.status_code == unknown.status_code == 403
    assert without_csrf(known.text.replace("anna@", "")) == without_csrf(unknown.text.replace("nobody@", ""))


def test_log_in_leads_back_and_never_away(app: Flask) -> None:
    """After logging in a person lands where they wanted to be, on this host only (CWE-601)."""
    services_of(app).accounts.add("anna@example.org", "admin", PASSWORD)
    for target, expected in {
        "/sites/demo?lang=nl": "/sites/demo?lang=nl",
        "https://evil.example/": "/",
        "//evil.example/": "/",
        "/\\evil.example": "/",
        "/\t/evil.example": "/",
        "javascript:alert(1)": "/",
    }.items():
        client = app.test_client()
        with app.test_request_context():
            pass
        answer = post(client, "/login", email="anna@example.org", password=PASSWORD, next=target)
        assert answer.location == expected, target


def test_a_forged_form_is_refused(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """A form without the token of this session changes nothing (CSRF)."""
    client = log_in("admin")
    assert client.post("/logout").status_code == 400
    assert client.post("/logout", data={"csrf_token": "forged"}).status_code == 400
    assert client.get("/account").status_code == 200


def test_guessing_is_throttled(app: Flask) -> None:
    """The eleventh log-in within a minute is refused, whatever its password; and from elsewhere for the same account, too."""
    services_of(app).accounts.add("anna@example.org", "admin", PASSWORD)
    client = app.test_client()
    answers = [post(client, "/login", email="anna@example.org", password="wrong").status_code for _ in range(10)]
    assert answers == [403] * 10
    refused = post(client, "/login", email="anna@example.org", password=PASSWORD)
    assert refused.status_code == 429
    assert "Too many attempts" in refused.text
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert post(elsewhere, "/login", email="anna@example.org", password=PASSWORD).status_code == 429
    assert post(elsewhere, "/login", email="other@example.org", password=PASSWORD).status_code == 403


def test_changing_the_password_ends_other_sessions(app: Flask) -> None:
    """A new password needs the current one, and logs every other browser out."""
    services_of(app).accounts.add("anna@example.org", "admin", PASSWORD)
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        post(client, "/login", email="anna@example.org", password=PASSWORD)
    new = "a quite different sentence"
    assert post(here, "/account", "/account/password", current="wrong", password=new, again=new).status_code == 400
    assert post(here, "/account", "/account/password", current=PASSWORD, password=new, again=new).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_who_came_by_link_sets_a_password_without_the_old_one(app: Flask) -> None:
    """A forgotten password is replaced after an entry link."""
    accounts = services_of(app).accounts
    accounts.add("anna@example.org", "viewer", PASSWORD)
    client = app.test_client()
    client.get(accounts.entry_link("anna@example.org"))
    new = "a quite different sentence"
    assert post(client, "/account", "/account/password", password=new, again=new).status_code == 302
    assert accounts.check("anna@example.org", new)
