"""When a subscription is due: every week on a day and hour, or every month, in the recipient's time zone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Plan:
    """
    When something is to be sent.

    Attributes:
        weekday: 0 is Monday; None: every month.
        day: of the month, 1 to 31; a shorter month has it on its last day. Of no meaning when it is weekly.
        hour: 0 to 23, in *zone*.
        zone: IANA name.
    """

    weekday: int | None
    day: int
    hour: int
    zone: str


def next_due(plan: Plan, after: datetime) -> datetime:
    """
    The first moment later than *after* at which *plan* is due, UTC.

    An hour that a summer time skips is taken as if the clock had not been moved (so an hour later by the wall); of one that comes
    twice, the first.

    Args:
        after: aware.
    """
    zone = ZoneInfo(plan.zone)
    day = after.astimezone(zone).date()
    while True:
        if _falls_on(plan, day):
            at = datetime.combine(day, time(plan.hour), zone).astimezone(UTC)
            if at > after:
                return at
        day += timedelta(days=1)


def _falls_on(plan: Plan, day: date) -> bool:
    if plan.weekday is not None:
        return day.weekday() == plan.weekday
    return day.day == min(plan.day, monthrange(day.year, day.month)[1])
