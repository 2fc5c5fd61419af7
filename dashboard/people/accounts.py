"""
Who may open the dashboard: accounts, their roles on all sites or on some, and their passwords.

There is no default login. A fresh installation has no account at all, only a set-up link that is printed in the terminal;
whoever can read the terminal makes the first admin. What can go wrong is in ``account_errors``.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from sqlalchemy import Engine, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard import database
from dashboard.database import LinkRow, SessionRow, SiteRoleRow, UserRow
from dashboard.people import links
from dashboard.people.errors import EmailTaken, InvalidEmail, InvalidRole, LastAdmin, LinkSpent, UnknownAccount
from dashboard.people.links import Purpose
from dashboard.people.passwords import Passwords

EMAIL_MAX_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
EMAIL: Final = re.compile(r"[^\s@<>\"'\\\x00-\x1f]{1,64}@[^\s@<>\"'\\\x00-\x1f]{1,189}")
THEMES: Final = ("auto", "light", "dark")


class Role(StrEnum):
    """What an account may do; each may do what those before it may."""

    VIEWER = "viewer"  # reads
    EDITOR = "editor"  # also names segments and installs the snippet
    ADMIN = "admin"  # also manages sites and accounts

    def covers(self, needed: Role) -> bool:
        """May this role do what *needed* may?"""
        ranked = list(Role)
        return ranked.index(self) >= ranked.index(needed)


@dataclass(frozen=True, slots=True)
class Account:
    """
    An account as the pages see it.

    Attributes:
        role: on every site and for the installation; of an account with *sites* it is viewer, and says nothing about a site.
        sites: role per key of the only sites that the account may see; None: all sites, by *role*.
        active: False: it can't log in and its API tokens are refused, until an admin lets it again.
        has_password: False: it enters by one-time links only.
        second_factor: logging in asks for a code, too.
        language: of the pages and e-mails; None: as the browser asks.
        theme: auto, light or dark.
    """

    id: int
    email: str
    role: Role
    sites: Mapping[str, Role] | None
    active: bool
    has_password: bool
    second_factor: bool
    language: str | None
    theme: str

    def role_on(self, site: str) -> Role | None:
        """What the account may do on the site of that key; None: it may not even know of it."""
        return self.role if self.sites is None else self.sites.get(site)


def system_clock() -> int:
    """Now, in whole seconds since 1970."""
    return int(time.time())


def new_token() -> str:
    """Random URL-safe text of 256 bits."""
    return secrets.token_urlsafe(32)


class Accounts:
    """
    The accounts of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
        new_token: random URL-safe text of at least 128 bits.
        hasher: of passwords; None: Argon2id, see :mod:`dashboard.people.passwords`.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = system_clock,
        new_token: Callable[[], str] = new_token,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_token = new_token
        self._passwords = Passwords(hasher, new_token())

    @property
    def passwords(self) -> Passwords:
        """What hashes and checks them, two at a time in this process."""
        return self._passwords

    def has_admin(self) -> bool:
        """Has somebody set this installation up?"""
        with database.session(self._engine) as session:
            return _has_admin(session)

    def all(self) -> list[Account]:
        """Every account, by address."""
        with database.session(self._engine) as session:
            return [read(session, row) for row in session.scalars(select(UserRow).order_by(UserRow.email))]

    def get(self, identity: int) -> Account | None:
        """The account of that id, or None."""
        with database.session(self._engine) as session:
            row = session.get(UserRow, identity)
            return read(session, row) if row else None

    def find(self, email: str) -> Account | None:
        """The account of that address, or None."""
        with database.session(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.email == _clean_email(email)))
            return read(session, row) if row else None

    def named(self, email: str) -> Account:
        """The account of that address; UnknownAccount when there is none."""
        found = self.find(email)
        if found is None:
            raise UnknownAccount(email)
        return found

    def add(self, email: str, role: str, password: str | None, sites: Mapping[str, str] | None = None) -> Account:
        """
        Make an account.

        Args:
            role: on all sites; without meaning when *sites* are given.
            password: None: the account gets one by a link.
            sites: role per key, of an account that may see those sites only.

        Raises:
            InvalidAccount: the address, role or password cannot be used, or the address has an account.
        """
        row = self._row(email, role, password)
        try:
            with database.session(self._engine) as session, session.begin():
                session.add(row)
                session.flush()
                _give(session, row, role, sites)
        except IntegrityError:
            raise EmailTaken(row.email) from None
        return self._read(row.id)

    def check(self, email: str, password: str) -> Account | None:
        """The account of that address and password, or None; which of the two is wrong shows neither in the answer nor in its time."""
        with database.session(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.email == _clean_email(email)))
        kept = row.password_hash if row and row.deactivated_at is None else None
        if not self._passwords.verify(kept, password) or row is None or kept is None:
            return None
        if newer := self._passwords.again(kept, password):
            with database.session(self._engine) as session, session.begin():
                session.merge(row).password_hash = newer
        return self._read(row.id)

    def set_password(self, identity: int, password: str) -> Account:
        """
        Give an account a new password; its sessions end and its links are void.

        Raises:
            InvalidAccount: the password cannot be used.
            UnknownAccount: the account is gone.
        """
        known = self._read(identity)
        hashed = self._passwords.hash(password, near=[known.email])
        with database.session(self._engine) as session, session.begin():
            _set_password(session, _row_of(session, identity), hashed)
        return self._read(identity)

    def set_access(self, identity: int, role: str, sites: Mapping[str, str] | None = None) -> Account:
        """
        Change what an account may do, from its next request on.

        Args:
            role: on all sites; without meaning when *sites* are given.
            sites: role per key, of an account that may see those sites only; none at all is allowed.

        Raises:
            InvalidRole: a role is not one of ours.
            LastAdmin: nobody would be left who may manage accounts.
        """
        with database.session(self._engine) as session, session.begin(), _keeping_an_admin(session, identity) as row:
            _give(session, row, role, sites)
        return self._read(identity)

    def deactivate(self, identity: int) -> None:
        """Let an account in no more, and end its sessions; LastAdmin when nobody would be left to manage accounts."""
        with database.session(self._engine) as session, session.begin(), _keeping_an_admin(session, identity) as row:
            row.deactivated_at = self._clock()
            _void(session, identity)

    def reactivate(self, identity: int) -> None:
        """Let an account in again, with the password that it had."""
        with database.session(self._engine) as session, session.begin():
            _row_of(session, identity).deactivated_at = None

    def remove(self, identity: int) -> None:
        """Delete an account with its sessions, tokens and links; LastAdmin when nobody would be left to manage accounts."""
        with database.session(self._engine) as session, session.begin(), _keeping_an_admin(session, identity) as row:
            session.delete(row)

    def prefer(self, identity: int, *, language: str | None, theme: str) -> None:
        """Keep how somebody wants the pages; a theme that is not ours counts as auto."""
        with database.session(self._engine) as session, session.begin():
            row = _row_of(session, identity)
            row.language, row.theme = language, theme if theme in THEMES else THEMES[0]

    def setup_link(self) -> str | None:
        """A new path ``/setup/TOKEN`` that makes the first admin, in place of older ones; None once there is an admin."""
        if self.has_admin():
            return None
        return self._issue(Purpose.SETUP, None)

    def entry_link(self, email: str) -> str:
        """A new path ``/enter/TOKEN`` that logs one account in once, within 24 hours; UnknownAccount when it is not there."""
        return self._issue(Purpose.ENTER, self.named(email).id)

    def password_link(self, email: str) -> str:
        """A new path by which an account gets its first or another password, once: ``/invite/…`` or ``/reset/…``; or UnknownAccount."""
        known = self.named(email)
        return self._issue(Purpose.RESET if known.has_password else Purpose.INVITE, known.id)

    def setup_is_open(self, token: str) -> bool:
        """Would :meth:`set_up` take this token now?"""
        with database.session(self._engine) as session:
            return links.is_open(session, Purpose.SETUP, token, self._clock())[0] and not _has_admin(session)

    def whose(self, purpose: Purpose, token: str) -> Account | None:
        """Whose link this is; None when it is spent, or the account may not enter."""
        with database.session(self._engine) as session:
            known, identity = links.is_open(session, purpose, token, self._clock())
            row = session.get(UserRow, identity) if known and identity is not None else None
            return read(session, row) if row and row.deactivated_at is None else None

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
                links.spend(session, Purpose.SETUP, token, self._clock())
                if _has_admin(session):
                    raise LinkSpent
                session.execute(delete(LinkRow).where(LinkRow.purpose == Purpose.SETUP))
                session.add(row)
        except IntegrityError:
            raise EmailTaken(row.email) from None
        return self._read(row.id)

    def enter(self, token: str) -> Account:
        """Use up an entry link; LinkSpent when it was used, has expired or never was."""
        with database.session(self._engine) as session, session.begin():
            row = _of_link(session, Purpose.ENTER, token, self._clock())
        return self._read(row.id)

    def accept(self, purpose: Purpose, token: str, password: str) -> Account:
        """
        Use up an invitation or a reset link and set the password; all sessions end.

        Raises:
            LinkSpent: it was used, has expired or never was, or the account may not enter.
            InvalidAccount: the password cannot be used; the link stays good.
        """
        known = self.whose(purpose, token)
        if known is None:
            raise LinkSpent
        hashed = self._passwords.hash(password, near=[known.email])
        with database.session(self._engine) as session, session.begin():
            _set_password(session, _of_link(session, purpose, token, self._clock()), hashed)
        return self._read(known.id)

    def _issue(self, purpose: Purpose, identity: int | None) -> str:
        with database.session(self._engine) as session, session.begin():
            return links.issue(session, purpose, self._new_token(), identity, self._clock())

    def _read(self, identity: int) -> Account:
        with database.session(self._engine) as session:
            return read(session, _row_of(session, identity))

    def _row(self, email: str, role: str, password: str | None) -> UserRow:
        clean = _clean_email(email)
        if len(clean) > EMAIL_MAX_CHARS or not EMAIL.fullmatch(clean):
            raise InvalidEmail(email)
        return UserRow(
            email=clean,
            role=_role(role),
            everywhere=True,
            password_hash=None if password is None else self._passwords.hash(password, near=[clean]),
            theme=THEMES[0],
            created_at=self._clock(),
        )


def read(session: Session, row: UserRow) -> Account:
    """The account of a row."""
    sites = None
    if not row.everywhere:
        rows = session.scalars(select(SiteRoleRow).where(SiteRoleRow.user_id == row.id))
        sites = {each.site: Role(each.role) for each in rows}
    return Account(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        sites=sites,
        active=row.deactivated_at is None,
        has_password=row.password_hash is not None,
        second_factor=row.totp_since is not None,
        language=row.language,
        theme=row.theme,
    )


def _has_admin(session: Session) -> bool:
    active = UserRow.deactivated_at.is_(None)
    return bool(session.scalar(select(exists().where(UserRow.role == Role.ADMIN, UserRow.everywhere, active))))


@contextmanager
def _keeping_an_admin(session: Session, identity: int) -> Iterator[UserRow]:
    # Locks where the database can, so that two admins who demote each other don't both succeed; SQLite has one writer anyway.
    session.execute(select(UserRow.id).where(UserRow.role == Role.ADMIN).with_for_update())
    before = _has_admin(session)
    yield _row_of(session, identity)
    session.flush()
    if before and not _has_admin(session):
        raise LastAdmin


def _row_of(session: Session, identity: int) -> UserRow:
    row = session.get(UserRow, identity)
    if row is None:
        raise UnknownAccount(str(identity))
    return row


def _of_link(session: Session, purpose: Purpose, token: str, now: int) -> UserRow:
    row = session.get(UserRow, links.spend(session, purpose, token, now))
    if row is None or row.deactivated_at is not None:
        raise LinkSpent
    return row


def _set_password(session: Session, row: UserRow, hashed: str) -> None:
    row.password_hash = hashed
    _void(session, row.id)


def _void(session: Session, identity: int) -> None:
    session.execute(delete(SessionRow).where(SessionRow.user_id == identity))
    session.execute(delete(LinkRow).where(LinkRow.user_id == identity))


def _give(session: Session, row: UserRow, role: str, sites: Mapping[str, str] | None) -> None:
    row.role = _role(role) if sites is None else Role.VIEWER
    row.everywhere = sites is None
    session.execute(delete(SiteRoleRow).where(SiteRoleRow.user_id == row.id))
    for site, there in (sites or {}).items():
        session.add(SiteRoleRow(user_id=row.id, site=site, role=_role(there)))


def _role(role: str) -> str:
    if role not in list(Role):
        raise InvalidRole(role)
    return str(role)


def _clean_email(email: str) -> str:
    return email.strip().lower()
