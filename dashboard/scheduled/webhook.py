"""
A message to a webhook: as JSON of our own, or shaped for Slack or Teams; signed, and posted without being a way into the network.

The signature is HMAC-SHA256, in hex, of the timestamp, a full stop and the body; the timestamp is signed too, so that a receiver can
refuse what was recorded and sent again. Text from outside is never put where Slack or Teams read markup.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from collector.errors import TelpuntError
from collector.settings import Network
from dashboard.check import AGENT
from dashboard.fetching import Alarm, Lookup, Refused, address_of, look_up
from dashboard.reports.model import Facts, Report, Table, Tiles
from dashboard.scheduled.message import Message

TIMEOUT_S: Final = 15.0
ANSWER_MAX_BYTES: Final = 1024
SLACK_HEAD_MAX, SLACK_TEXT_MAX, SLACK_BLOCKS_MAX = 150, 3000, 40  # of its limits 150, 3000 and 50
TEAMS_LINES_MAX: Final = 60  # a card may have 28 kB
LINE_MAX: Final = 300


class NotPosted(TelpuntError):
    """When a webhook did not take a message; *reason* names neither its address nor what it answered."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The webhook did not take the message ({reason})")


def body(message: Message, shape: str) -> bytes:
    """What is posted; *shape* is json, slack or teams."""
    made: Mapping[str, Callable[[Message], dict[str, Any]]] = {"json": _own, "slack": _slack, "teams": _teams}
    return json.dumps(made[shape](message), ensure_ascii=False).encode()


def signature(key: str, timestamp: int, content: bytes) -> str:
    """What the header X-Telpunt-Signature says."""
    return "v1=" + hmac.new(key.encode(), str(timestamp).encode() + b"." + content, hashlib.sha256).hexdigest()


def post(
    url: str,
    content: bytes,
    *,
    key: str,
    claim: str,
    now: int,
    networks: tuple[Network, ...] = (),
    timeout_s: float = TIMEOUT_S,
    lookup: Lookup = look_up,
) -> None:
    """
    Post *content*; redirects are not followed.

    Args:
        url: of https; plain http is for networks that TELPUNT_FETCH_NETWORKS names only, and no form takes it.
        key: that signs it.
        claim: what it is; the same for every try.
        now: seconds since 1970, for the signature.
        networks: whose addresses may be posted to though they are not public.

    Raises:
        NotPosted: it may not be posted to, does not answer in time, or answers with anything but 2xx.
    """
    alarm = Alarm(timeout_s)
    headers = {
        "User-Agent": AGENT,
        "Content-Type": "application/json",
        "Connection": "close",
        "X-Telpunt-Timestamp": str(now),
        "X-Telpunt-Signature": signature(key, now, content),
        "Idempotency-Key": hashlib.sha256(claim.encode()).hexdigest()[:32],
    }
    try:
        status = _once(url, content, headers, alarm, networks, lookup)
    except Refused:
        raise NotPosted("its address is not public; see TELPUNT_FETCH_NETWORKS") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Its text may hold the address, which is a secret of Slack's and Teams'.
        reason = (
            f"no answer in {timeout_s:.0f} s" if alarm.rang or isinstance(error, TimeoutError) else type(error).__name__
        )
        raise NotPosted(reason) from None
    finally:
        alarm.off()
    if not 200 <= status < 300:
        raise NotPosted(f"it answered {status}")


def _once(
    url: str, content: bytes, headers: dict[str, str], alarm: Alarm, networks: tuple[Network, ...], lookup: Lookup
) -> int:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = address_of(host, port, networks, lookup)
    if parts.scheme not in ("http", "https") or (not secure and not _is_own(address, networks)):
        raise ValueError
    plain = socket.create_connection((address, port), alarm.left())
    try:
        connected = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    except BaseException:
        plain.close()
        raise
    with connected:
        alarm.watch(connected)
        connection = http.client.HTTPConnection(host, port, timeout=alarm.left())
        connection.sock = connected
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, content, headers)
        with connection.getresponse() as answer:
            answer.read(ANSWER_MAX_BYTES)
            return answer.status


def _is_own(address: str, networks: tuple[Network, ...]) -> bool:
    return any(ip_address(address.partition("%")[0]) in network for network in networks)


def _own(message: Message) -> dict[str, Any]:
    report = message.report
    told: dict[str, Any] = {
        "version": 1,
        "type": "report" if report else "alerts",
        "site": message.site,
        "language": message.lang,
        "subject": message.subject,
        "address": message.address,
        "alerts": list(message.alerts),
    }
    if report:
        told |= {"period": report.period, "end": report.end.isoformat(), "promise": report.promise}
        told |= {"simulated": bool(report.warning), "chapters": _chapters(report)}
    return told


def _chapters(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "key": chapter.key,
            "title": chapter.title,
            "sections": [
                {
                    "title": section.title,
                    "message": section.message,
                    "blocks": [found for block in section.blocks if (found := _block(block))],
                }
                for section in chapter.sections
            ],
        }
        for chapter in report.chapters
    ]


def _block(block: Any) -> dict[str, Any] | None:
    if isinstance(block, Tiles):
        return {
            "kind": "figures",
            "figures": [
                {"title": tile.title, "text": tile.figure.text, "value": tile.figure.value} for tile in block.tiles
            ],
        }
    if isinstance(block, Facts):
        return {"kind": "facts", "facts": [{"lead": fact.lead, "sentences": fact.sentences} for fact in block.facts]}
    if isinstance(block, Table):
        rows = [[{"text": cell.text, "value": cell.value} for cell in row] for row in block.rows]
        return {
            "kind": "table",
            "title": block.title,
            "columns": [column.title for column in block.columns],
            "rows": rows,
        }
    return None  # a chart: its numbers stand in a table


def _lines(message: Message) -> list[tuple[str, str]]:
    """(heading, text) of what fits a chat: messages and figures, not the tables."""
    if message.report is None:
        return [("", sentence) for sentence in message.alerts]
    found = [("", message.report.warning)] if message.report.warning else []
    for chapter in message.report.chapters:
        for section in chapter.sections:
            figures = [
                f"{tile.title}: {tile.figure.text}"
                for block in section.blocks
                if isinstance(block, Tiles)
                for tile in block.tiles
            ]
            if section.message or figures:
                found.append((section.title, "\n".join(filter(None, [section.message, *figures]))))
    return [*found, ("", message.report.promise)]


def _slack(message: Message) -> dict[str, Any]:
    def plain_text(text: str, most: int) -> dict[str, Any]:
        return {"type": "plain_text", "text": text[:most], "emoji": False}

    sections = [
        {"type": "section", "text": plain_text(f"{heading}\n{text}".strip(), SLACK_TEXT_MAX)}
        for heading, text in _lines(message)[:SLACK_BLOCKS_MAX]
    ]
    # Only this field is read as markup: https://api.slack.com/reference/surfaces/formatting#escaping
    escaped = message.subject.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    button = {"type": "button", "text": plain_text("Telpunt", 75), "url": message.address}
    opens = [{"type": "actions", "elements": [button]}] if message.address.startswith("http") else []
    return {
        "text": escaped,
        "blocks": [{"type": "header", "text": plain_text(message.subject, SLACK_HEAD_MAX)}, *sections, *opens],
    }


def _teams(message: Message) -> dict[str, Any]:
    # Runs of text, since a TextBlock would read Markdown: https://adaptivecards.io/explorer/RichTextBlock.html
    def block(text: str, **look: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text[:LINE_MAX], **look}]}

    content = [block(message.subject, weight="bolder", size="large")]
    for heading, text in _lines(message):
        content += [block(heading, weight="bolder")] if heading else []
        content += [block(line) for line in text.split("\n")]
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": content[:TEAMS_LINES_MAX],
        "actions": [{"type": "Action.OpenUrl", "title": "Telpunt", "url": message.address}]
        if message.address.startswith("http")
        else [],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}
