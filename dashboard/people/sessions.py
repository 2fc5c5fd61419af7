"""
Who is logged in, kept on the server, so that a session can be ended from elsewhere.

Of a session is kept: a hash of what its cookie holds, the class of device, when it began and the day of its last use. No address and
no agent. It ends by logging out, by ending it on the account page, by another password, after ``session_max_days``, and after
``session_idle_hours`` without use; the last is told to the hour by the cookie's own signed date, here to the day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Engine, delete, or_, select, update

from collector.settings import Settings
from dashboard import database
from dashboard.database import SessionRow, UserRow
from dashboard.people import accounts
from dashboard.people.accounts import Account
from dashboard.people.links import digest

DAY_S: Final = 86_400
_DAY_0: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """
    A browser that is logged in.

    Attributes:
        id: hash of what its cookie holds; opens nothing.
        device: desktop, mobile, tablet or other.
        created_at: seconds since 1970.
        last_day: day of the last use, in days since 1970.
    """

    id: str
    device: str
    created_at: int
    last_day: int

    @property
    def since(self) -> date:
        """The day on which it began."""
        return day_of(self.created_at // DAY_S)

    @property
    def last(self) -> date:
        """The day on which it was last used."""
        return day_of(self.last_day)


def day_of(number: int) -> date:
    """The day of that number since 1970 (UTC)."""
    return date.fromordinal(_DAY_0 + number)


class Sessions:
    """
    The sessions of one installation.

    Args:
        engine: the metadata.
        settings: how long a session lasts.
        clock: now, in whole seconds since 1970.
        new_token: random URL-safe text of at least 128 bits.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Callable[[], int] = accounts.system_clock,
        new_token: Callable[[], str] = accounts.new_token,
    ) -> None:
        self._engine = engine
        self._max_s = settings.session_max_days * DAY_S
        self._idle_days = -(-settings.session_idle_hours // 24)
        self._clock = clock
        self._new_token = new_token

    def begin(self, user_id: int, device: str) -> str:
        """A new session, and what its cookie is to hold; what is over is forgotten on the way."""
        token, now = self._new_token(), self._clock()
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(SessionRow).where(self._over(now)))
            session.add(
                SessionRow(digest=digest(token), user_id=user_id, device=device, created_at=now, last_day=now // DAY_S)
            )
        return token

    def find(self, token: str) -> Account | None:
        """Whose session this is; None when there is none, it is over, or the account may not enter."""
        now = self._clock()
        with database.session(self._engine) as session:
            found = session.execute(
                select(UserRow, SessionRow.last_day)
                .join(SessionRow, SessionRow.user_id == UserRow.id)
                .where(SessionRow.digest == digest(token), ~self._over(now), UserRow.deactivated_at.is_(None))
            ).one_or_none()
            if found is None:
                return None
            account = accounts.read(session, found[0])
        if found[1] < now // DAY_S:  # once a day, so that reading a page seldom writes
            with database.session(self._engine) as session, session.begin():
                session.execute(
                    update(SessionRow).where(SessionRow.digest == digest(token)).values(last_day=now // DAY_S)
                )
        return account

    def of(self, user_id: int) -> list[OpenSession]:
        """The open sessions of an account, newest first."""
        query = select(SessionRow).where(SessionRow.user_id == user_id, ~self._over(self._clock()))
        with database.session(self._engine) as session:
            rows = session.scalars(query.order_by(SessionRow.created_at.desc(), SessionRow.digest))
            return [OpenSession(row.digest, row.device, row.created_at, row.last_day) for row in rows]

    def last_days(self) -> dict[int, date]:
        """Day of the last use per account that has an open session."""
        found: dict[int, int] = {}
        with database.session(self._engine) as session:
            for user_id, day in session.execute(
                select(SessionRow.user_id, SessionRow.last_day).where(~self._over(self._clock()))
            ):
                found[user_id] = max(day, found.get(user_id, day))
        return {user_id: day_of(day) for user_id, day in found.items()}

    def end(self, user_id: int, identity: str) -> None:
        """End one session of an account, by its id."""
        self._delete((SessionRow.user_id == user_id) & (SessionRow.digest == identity))

    def end_all(self, user_id: int, *, but: str | None = None) -> None:
        """End all sessions of an account, *but* the one of that id."""
        self._delete((SessionRow.user_id == user_id) & (SessionRow.digest != (but or "")))

    def end_token(self, token: str) -> None:
        """End the session whose cookie holds *token*."""
        self._delete(SessionRow.digest == digest(token))

    def _delete(self, which: ColumnElement[bool]) -> None:
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(SessionRow).where(which))

    def _over(self, now: int) -> ColumnElement[bool]:
        return or_(SessionRow.created_at <= now - self._max_s, SessionRow.last_day < now // DAY_S - self._idle_days)
