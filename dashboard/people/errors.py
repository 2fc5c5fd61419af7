"""
What can be wrong with an account, said in one sentence each.

    InvalidAccount           an account that cannot be made or changed as asked for
    ├── InvalidEmail         the address cannot be one
    ├── InvalidRole          no such role
    ├── WeakPassword         too short or too long
    ├── GuessablePassword    long enough, and among the first that a guesser tries
    ├── EmailTaken           there is an account with that address already
    └── LastAdmin            nobody would be left who may manage accounts
    UnknownAccount           no account has that address
    LinkSpent                a one-time link that was used, has expired or never was
"""

from __future__ import annotations

from typing import Final

from collector.errors import TelpuntError, UsageError

PASSWORD_MIN_CHARS: Final = 12  # OWASP ASVS 4.0.3, 2.1.1
PASSWORD_MAX_CHARS: Final = 128  # the same, 2.1.2; bounds the work of one attempt
ROLES: Final = "viewer, editor, admin"


class InvalidAccount(UsageError):
    """When an account cannot be made or changed as asked for."""


class InvalidEmail(InvalidAccount):
    """When an e-mail address cannot be one."""

    def __init__(self, email: str) -> None:
        super().__init__(f"E-mail address {email[:80]!r} cannot be used; expected one such as name@example.org")


class InvalidRole(InvalidAccount):
    """When a role is not one of ours."""

    def __init__(self, role: str) -> None:
        super().__init__(f"Role {role[:40]!r} is not known; expected one of: {ROLES}")


class WeakPassword(InvalidAccount):
    """When a password is too short, or too long to be worth the work."""

    def __init__(self, characters: int) -> None:
        super().__init__(
            f"The password has {characters} characters; expected {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS}, such as four words in a row"
        )


class GuessablePassword(InvalidAccount):
    """When a password is long enough, and a guesser would try it all the same."""

    def __init__(self) -> None:
        super().__init__(
            "The password is easy to guess; expected one that is not on lists, such as four words in a row"
        )


class EmailTaken(InvalidAccount):
    """When there is an account with that address already."""

    def __init__(self, email: str) -> None:
        super().__init__(f"There is already an account {email!r}; use another address")


class LastAdmin(InvalidAccount):
    """When nobody would be left who may manage accounts."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator; make somebody else administrator first")


class UnknownAccount(UsageError):
    """When a command names an account that is not there."""

    def __init__(self, email: str) -> None:
        super().__init__(
            f"There is no account {email[:80]!r}; add it with: telpunt user add EMAIL --role admin|editor|viewer"
        )


class LinkSpent(TelpuntError):
    """When a one-time link was used, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__("This link was used, has expired or is not complete; ask for a new one")
