"""
Links that work once. Only the SHA-256 of a link's token is kept, so that reading the database opens nothing.

    /setup/TOKEN     makes the first admin, 24 h
    /enter/TOKEN     logs one account in without its password, 24 h; made by a command only
    /invite/TOKEN    sets the first password of an account, 72 h
    /reset/TOKEN     sets a new password, 1 h
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dashboard.database import LinkRow
from dashboard.people.errors import LinkSpent


class Purpose(StrEnum):
    """What a link is for; also the first part of its path."""

    SETUP = "setup"
    ENTER = "enter"
    INVITE = "invite"
    RESET = "reset"


HOUR_S: Final = 3600
LIFETIME_S: Final = {
    Purpose.SETUP: 24 * HOUR_S,
    Purpose.ENTER: 24 * HOUR_S,
    Purpose.INVITE: 72 * HOUR_S,
    Purpose.RESET: HOUR_S,
}


def digest(token: str) -> str:
    """What is kept of a random token of 128 bits or more; those need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def issue(session: Session, purpose: Purpose, token: str, user_id: int | None, now: int) -> str:
    """
    Keep a link, and give its path. Older links for the same are void, as are those whose time is over.

    Args:
        token: new, random.
        user_id: whose link it is; None: nobody's yet (set-up).
        now: seconds since 1970.
    """
    session.execute(delete(LinkRow).where(LinkRow.expires_at <= now))
    session.execute(delete(LinkRow).where(LinkRow.purpose == purpose, LinkRow.user_id.is_not_distinct_from(user_id)))
    session.add(LinkRow(digest=digest(token), purpose=purpose, user_id=user_id, expires_at=now + LIFETIME_S[purpose]))
    return f"/{purpose}/{token}"


def is_open(session: Session, purpose: Purpose, token: str, now: int) -> tuple[bool, int | None]:
    """Would :func:`spend` take this token now, and whose is it?"""
    row = session.scalar(
        select(LinkRow).where(LinkRow.digest == digest(token), LinkRow.purpose == purpose, LinkRow.expires_at > now)
    )
    return (True, row.user_id) if row else (False, None)


def spend(session: Session, purpose: Purpose, token: str, now: int) -> int | None:
    """
    Use a link up, and say whose it was.

    Raises:
        LinkSpent: it was used, has expired or never was.
    """
    # One DELETE decides who was first when a link is opened twice at the same time.
    spent = session.execute(
        delete(LinkRow)
        .where(LinkRow.digest == digest(token), LinkRow.purpose == purpose, LinkRow.expires_at > now)
        .returning(LinkRow.user_id)
    ).one_or_none()
    if spent is None:
        raise LinkSpent
    user_id: int | None = spent[0]
    return user_id
