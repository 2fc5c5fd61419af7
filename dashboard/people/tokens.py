"""
API tokens: keys with which a program does a part of what their owner may. Nothing to do with the visit token (``collector/tokens.py``).

A token is shown once and kept as its SHA-256. It never may more than its owner may at that moment: who loses a site, a role or the
account loses it for the tokens too.

    Authorization: Bearer telpunt_…
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select, update

from collector.errors import UsageError
from dashboard import database
from dashboard.database import ApiTokenRow, UserRow
from dashboard.names import NAME_MAX_CHARS, clean_name
from dashboard.people import accounts
from dashboard.people.accounts import Account, Role
from dashboard.people.issuing import Issuer
from dashboard.people.links import digest
from dashboard.people.sessions import DAY_S, day_of

PREFIX: Final = "telpunt_"  # so that people, and scanners of public code, see what they found
DAYS: Final = (30, 90, 365)  # how long one may last
PER_ACCOUNT_MAX: Final = 50


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"  # what a viewer may
    ANNOTATE = "annotate"  # names, notes and annotations too, as an editor may

    @property
    def role(self) -> Role:
        """The role that its owner needs on the site."""
        return Role.EDITOR if self is Scope.ANNOTATE else Role.VIEWER


class InvalidToken(UsageError):
    """When an API token cannot be made as asked for."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """
    A token as its owner sees it.

    Attributes:
        site: key of the only site it is for; None: every site of its owner.
        created_at, expires_at: seconds since 1970.
        last_day: day of its last use, in days since 1970; None: never.
    """

    id: int
    name: str
    scope: Scope
    site: str | None
    created_at: int
    expires_at: int
    last_day: int | None

    @property
    def until(self) -> date:
        """The day on which it ends."""
        return day_of(self.expires_at // DAY_S)

    @property
    def last(self) -> date | None:
        """The day of its last use."""
        return None if self.last_day is None else day_of(self.last_day)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token that was presented may do: ask it for every site."""

    account: Account
    scope: Scope
    site: str | None

    def allows(self, scope: Scope, site: str) -> bool:
        """May its bearer do this on the site of that key, now?"""
        role = self.account.role_on(site) if self.site in (None, site) else None
        return role is not None and role.covers(scope.role) and self.scope in (Scope.ANNOTATE, scope)


class ApiTokens(Issuer):
    """The API tokens of one installation."""

    def make(self, user_id: int, name: str, scope: str, site: str | None, days: int) -> str:
        """
        A new token, to be shown once.

        Args:
            name: what it is for, 1 to 80 characters.
            scope: read or annotate.
            site: key of the only site it is for; None: every site of its owner. May be one that the owner can't see: it opens nothing.
            days: how long it lasts, one of 30, 90 and 365.

        Raises:
            InvalidToken: one of these cannot be used, or the account has 50 already.
        """
        clean = clean_name(name)
        if not 1 <= len(clean) <= NAME_MAX_CHARS:
            raise InvalidToken(f"The name of the token has {len(clean)} characters; expected 1 to {NAME_MAX_CHARS}")
        if scope not in list(Scope):
            raise InvalidToken(f"Scope {scope[:40]!r} is not known; expected one of: {', '.join(Scope)}")
        if days not in DAYS:
            raise InvalidToken(f"A token of {days} days cannot be made; expected one of: {', '.join(map(str, DAYS))}")
        if len(self.of(user_id)) >= PER_ACCOUNT_MAX:
            raise InvalidToken(f"The account has {PER_ACCOUNT_MAX} tokens already; revoke one that is not used")
        token, now = PREFIX + self._new_token(), self._clock()
        row = ApiTokenRow(
            user_id=user_id,
            name=clean,
            scope=scope,
            site=site,
            digest=digest(token),
            created_at=now,
            expires_at=now + days * DAY_S,
        )
        with database.session(self._engine) as session, session.begin():
            session.add(row)
        return token

    def of(self, user_id: int) -> list[ApiToken]:
        """The tokens of an account, newest first; those that have expired too, until they are revoked."""
        query = select(ApiTokenRow).where(ApiTokenRow.user_id == user_id).order_by(ApiTokenRow.id.desc())
        with database.session(self._engine) as session:
            return [
                ApiToken(row.id, row.name, Scope(row.scope), row.site, row.created_at, row.expires_at, row.last_day)
                for row in session.scalars(query)
            ]

    def revoke(self, user_id: int, identity: int) -> None:
        """End a token of an account, at once and for good."""
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(ApiTokenRow).where(ApiTokenRow.user_id == user_id, ApiTokenRow.id == identity))

    def find(self, presented: str) -> Grant | None:
        """What the bearer of this token may do; None when there is no such token, it has expired, or its owner may not enter."""
        now = self._clock()
        if not presented.startswith(PREFIX):
            return None
        known = select(ApiTokenRow, UserRow).join(UserRow, UserRow.id == ApiTokenRow.user_id)
        good = (ApiTokenRow.digest == digest(presented)) & (ApiTokenRow.expires_at > now)
        with database.session(self._engine) as session:
            found = session.execute(known.where(good, UserRow.deactivated_at.is_(None))).one_or_none()
            if found is None:
                return None
            row, owner = found
            grant = Grant(accounts.read(session, owner), Scope(row.scope), row.site)
        if row.last_day != now // DAY_S:
            with database.session(self._engine) as session, session.begin():
                session.execute(update(ApiTokenRow).where(ApiTokenRow.id == row.id).values(last_day=now // DAY_S))
        return grant

    def check(self, presented: str, scope: Scope, site: str) -> Account | None:
        """Its owner, when the bearer of this token may do this on that site now; else None."""
        grant = self.find(presented)
        return grant.account if grant and grant.allows(scope, site) else None
