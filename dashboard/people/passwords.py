"""
Passwords: what is taken as one, and how it is kept: as Argon2id (RFC 9106), never as itself.

A hash costs 64 MiB and some 50 ms of one core, on purpose. At most two are made at a time in one process, so that a crowd at the door
takes no more than 128 MiB; who comes after waits.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.people.errors import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, GuessablePassword, WeakPassword

AT_ONCE_MAX: Final = 2
# Of zxcvbn's 0 to 4: "somewhat guessable" and better, more than 10^6 guesses. It knows lists of common passwords, names and keyboards.
SCORE_MIN: Final = 2
JUDGED_CHARS: Final = 32  # of signs that stand for letters these take zxcvbn half a second; 72 take 2.7 s


class Passwords:
    """
    Hashes and checks.

    Args:
        hasher: the default is Argon2id with RFC 9106's low-memory parameters (3 passes, 64 MiB, 4 lanes).
        decoy: random text; it is checked against where there is no password, so that the answer takes as long as where there is.
    """

    def __init__(self, hasher: PasswordHasher | None, decoy: str) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._decoy_text = decoy
        self._decoy: str | None = None

    def hash(self, password: str, *, near: Iterable[str] = ()) -> str:
        """
        What is kept of a new password.

        Args:
            near: what a guesser knows of its owner, such as the e-mail address.

        Raises:
            WeakPassword: it is too short or too long.
            GuessablePassword: it is common, a keyboard row, a repetition, or the address.
        """
        clean = _clean(password)
        if not PASSWORD_MIN_CHARS <= len(clean) <= PASSWORD_MAX_CHARS:
            raise WeakPassword(len(clean))
        if _score(clean, near) < SCORE_MIN:
            raise GuessablePassword
        with self._turn:
            return self._hasher.hash(clean)

    def verify(self, kept: str | None, password: str) -> bool:
        """Is *password* the one of which *kept* was kept? With None the same work is done, and the answer is no."""
        with self._turn:
            # Made by the first check, whether it needs it or not; so commands that check nothing don't wait for it.
            decoy = self._decoy = self._decoy or self._hasher.hash(self._decoy_text)
        try:
            with self._turn:
                self._hasher.verify(kept or decoy, _clean(password[: PASSWORD_MAX_CHARS + 1]))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def again(self, kept: str, password: str) -> str | None:
        """A new hash when *kept* was made with other parameters than today's, else None; *password* was verified."""
        if not self._hasher.check_needs_rehash(kept):
            return None
        with self._turn:
            return self._hasher.hash(_clean(password))


def _clean(password: str) -> str:
    # The same characters typed on another keyboard may come in another form (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _score(password: str, near: Iterable[str]) -> int:
    from zxcvbn import zxcvbn

    known = ["telpunt", *(part for text in near for part in (text, *text.replace(".", "@").split("@")) if part)]
    score: int = zxcvbn(password[:JUDGED_CHARS], user_inputs=known)["score"]
    return score
