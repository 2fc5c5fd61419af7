"""A dashboard on a fresh data folder, and clients that are logged in or not."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.access import public
from dashboard.app import create_app
from dashboard.database import UserRow
from dashboard.people.accounts import Accounts
from dashboard.people.totp import STEP_S
from dashboard.services import EXTENSION, Services
from tests import factories

PASSWORD = "correct horse battery staple"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: int = 1_790_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def made(folder: DataFolder, clock: Clock | None = None) -> Iterator[Flask]:
    app = create_app(Settings(data=folder.path), folder, clock=clock)
    app.testing = True
    make_passwords_cheap(app)
    yield app
    services_of(app).engine.dispose()


def make_passwords_cheap(app: Flask) -> None:
    """They cost a guesser less here than in life: see test_passwords_cost_a_guesser_what_owasp_asks."""
    services = services_of(app)
    cheap = Accounts(services.engine, services.clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app.extensions[EXTENSION] = dataclasses.replace(services, accounts=cheap)


def services_of(app: Flask) -> Services:
    services = app.extensions[EXTENSION]
    assert isinstance(services, Services)
    return services


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return factories.folder(tmp_path)


@pytest.fixture
def settings(folder: DataFolder) -> Settings:
    return Settings(data=folder.path)


@pytest.fixture
def clock() -> Clock:
    """The clock of :func:`app`, and of what has no application."""
    return Clock(int(time.time()))


@pytest.fixture
def app(folder: DataFolder, clock: Clock) -> Iterator[Flask]:
    """A fresh installation."""
    yield from made(folder, clock)


@pytest.fixture
def code_of(app: Flask, clock: Clock) -> Callable[[str], str]:
    """Gives the code of this moment of an account whose second step is on or half-way, as the app on a phone does."""

    def code(email: str) -> str:
        services = services_of(app)
        with database.session(services.engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.email == email))
        assert row
        assert row.totp_salt
        return str(services.second_factor._maker(row.totp_salt).generate_otp(clock.now // STEP_S))

    return code


@pytest.fixture
def log_in(app: Flask) -> Callable[[str], FlaskClient]:
    """Gives a client of a new account with a role."""

    def enter(role: str) -> FlaskClient:
        accounts = services_of(app).accounts
        email = f"{role}@example.org"
        accounts.add(email, role, None)
        client = app.test_client()
        client.get(accounts.entry_link(email))
        return client

    return enter


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation with a published run, for tests that only read."""
    folder = factories.folder(tmp_path_factory.mktemp("shared"))
    factories.publish(folder, factories.site(folder))
    for app in made(folder):
        services_of(app).accounts.add("admin@example.org", "admin", None)
        services_of(app).accounts.add("editor@example.org", "editor", None)
        yield app


@pytest.fixture
def reader(shared_app: Flask) -> FlaskClient:
    """An editor's client on the shared installation."""
    client = shared_app.test_client()
    client.get(services_of(shared_app).accounts.entry_link("editor@example.org"))
    return client


@pytest.fixture(scope="session")
def polyglot() -> Flask:
    """A bare application that formats in the language of ``?lang=``, without a database."""
    from dashboard import formatting, language

    app = Flask("dashboard")
    app.secret_key = "x"
    language.install(app)
    formatting.install(app)
    app.view_functions["static"] = public(app.view_functions["static"])
    return app


def post(client: FlaskClient, page: str, target: str | None = None, **fields: str) -> TestResponse:
    """Send a form as a browser does: with the token that *page* holds."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, page
    return client.post(target or page, data={"csrf_token": found[1], **fields})


def without_csrf(page: str) -> str:
    """A page without what differs each time: the tokens of its forms hold the time."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)
