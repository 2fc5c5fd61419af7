"""
A message as e-mail: HTML with the charts inside, the same as text, and the whole report as a file on wish.

Nothing in it is fetched from anywhere, so opening it tells nobody anything. Unsubscribing takes one click (RFC 8058).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any, Final

from flask import render_template

from dashboard.reports import drawing, formats
from dashboard.reports.model import Chart, Facts, Table, Tiles
from dashboard.reports.speech import speaking
from dashboard.scheduled.message import Message, plain

CHARTS_MAX: Final = 24  # in the letter; what they would show stands in tables too
SCALE: Final = 2  # dots per px, for screens that have them


def html(message: Message, place: Callable[[bytes], str]) -> str:
    """
    The letter as HTML.

    Args:
        place: takes a chart as PNG and gives the address that it is found at.
    """
    left = [CHARTS_MAX]

    def image(chart: Chart) -> str:
        left[0] -= 1
        return place(png(chart, message)) if left[0] >= 0 else ""

    with speaking(message.lang):
        return render_template("scheduled_mail.html", message=message, report=message.report, kind=_kind, image=image)


def png(chart: Chart, message: Message) -> bytes:
    """A chart as picture."""
    import vl_convert

    spec = {**drawing.spec(chart, message.lang, drawing.SCREEN), "background": "#ffffff"}
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE))


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
    name = hashlib.sha256(message.claim.encode()).hexdigest()[:32]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Telpunt", addr_spec=sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = message.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if message.leave:
        mail["List-Unsubscribe"] = f"<{message.leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    pictures: list[tuple[str, bytes]] = []

    def place(picture: bytes) -> str:
        pictures.append((f"chart-{len(pictures)}.{name}@{domain}", picture))
        return f"cid:{pictures[-1][0]}"

    page = html(message, place)
    mail.set_content(plain(message))
    mail.add_alternative(page, subtype="html")
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
