from __future__ import annotations

import base64
from collections.abc import Iterator

import pyotp
import pytest
from sqlalchemy import Engine, text

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people import totp
from dashboard.people.accounts import Account, Accounts
from dashboard.people.errors import UnknownAccount
from dashboard.people.totp import SecondFactor
from tests.dashboard.conftest import Clock

SECRET = b"s" * 32


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


@pytest.fixture
def factor(engine: Engine, clock: Clock) -> SecondFactor:
    return SecondFactor(engine, SECRET, clock)


@pytest.fixture
def anna(engine: Engine) -> Account:
    return Accounts(engine).add("anna@example.org", "admin", None)


@pytest.fixture
def app(factor: SecondFactor, anna: Account, clock: Clock) -> pyotp.TOTP:
    """The app on Anna's phone, after scanning; the second factor is not on yet."""
    factor.begin(anna.id)
    pending = factor.pending(anna.id)
    assert pending
    parsed = pyotp.parse_uri(pending.uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.secret == pending.secret
    assert (parsed.issuer, parsed.name) == ("Telpunt", "anna@example.org")
    return parsed


def test_it_is_on_after_the_first_right_code(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock, engine: Engine
) -> None:
    """Scanning alone turns nothing on, so a broken app locks nobody out."""
    accounts = Accounts(engine)
    assert not accounts.named(anna.email).second_factor
    assert not factor.check(anna.id, app.at(clock.now))
    assert factor.confirm(anna.id, "000000") is None
    codes = factor.confirm(anna.id, app.at(clock.now))
    assert codes
    assert len(set(codes)) == 10
    assert accounts.named(anna.email).second_factor
    assert factor.pending(anna.id) is None
    assert factor.confirm(anna.id, app.at(clock.now + 30)) is None


def test_the_secret_is_160_random_bits(factor: SecondFactor, anna: Account, app: pyotp.TOTP) -> None:
    """RFC 4226 asks for 160 bits; starting over makes another secret."""
    assert len(base64.b32decode(app.secret)) == 20
    factor.begin(anna.id)
    again = factor.pending(anna.id)
    assert again
    assert again.secret != app.secret


@pytest.mark.parametrize(("drift_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_of_half_a_minute_ago_is_good(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock, drift_s: int, taken: bool
) -> None:
    """One step of drift to each side, and no more (RFC 6238, 5.2)."""
    assert factor.confirm(anna.id, app.at(clock.now))
    clock.now += 300
    assert factor.check(anna.id, app.at(clock.now + drift_s)) is taken


def test_no_code_is_taken_twice(factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock) -> None:
    """Neither the same code again, nor an older one after a newer one: who looked over a shoulder is late."""
    assert factor.confirm(anna.id, app.at(clock.now))
    assert not factor.check(anna.id, app.at(clock.now))
    clock.now += 60
    older, newer = app.at(clock.now - 30), app.at(clock.now)
    assert factor.check(anna.id, newer)
    assert not factor.check(anna.id, newer)
    assert not factor.check(anna.id, older)


def test_a_recovery_code_works_once_however_it_is_typed(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock
) -> None:
    """Capitals, blanks and missing hyphens don't matter; new codes make the old ones void."""
    codes = factor.confirm(anna.id, app.at(clock.now))
    assert codes
    assert factor.check(anna.id, codes[0].upper().replace("-", " "))
    assert not factor.check(anna.id, codes[0])
    assert factor.codes_left(anna.id) == 9
    renewed = factor.new_codes(anna.id)
    assert not factor.check(anna.id, codes[1])
    assert factor.check(anna.id, renewed[1])


def test_codes_of_another_account_are_none(factor: SecondFactor, anna: Account, engine: Engine, clock: Clock) -> None:
    """Neither code nor recovery code of one opens another."""
    bert = Accounts(engine).add("bert@example.org", "viewer", None)
    recovery = {}
    for account in (anna, bert):
        factor.begin(account.id)
        pending = factor.pending(account.id)
        assert pending
        recovery[account.id] = factor.confirm(account.id, pyotp.TOTP(pending.secret).at(clock.now)) or []
    assert not factor.check(anna.id, recovery[bert.id][0])
    assert factor.check(bert.id, recovery[bert.id][0])


def test_the_database_alone_makes_no_codes(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock, engine: Engine
) -> None:
    """Neither secret nor recovery code is in the database, and with another installation's secret its salt is worth nothing."""
    codes = factor.confirm(anna.id, app.at(clock.now))
    assert codes
    with engine.connect() as connection:
        kept = str(
            [connection.execute(text(f"SELECT * FROM {table}")).all() for table in ("users", "recovery_codes")]
        ).lower()
    assert app.secret.lower() not in kept
    assert codes[0] not in kept
    assert codes[0].replace("-", "") not in kept
    clock.now += 60
    elsewhere = SecondFactor(engine, b"t" * 32, clock)
    assert not elsewhere.check(anna.id, app.at(clock.now))
    assert not elsewhere.check(anna.id, codes[0])


def test_turning_off_forgets(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock, engine: Engine
) -> None:
    """After turning it off nothing is asked for and no code is good; turning it on again makes another secret."""
    codes = factor.confirm(anna.id, app.at(clock.now))
    assert codes
    totp.turn_off(engine, anna.id)
    assert not Accounts(engine).named(anna.email).second_factor
    assert factor.codes_left(anna.id) == 0
    assert not factor.check(anna.id, codes[0])
    assert factor.new_codes(anna.id) == []
    factor.begin(anna.id)
    pending = factor.pending(anna.id)
    assert pending
    assert pending.secret != app.secret


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "１２３４５６", "\0" * 6, "a" * 100_000, "½½½½½½"])
def test_odd_codes_are_wrong_and_no_more(
    factor: SecondFactor, anna: Account, app: pyotp.TOTP, clock: Clock, code: str
) -> None:
    """Whatever is typed, the answer is yes or no."""
    factor.confirm(anna.id, app.at(clock.now))
    clock.now += 60
    assert not factor.check(anna.id, code)


def test_an_account_that_is_gone_is_an_error(factor: SecondFactor) -> None:
    """Nobody's second factor can't be checked."""
    with pytest.raises(UnknownAccount):
        factor.check(999, "000000")
