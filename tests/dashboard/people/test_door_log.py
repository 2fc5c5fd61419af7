from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask

from dashboard.people.door_log import REFUSALS_MAX, DoorLog, Event
from dashboard.services import EXTENSION
from tests.dashboard.conftest import PASSWORD, Clock, post, services_of

NEW = "a quite different sentence"


@pytest.fixture
def told(app: Flask, clock: Clock) -> list[str]:
    """What the log of :func:`app` says."""
    lines: list[str] = []
    services = services_of(app)
    app.extensions[EXTENSION] = dataclasses.replace(services, door=DoorLog(clock, lines.append))
    return lines


def test_what_happens_at_the_door_is_told(
    app: Flask, told: list[str], clock: Clock, code_of: Callable[[str], str]
) -> None:
    """Getting in, being refused, and each change of how and how far somebody gets in, with the number of the account."""
    accounts = services_of(app).accounts
    accounts.add("admin@example.org", "admin", PASSWORD)
    client = app.test_client()
    client.environ_base |= {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Recognisable/99"}
    post(client, "/login", email="admin@example.org", password="wrong")
    post(client, "/login", email="nobody@example.org", password="wrong")
    post(client, "/login", email="admin@example.org", password=PASSWORD)
    post(client, "/users", "/users/invite", email="bert@example.org", role="viewer")
    post(client, "/users/2", "/users/2/access", where="all", role="editor")
    post(client, "/users/2", "/users/2/active", active="no")
    post(client, "/users/2", "/users/2/active", active="yes")
    post(client, "/account", "/account/tokens", name="x", scope="read", days="30")
    post(client, "/account", "/account/tokens/1/revoke")
    post(client, "/account/second-step", "/account/second-step/begin", current=PASSWORD)
    post(client, "/account/second-step", "/account/second-step/confirm", code=code_of("admin@example.org"))
    post(client, "/users/2/delete")
    post(client, "/account", "/logout")
    post(client, "/login", email="admin@example.org", password=PASSWORD)
    post(client, "/login/code", code="000000")
    assert [line.partition("Z ")[2] for line in told] == [
        "log-in refused: account 1",
        "log-in refused: no account",
        "logged in: account 1",
        "account added: account 2, by account 1",
        "link made: account 2, by account 1",
        "role or sites changed: account 2, by account 1",
        "deactivated: account 2, by account 1",
        "let in again: account 2, by account 1",
        "API token made: account 1",
        "API token revoked: account 1",
        "second step on: account 1",
        "account removed: account 2, by account 1",
        "logged out: account 1",
        "code refused: account 1",
    ]
    assert not [line for line in told for secret in ("example", "203.", "Recognisable", "wrong") if secret in line]


def test_a_page_that_is_refused_is_told(app: Flask, told: list[str]) -> None:
    """Who tries what their role does not allow is seen."""
    accounts = services_of(app).accounts
    accounts.add("viewer@example.org", "viewer", None)
    client = app.test_client()
    client.get(accounts.entry_link("viewer@example.org"))
    assert client.get("/users").status_code == 403
    assert told[-1].endswith("page refused: account 1")


def test_who_guesses_does_not_fill_the_log(clock: Clock) -> None:
    """Of refusals sixty a minute are told, and then how many there were; what succeeds is always told."""
    lines: list[str] = []
    log = DoorLog(clock, lines.append)
    for _ in range(REFUSALS_MAX + 40):
        log.note(Event.REFUSED, None)
    log.note(Event.IN, 1)
    assert len(lines) == REFUSALS_MAX + 1
    clock.now += 60
    log.note(Event.REFUSED, 1)
    assert lines[-2] == "telpunt: 40 more refusals in a minute were not told one by one"
    assert lines[-1].endswith("log-in refused: account 1")
