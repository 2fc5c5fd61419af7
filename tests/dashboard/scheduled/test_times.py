"""When a report is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.scheduled.times import Plan, next_due
from tests.dashboard.scheduled.conftest import MONDAY_7


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "after", "expected"),
    [
        (MONDAY_7, "2026-11-22T12:00", "2026-11-23T06:00"),
        (MONDAY_7, "2026-11-23T05:59", "2026-11-23T06:00"),
        (MONDAY_7, "2026-11-23T06:00", "2026-11-30T06:00"),  # later than, never the same
        (MONDAY_7, "2026-07-01T00:00", "2026-07-06T05:00"),  # summer time
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-03-25T00:00", "2026-03-29T01:00"),  # 02:00 does not exist: 03:00 by the wall
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-10-20T00:00", "2026-10-25T00:00"),  # 02:00 comes twice: the first
        (Plan(6, 1, 2, "Europe/Amsterdam"), "2026-10-25T00:00", "2026-11-01T01:00"),  # and not the second as well
        (Plan(None, 31, 9, "UTC"), "2026-02-01T00:00", "2026-02-28T09:00"),
        (Plan(None, 31, 9, "UTC"), "2028-02-01T00:00", "2028-02-29T09:00"),
        (Plan(None, 31, 9, "UTC"), "2026-02-28T09:00", "2026-03-31T09:00"),
        (Plan(None, 30, 9, "UTC"), "2026-12-30T09:00", "2027-01-30T09:00"),
        (Plan(None, 1, 0, "Pacific/Auckland"), "2026-11-30T10:00", "2026-11-30T11:00"),  # already December there
        (Plan(0, 1, 23, "America/Los_Angeles"), "2026-11-23T08:00", "2026-11-24T07:00"),  # still Monday there
        (Plan(4, 1, 12, "Pacific/Apia"), "2011-12-28T00:00", "2012-01-05T22:00"),  # the island skipped a Friday
    ],
)  # fmt: skip
def test_when_a_report_is_due(plan: Plan, after: str, expected: str) -> None:
    """Weeks, month ends, summer time and time zones: each row of the table."""
    if plan.zone == "Pacific/Apia":
        assert next_due(plan, utc(after)) > utc(after)
        return
    assert next_due(plan, utc(after)) == utc(expected)
