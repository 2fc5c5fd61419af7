"""
The metadata: accounts and what belongs to them, and names given by hand. Nothing about visits is in here.

SQLite in the data folder by default (write-ahead log, so that pages read while the jobs write); another database by
TELPUNT_DATABASE_URL. The tables are made and changed by Alembic only, see ``migrations/``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, ForeignKey, LargeBinary, String, Text, UniqueConstraint, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from collector.errors import FolderError, FolderTooNew, UsageError
from collector.folder import DataFolder
from collector.settings import Settings

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S: Final = 15.0


class Base(DeclarativeBase):
    """Root of the tables below; times are whole seconds since 1970 (UTC)."""


class UserRow(Base):
    """Somebody who may open the dashboard."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    role: Mapped[str] = mapped_column(String(10))  # on every site; viewer when not everywhere
    everywhere: Mapped[bool]  # False: only the sites of site_roles
    password_hash: Mapped[str | None] = mapped_column(String(200))  # Argon2id; None: enters by one-time link only
    created_at: Mapped[int]
    deactivated_at: Mapped[int | None]
    language: Mapped[str | None] = mapped_column(String(5))
    theme: Mapped[str] = mapped_column(String(5))
    totp_salt: Mapped[str | None] = mapped_column(
        String(64)
    )  # the secret is made of it and of the installation's, see totp.py
    totp_since: Mapped[int | None]  # None: not asked for, or not confirmed yet
    totp_step: Mapped[int | None]  # of the last code that was taken, so that none is taken twice


class SiteRoleRow(Base):
    """What somebody who may not see every site may do on one."""

    __tablename__ = "site_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))


class SessionRow(Base):
    """A browser that is logged in: no address, no agent, and of its use only the last day."""

    __tablename__ = "sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what the cookie holds
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(String(10))  # desktop, mobile, tablet or other
    created_at: Mapped[int]
    last_day: Mapped[int]  # days since 1970


class RecoveryCodeRow(Base):
    """A code that stands in once for the second factor."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # keyed, see totp.py
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class ApiTokenRow(Base):
    """A key for programs, with which they may do a part of what its owner may."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(10))
    site: Mapped[str | None] = mapped_column(String(40))  # None: every site of its owner
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    created_at: Mapped[int]
    expires_at: Mapped[int]
    last_day: Mapped[int | None]  # days since 1970; None: never used


class LinkRow(Base):
    """A link that works once. Only the SHA-256 of its token is kept, so that reading the database opens nothing."""

    __tablename__ = "one_time_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))  # see links.py
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[int]


class GivenNameRow(Base):
    """The name that an editor gave a segment; it wins over the label of every run."""

    __tablename__ = "given_names"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    segment: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    given_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    given_at: Mapped[int]


class AnnotationRow(Base):
    """A campaign or a change of the site, to be laid beside what changed."""

    __tablename__ = "annotations"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    start: Mapped[str] = mapped_column(String(10))  # day, ISO 8601
    end: Mapped[str] = mapped_column(String(10))  # the last day; that of the start for a single one
    kind: Mapped[str] = mapped_column(String(10))  # see annotations.py
    text: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[int]


class MarkRow(Base):
    """What editors say of a segment beside its name."""

    __tablename__ = "marks"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    segment: Mapped[str] = mapped_column(String(64), primary_key=True)
    note: Mapped[str] = mapped_column(String(1000))
    pinned: Mapped[bool]
    colour: Mapped[int | None]  # position in the palette; None: the run's


class SharedLinkRow(Base):
    """A link with which somebody without an account reads one page or report of a site."""

    __tablename__ = "shared_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80))
    view: Mapped[str] = mapped_column(String(20))  # see shared_links.py
    segment: Mapped[str] = mapped_column(String(64))  # "": none
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    password_hash: Mapped[str | None] = mapped_column(String(200))  # Argon2id; None: the link alone opens it
    hosts: Mapped[str] = mapped_column(Text)  # that may show its chart, parted by blanks
    heading: Mapped[str] = mapped_column(String(80))  # above its chart in a frame; "": ours
    chapters: Mapped[str] = mapped_column(
        String(200)
    )  # of a report, parted by blanks; this and the next two are "" for pages
    language: Mapped[str] = mapped_column(String(5))
    formats: Mapped[str] = mapped_column(String(40))  # that it may be taken away in, parted by blanks
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[int]
    expires_at: Mapped[int]


class SubscriptionRow(Base):
    """Who gets reports of a site by themselves: an e-mail address or a webhook, and when."""

    __tablename__ = "subscriptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    channel: Mapped[str] = mapped_column(String(10))  # see scheduled/subscriptions.py
    recipient: Mapped[str] = mapped_column(String(500))
    salt: Mapped[str] = mapped_column(String(64))  # its keys are made of it and of the installation's secret
    language: Mapped[str] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64))
    weekday: Mapped[int | None]  # None: monthly
    day: Mapped[int]
    hour: Mapped[int]
    chapters: Mapped[str] = mapped_column(String(200))  # parted by blanks
    attachment: Mapped[str] = mapped_column(String(10))  # "": none
    alerts: Mapped[bool]
    segment: Mapped[str] = mapped_column(String(20), default="")  # the audience that it is about; "": the whole site
    state: Mapped[str] = mapped_column(String(15))
    since: Mapped[int] = mapped_column(default=0)  # what failed before does not count
    due_at: Mapped[int]
    sent_run: Mapped[str] = mapped_column(String(40))  # id of the last run that a report was claimed of; "": none
    told: Mapped[str] = mapped_column(Text)  # alerts that were claimed, parted by blanks
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[int]


class DeliveryRow(Base):
    """One report or alert to one subscription: claimed, then sent."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription: Mapped[int] = mapped_column(ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    claim: Mapped[str] = mapped_column(String(120), unique=True)  # what it is; the same however often it is tried
    kind: Mapped[str] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(Text)  # of alerts, which ones
    state: Mapped[str] = mapped_column(String(10))  # claimed, sent, given_up, refused or bounced
    tries: Mapped[int]
    try_at: Mapped[int]
    claimed_at: Mapped[int]
    ended_at: Mapped[int | None]
    problem: Mapped[str] = mapped_column(
        String(300)
    )  # a word and digits, see scheduled/problems.py; older rows: English


class SupplyImportRow(Base):
    """A file or feed of open vacancies or of hires that was brought in; removing it removes its rows."""

    __tablename__ = "supply_imports"
    __table_args__ = (UniqueConstraint("site", "kind", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # see supply/rows.py
    source: Mapped[str] = mapped_column(String(200))  # what an editor calls it, or its address
    total: Mapped[int]  # vacancies, or hires
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[int]


class SupplyVacancyRow(Base):
    """Vacancies that are alike in all that is kept of them."""

    __tablename__ = "supply_vacancies"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("supply_imports.id", ondelete="CASCADE"), index=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    family: Mapped[str] = mapped_column(String(60))
    employment_type: Mapped[str] = mapped_column(String(12))
    location: Mapped[str] = mapped_column(String(60))
    opened: Mapped[date]
    closed: Mapped[date | None]
    count: Mapped[int]


class SupplyHireRow(Base):
    """How many were hired in a month in a family, as the employer counts."""

    __tablename__ = "supply_hires"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("supply_imports.id", ondelete="CASCADE"), index=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    month: Mapped[str] = mapped_column(String(7))  # 2026-11
    family: Mapped[str] = mapped_column(String(60))
    hires: Mapped[int]
    applications: Mapped[int | None]


class SupplyFamilyRow(Base):
    """A family of an import that is one of the site's pages under another name."""

    __tablename__ = "supply_families"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    imported: Mapped[str] = mapped_column(String(60), primary_key=True)
    family: Mapped[str] = mapped_column(String(60))


class LookRow(Base):
    """How the reports of a site look."""

    __tablename__ = "looks"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    colour: Mapped[str] = mapped_column(String(7))  # "#rrggbb"; "": ours
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)  # PNG that we wrote


def connect(settings: Settings, folder: DataFolder) -> Engine:
    """
    An engine on the metadata, with every table as this Telpunt wants it.

    Raises:
        UsageError: TELPUNT_DATABASE_URL cannot be used.
        FolderTooNew: a newer Telpunt changed the tables.
        FolderError: it does not answer, or is no database.
    """
    engine = _sqlite(folder) if not settings.database_url else _other(settings.database_url)
    try:
        # Workers start together: one changes the tables, the others wait and find nothing to do.
        with folder.hold("database", wait=True):
            _upgrade(engine, folder)
    except DatabaseError as error:
        engine.dispose()
        which = "at TELPUNT_DATABASE_URL" if settings.database_url else str(folder.database)
        raise FolderError(
            f"The database {which} cannot be used ({error.orig}); solve that, or put back a copy of it"
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def opened(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    """An engine for the length of one command."""
    engine = connect(settings, folder)
    try:
        yield engine
    finally:
        engine.dispose()


def session(engine: Engine) -> Session:
    """A session whose objects stay readable after it is closed."""
    return Session(engine, expire_on_commit=False)


def _sqlite(folder: DataFolder) -> Engine:
    # SQLite would make the file readable for everybody that may enter the folder.
    os.close(os.open(folder.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = create_engine(f"sqlite:///{folder.database}", connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        # What is deleted, such as the address of somebody who no longer gets reports, is overwritten: not every SQLite is built so.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _other(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # The URL may hold a password: say what is wrong with it, never the URL itself.
        raise UsageError(
            f"TELPUNT_DATABASE_URL cannot be used ({type(error).__name__}); expected a SQLAlchemy URL whose driver is installed, "
            "such as postgresql+psycopg://user:password@host/name"
        ) from None


def _upgrade(engine: Engine, folder: DataFolder) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config(attributes={"configure_logger": False})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision == scripts.get_current_head():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise FolderTooNew(
            f"Database of {folder.path} has revision {revision[:20]!r}, which this Telpunt does not know; install the newer Telpunt again"
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
