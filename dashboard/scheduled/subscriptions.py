"""
Who gets reports of a site by themselves: what was chosen, kept in the database.

The link to unsubscribe and the key that signs a webhook's messages are made of the installation's secret and a random salt; only the salt
is in the database, so that reading it, or a backup of it alone, opens nothing. The address of a webhook is kept as it is: whoever reads
the database can post there.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from collector.folder import DataFolder
from dashboard import database
from dashboard.database import DeliveryRow, SubscriptionRow
from dashboard.exports.names import CHAPTERS
from dashboard.people import accounts
from dashboard.scheduled import bell
from dashboard.scheduled.times import Plan, next_due
from dashboard.scheduled.wishes import InvalidSubscription, Wish, same_recipient

ON, PAUSED, STOPPED, UNSUBSCRIBED = "on", "paused", "stopped", "unsubscribed"
PER_SITE_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Subscription:
    """
    A subscription as it is kept.

    Attributes:
        state: ``on``, ``paused`` by an editor, ``stopped`` because nothing arrived, or ``unsubscribed`` by the recipient, which no editor
            can undo.
        due_at: seconds since 1970 from which on a report is to be sent.
        sent_run: id of the run of the last report; "": none yet.
        told: alerts that were told; empty until the feed was looked at once, since what stands in it then is old news.
    """

    id: int
    site: str
    wish: Wish
    state: str
    due_at: int
    sent_run: str
    told: frozenset[str]
    salt: str

    @property
    def due(self) -> datetime:
        """The same as a moment, UTC."""
        return datetime.fromtimestamp(self.due_at, UTC)


class Subscriptions:
    """
    The subscriptions of one installation.

    Args:
        folder: is told when there may be something to send.
        secret: of the installation, see :func:`dashboard.security.session_secret`.
        clock: now, in whole seconds since 1970.
        new_token: random text of at least 128 bits.
    """

    def __init__(
        self,
        engine: Engine,
        folder: DataFolder,
        secret: bytes,
        clock: Callable[[], int] = accounts.system_clock,
        new_token: Callable[[], str] = accounts.new_token,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._secret = secret
        self._clock = clock
        self._new_token = new_token

    def add(self, site: str, wish: Wish, *, by: int | None = None) -> int:
        """
        A new subscription; its id.

        Args:
            by: id of the account that makes it.

        Raises:
            InvalidSubscription: *wish* can't be used, or the site has 50 already (*field* is ``many``).
        """
        wish.checked()
        self._look()
        with database.session(self._engine) as session, session.begin():
            there = session.scalar(select(func.count()).where(SubscriptionRow.site == site)) or 0
            if there >= PER_SITE_MAX:
                raise InvalidSubscription("many", f"fewer than {PER_SITE_MAX} of one site")
            self._look_for_others(session, site, wish)
            row = SubscriptionRow(
                site=site,
                salt=self._new_token(),
                state=ON,
                sent_run="",
                told="",
                since=self._clock(),
                made_by=by,
                made_at=self._clock(),
                **self._columns(wish),
            )
            session.add(row)
            session.flush()
            made = row.id
        self._look()  # once more: the job may have looked in between
        return made

    def _look_for_others(self, session: Session, site: str, wish: Wish, but: int = 0) -> None:
        """InvalidSubscription when the recipient of *wish* gets this already (``twice``), or has ended it (``ended``)."""
        others = session.execute(
            select(SubscriptionRow.recipient, SubscriptionRow.segment, SubscriptionRow.state).where(
                SubscriptionRow.site == site, SubscriptionRow.id != but
            )
        ).all()
        own = [(segment, state) for recipient, segment, state in others if same_recipient(recipient, wish.recipient)]
        if any(state == UNSUBSCRIBED for _segment, state in own):
            raise InvalidSubscription(
                "ended", "a recipient who has not unsubscribed; remove that entry first, when they ask for it"
            )
        if any(segment == wish.segment for segment, _state in own):
            raise InvalidSubscription("twice", "a recipient who does not get this report yet")

    def change(self, site: str, identity: int, wish: Wish) -> bool:
        """Put *wish* in the place of what was chosen; False: *site* has no such subscription. InvalidSubscription as for :meth:`add`."""
        wish.checked()
        known = self.find(site, identity)
        with database.session(self._engine) as session:
            self._look_for_others(session, site, wish, identity)
        # Who got it before must not hold the way out, or the key, of who gets it now.
        more: dict[str, Any] = {}
        if known is not None and known.wish.recipient != wish.recipient:
            more = {"salt": self._new_token(), "since": self._clock()}
        if known is not None and (wish.segment, wish.alerts) != (known.wish.segment, known.wish.alerts):
            more["told"] = ""  # what happened while nobody asked for it is old news
        return self._update(site, identity, **self._columns(wish), **more)

    def pause(self, site: str, identity: int, *, paused: bool) -> bool:
        """
        Stop sending for a while, or go on with what is new from now on; what waits is dropped.

        Returns:
            False: there is none, or its recipient has unsubscribed.
        """
        known = self.find(site, identity)
        if known is None or known.state == UNSUBSCRIBED:
            return False
        if paused:
            return self._update(site, identity, state=PAUSED)
        due_at = int(next_due(known.wish.plan, self.moment()).timestamp())
        return self._update(site, identity, state=ON, due_at=due_at, told="", since=self._clock())

    def remove(self, site: str, identity: int) -> bool:
        """Delete it and what waits for it; False: there is none."""
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(DeliveryRow).where(DeliveryRow.subscription == identity, DeliveryRow.site == site))
            gone = session.execute(
                delete(SubscriptionRow)
                .where(SubscriptionRow.site == site, SubscriptionRow.id == identity)
                .returning(SubscriptionRow.id)
            )
            return gone.first() is not None

    def of(self, site: str) -> list[Subscription]:
        """Those of a site, the oldest first."""
        return self._select(SubscriptionRow.site == site)

    def active(self) -> list[Subscription]:
        """Those of all sites that are neither paused nor ended."""
        return self._select(SubscriptionRow.state == ON)

    def find(self, site: str, identity: int) -> Subscription | None:
        """One; None when *site* has none of that id."""
        return next(iter(self._select(SubscriptionRow.site == site, SubscriptionRow.id == identity)), None)

    def by_number(self, identity: int) -> Subscription | None:
        """One, of any site."""
        return next(iter(self._select(SubscriptionRow.id == identity)), None)

    def by_token(self, identity: int, token: str) -> Subscription | None:
        """The one whose recipient holds *token*."""
        found = self.by_number(identity)
        if found is None or not hmac.compare_digest(self.token(found).encode(), token.encode()):
            return None
        return found

    def unsubscribe(self, found: Subscription) -> None:
        """End it for good, by its recipient."""
        self._update(found.site, found.id, state=UNSUBSCRIBED)

    def token(self, of: Subscription) -> str:
        """What is in the link to unsubscribe."""
        return self._made("unsubscribe", of)

    def mark(self, of: Subscription, delivery: int) -> str:
        """What stands in the Message-ID of a letter: who knows it has had the letter, or the answer to it of a mail server."""
        return f"{delivery}.{self._made(f'letter {delivery}', of)[:40]}"

    def signing_key(self, of: Subscription) -> str:
        """With which messages to its webhook are signed; shown to editors."""
        return self._made("webhook", of)

    def _made(self, what: str, of: Subscription) -> str:
        return hmac.digest(self._secret, f"{what} {of.id} {of.salt}".encode(), "sha256").hex()

    def _columns(self, wish: Wish) -> dict[str, Any]:
        plan = wish.plan
        return {
            "channel": wish.channel,
            "recipient": wish.recipient,
            "language": wish.language,
            "zone": plan.zone,
            "weekday": plan.weekday,
            "day": plan.day,
            "hour": plan.hour,
            "chapters": " ".join(name for name in CHAPTERS if name in wish.chapters),
            "attachment": wish.attachment,
            "alerts": wish.alerts,
            "segment": wish.segment,
            "due_at": int(next_due(plan, self.moment()).timestamp()),
        }

    def _update(self, site: str, identity: int, **values: Any) -> bool:
        self._look()
        with database.session(self._engine) as session, session.begin():
            if values.get("state", ON) != ON:
                session.execute(
                    delete(DeliveryRow).where(
                        DeliveryRow.subscription == identity, DeliveryRow.site == site, DeliveryRow.state == "claimed"
                    )
                )
            found = session.execute(
                update(SubscriptionRow)
                .where(SubscriptionRow.site == site, SubscriptionRow.id == identity)
                .values(**values)
                .returning(SubscriptionRow.id)
            )
            there = found.first() is not None
        self._look()
        return there

    def _select(self, *conditions: Any) -> list[Subscription]:
        with database.session(self._engine) as session:
            rows = session.scalars(select(SubscriptionRow).where(*conditions).order_by(SubscriptionRow.id))
            return [_read(row) for row in rows]

    def moment(self) -> datetime:
        """Now, UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def _look(self) -> None:
        bell.ring(self._folder)


def _read(row: SubscriptionRow) -> Subscription:
    plan = Plan(row.weekday, row.day, row.hour, row.zone)
    chapters = tuple(row.chapters.split())
    wish = Wish(row.channel, row.recipient, row.language, plan, chapters, row.attachment, row.alerts, row.segment)
    told = frozenset(row.told.split())
    return Subscription(row.id, row.site, wish, row.state, row.due_at, row.sent_run, told, row.salt)
