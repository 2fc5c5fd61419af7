"""What is said of a dropped event to who looks for the cause: see :meth:`collector.outcomes.Outcomes.note`."""

from __future__ import annotations

from collector import bots, cleaning
from collector.beacon import Beacon
from collector.events import DropReason
from collector.traits import Sender
from collector.urls import split


def example(reason: DropReason, beacon: Beacon, sender: Sender) -> str:
    """What helps to find the cause of a drop and tells no visitor: a host, the first part of a path, the family of a bot; or ""."""
    if reason is DropReason.WRONG_HOST:
        return cleaning.host(split(beacon.url).host)
    if reason is DropReason.SPAM:
        return cleaning.host(split(beacon.referrer).host)
    if reason is DropReason.INTERNAL:
        return "/".join(cleaning.page(beacon.url).split("/", 2)[:2])
    if reason is DropReason.BOT:
        return bots.family(sender.agent) or ("webdriver" if sender.automated else "pace")
    return ""
