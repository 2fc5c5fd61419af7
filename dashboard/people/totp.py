"""
The second factor: a code of six digits from an app (TOTP, RFC 6238), and recovery codes for when the phone is gone.

The secret that the app holds is made of the installation's secret and a random salt; only the salt is in the database, so that reading
the database, or a backup of it alone, makes no codes. Whoever loses the installation's secret file sets second factors up again.
Recovery codes are kept as a keyed hash with the same salt. Each code, of either kind, is taken once.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pyotp
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from dashboard import database
from dashboard.database import RecoveryCodeRow, UserRow
from dashboard.people import accounts
from dashboard.people.errors import UnknownAccount

ISSUER: Final = "Telpunt"
STEP_S: Final = 30  # RFC 6238, 5.2
DRIFT_STEPS: Final = 1  # a code of half a minute ago, or of a clock that is half a minute ahead, is good
SECRET_BYTES: Final = 20  # RFC 4226, 4 (R6)
RECOVERY_CODES: Final = 10
RECOVERY_CHARS: Final = 16  # 79 bits
RECOVERY_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike


@dataclass(frozen=True, slots=True)
class Enrolment:
    """
    What an app needs.

    Attributes:
        secret: Base32, to be typed over.
        uri: ``otpauth://…``, to be scanned.
    """

    secret: str
    uri: str


class SecondFactor:
    """
    The second factors of one installation.

    Args:
        engine: the metadata.
        secret: of the installation; see :func:`dashboard.security.session_secret`.
        clock: now, in whole seconds since 1970.
        new_token: random text of at least 128 bits.
        choose: picks one at random.
    """

    def __init__(
        self,
        engine: Engine,
        secret: bytes,
        clock: Callable[[], int] = accounts.system_clock,
        new_token: Callable[[], str] = accounts.new_token,
        choose: Callable[[Sequence[str]], str] = secrets.choice,
    ) -> None:
        self._engine = engine
        self._secret = secret
        self._clock = clock
        self._new_token = new_token
        self._choose = choose

    def begin(self, user_id: int) -> None:
        """Make a new secret, which is asked for once it is confirmed; where it is asked for already, nothing happens."""
        with database.session(self._engine) as session, session.begin():
            row = _row(session, user_id)
            if row.totp_since is None:
                row.totp_salt, row.totp_step = self._new_token(), None

    def pending(self, user_id: int) -> Enrolment | None:
        """What the app needs, between :meth:`begin` and :meth:`confirm`; None at other times."""
        with database.session(self._engine) as session:
            row = _row(session, user_id)
        if row.totp_salt is None or row.totp_since is not None:
            return None
        maker = self._maker(row.totp_salt)
        return Enrolment(maker.secret, maker.provisioning_uri(name=row.email, issuer_name=ISSUER))

    def confirm(self, user_id: int, code: str) -> list[str] | None:
        """Ask for codes from now on, when this first one is right: gives the recovery codes, to be shown once; else None."""
        with database.session(self._engine) as session, session.begin():
            row = _row(session, user_id)
            if row.totp_salt is None or row.totp_since is not None or not self._take(session, row, code):
                return None
            row.totp_since = self._clock()
            return self._make_codes(session, row)

    def check(self, user_id: int, code: str) -> bool:
        """Is this the code of now, or a recovery code that is left? It is used up."""
        with database.session(self._engine) as session, session.begin():
            row = _row(session, user_id)
            if row.totp_since is None or row.totp_salt is None:
                return False
            return self._take(session, row, code) or self._take_recovery(session, row.totp_salt, row.id, code)

    def new_codes(self, user_id: int) -> list[str]:
        """New recovery codes in place of the old ones; none when no second factor is asked for."""
        with database.session(self._engine) as session, session.begin():
            row = _row(session, user_id)
            return self._make_codes(session, row) if row.totp_since is not None else []

    def codes_left(self, user_id: int) -> int:
        """How many recovery codes were not used."""
        with database.session(self._engine) as session:
            count = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id)
            return session.scalar(count) or 0

    def turn_off(self, user_id: int) -> None:
        """Ask for no second factor, and forget its secret and codes."""
        turn_off(self._engine, user_id)

    def _maker(self, salt: str) -> pyotp.TOTP:
        key = hmac.digest(self._secret, b"telpunt second factor\0" + salt.encode(), "sha256")[:SECRET_BYTES]
        return pyotp.TOTP(base64.b32encode(key).decode(), interval=STEP_S)

    def _take(self, session: Session, row: UserRow, code: str) -> bool:
        given, now = _clean(code), self._clock()
        maker = self._maker(row.totp_salt or "")
        for drift in range(-DRIFT_STEPS, DRIFT_STEPS + 1):
            step = now // STEP_S + drift
            if hmac.compare_digest(maker.generate_otp(step).encode(), given.encode()):
                # One UPDATE decides who was first when a code is sent twice.
                taken = update(UserRow).where(UserRow.id == row.id, func.coalesce(UserRow.totp_step, -1) < step)
                return session.execute(taken.values(totp_step=step).returning(UserRow.id)).one_or_none() is not None
        return False

    def _take_recovery(self, session: Session, salt: str, user_id: int, code: str) -> bool:
        which = (RecoveryCodeRow.digest == self._digest(salt, _clean(code))) & (RecoveryCodeRow.user_id == user_id)
        gone = session.execute(delete(RecoveryCodeRow).where(which).returning(RecoveryCodeRow.user_id))
        return gone.one_or_none() is not None

    def _make_codes(self, session: Session, row: UserRow) -> list[str]:
        session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == row.id))
        codes = ["".join(self._choose(RECOVERY_ALPHABET) for _ in range(RECOVERY_CHARS)) for _ in range(RECOVERY_CODES)]
        digests = [self._digest(row.totp_salt or "", code) for code in codes]
        session.add_all(RecoveryCodeRow(digest=digest, user_id=row.id) for digest in digests)
        return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_CHARS, 4)) for code in codes]

    def _digest(self, salt: str, code: str) -> str:
        return hmac.digest(self._secret, f"telpunt recovery\0{salt}\0{code}".encode(), "sha256").hex()


def turn_off(engine: Engine, user_id: int) -> None:
    """For a command, which needs no secret: see :meth:`SecondFactor.turn_off`."""
    with database.session(engine) as session, session.begin():
        row = _row(session, user_id)
        row.totp_salt = row.totp_since = row.totp_step = None
        session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))


def _row(session: Session, user_id: int) -> UserRow:
    row = session.get(UserRow, user_id)
    if row is None:
        raise UnknownAccount(str(user_id))
    return row


def _clean(code: str) -> str:
    return "".join(character for character in code[:64].lower() if character.isalnum())
