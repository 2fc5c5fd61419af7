"""What somebody chose: to whom, when, about what; and whether it can be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from collector.errors import UsageError
from dashboard.exports.names import CHAPTERS, LANGUAGES
from dashboard.people import accounts
from dashboard.scheduled.times import Plan

MAIL: Final = "mail"
CHANNELS: Final = (MAIL, "json", "slack", "teams")
ATTACHMENTS: Final = ("", "pdf", "xlsx", "pptx")
SEGMENT: Final = re.compile("[a-z][0-9]{1,9}")
URL_MAX_CHARS: Final = 500


class InvalidSubscription(UsageError):
    """When a subscription cannot be kept as asked for; *field* says which part of it."""

    def __init__(self, field: str, expected: str) -> None:
        self.field = field
        super().__init__(f"The {field} of the subscription can't be used; expected {expected}")


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody chose.

    Attributes:
        channel: of :data:`CHANNELS`.
        recipient: an e-mail address, or the https address of a webhook.
        chapters: of :data:`dashboard.exports.names.CHAPTERS`, at least one.
        attachment: of :data:`ATTACHMENTS`; e-mail only.
        alerts: between reports too, when an audience appears, splits or drops, or visits stop.
        segment: id of the audience that it is all about; "": the whole site.
    """

    channel: str
    recipient: str
    language: str
    plan: Plan
    chapters: tuple[str, ...]
    attachment: str = ""
    alerts: bool = False
    segment: str = ""

    @property
    def shown(self) -> str:
        """The recipient for a page: of a webhook its host and its end, since whoever knows the whole of it can post there."""
        if self.channel == MAIL:
            return self.recipient
        return f"{urlsplit(self.recipient).hostname}/…{self.recipient[-4:]}"

    def checked(self) -> Wish:
        """
        The wish itself, when all of it can be used.

        Raises:
            InvalidSubscription: it can't.
        """
        plan = self.plan
        good = {
            "channel": (self.channel in CHANNELS, " or ".join(CHANNELS)),
            "recipient": (
                is_email(self.recipient) if self.channel == MAIL else is_webhook(self.recipient),
                "an e-mail address, or the https address of a webhook",
            ),
            "language": (self.language in LANGUAGES, " or ".join(LANGUAGES)),
            "time": (
                (plan.weekday is None or 0 <= plan.weekday <= 6) and 1 <= plan.day <= 31 and 0 <= plan.hour <= 23,
                "a weekday or a day of the month, and a whole hour",
            ),
            "zone": (plan.zone in available_timezones(), "a time zone such as Europe/Amsterdam"),
            "chapters": (bool(self.chapters) and set(self.chapters) <= {*CHAPTERS}, f"some of {', '.join(CHAPTERS)}"),
            "attachment": (
                self.attachment in (ATTACHMENTS if self.channel == MAIL else ("",)),
                "pdf, xlsx or pptx, to an e-mail only",
            ),
            "segment": (
                not self.segment or bool(SEGMENT.fullmatch(self.segment)),
                "the id of an audience, such as s3",
            ),
        }
        for field, (is_good, expected) in good.items():
            if not is_good:
                raise InvalidSubscription(field, expected)
        return self


def is_email(text: str) -> bool:
    """Is it one address, and nothing that could be more than one?"""
    if not accounts.EMAIL.fullmatch(text) or not text.isascii():
        return False
    try:
        return Address(addr_spec=text).addr_spec == text
    except (MessageError, ValueError, IndexError):
        return False


def same_recipient(one: str, other: str) -> bool:
    """Do they lead to one mailbox or webhook? Capitals make no other mailbox anywhere that matters."""
    return one == other or ("@" in one and one.casefold() == other.casefold())


def is_webhook(text: str) -> bool:
    """Is it an address that may be posted to, as far as it can be told from itself? Where it leads is looked at before each post."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    printable = text.isascii() and text.isprintable() and " " not in text and len(text) <= URL_MAX_CHARS
    named = bool(parts.hostname) and not parts.username and not parts.password and port != 0
    return printable and parts.scheme == "https" and named and not parts.fragment
