"""
A message as e-mail: HTML with the charts inside, the same as text, and the whole report as a file on wish.

Nothing in it is fetched from anywhere, so opening it tells nobody anything. Unsubscribing takes one click (RFC 8058).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any, Final

from flask import render_template

from analysis.words import Language
from dashboard.reports import formats
from dashboard.reports.model import Chart, Facts, Table, Tiles
from dashboard.reports.speech import speaking
from dashboard.scheduled import pictures
from dashboard.scheduled.message import Message, plain

CHARTS_MAX: Final = 12  # in the letter; what they would show stands in tables too
HTML_MAX_BYTES: Final = 90_000  # Gmail cuts a letter off at 102 kB, and the way out of it stands at its end
# Not folded: a word longer than a line would be encoded, and no mail program reads an encoded List-Unsubscribe (RFC 2047, 5: not within
# what is structured). They are ASCII, and a line may have 998 characters (RFC 5322, 2.1.1).
WHOLE: Final = frozenset({"message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"})


class _Policy(EmailPolicy):
    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name.lower() in WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii") if name.lower() in WHOLE else super().fold_binary(name, value)


POLICY: Final = _Policy(linesep=SMTP.linesep)


def html(
    message: Message, place: Callable[[bytes], str], draw: Callable[[Chart, Language], bytes] = pictures.png
) -> str:
    """
    The letter as HTML.

    Args:
        place: takes a chart as PNG and gives the address that it is found at.
        draw: draws a chart.
    """
    left = [CHARTS_MAX]

    def image(chart: Chart) -> str:
        left[0] -= 1
        return place(draw(chart, message.lang)) if left[0] >= 0 else ""

    with speaking(message.lang):
        return render_template(
            "scheduled_mail.html", message=message, report=message.report, kind=_kind, image=image, place=place
        )


def fitting(message: Message) -> Message:
    """*message* with as many of its sections as fit a letter; at least the first."""

    def is_too_long(count: int) -> bool:
        page = html(message.first_sections(count), lambda _picture: "cid:" + "x" * 80, lambda _chart, _lang: b"")
        return len(page.encode()) > HTML_MAX_BYTES

    if message.report is None or not is_too_long(message.sections):
        return message
    # Longer with each section, so the first that is too long is found by halving.
    return message.first_sections(max(1, bisect_left(range(message.sections), True, key=is_too_long) - 1))


def write(message: Message, to: str, sender: str, attachment: str) -> EmailMessage:
    """
    The e-mail; writing the same message again gives the same Message-ID.

    Args:
        to: one address.
        sender: our address.
        attachment: format of :data:`dashboard.reports.formats.FORMATS`; "": none.

    Raises:
        ValueError: an address or the subject could be read as another header.
    """
    domain = sender.rpartition("@")[2]
    name = message.way.mark
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address("Telpunt", addr_spec=sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["Content-Language"] = message.lang
    if message.way.leave:
        mail["List-ID"] = f"<{message.site}.reports.{domain}>"  # RFC 2919: for filters
        mail["List-Unsubscribe"] = f"<{message.way.leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    pictures: list[tuple[str, bytes]] = []

    def place(picture: bytes) -> str:
        pictures.append((f"chart-{len(pictures)}.{name}@{domain}", picture))
        return f"cid:{pictures[-1][0]}"

    shortened = fitting(message)
    page = html(shortened, place)
    mail.set_content(plain(shortened), cte="quoted-printable")
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    shown = mail.get_payload()[1]  # type: ignore[index]
    for identity, picture in pictures:
        shown.add_related(picture, "image", "png", cid=f"<{identity}>", disposition="inline")  # type: ignore[union-attr]
    if attachment and message.report:
        form = formats.by_name(attachment)
        kind, _slash, detail = form.media_type.partition("/")
        filename = f"telpunt-{message.site}-{message.report.end.isoformat()}.{attachment}"
        mail.add_attachment(form.write(message.report, message.look), kind, detail, filename=filename)
    return mail


def _kind(block: Any) -> str:
    return {Tiles: "tiles", Facts: "facts", Table: "table", Chart: "chart"}[type(block)]
