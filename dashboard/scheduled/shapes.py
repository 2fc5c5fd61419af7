"""
A message as webhooks want it: JSON of our own, or shaped for Slack or Teams.

Text from outside is never put where Slack or Teams read markup. What is longer than they take is cut, says so, and leads to the dashboard.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, Final

from dashboard.language import gettext as _
from dashboard.reports.model import Facts, Report, Table, Tiles
from dashboard.reports.speech import speaking
from dashboard.scheduled.message import Message

# https://docs.slack.dev/reference/block-kit/blocks
SLACK_HEAD_MAX, SLACK_TEXT_MAX, SLACK_BLOCKS_MAX = 150, 3000, 50
# https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook: a message may have 28 kB
TEAMS_MAX_BYTES: Final = 26_000
LINE_MAX: Final = 500


def body(message: Message, shape: str) -> bytes:
    """What is posted; *shape* is json, slack or teams."""
    made: Mapping[str, Callable[[Message], dict[str, Any]]] = {"json": _own, "slack": _slack, "teams": _teams}
    with speaking(message.lang):
        return _encoded(made[shape](message))


def _encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _own(message: Message) -> dict[str, Any]:
    report = message.report
    told: dict[str, Any] = {
        "version": 1,
        "type": "report" if report else "alerts",
        "site": message.site,
        "language": message.lang,
        "subject": message.subject,
        "address": message.way.address,
        "news": list(message.sentences) if report else [],
        "alerts": [] if report else list(message.sentences),
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
    """(heading, text) of what fits a chat: what is new, messages and figures; not the tables."""
    report = message.report
    if report is None:
        return [("", sentence) for sentence in message.sentences]
    found = [("", report.warning)] if report.warning else []
    if message.sentences:
        found.append((_("What is new"), "\n".join(message.sentences)))
    for chapter in report.chapters:
        if chapter.key == "changes":
            continue  # the new ones are said already
        for section in chapter.sections:
            figures = [
                f"{tile.title}: {tile.figure.text}"
                for block in section.blocks
                if isinstance(block, Tiles)
                for tile in block.tiles
            ]
            if section.message or figures:
                found.append((section.title, "\n".join(filter(None, [section.message, *figures]))))
    return [*found, ("", report.promise)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _opens(message: Message) -> bool:
    return message.way.address.startswith("http")


def _slack(message: Message) -> dict[str, Any]:
    def plain_text(text: str, most: int) -> dict[str, Any]:
        return {"type": "plain_text", "text": _cut(text, most), "emoji": False}

    lines = [f"{heading}\n{text}".strip() for heading, text in _lines(message)]
    room = SLACK_BLOCKS_MAX - 2  # a heading, and a button
    if len(lines) > room:
        lines = [*lines[: room - 1], _rest()]
    sections = [{"type": "section", "text": plain_text(line, SLACK_TEXT_MAX)} for line in lines]
    # Only this field is read as markup: https://docs.slack.dev/messaging/formatting-message-text#escaping
    escaped = message.subject.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    button = {"type": "button", "text": plain_text(_("Open the dashboard"), 75), "url": message.way.address}
    opens = [{"type": "actions", "elements": [button]}] if _opens(message) else []
    return {
        "text": escaped,
        "blocks": [{"type": "header", "text": plain_text(message.subject, SLACK_HEAD_MAX)}, *sections, *opens],
    }


def _teams(message: Message) -> dict[str, Any]:
    # Runs of text, since a TextBlock would read Markdown: https://adaptivecards.io/explorer/RichTextBlock.html
    def block(text: str, **look: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _cut(text, LINE_MAX), **look}]}

    content = [block(message.subject, weight="bolder", size="large")]
    for heading, text in _lines(message):
        content += [block(heading, weight="bolder")] if heading else []
        content += [block(line) for line in text.split("\n") if line]
    room = TEAMS_MAX_BYTES - len(_encoded(_card(message, [block(_rest())])))
    sizes = accumulate(len(_encoded(one)) + 2 for one in content)  # and what parts them
    fits = sum(size <= room for size in sizes)
    return _card(message, content if fits == len(content) else [*content[:fits], block(_rest())])


def _card(message: Message, content: list[dict[str, Any]]) -> dict[str, Any]:
    open_it = {"type": "Action.OpenUrl", "title": _("Open the dashboard"), "url": message.way.address}
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": content,
        "actions": [open_it] if _opens(message) else [],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _rest() -> str:
    return _("The rest is on the dashboard.")
