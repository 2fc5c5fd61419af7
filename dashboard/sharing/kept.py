"""
Shared links: whoever has one reads one page or report of one site, without an account, until it expires or is revoked.

Only the SHA-256 of a link's token is kept, so that reading the database opens nothing. A link belongs to its site, not to who made it: it
goes on when that account ends, and every editor of the site can change and revoke it. Whether and when a link was opened is not kept: a link
that was made for one person would tell when that person read.
"""

from __future__ import annotations

from typing import Final, cast

from sqlalchemy import ColumnElement, delete, select, update

from analysis.words import Language
from dashboard import database
from dashboard.database import SharedLinkRow, UserRow
from dashboard.names import NAME_MAX_CHARS, clean_name
from dashboard.people.issuing import Issuer
from dashboard.people.links import digest
from dashboard.people.sessions import DAY_S
from dashboard.sharing.shares import (
    AUDIENCE,
    EMBEDDED,
    NOWHERE,
    PER_SITE_MAX,
    REPORT,
    VIEWS,
    Frame,
    InvalidShare,
    Paper,
    Share,
    check_days,
    check_paper,
    clean_hosts,
)

KEPT_DAYS: Final = 30  # that a link stays in the list after it has expired


class SharedLinks(Issuer):
    """The shared links of one installation."""

    def make(
        self,
        site: str,
        name: str,
        view: str,
        days: int,
        *,
        segment: str = "",
        paper: Paper | None = None,
        frame: Frame = NOWHERE,
        password_hash: str | None = None,
        by: int | None = None,
    ) -> str:
        """
        A new link; its token, to be shown once.

        Args:
            name: for whom or what it is, 1 to 80 characters.
            view: of :data:`VIEWS`; *segment* is the audience of the view of one, and may be that of a report; *paper* is the report.
            days: how long it lasts, one of :data:`DAYS`.
            frame: where its chart may stand; only for views of :data:`EMBEDDED` without a password.
            by: id of the account that makes it.

        Raises:
            InvalidShare: one of these cannot be used, or the site has 100 links already.
        """
        clean = clean_name(name)
        if not 1 <= len(clean) <= NAME_MAX_CHARS:
            raise InvalidShare("name", clean, f"1 to {NAME_MAX_CHARS} characters")
        if view not in VIEWS:
            raise InvalidShare("view", view, " or ".join(VIEWS))
        if bool(segment) is not (view == AUDIENCE) and view != REPORT:
            raise InvalidShare("segment", segment, "an audience for the view of one, and none for others")
        check_days(days)
        check_paper(view, paper)
        framed, heading = clean_hosts(frame.hosts), clean_name(frame.heading)
        if framed and (view not in EMBEDDED or password_hash):
            raise InvalidShare("framed", " ".join(framed), f"none: only {', '.join(EMBEDDED)}, without a password")
        if len(heading) > NAME_MAX_CHARS:
            raise InvalidShare("heading", heading, f"at most {NAME_MAX_CHARS} characters")
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
                    heading=heading if framed else "",
                    chapters=" ".join(paper.chapters) if paper else "",
                    language=paper.lang if paper else "",
                    formats=" ".join(paper.formats) if paper else "",
                    made_by=by,
                    made_at=now,
                    expires_at=now + days * DAY_S,
                )
            )
        return token

    def of(self, site: str) -> list[Share]:
        """The links of a site, newest first; those that have expired too, for a month."""
        query = _SHARES.where(SharedLinkRow.site == site).order_by(SharedLinkRow.id.desc())
        with database.session(self._engine) as session:
            return [_read(*found) for found in session.execute(query)]

    def one(self, site: str, identity: int) -> Share | None:
        """A link of a site, expired or not; None when it has no such link."""
        return self._first(SharedLinkRow.site == site, SharedLinkRow.id == identity)

    def find(self, token: str) -> Share | None:
        """The link of that token; None when there is none, it has expired or was revoked."""
        return self._first(SharedLinkRow.digest == digest(token), SharedLinkRow.expires_at > self._clock())

    def prolong(self, site: str, identity: int, days: int) -> bool:
        """
        Let a link, expired or not, end so many days from now; False when *site* has no such link.

        Raises:
            InvalidShare: *days* is none of :data:`DAYS`.
        """
        check_days(days)
        return self._change(site, identity, expires_at=self._clock() + days * DAY_S)

    def protect(self, site: str, identity: int, password_hash: str | None) -> bool:
        """
        Let a link ask for another password, or (None) for none: who typed the earlier one types again. False when *site* has no such link.

        Raises:
            InvalidShare: its chart stands in frames, where no password can be asked for.
        """
        found = self.one(site, identity)
        if found and found.frame.hosts and password_hash:
            raise InvalidShare("framed", " ".join(found.frame.hosts), "none, for a link with a password")
        return self._change(site, identity, password_hash=password_hash)

    def revoke(self, site: str, identity: int) -> bool:
        """End a link at once and for good; False when *site* has no such link."""
        with database.session(self._engine) as session, session.begin():
            gone = session.execute(
                delete(SharedLinkRow)
                .where(SharedLinkRow.site == site, SharedLinkRow.id == identity)
                .returning(SharedLinkRow.id)
            )
            return gone.first() is not None

    def _first(self, *conditions: ColumnElement[bool]) -> Share | None:
        with database.session(self._engine) as session:
            found = session.execute(_SHARES.where(*conditions)).first()
            return _read(*found) if found else None

    def _change(self, site: str, identity: int, **values: object) -> bool:
        with database.session(self._engine) as session, session.begin():
            changed = session.execute(
                update(SharedLinkRow)
                .where(SharedLinkRow.site == site, SharedLinkRow.id == identity)
                .values(**values)
                .returning(SharedLinkRow.id)
            )
            return changed.first() is not None


_SHARES: Final = select(SharedLinkRow, UserRow.email).outerjoin(UserRow, UserRow.id == SharedLinkRow.made_by)


def _read(row: SharedLinkRow, email: str | None) -> Share:
    chapters = tuple(row.chapters.split())
    return Share(
        id=row.id,
        site=row.site,
        name=row.name,
        view=row.view,
        segment=row.segment,
        paper=Paper(chapters, cast("Language", row.language), tuple(row.formats.split())) if chapters else None,
        password_hash=row.password_hash,
        frame=Frame(tuple(row.hosts.split()), row.heading),
        expires_at=row.expires_at,
        made_at=row.made_at,
        made_by=email or "",
    )
