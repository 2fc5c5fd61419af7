"""
Claimed, then sent: what became of each report and alert.

    claim        a row is written, and the subscription moved on to its next time, in one transaction: nothing is claimed twice
    begin        before each try it is written that it is tried, and when next, so that a crash is a try too
    done/failed  after it; a try that ended without either (a crash) is made again when its time has come
    bounced      what was taken came back later

What trying again would not change (no such mailbox) ends at once. After three of those in a row nobody reads what is sent there: the
subscription is stopped until an editor looks at it.

So a crash before, in or between tries loses nothing. A crash in the moment between "the other side took it" and "we wrote that down" is
the one case in which it is sent again: at least once, with the same Message-ID or Idempotency-Key, by which mail programs and receivers
know it for the same. The other choice, at most once, would lose reports without a trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, delete, func, select, update

from dashboard import database
from dashboard.database import DeliveryRow, SubscriptionRow
from dashboard.scheduled import problems
from dashboard.scheduled.subscriptions import ON, STOPPED, Subscription
from dashboard.scheduled.times import next_due
from dashboard.scheduled.wishes import same_recipient

REPORT, ALERTS, NOW = "report", "alerts", "now"
CLAIMED, SENT, GIVEN_UP, REFUSED, BOUNCED = "claimed", "sent", "given_up", "refused", "bounced"
# Before the second try and each one after it. It is given up some nine hours after the first.
BACKOFF_S: Final = (600, 1800, 3600, 7200, 18_000)
TRIES_MAX: Final = len(BACKOFF_S) + 1
UNDELIVERABLE_MAX: Final = 3  # in a row
NOW_EVERY_S: Final = 300  # of one recipient: nobody's mailbox is filled by pressing a button
KEPT_S: Final = 60 * 86_400
SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    A claimed report or alert.

    Attributes:
        claim: what it is; the same for every try.
        kind: ``report``, ``alerts``, or ``now`` for a report that an editor asked for.
        about: keys of the alerts.
        problem: why the last try failed, see :mod:`dashboard.scheduled.problems`; "" when none did.
    """

    id: int
    subscription: int
    claim: str
    kind: str
    about: tuple[str, ...]
    state: str
    tries: int
    try_at: int
    claimed_at: int
    ended_at: int | None
    problem: str

    @property
    def claimed_moment(self) -> datetime:
        """When it was claimed, UTC."""
        return datetime.fromtimestamp(self.claimed_at, UTC)


class Deliveries:
    """
    The deliveries of one installation.

    Args:
        clock: now, in whole seconds since 1970.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock

    def claim_report(self, of: Subscription, run: str) -> bool:
        """Claim the report of *run* that *of* is due; False: it was claimed or changed meanwhile."""
        after = int(next_due(of.wish.plan, datetime.fromtimestamp(self._clock(), UTC)).timestamp())
        same = (SubscriptionRow.due_at == of.due_at, SubscriptionRow.sent_run == of.sent_run)
        return self._claim(of, REPORT, f"{of.id}:{of.due_at}:{run}", "", same, due_at=after, sent_run=run)

    def claim_alerts(self, of: Subscription, keys: list[str], still: frozenset[str]) -> bool:
        """Claim alerts; of what was told before, *still* stays remembered."""
        told = " ".join(sorted(still | {*keys}))
        same = (SubscriptionRow.told == " ".join(sorted(of.told)),)
        claim = f"{of.id}:{self._clock()}:alerts"
        return self._claim(of, ALERTS, claim, " ".join(keys), same, told=told)

    def remember(self, of: Subscription, still: frozenset[str]) -> None:
        """Forget alerts that are over, so that they are told when they come again."""
        with database.session(self._engine) as session, session.begin():
            told = " ".join(sorted(still))
            session.execute(update(SubscriptionRow).where(SubscriptionRow.id == of.id).values(told=told))

    def ask(self, of: Subscription) -> bool:
        """Claim a report that is to be sent now, whatever is due; False: nothing is sent to it, or one was asked for just now."""
        since = self._clock() - NOW_EVERY_S
        with database.session(self._engine) as session:
            recent = session.scalars(
                select(SubscriptionRow.recipient)
                .join(DeliveryRow, DeliveryRow.subscription == SubscriptionRow.id)
                .where(DeliveryRow.kind == NOW, DeliveryRow.claimed_at > since)
            ).all()
        if any(same_recipient(of.wish.recipient, one) for one in recent):
            return False
        return self._claim(of, NOW, f"{of.id}:{self._clock()}:now", "", (), state=ON)

    def _claim(self, of: Subscription, kind: str, claim: str, about: str, same: tuple[Any, ...], **values: Any) -> bool:
        now = self._clock()
        with database.session(self._engine) as session, session.begin():
            moved = session.execute(
                update(SubscriptionRow)
                .where(SubscriptionRow.id == of.id, SubscriptionRow.state == ON, *same)
                .values(**values)
                .returning(SubscriptionRow.id)
            )
            if moved.first() is None or session.scalar(select(DeliveryRow.id).where(DeliveryRow.claim == claim)):
                return False
            session.add(
                DeliveryRow(
                    subscription=of.id,
                    site=of.site,
                    claim=claim,
                    kind=kind,
                    about=about,
                    state=CLAIMED,
                    tries=0,
                    try_at=now,
                    claimed_at=now,
                    ended_at=None,
                    problem="",
                )
            )
        return True

    def to_try(self) -> list[Delivery]:
        """What is to be tried now, the oldest first."""
        return self._select(DeliveryRow.state == CLAIMED, DeliveryRow.try_at <= self._clock())

    def begin(self, one: Delivery) -> bool:
        """Write that it is tried; False: somebody else does, or it was dropped."""
        wait = BACKOFF_S[min(one.tries, len(BACKOFF_S) - 1)]
        return self._move(one, tries=one.tries + 1, try_at=self._clock() + wait)

    def done(self, one: Delivery, problem: str = "") -> None:
        """Write that the other side took it; *problem* is what there was to say beside it."""
        self._end(one, state=SENT, ended_at=self._clock(), problem=problem)

    def failed(self, one: Delivery, problem: str) -> bool:
        """Write why a try failed; True: there is no other."""
        final, last = problems.is_final(problem), one.tries + 1 >= TRIES_MAX
        if not (final or last):
            self._end(one, problem=problem)
            return False
        self._end(one, problem=problem, state=REFUSED if final else GIVEN_UP, ended_at=self._clock())
        self._stop_undeliverable(one.subscription)
        return True

    def bounced(self, one: Delivery, problem: str) -> bool:
        """Write that what was sent came back; False: it is known, or was not sent."""
        with database.session(self._engine) as session, session.begin():
            found = session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id == one.id, DeliveryRow.state == SENT)
                .values(state=BOUNCED, problem=problem)
                .returning(DeliveryRow.id)
            )
            if found.first() is None:
                return False
        self._stop_undeliverable(one.subscription)
        return True

    def _stop_undeliverable(self, subscription: int) -> None:
        with database.session(self._engine) as session, session.begin():
            since = session.scalar(select(SubscriptionRow.since).where(SubscriptionRow.id == subscription)) or 0
            newest = session.scalars(
                select(DeliveryRow.state)
                .where(
                    DeliveryRow.subscription == subscription,
                    DeliveryRow.state != CLAIMED,
                    DeliveryRow.claimed_at >= since,
                )
                .order_by(DeliveryRow.id.desc())
                .limit(UNDELIVERABLE_MAX)
            ).all()
        if len(newest) == UNDELIVERABLE_MAX and {*newest} <= {REFUSED, BOUNCED}:
            self.stop(subscription)

    def stop(self, subscription: int) -> None:
        """Send nothing more of a subscription, until an editor goes on with it; what waits is dropped."""
        with database.session(self._engine) as session, session.begin():
            stopped = session.execute(
                update(SubscriptionRow)
                .where(SubscriptionRow.id == subscription, SubscriptionRow.state == ON)
                .values(state=STOPPED)
                .returning(SubscriptionRow.id)
            )
            if stopped.first() is not None:
                session.execute(
                    delete(DeliveryRow).where(DeliveryRow.subscription == subscription, DeliveryRow.state == CLAIMED)
                )

    def give_up(self, one: Delivery, problem: str) -> None:
        """End it without another try."""
        self._end(one, state=GIVEN_UP, ended_at=self._clock(), problem=problem)

    def newest(self, site: str) -> dict[int, list[Delivery]]:
        """The ten newest of each subscription of a site, newest first."""
        found: dict[int, list[Delivery]] = {}
        for one in reversed(self._select(DeliveryRow.site == site)):
            own = found.setdefault(one.subscription, [])
            if len(own) < SHOWN:
                own.append(one)
        return found

    def last(self, site: str) -> dict[int, Delivery]:
        """The newest of each subscription of a site."""
        return {subscription: own[0] for subscription, own in self.newest(site).items()}

    def find(self, identity: int) -> Delivery | None:
        """One, of any site."""
        return next(iter(self._select(DeliveryRow.id == identity)), None)

    def next_try(self) -> int | None:
        """When the next one is to be tried; None: nothing waits."""
        with database.session(self._engine) as session:
            return session.scalar(select(func.min(DeliveryRow.try_at)).where(DeliveryRow.state == CLAIMED))

    def forget_old(self) -> None:
        """Delete what ended more than 60 days ago."""
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(DeliveryRow).where(DeliveryRow.ended_at < self._clock() - KEPT_S))

    def _move(self, one: Delivery, **values: Any) -> bool:
        with database.session(self._engine) as session, session.begin():
            found = session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id == one.id, DeliveryRow.state == CLAIMED, DeliveryRow.tries == one.tries)
                .values(**values)
                .returning(DeliveryRow.id)
            )
            return found.first() is not None

    def _end(self, one: Delivery, **values: Any) -> None:
        with database.session(self._engine) as session, session.begin():
            session.execute(update(DeliveryRow).where(DeliveryRow.id == one.id).values(**values))

    def _select(self, *conditions: Any) -> list[Delivery]:
        with database.session(self._engine) as session:
            rows = session.scalars(select(DeliveryRow).where(*conditions).order_by(DeliveryRow.id))
            return [
                Delivery(
                    row.id, row.subscription, row.claim, row.kind, tuple(row.about.split()),
                    row.state, row.tries, row.try_at, row.claimed_at, row.ended_at, row.problem,
                )
                for row in rows
            ]  # fmt: skip
