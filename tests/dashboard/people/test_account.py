from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.people.second_step import qr_code
from dashboard.people.tokens import Scope
from tests import factories
from tests.dashboard.conftest import PASSWORD, Clock, post, services_of

LogIn = Callable[[str], FlaskClient]
EMAIL = "anna@example.org"


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    """An administrator, logged in by password."""
    services_of(app).accounts.add(EMAIL, "admin", PASSWORD)
    client = app.test_client()
    post(client, "/login", email=EMAIL, password=PASSWORD)
    return client


def test_language_and_theme_go_with_the_account(app: Flask, anna: FlaskClient) -> None:
    """What is chosen in one browser is so in the next one, too."""
    assert post(anna, "/account", "/account/preferences", language="nl", theme="dark").status_code == 302
    other = app.test_client()
    post(other, "/login", email=EMAIL, password=PASSWORD)
    page = other.get("/account").text
    assert '<html lang="nl" data-theme="dark">' in page
    assert re.search(r'href="/static/dark.css[^"]*" media="screen">', page)
    post(anna, "/account", "/account/preferences", language="xx", theme="neon")
    assert 'data-theme="dark"' in anna.get("/account").text
    post(anna, "/account", "/account/preferences", language="en", theme="neon")
    page = anna.get("/account").text
    assert '<html lang="en">' in page
    assert 'media="screen and (prefers-color-scheme: dark)"' in page


def test_sessions_are_seen_and_ended(app: Flask, anna: FlaskClient) -> None:
    """One browser ends another, or all others, and stays logged in itself."""
    phone, tablet = app.test_client(), app.test_client()
    for client in (phone, tablet):
        client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile Safari"
        post(client, "/login", email=EMAIL, password=PASSWORD)
    page = anna.get("/account").text
    assert page.count("Phone") == 2
    identity = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert len(identity) == 2
    post(anna, "/account", "/account/sessions/end", session=identity[0])
    assert sorted(client.get("/account").status_code for client in (phone, tablet)) == [200, 302]
    post(anna, "/account", "/account/sessions/end")
    assert [client.get("/account").status_code for client in (anna, phone, tablet)] == [200, 302, 302]


def test_nobody_ends_the_session_of_another(app: Flask, anna: FlaskClient, log_in: LogIn) -> None:
    """The id of somebody else's session ends nothing."""
    viewer = log_in("viewer")
    accounts, sessions = services_of(app).accounts, services_of(app).sessions
    [own] = sessions.of(accounts.named(EMAIL).id)
    post(viewer, "/account", "/account/sessions/end", session=own.id)
    assert anna.get("/account").status_code == 200


def test_logging_out_ends_the_session_on_the_server(app: Flask, anna: FlaskClient) -> None:
    """A cookie that was copied before logging out opens nothing after."""
    with anna.session_transaction() as session:
        kept = dict(session)
    post(anna, "/account", "/logout")
    thief = app.test_client()
    with thief.session_transaction() as session:
        session.update(kept)
    assert thief.get("/account").status_code == 302


def test_a_second_step_is_asked_for_once_it_is_on(
    app: Flask, anna: FlaskClient, code_of: Callable[[str], str], clock: Clock
) -> None:
    """With the second step on, the password alone opens nothing; a code opens once, and a recovery code once."""
    assert post(anna, "/account/second-step", "/account/second-step/begin", current="wrong").status_code == 400
    recovery = turn_on_and_check(anna, code_of, clock)
    client = app.test_client()
    assert post(client, "/login", email=EMAIL, password=PASSWORD, next="/account").location == "/login/code"
    assert client.get("/account").location == "/login?next=/account"
    assert post(client, "/login/code", code="000000").status_code == 403
    code = code_of(EMAIL)
    assert post(client, "/login/code", code=f" {code[:3]} {code[3:]} ").location == "/account"
    assert client.get("/account").status_code == 200
    replay = app.test_client()
    post(replay, "/login", email=EMAIL, password=PASSWORD)
    assert post(replay, "/login/code", code=code).status_code == 403
    assert post(replay, "/login/code", code=recovery[0].upper()).location == "/"
    again = app.test_client()
    post(again, "/login", email=EMAIL, password=PASSWORD)
    assert post(again, "/login/code", code=recovery[0]).status_code == 403
    assert "9 recovery codes are left" in replay.get("/account").text


def turn_on_and_check(client: FlaskClient, code_of: Callable[[str], str], clock: Clock) -> list[str]:
    post(client, "/account/second-step", "/account/second-step/begin", current=PASSWORD)
    page = client.get("/account/second-step").text
    assert "<svg" in page
    assert " style=" not in page
    assert post(client, "/account/second-step", "/account/second-step/confirm", code="12345").status_code == 400
    done = post(client, "/account/second-step", "/account/second-step/confirm", code=code_of(EMAIL))
    clock.now += 30
    found = re.search(r'<code id="codes">([^<]+)</code>', done.text)
    assert found
    assert len(found[1].split()) == 10
    return found[1].split()


def test_half_way_lasts_ten_minutes(app: Flask, anna: FlaskClient, code_of: Callable[[str], str], clock: Clock) -> None:
    """A password shown a while ago is not enough for a code to be taken."""
    turn_on_and_check(anna, code_of, clock)
    client = app.test_client()
    post(client, "/login", email=EMAIL, password=PASSWORD)
    clock.now += 600
    assert client.get("/login/code").location == "/login"


def test_guessing_codes_is_throttled(
    app: Flask, anna: FlaskClient, code_of: Callable[[str], str], clock: Clock
) -> None:
    """The eleventh code of a minute is not looked at, wherever it comes from."""
    turn_on_and_check(anna, code_of, clock)
    client = app.test_client()
    post(client, "/login", email=EMAIL, password=PASSWORD)
    answers = []
    for number in range(11):
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        answers.append(post(client, "/login/code", code="000000").status_code)
    assert answers == [403] * 10 + [429]


def test_the_second_step_is_turned_off_with_the_password_only(
    anna: FlaskClient, code_of: Callable[[str], str], clock: Clock
) -> None:
    """Neither turning it off nor new codes go without the password; new codes make the old ones void."""
    old = turn_on_and_check(anna, code_of, clock)
    page = "/account/second-step"
    assert post(anna, page, f"{page}/off", current="wrong").status_code == 400
    assert post(anna, page, f"{page}/codes", current="wrong").status_code == 400
    renewed = post(anna, page, f"{page}/codes", current=PASSWORD)
    assert old[0] not in renewed.text
    assert post(anna, page, f"{page}/off", current=PASSWORD).status_code == 302
    assert "Off: your password alone" in anna.get("/account").text


def test_who_has_no_password_sets_one_first(log_in: LogIn) -> None:
    """A second step without a first would lock somebody out."""
    client = log_in("viewer")
    assert "Set a password first" in client.get("/account/second-step").text
    assert post(client, "/account", "/account/second-step/begin").status_code == 400


def test_a_token_is_shown_once_and_revoked(app: Flask, anna: FlaskClient) -> None:
    """The page that makes a token shows it, no later one does, and after revoking it opens nothing."""
    factories.site(services_of(app).folder)
    services_of(app).sites.refresh()
    made = post(anna, "/account", "/account/tokens", name="Sheet", scope="read", site="demo", days="30").text
    found = re.search(r'<code id="token">(telpunt_[\w-]{43})</code>', made)
    assert found
    page = anna.get("/account").text
    assert found[1] not in page
    assert "Sheet" in page
    tokens = services_of(app).tokens
    assert tokens.check(found[1], Scope.READ, "demo")
    assert tokens.check(found[1], Scope.READ, "other") is None
    address = re.search(r'action="(/account/tokens/\d+/revoke)"', page)
    assert address
    post(anna, "/account", address[1])
    assert tokens.check(found[1], Scope.READ, "demo") is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "", "scope": "read", "days": "30"}, 400),
        ({"name": "x" * 81, "scope": "read", "days": "30"}, 400),
        ({"name": "x", "scope": "admin", "days": "30"}, 400),
        ({"name": "x", "scope": "read", "days": "9999"}, 400),
        ({"name": "x", "scope": "read", "days": "²"}, 400),
        ({"name": "x", "scope": "read", "days": "30", "site": "nowhere"}, 404),
        ({}, 400),
    ],
)
def test_odd_forms_make_no_token(app: Flask, anna: FlaskClient, fields: dict[str, str], status: int) -> None:
    """What no form of ours sends is refused in words."""
    assert post(anna, "/account", "/account/tokens", **fields).status_code == status
    assert services_of(app).tokens.of(services_of(app).accounts.named(EMAIL).id) == []


def test_a_qr_code_is_drawn_without_styles() -> None:
    """The policy refuses inline styles, and cameras want dark on white in every theme."""
    drawn = str(qr_code("otpauth://totp/Telpunt:anna%40example.org?secret=ABC&issuer=Telpunt"))
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert 'fill="#fff"' in drawn
