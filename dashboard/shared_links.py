"""
Shared links: whoever has one reads one page of one site, without an account, until it expires or is revoked.

Only the SHA-256 of a link's token is kept, so that reading the database opens nothing. A link belongs to its site, not to who made it: it
goes on when that account ends, and every editor of the site can revoke it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Engine, delete, select

from collector.errors import UsageError
from dashboard import accounts, database
from dashboard.database import SharedLinkRow
from dashboard.links import digest
from dashboard.names import NAME_MAX_CHARS, clean_name
from dashboard.sessions import DAY_S, day_of

DAYS: Final = (7, 30, 90, 365)  # how long one may last
VIEWS: Final = ("overview", "audiences", "audience", "changes", "touchpoints", "demand", "channels")
AUDIENCE: Final = "audience"  # the view that is of one audience
EMBEDDED: Final = frozenset({"overview", "audiences"})  # the views whose chart may stand in other pages
PER_SITE_MAX: Final = 100
HOSTS_MAX: Final = 10
KEPT_DAYS: Final = 30  # that a link stays in the list after it has expired
# A host-source of the policy "frame-ancestors" (CSP 3, 2.3.1) without scheme and path: ours is the scheme.
HOST: Final = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62})){0,8}(:[0-9]{1,5})?", re.ASCII)


class InvalidShare(UsageError):
    """
    When a link cannot be made as asked for.

    Attributes:
        field: which part of it: name, view, segment, days, hosts, password or many.
    """

    def __init__(self, field: str, found: str, expected: str) -> None:
        self.field = field
        super().__init__(f"{field} is {found[:40]!r}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Share:
    """
    A shared link.

    Attributes:
        name: for whom or what it is.
        view: of :data:`VIEWS`.
        segment: id of the audience, for the view of one; else "".
        password_hash: Argon2id; None: it asks for none.
        hosts: where the chart may stand in a frame, as ``www.example.org``; none: nowhere.
        expires_at: seconds since 1970.
    """

    id: int
    site: str
    name: str
    view: str
    segment: str
    password_hash: str | None
    hosts: tuple[str, ...]
    expires_at: int

    @property
    def until(self) -> date:
        """The day on which it ends."""
        return day_of(self.expires_at // DAY_S)


class SharedLinks:
    """
    The shared links of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
        new_token: random URL-safe text of at least 128 bits.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = accounts.system_clock,
        new_token: Callable[[], str] = accounts.new_token,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_token = new_token

    def make(
        self,
        site: str,
        name: str,
        view: str,
        days: int,
        *,
        segment: str = "",
        hosts: Sequence[str] = (),
        password_hash: str | None = None,
        by: int | None = None,
    ) -> str:
        """
        A new link; its token, to be shown once.

        Args:
            name: for whom or what it is, 1 to 80 characters.
            view: of :data:`VIEWS`; *segment* is the audience of the view of one.
            days: how long it lasts, one of :data:`DAYS`.
            hosts: where its chart may stand in a frame; only for views of :data:`EMBEDDED` without a password.
            by: id of the account that makes it.

        Raises:
            InvalidShare: one of these cannot be used, or the site has 100 links already.
        """
        clean = clean_name(name)
        if not 1 <= len(clean) <= NAME_MAX_CHARS:
            raise InvalidShare("name", clean, f"1 to {NAME_MAX_CHARS} characters")
        if view not in VIEWS:
            raise InvalidShare("view", view, " or ".join(VIEWS))
        if bool(segment) is not (view == AUDIENCE):
            raise InvalidShare("segment", segment, "an audience for the view of one, and none for others")
        if days not in DAYS:
            raise InvalidShare("days", str(days), " or ".join(map(str, DAYS)))
        framed = clean_hosts(hosts)
        if framed and (view not in EMBEDDED or password_hash):
            raise InvalidShare(
                "hosts",
                " ".join(framed),
                "none: only the overview and the audiences, without a password, can be embedded",
            )
        now, token = self._clock(), self._new_token()
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(SharedLinkRow).where(SharedLinkRow.expires_at <= now - KEPT_DAYS * DAY_S))
            if len(session.scalars(select(SharedLinkRow.id).where(SharedLinkRow.site == site)).all()) >= PER_SITE_MAX:
                raise InvalidShare(
                    "many", str(PER_SITE_MAX), f"fewer than {PER_SITE_MAX} links; revoke one that is not used"
                )
            session.add(
                SharedLinkRow(
                    site=site,
                    name=clean,
                    view=view,
                    segment=segment,
                    digest=digest(token),
                    password_hash=password_hash,
                    hosts=" ".join(framed),
                    made_by=by,
                    made_at=now,
                    expires_at=now + days * DAY_S,
                )
            )
        return token

    def of(self, site: str) -> list[Share]:
        """The links of a site, newest first; those that have expired too, for a month."""
        with database.session(self._engine) as session:
            rows = session.scalars(
                select(SharedLinkRow).where(SharedLinkRow.site == site).order_by(SharedLinkRow.id.desc())
            )
            return [_read(row) for row in rows]

    def find(self, token: str) -> Share | None:
        """The link of that token; None when there is none, it has expired or was revoked."""
        with database.session(self._engine) as session:
            row = session.scalar(
                select(SharedLinkRow).where(
                    SharedLinkRow.digest == digest(token), SharedLinkRow.expires_at > self._clock()
                )
            )
            return _read(row) if row else None

    def revoke(self, site: str, identity: int) -> bool:
        """End a link at once and for good; False when *site* has no such link."""
        with database.session(self._engine) as session, session.begin():
            gone = session.execute(
                delete(SharedLinkRow)
                .where(SharedLinkRow.site == site, SharedLinkRow.id == identity)
                .returning(SharedLinkRow.id)
            )
            return gone.first() is not None


def clean_hosts(hosts: Sequence[str]) -> tuple[str, ...]:
    """
    Host names as a policy can name them, in lower case, each once.

    Raises:
        InvalidShare: one is no host name, or there are more than ten.
    """
    found = tuple(dict.fromkeys(host.strip().lower() for host in hosts if host.strip()))
    if len(found) > HOSTS_MAX:
        raise InvalidShare("hosts", str(len(found)), f"at most {HOSTS_MAX}")
    for host in found:
        # A number is an address of a network, and of those none is kept here.
        if not HOST.fullmatch(host) or not re.search(r"[a-z]", host):
            raise InvalidShare("hosts", host, "host names such as www.example.org")
    return found


def _read(row: SharedLinkRow) -> Share:
    return Share(
        row.id, row.site, row.name, row.view, row.segment, row.password_hash, tuple(row.hosts.split()), row.expires_at
    )
