"""
Claimed, then sent: what became of each report and alert.

    claim        a row is written, and the subscription moved on to its next time, in one transaction: nothing is claimed twice
    begin        before each try it is written that it is tried, and when next, so that a crash is a try too
    done/failed  after it; a try that ended without either (a crash) is made again when its time has come

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
from dashboard.scheduled.subscriptions import ON, Subscription
from dashboard.scheduled.times import next_due

REPORT, ALERTS, NOW = "report", "alerts", "now"
CLAIMED, SENT, GIVEN_UP = "claimed", "sent", "given_up"
# Before the second try and each one after it. It is given up some nine hours after the first.
BACKOFF_S: Final = (600, 1800, 3600, 7200, 18_000)
TRIES_MAX: Final = len(BACKOFF_S) + 1
KEPT_S: Final = 60 * 86_400


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    A claimed report or alert.

    Attributes:
        claim: what it is; the same for every try.
        kind: ``report``, ``alerts``, or ``now`` for a report that an editor asked for.
        about: keys of the alerts.
        problem: why the last try failed, in English, without an address; "" when none did.
    """

    id: int
    subscription: int
    claim: str
    kind: str
    about: tuple[str, ...]
    state: str
    tries: int
    try_at: int
    ended_at: int | None
    problem: str


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

    def ask(self, of: Subscription) -> None:
        """Claim a report that is to be sent now, whatever is due; once a second."""
        self._claim(of, NOW, f"{of.id}:{self._clock()}:now", "", (), state=ON)

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

    def done(self, one: Delivery) -> None:
        """Write that the other side took it."""
        self._end(one, state=SENT, ended_at=self._clock(), problem="")

    def failed(self, one: Delivery, problem: str) -> bool:
        """Write why a try failed; True: it was the last."""
        last = one.tries + 1 >= TRIES_MAX
        self._end(one, problem=problem[:300], **({"state": GIVEN_UP, "ended_at": self._clock()} if last else {}))
        return last

    def give_up(self, one: Delivery, problem: str) -> None:
        """End it without another try."""
        self._end(one, state=GIVEN_UP, ended_at=self._clock(), problem=problem[:300])

    def last(self, site: str) -> dict[int, Delivery]:
        """The newest of each subscription of a site."""
        return {one.subscription: one for one in self._select(DeliveryRow.site == site)}

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
                    row.state, row.tries, row.try_at, row.ended_at, row.problem,
                )
                for row in rows
            ]  # fmt: skip
