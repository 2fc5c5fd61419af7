"""What several forms about accounts share: the two fields of a new password, and problems in the words of the page."""

from __future__ import annotations

from flask import request

from dashboard.language import gettext as _
from dashboard.people.errors import (
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    EmailTaken,
    GuessablePassword,
    InvalidEmail,
    LastAdmin,
    WeakPassword,
)


class PasswordsDiffer(Exception):
    """When a new password and its repetition are not the same."""


def new_password() -> str:
    """The new password of the form; PasswordsDiffer when it was not repeated."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise PasswordsDiffer
    return password


def limits() -> dict[str, int]:
    """What the fields of a new password ask for."""
    return {"least": PASSWORD_MIN_CHARS, "most": PASSWORD_MAX_CHARS}


def in_words(error: Exception) -> str:
    """An account problem as the page says it."""
    match error:
        case PasswordsDiffer():
            return _("The two passwords are not the same.")
        case WeakPassword():
            return _(
                "The password must have at least %(least)s characters. Four words in a row are good.",
                least=PASSWORD_MIN_CHARS,
            )
        case GuessablePassword():
            return _("This password is easy to guess: it is common, or a pattern. Four words in a row are good.")
        case InvalidEmail():
            return _("That is not an e-mail address such as name@example.org.")
        case EmailTaken():
            return _("There is an account with that address already.")
        case LastAdmin():
            return _("This is the last administrator. Make somebody else administrator first.")
        case _:
            return str(error)
