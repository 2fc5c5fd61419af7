"""
Who may open the dashboard: accounts, roles, passwords and links that work once.

There is no default login. A fresh installation has no account at all, only a set-up link that is printed in the terminal;
whoever can read the terminal makes the first admin.

    InvalidAccount           an account that cannot be made as asked for
    ├── InvalidEmail         the address cannot be one
    ├── InvalidRole          no such role
    ├── WeakPassword         too short or too long
    └── EmailTaken           there is an account with that address already
    UnknownAccount           no account has that address
    LinkSpent                a one-time link that was used, has expired or never was
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from collector.errors import TelpuntError, UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.database import LinkRow, UserRow

PASSWORD_MIN_CHARS: Final = 12  # OWASP ASVS 4.0.3, 2.1.1
PASSWORD_MAX_CHARS: Final = 1024  # bounds the work of one attempt
LINK_LIFETIME_S: Final = 86_400  # 24 h
EMAIL_MAX_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
EMAIL: Final = re.compile(r"[^\s@<>\"'\\\x00-\x1f]{1,64}@[^\s@<>\"'\\\x00-\x1f]{1,189}")

SETUP: Final = "setup"
ENTER: Final = "enter"


class Role(StrEnum):
    """What an account may do; each may do what those before it may."""

    VIEWER = "viewer"  # reads
    EDITOR = "editor"  # also names segments and installs the snippet
    ADMIN = "admin"  # also manages sites and accounts

    def covers(self, needed: Role) -> bool:
        """May this role do what *needed* may?"""
        ranked = list(Role)
        return ranked.index(self) >= ranked.index(needed)


class InvalidAccount(UsageError):
    """When an account cannot be made as asked for."""


class InvalidEmail(InvalidAccount):
    """When an e-mail address cannot be one."""

    def __init__(self, email: str) -> None:
        super().__init__(f"E-mail address {email[:80]!r} cannot be used; expected one such as name@example.org")


class InvalidRole(InvalidAccount):
    """When a role is not one of ours."""

    def __init__(self, role: str) -> None:
        super().__init__(f"Role {role[:40]!r} is not known; expected one of: {', '.join(Role)}")


class WeakPassword(InvalidAccount):
    """When a password is too short, or too long to be worth the work."""

    def __init__(self, characters: int) -> None:
        super().__init__(
            f"The password has {characters} characters; expected {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS}, such as four words in a row"
        )


class EmailTaken(InvalidAccount):
    """When there is an account with that address already."""

    def __init__(self, email: str) -> None:
        super().__init__(f"There is already an account {email!r}; use another address")


class UnknownAccount(UsageError):
    """When a command names an account that is not there."""

    def __init__(self, email: str) -> None:
        super().__init__(
            f"There is no account {email[:80]!r}; add it with: telpunt user add EMAIL --role admin|editor|viewer"
        )


class LinkSpent(TelpuntError):
    """When a one-time link was used, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__("This link was used, has expired or is not complete; ask for a new one")


@dataclass(frozen=True, slots=True)
class Account:
    """
    An account as the pages see it.

    Attributes:
        stamp: random text; part of every session, so that a new stamp ends the open ones.
        has_password: False: the account enters by one-time links only.
    """

    id: int
    email: str
    role: Role
    stamp: str
    has_password: bool


def _system_clock() -> int:
    return int(time.time())


def _new_token() -> str:
    return secrets.token_urlsafe(32)


class Accounts:
    """
    The accounts of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
        new_token: random URL-safe text of at least 128 bits.
        hasher: of passwords; the default is Argon2id with RFC 9106's low-memory parameters (64 MiB).
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = _system_clock,
        new_token: Callable[[], str] = _new_token,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_token = new_token
        self._hasher = hasher or PasswordHasher()
        # Checked against when there is no such account, so that the answer takes as long as when there is.
        self._decoy = self._hasher.hash(new_token())

    def has_admin(self) -> bool:
        """Has somebody set this installation up?"""
        with database.session(self._engine) as session:
            return bool(session.scalar(select(exists().where(UserRow.role == Role.ADMIN))))

    def all(self) -> list[Account]:
        """Every account, by address."""
        with database.session(self._engine) as session:
            return [_account(row) for row in session.scalars(select(UserRow).order_by(UserRow.email))]

    def get(self, identity: int) -> Account | None:
        """The account of that id, or None."""
        with database.session(self._engine) as session:
            row = session.get(UserRow, identity)
            return _account(row) if row else None

    def add(self, email: str, role: str, password: str | None) -> Account:
        """
        Make an account.

        Args:
            password: None: the account enters by one-time link and sets a password there.

        Raises:
            InvalidAccount: the address, role or password cannot be used, or the address has an account.
        """
        row = self._row(email, role, password)
        try:
            with database.session(self._engine) as session, session.begin():
                session.add(row)
        except IntegrityError:
            raise EmailTaken(row.email) from None
        return _account(row)

    def check(self, email: str, password: str) -> Account | None:
        """The account of that address and password, or None; which of the two is wrong shows neither in the answer nor in its time."""
        with database.session(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.email == _clean_email(email)))
        kept = row.password_hash if row else None
        try:
            self._hasher.verify(kept or self._decoy, password[: PASSWORD_MAX_CHARS + 1])
        except (VerificationError, InvalidHashError):
            return None
        return _account(row) if row and kept else None

    def set_password(self, identity: int, password: str) -> Account:
        """
        Give an account a new password and end its open sessions.

        Raises:
            WeakPassword: it is too short or too long.
            UnknownAccount: the account is gone.
        """
        hashed = self._hash(password)
        with database.session(self._engine) as session, session.begin():
            row = session.get(UserRow, identity)
            if row is None:
                raise UnknownAccount(str(identity))
            row.password_hash, row.stamp = hashed, self._new_token()
        return _account(row)

    def setup_link(self) -> str | None:
        """A new path ``/setup/TOKEN`` that makes the first admin, in place of older ones; None once there is an admin."""
        if self.has_admin():
            return None
        return f"/{SETUP}/{self._issue(SETUP, None)}"

    def setup_is_open(self, token: str) -> bool:
        """Would :meth:`set_up` take this token now?"""
        with database.session(self._engine) as session:
            link = session.get(LinkRow, _digest(token))
            return (
                link is not None and link.purpose == SETUP and link.expires_at > self._clock() and not self.has_admin()
            )

    def set_up(self, token: str, email: str, password: str) -> Account:
        """
        Make the first admin; the link, and every other set-up link, is void after.

        Raises:
            LinkSpent: the link was used, has expired or never was, or there is an admin already.
            InvalidAccount: the address or password cannot be used; the link stays good.
        """
        row = self._row(email, Role.ADMIN, password)
        try:
            with database.session(self._engine) as session, session.begin():
                self._spend(session, SETUP, token)
                if session.scalar(select(exists().where(UserRow.role == Role.ADMIN))):
                    raise LinkSpent
                session.execute(delete(LinkRow).where(LinkRow.purpose == SETUP))
                session.add(row)
        except IntegrityError:
            raise EmailTaken(row.email) from None
        return _account(row)

    def entry_link(self, email: str) -> str:
        """
        A new path ``/enter/TOKEN`` that logs one account in once, within 24 hours.

        Raises:
            UnknownAccount: no account has that address.
        """
        with database.session(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.email == _clean_email(email)))
        if row is None:
            raise UnknownAccount(email)
        return f"/{ENTER}/{self._issue(ENTER, row.id)}"

    def enter(self, token: str) -> Account:
        """
        Use up an entry link.

        Raises:
            LinkSpent: it was used, has expired or never was.
        """
        with database.session(self._engine) as session, session.begin():
            row = session.get(UserRow, self._spend(session, ENTER, token))
            if row is None:
                raise LinkSpent
        return _account(row)

    def _issue(self, purpose: str, identity: int | None) -> str:
        token, now = self._new_token(), self._clock()
        stale = LinkRow.expires_at <= now
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(LinkRow).where(stale | (LinkRow.purpose == SETUP) if purpose == SETUP else stale))
            session.add(
                LinkRow(digest=_digest(token), purpose=purpose, user_id=identity, expires_at=now + LINK_LIFETIME_S)
            )
        return token

    def _spend(self, session: Session, purpose: str, token: str) -> int | None:
        # One DELETE decides who was first when a link is opened twice at the same time.
        spent = session.execute(
            delete(LinkRow)
            .where(LinkRow.digest == _digest(token), LinkRow.purpose == purpose, LinkRow.expires_at > self._clock())
            .returning(LinkRow.user_id)
        ).one_or_none()
        if spent is None:
            raise LinkSpent
        identity: int | None = spent[0]
        return identity

    def _row(self, email: str, role: str, password: str | None) -> UserRow:
        clean = _clean_email(email)
        if len(clean) > EMAIL_MAX_CHARS or not EMAIL.fullmatch(clean):
            raise InvalidEmail(email)
        if role not in list(Role):
            raise InvalidRole(role)
        return UserRow(
            email=clean,
            role=str(role),
            password_hash=None if password is None else self._hash(password),
            stamp=self._new_token(),
            created_at=self._clock(),
        )

    def _hash(self, password: str) -> str:
        if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
            raise WeakPassword(len(password))
        return self._hasher.hash(password)


def _account(row: UserRow) -> Account:
    return Account(row.id, row.email, Role(row.role), row.stamp, row.password_hash is not None)


def _clean_email(email: str) -> str:
    return email.strip().lower()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def first_link(settings: Settings, folder: DataFolder, base_url: str) -> str | None:
    """The whole set-up link for the terminal, *base_url* such as ``http://127.0.0.1:8000``; None once there is an admin."""
    path = setup_link(settings, folder)
    return path and base_url.rstrip("/") + path


def setup_link(settings: Settings, folder: DataFolder) -> str | None:
    """For a command: see :meth:`Accounts.setup_link`."""
    with database.opened(settings, folder) as engine:
        return Accounts(engine).setup_link()


def login_link(settings: Settings, folder: DataFolder, email: str) -> str:
    """For a command: see :meth:`Accounts.entry_link`."""
    with database.opened(settings, folder) as engine:
        return Accounts(engine).entry_link(email)


def add(settings: Settings, folder: DataFolder, email: str, role: str, password: str | None) -> Account:
    """For a command: see :meth:`Accounts.add`."""
    with database.opened(settings, folder) as engine:
        return Accounts(engine).add(email, role, password)
