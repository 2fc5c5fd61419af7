from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people.accounts import Account, Accounts
from dashboard.people.sessions import DAY_S, Sessions, day_of
from tests.dashboard.conftest import Clock


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


@pytest.fixture
def sessions(engine: Engine, settings: Settings, clock: Clock) -> Sessions:
    return Sessions(engine, settings, clock)


@pytest.fixture
def anna(engine: Engine) -> Account:
    return Accounts(engine).add("anna@example.org", "admin", None)


def test_a_session_opens_one_account(sessions: Sessions, anna: Account) -> None:
    """What the cookie holds finds its account; anything else finds none."""
    token = sessions.begin(anna.id, "desktop")
    assert sessions.find(token) == anna
    assert sessions.find(token + "x") is None
    assert sessions.find("") is None


def test_the_database_opens_nothing(sessions: Sessions, anna: Account, engine: Engine) -> None:
    """Of a session is kept a hash, the class of device and days: nothing that opens it or tells who it was."""
    token = sessions.begin(anna.id, "mobile")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM sessions")).mappings().all()
    assert set(rows[0]) == {"digest", "user_id", "device", "created_at", "last_day"}
    assert token not in str(rows)
    assert sessions.find(rows[0]["digest"]) is None


def test_a_session_lasts_thirty_days_at_most(sessions: Sessions, anna: Account, clock: Clock) -> None:
    """Used daily it ends all the same, and the next one to begin sweeps it away."""
    start = clock.now
    token = sessions.begin(anna.id, "desktop")
    for day in range(1, 30):
        clock.now = start + day * DAY_S
        assert sessions.find(token), day
    clock.now = start + 30 * DAY_S
    assert sessions.find(token) is None
    sessions.begin(anna.id, "tablet")
    assert [each.device for each in sessions.of(anna.id)] == ["tablet"]


def test_an_unused_session_ends(sessions: Sessions, anna: Account, clock: Clock) -> None:
    """The fifteenth day without use is one too many."""
    token = sessions.begin(anna.id, "desktop")
    clock.now += 15 * DAY_S
    assert sessions.find(token) is None
    assert sessions.of(anna.id) == []
    assert sessions.last_days() == {}


def test_the_last_day_is_kept_and_no_finer_time(sessions: Sessions, anna: Account, clock: Clock) -> None:
    """Using a session again the same day writes nothing; the next day it writes the day."""
    token = sessions.begin(anna.id, "desktop")
    first = sessions.of(anna.id)
    clock.now += 60 if clock.now % DAY_S < DAY_S - 60 else 0
    sessions.find(token)
    assert sessions.of(anna.id) == first
    clock.now += DAY_S
    sessions.find(token)
    assert sessions.last_days() == {anna.id: day_of(clock.now // DAY_S)}


def test_ending(sessions: Sessions, anna: Account, engine: Engine) -> None:
    """One, all but one, all; and only those of the account that is named."""
    bert = Accounts(engine).add("bert@example.org", "viewer", None)
    tokens = [sessions.begin(anna.id, "desktop") for _ in range(3)]
    other = sessions.begin(bert.id, "desktop")
    ids = {each.id for each in sessions.of(anna.id)}
    sessions.end(bert.id, next(iter(ids)))
    assert len(sessions.of(anna.id)) == 3
    sessions.end_token(tokens[0])
    assert [bool(sessions.find(token)) for token in tokens] == [False, True, True]
    [keep, _] = sessions.of(anna.id)
    sessions.end_all(anna.id, but=keep.id)
    assert [each.id for each in sessions.of(anna.id)] == [keep.id]
    sessions.end_all(anna.id)
    assert sessions.of(anna.id) == []
    assert sessions.find(other)


def test_days_count_from_1970() -> None:
    """The number of a day is the number of midnights since 1 January 1970."""
    assert day_of(0).isoformat() == "1970-01-01"
    assert day_of(20_780).isoformat() == "2026-11-23"
