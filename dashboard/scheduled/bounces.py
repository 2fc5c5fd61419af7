"""
Letters that came back: reads what mail servers send to the sender when they could not deliver after all (RFC 3464).

Such mail comes from anybody. It counts when the letter that it speaks of has a Message-ID with our mark, an HMAC that only who has had
the letter can know: a recipient, or a mail server on the way. And it only writes down that the letter came back; not before three
letters in a row did is a subscription stopped, and an editor can go on with it. So nobody outside can end somebody's reports.
"""

from __future__ import annotations

import hmac
import mailbox
import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from pathlib import Path
from typing import BinaryIO, Final

from dashboard.scheduled import problems
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.subscriptions import Subscriptions

LETTER_MAX_BYTES: Final = 2_000_000  # the notice, and what it sends back of the letter; the rest is not read
PARTS_MAX: Final = 50
MARK: Final = re.compile(r"<([1-9][0-9]{0,17})\.([0-9a-f]{40})@[^<>\s]{1,255}>")
STATUS: Final = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")


def read(path: Path) -> Iterator[bytes]:
    """
    The letters of a Maildir, an mbox or a file with one letter; each up to a bound.

    Raises:
        OSError: it can't be read.
    """
    if path.is_dir():
        folder = mailbox.Maildir(path, create=False)
        for key in folder.iterkeys():
            with folder.get_file(key) as file:
                yield file.read(LETTER_MAX_BYTES)
        return
    with path.open("rb") as file:
        yield from split(file)


def split(file: BinaryIO) -> Iterator[bytes]:
    """The letters of an open mbox, or the one letter that it is (with the line before it that a mail server may put there)."""
    letter: list[bytes] = []
    size = 0
    for line in file:
        if line.startswith(b"From ") and letter and letter[-1].strip() == b"":
            yield b"".join(letter)
            letter, size = [], 0
        elif size < LETTER_MAX_BYTES and not (line.startswith(b"From ") and not letter):
            letter.append(line)
            size += len(line)
    if letter:
        yield b"".join(letter)


def failed(letter: bytes) -> tuple[str, str] | None:
    """
    Which letter of ours could not be delivered, by this notice; None: it is none, or tells of a delay or of success.

    Returns:
        The mark of its Message-ID (not checked), and the status such as 5.1.1, or "".
    """
    try:
        told = message_from_bytes(letter[:LETTER_MAX_BYTES], policy=policy.default)
        if told.get_content_type() != "multipart/report":
            return None
        parts = [part for part, _place in zip(told.walk(), range(PARTS_MAX), strict=False)]
        status = next(iter(_statuses(parts)), None)
        mark = next(iter(_marks(parts[1:])), None)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None  # the library's parsers of headers raise all of these on what is none
    return None if status is None or mark is None else (mark, status)


def _statuses(parts: Iterable[Message]) -> Iterator[str]:
    for part in parts:
        if str(part.get("Action", "")).strip().casefold() == "failed":
            found = STATUS.match(str(part.get("Status", "")).strip())
            yield found[0] if found else ""


def _marks(parts: Iterable[Message]) -> Iterator[str]:
    """Of the headers of what is sent back: a letter is a part of its own, headers alone are the text of one."""
    for part in parts:
        named = str(part.get("Message-ID", ""))
        if part.get_content_type() == "text/rfc822-headers" and isinstance(part, EmailMessage):
            named = str(message_from_bytes(part.get_payload(decode=True) or b"").get("Message-ID", ""))  # type: ignore[arg-type]
        if found := MARK.search(named):
            yield f"{found[1]}.{found[2]}"


def note(letters: Iterable[bytes], deliveries: Deliveries, subscriptions: Subscriptions) -> tuple[int, int]:
    """
    Write down which letters of ours came back.

    Returns:
        How many came back, and how many of *letters* say nothing of ours.
    """
    back = others = 0
    for letter in letters:
        told = failed(letter)
        if told and _is_back(*told, deliveries, subscriptions):
            back += 1
        else:
            others += 1
    return back, others


def _is_back(mark: str, status: str, deliveries: Deliveries, subscriptions: Subscriptions) -> bool:
    delivery = deliveries.find(int(mark.partition(".")[0]))
    of = subscriptions.by_number(delivery.subscription) if delivery else None
    if delivery is None or of is None or not hmac.compare_digest(subscriptions.mark(of, delivery.id), mark):
        return False
    return deliveries.bounced(delivery, f"{problems.BOUNCED} {status}".strip())
