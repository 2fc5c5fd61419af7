"""The shapes of messages to webhooks, against what Slack and Teams document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from collector.settings import Settings
from dashboard.reports.model import Cell, Chapter, Section, Tile, Tiles
from dashboard.scheduled import shapes, webhook
from dashboard.scheduled.message import Message
from tests.dashboard.scheduled.conftest import AFTER, LOCAL, WISH, World, receiving

HOSTILE = "<!channel> *bold* [x](https://evil.example) <https://evil.example|x> @here &amp; \u202e"


@pytest.mark.parametrize("shape", ["json", "slack", "teams"])
def test_each_shape_arrives(world: World, shape: str) -> None:
    """A report to a webhook goes out by the job, once, in the shape that was chosen; text from outside is no markup in it."""
    with receiving() as (url, got):
        world.settings = Settings(data=world.folder.path, fetch_networks=LOCAL, public_url="https://count.example.org")
        world.subscriptions.add("demo", replace(WISH, channel=shape, recipient="https://hooks.example.org/x"))
        world.clock.now = AFTER

        def nearby(_url: str, content: bytes, **more: Any) -> None:
            webhook.post(url, content, **more)

        sender = world.sender(post=nearby)
        sender.claim()
        assert sender.send().sent == 1
        assert sender.send().sent == 0
    [(_, content)] = got
    told = json.loads(content)
    if shape == "json":
        assert told["chapters"][0]["key"] == "summary"
        assert told["site"] == "demo"
    elif shape == "slack":
        assert "<" not in told["text"]
        assert {block["text"]["type"] for block in told["blocks"] if "text" in block} == {"plain_text"}
    else:
        card = told["attachments"][0]["content"]
        assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


@pytest.fixture
def long(world: World) -> Message:
    """A report of eighty long sections, every text of which is an attack."""
    made = replace(world.compose(), subject=HOSTILE * 4, sentences=(HOSTILE,))
    tiles = Tiles(tuple(Tile(HOSTILE, Cell("1")) for _ in range(90)))
    section = Section(HOSTILE, HOSTILE * 40, (tiles,))
    assert made.report
    return replace(made, report=replace(made.report, chapters=(Chapter("audiences", "x", (section,) * 80),)))


def test_slack_takes_it(long: Message) -> None:
    """At most 50 blocks, 150 characters of heading and 3,000 of text, none empty, all plain; the one field with markup is escaped."""
    told = json.loads(shapes.body(long, "slack"))
    blocks = told["blocks"]
    assert len(blocks) == 50
    assert blocks[0]["type"] == "header"
    assert 1 <= len(blocks[0]["text"]["text"]) <= 150
    sections = [block["text"] for block in blocks if block["type"] == "section"]
    assert all(text["type"] == "plain_text" and 1 <= len(text["text"]) <= 3000 for text in sections)
    assert sections[-1]["text"] == "The rest is on the dashboard."
    assert blocks[-1]["elements"][0]["url"].startswith("https://count.example.org/")
    assert not {"<", ">"} & {*told["text"]}


def test_teams_takes_it(long: Message) -> None:
    """A message of less than 28 kB with one adaptive card, without an element that reads Markdown, and it says that there is more."""
    body = shapes.body(long, "teams")
    assert len(body) < 28_000
    told = json.loads(body)
    [attachment] = told["attachments"]
    assert told["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert card["body"][-1]["inlines"][0]["text"] == "The rest is on the dashboard."
    assert card["actions"][0]["url"].startswith("https://count.example.org/")


@pytest.mark.parametrize("shape", ["slack", "teams"])
def test_a_chat_is_told_what_is_new(world: World, shape: str) -> None:
    """The changes since the last report stand in it as sentences, in the language of the subscription."""
    told = world.compose(replace(WISH, language="nl", chapters=("summary", "changes")))
    assert told.sentences
    body = shapes.body(told, shape).decode()
    assert told.sentences[0] in body
    assert "Naar het dashboard" in body or "Open het dashboard" in body
