from __future__ import annotations

import stat
from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from collector.errors import FolderError, FolderTooNew, UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people.accounts import Accounts, Role


def test_migrations_make_the_tables_of_the_models(settings: Settings, folder: DataFolder) -> None:
    """What Alembic makes is what the models say, so neither can be changed without the other."""
    with database.opened(settings, folder) as engine, engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), database.Base.metadata) == []


def test_the_accounts_of_the_first_version_are_kept(settings: Settings, folder: DataFolder) -> None:
    """Somebody of before roles per site sees all sites as before, and every change can be taken back."""
    config = Config(attributes={"configure_logger": False})
    config.set_main_option("script_location", str(database.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{folder.database}")

    def move(how: Callable[[Config, str], None], where: str) -> None:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            how(config, where)

    move(command.upgrade, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO users VALUES (7, 'anna@example.org', 'admin', 'hash', 'stamp', 0)"))
    engine.dispose()
    with database.opened(settings, folder) as opened:
        account = Accounts(opened).get(7)
        assert account
        assert account.role_on("any") is Role.ADMIN
        assert account.active
        assert account.has_password
    move(command.downgrade, "0001")
    move(command.upgrade, "head")
    engine.dispose()


def test_pages_can_read_while_jobs_write(settings: Settings, folder: DataFolder) -> None:
    """SQLite keeps a write-ahead log and checks foreign keys."""
    with database.opened(settings, folder) as engine, engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_only_the_owner_can_read_the_file(settings: Settings, folder: DataFolder) -> None:
    """The database holds e-mail addresses and password hashes: mode 0600."""
    with database.opened(settings, folder):
        assert stat.S_IMODE(folder.database.stat().st_mode) == 0o600


def test_opening_twice_changes_nothing(settings: Settings, folder: DataFolder) -> None:
    """A second start finds its tables and keeps what is in them."""
    with database.opened(settings, folder) as engine, database.session(engine) as session, session.begin():
        session.add(database.UserRow(email="a@example.org", role="viewer", everywhere=True, theme="auto", created_at=0))
    with database.opened(settings, folder) as engine, database.session(engine) as session:
        assert session.query(database.UserRow).count() == 1


def test_a_newer_database_is_refused(settings: Settings, folder: DataFolder) -> None:
    """A database that a newer Telpunt changed is left alone, with a sentence that says what to do."""
    with database.opened(settings, folder) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(FolderTooNew, match="install the newer Telpunt"), database.opened(settings, folder):
        pass


@pytest.mark.parametrize("url", ["nonsense", "oracel://user:s3cret@host/db"])
def test_a_database_url_that_cannot_be_used_is_one_sentence_without_its_password(folder: DataFolder, url: str) -> None:
    """A wrong TELPUNT_DATABASE_URL is named, and its password is not."""
    settings = Settings(data=folder.path, database_url=url)
    with pytest.raises(UsageError, match="TELPUNT_DATABASE_URL") as caught, database.opened(settings, folder):
        pass
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(settings: Settings, folder: DataFolder) -> None:
    """What lies in the place of the database is not overwritten, and a sentence says which file it is."""
    folder.database.write_bytes(b"not a database at all " * 50)
    with pytest.raises(FolderError, match=r"telpunt\.db cannot be used"):
        database.connect(settings, folder)
    assert folder.database.read_bytes().startswith(b"not a database")
