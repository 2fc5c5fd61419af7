from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.mail import Letter, MailNotSent
from dashboard.people.accounts import Role
from tests import factories
from tests.dashboard.conftest import PASSWORD, post, services_of

LogIn = Callable[[str], FlaskClient]


@pytest.fixture
def admin(app: Flask, log_in: LogIn) -> FlaskClient:
    """An administrator of an installation with two sites."""
    for key in ("demo", "other"):
        factories.site(services_of(app).folder, key)
    return log_in("admin")


def link_in(page: str) -> str:
    found = re.search(r'<code id="link">http://localhost(/[a-z]+/[\w-]+)</code>', page)
    assert found, page
    return found[1]


def test_inviting_somebody_for_one_site(app: Flask, admin: FlaskClient) -> None:
    """The link is shown once, makes its reader choose a password, and leads to the site that was meant, and no other."""
    form = {"email": " Bert@Example.org ", "where": "some", "role": "admin", "site:demo": "editor", "site:other": ""}
    link = link_in(post(admin, "/users", "/users/invite", **form).text)
    assert link not in admin.get("/users").text
    assert "invited" in admin.get("/users").text
    bert = services_of(app).accounts.named("bert@example.org")
    assert bert.sites == {"demo": Role.EDITOR}
    client = app.test_client()
    assert post(client, link, password=PASSWORD, again=PASSWORD).location == "/"
    assert client.get("/sites/demo").status_code == 200
    assert client.get("/sites/other").status_code == 404
    assert client.get("/users").status_code == 403


def test_what_cannot_be_invited_is_said(app: Flask, admin: FlaskClient) -> None:
    """A wrong address, a taken one and a made-up role make no account; made-up sites give nothing."""
    for form in (
        {"email": "no address", "role": "viewer"},
        {"email": "admin@example.org", "role": "viewer"},
        {"email": "bert@example.org", "role": "owner"},
        {"email": "bert@example.org"},
        {"email": "bert@example.org", "where": "some", "site:demo": "owner"},
    ):
        answer = post(admin, "/users", "/users/invite", **form)
        assert answer.status_code == 400, form
        assert 'class="problem"' in answer.text
    assert len(services_of(app).accounts.all()) == 1
    post(admin, "/users", "/users/invite", email="bert@example.org", where="some", **{"site:nowhere": "admin"})
    assert services_of(app).accounts.named("bert@example.org").sites == {}


def test_an_invitation_is_sent_where_mail_is_set_up(
    app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says whether the letter went off, and shows the link either way."""
    mailer, sent = services_of(app).mailer, []
    monkeypatch.setattr(type(mailer), "configured", True)
    monkeypatch.setattr(mailer, "send", sent.append)
    page = post(admin, "/users", "/users/invite", email="bert@example.org", role="viewer").text
    assert "was sent to bert@example.org" in page
    [letter] = sent
    assert letter.to == "bert@example.org"
    assert link_in(page) in letter.text

    def fail(_letter: Letter) -> None:
        raise MailNotSent("TimeoutError")

    monkeypatch.setattr(mailer, "send", fail)
    page = post(admin, "/users", "/users/invite", email="carla@example.org", role="viewer").text
    assert "could not be sent" in page
    assert link_in(page)


def test_changing_role_and_sites(app: Flask, admin: FlaskClient) -> None:
    """What is saved is what the form shows after, and what counts."""
    accounts = services_of(app).accounts
    bert = accounts.add("bert@example.org", "viewer", None)
    page = f"/users/{bert.id}"
    post(admin, page, f"{page}/access", where="all", role="editor")
    assert accounts.named(bert.email).role_on("other") is Role.EDITOR
    post(admin, page, f"{page}/access", where="some", role="admin", **{"site:other": "admin"})
    assert accounts.named(bert.email).sites == {"other": Role.ADMIN}
    shown = admin.get(page).text
    assert re.search(r'id="where-some"[^>]* checked', shown)
    assert re.search(r'name="site:other">.*?<option value="admin" selected>', shown, re.DOTALL)
    assert "administrator on other" in admin.get("/users").text


def test_the_last_admin_is_kept(app: Flask, admin: FlaskClient) -> None:
    """Nobody takes the last administrator away, not even from their own page."""
    me = services_of(app).accounts.named("admin@example.org")
    page = f"/users/{me.id}"
    for address, fields in (
        ("access", {"where": "all", "role": "viewer"}),
        ("active", {"active": "no"}),
        ("delete", {}),
    ):
        answer = post(admin, page, f"{page}/{address}", **fields)
        assert answer.status_code == 400
        assert "last administrator" in answer.text
    assert admin.get("/users").status_code == 200


def test_ending_sessions_links_and_second_steps(
    app: Flask, admin: FlaskClient, log_in: LogIn, code_of: Callable[[str], str]
) -> None:
    """An admin logs somebody out, makes a reset link, and turns off the second step of who lost the phone."""
    services = services_of(app)
    viewer = log_in("viewer")
    known = services.accounts.named("viewer@example.org")
    page = f"/users/{known.id}"
    assert viewer.get("/account").status_code == 200
    post(admin, page, f"{page}/sessions")
    assert viewer.get("/account").status_code == 302
    services.accounts.set_password(known.id, PASSWORD)
    assert link_in(post(admin, page, f"{page}/link").text).startswith("/reset/")
    services.second_factor.begin(known.id)
    services.second_factor.confirm(known.id, code_of(known.email))
    assert "Turn the second step off" in admin.get(page).text
    post(admin, page, f"{page}/second-step")
    assert not services.accounts.named(known.email).second_factor
    assert "Turn the second step off" not in admin.get(page).text


def test_letting_in_no_more_and_again(app: Flask, admin: FlaskClient, log_in: LogIn) -> None:
    """It ends what is open, shows in the list, offers no link, and can be undone."""
    viewer = log_in("viewer")
    known = services_of(app).accounts.named("viewer@example.org")
    page = f"/users/{known.id}"
    post(admin, page, f"{page}/active", active="no")
    assert viewer.get("/account").status_code == 302
    assert "not let in" in admin.get("/users").text
    assert "Make a new invitation" not in admin.get(page).text
    assert post(admin, page, f"{page}/link").status_code == 302
    post(admin, page, f"{page}/active", active="yes")
    assert "not let in" not in admin.get("/users").text


def test_deleting_asks_first(app: Flask, admin: FlaskClient) -> None:
    """Looking deletes nothing; the form on that page does, for good."""
    accounts = services_of(app).accounts
    bert = accounts.add("bert@example.org", "viewer", None)
    page = f"/users/{bert.id}/delete"
    assert "can&#39;t be undone" in admin.get(page).text or "can't be undone" in admin.get(page).text
    assert accounts.get(bert.id)
    assert post(admin, page).location == "/users"
    assert accounts.get(bert.id) is None
    assert admin.get(page).status_code == 404


def test_addresses_are_shown_as_text(app: Flask, admin: FlaskClient) -> None:
    """An address is whatever somebody typed: it is escaped on every page that shows it."""
    accounts = services_of(app).accounts
    evil = accounts.add("{{7*7}}&lt;b&gt;%(x)s@x.y", "viewer", None)
    for path in ("/users", f"/users/{evil.id}", f"/users/{evil.id}/delete"):
        assert "{{7*7}}&amp;lt;b&amp;gt;%(x)s@x.y" in admin.get(path).text
