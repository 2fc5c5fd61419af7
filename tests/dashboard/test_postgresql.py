"""The metadata in PostgreSQL instead of SQLite: what differs, and a walk through the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, make_url, text

from collector.errors import FolderError
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.app import create_app
from dashboard.people.accounts import Accounts
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.subscriptions import Subscriptions, Wish
from dashboard.scheduled.times import Plan
from tests import factories, postgresql
from tests.dashboard.conftest import Clock, make_passwords_cheap, services_of
from tests.dashboard.races import one_admin_is_left

pytestmark = pytest.mark.skipif(postgresql.PROGRAMS is None, reason="PostgreSQL is not installed (Debian: postgresql)")


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], str]]:
    """Makes a database without a table, and gives its URL."""
    numbers = count()
    with postgresql.serving() as url:
        server = create_engine(url, isolation_level="AUTOCOMMIT")

        def make() -> str:
            name = f"telpunt{next(numbers)}"
            with server.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return make_url(url).set(database=name).render_as_string(hide_password=False)

        yield make
        server.dispose()


@pytest.fixture
def settings(fresh: Callable[[], str], folder: DataFolder) -> Settings:
    return Settings(data=folder.path, database_url=fresh())


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


@pytest.fixture
def app(settings: Settings, folder: DataFolder, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings, folder, clock=clock)
    app.testing = True
    make_passwords_cheap(app)
    yield app
    services_of(app).engine.dispose()


def test_migrations_make_the_tables_of_the_models(engine: Engine) -> None:
    """What Alembic makes there is what the models say."""
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), database.Base.metadata) == []


def test_processes_that_start_together_make_the_tables_once(settings: Settings, folder: DataFolder) -> None:
    """Four workers that find an empty database at the same moment all come to use it."""

    def connect(_number: int) -> int:
        with database.opened(settings, folder) as engine:
            return len(Accounts(engine).all())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(connect, range(4))) == [0, 0, 0, 0]


def test_two_admins_who_demote_each_other_do_not_both_succeed(engine: Engine, clock: Clock) -> None:
    """Where writers don't wait for each other by nature, one administrator is left all the same."""
    accounts = Accounts(engine, clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    one_admin_is_left(accounts)


def test_a_report_is_claimed_by_one_of_two_servers(engine: Engine, folder: DataFolder, clock: Clock) -> None:
    """Of four that find the same report due at the same moment one claims it, and one tries it."""
    factories.publish(folder, factories.site(folder), points=10)
    subscriptions = Subscriptions(engine, folder, b"secret", clock)
    subscriptions.add("demo", Wish("mail", "anna@example.org", "nl", Plan(0, 1, 7, "Europe/Amsterdam"), ("summary",)))
    [due] = subscriptions.active()
    deliveries = Deliveries(engine, clock)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: deliveries.claim_report(due, "20261122T033000Z"), range(4))) == 1
        [claimed] = deliveries.to_try()
        assert sum(pool.map(lambda _: deliveries.begin(claimed), range(4))) == 1


def test_the_dashboard_works_with_it(app: Flask, folder: DataFolder, log_in: Callable[[str], FlaskClient]) -> None:
    """Somebody logs in by a link and opens the pages that read the metadata; nothing is kept in a file beside it."""
    factories.publish(folder, factories.site(folder), points=10)
    client = log_in("admin")
    for page in ("", "/segments/a01", "/reports/schedule", "/sharing", "/supply", "/settings"):
        assert client.get(f"/sites/demo{page}").status_code == 200, page
    for page in ("/users", "/account", "/jobs"):
        assert client.get(page).status_code == 200, page
    assert not folder.database.exists()


def test_a_database_that_does_not_answer_is_told_without_its_password(folder: DataFolder) -> None:
    """A wrong address is one sentence that names the setting, not the password."""
    url = "postgresql+psycopg://telpunt:geheim@127.0.0.1:1/telpunt"
    with (
        pytest.raises(FolderError, match="TELPUNT_DATABASE_URL") as caught,
        database.opened(Settings(data=folder.path, database_url=url), folder),
    ):
        pass
    assert "geheim" not in str(caught.value)
