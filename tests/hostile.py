"""Hostile bodies for the endpoint, quick to make: mutated events, wrong types, deep nesting, odd characters, and noise."""

from __future__ import annotations

import json
import random
from typing import Any

from collector.events import Hit

_KINDS = (
    "page_view",
    "engagement",
    "search",
    "custom",
    "apply_start",
    "outbound",
    "pageView",
    "",
    "PAGE VIEW",
    "x" * 5000,
)
_TEXTS = (
    "", "\0", "\ud800", "a" * 5000, "😀" * 100, "\u202e\u200b\ufeff", "'; DROP TABLE visits; --", "<script>alert(1)</script>", "../../../etc/passwd",
    "jan.jansen@example.org", "06-12345678", "0612345678", "198.51.100.7", "2001:db8::1", "%00%0a%0d", '\n{"v":1}\n', "{{7*7}}", "${jndi:ldap://x}",
    "https://werkenbij.example.org/", "https://werkenbij.example.org/vacatures/kok?email=jan.jansen@example.org#jan", "javascript:alert(1)",
    "https://werkenbij.example.org:99999/", "https://[::1]/", "https://user:pass@werkenbij.example.org/x",
    "//werkenbij.example.org/y", "http://" + "a." * 500,
    "https://werkenbij.example.org/" + "%2e%2e/" * 300, "https://werkenbij.example.org/" + "é" * 500, "https://werkenbij.example.org/\r\nX: y",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, -1e308, 2**63, -(2**63), 2**80, 0.1, float("nan"), float("inf"), [], {}, [[]], {"a": {"b": []}}, [1, "x", None],
)  # fmt: skip
_FIELDS = (
    "site", "kind", "url", "referrer", "engaged_ms", "depth_pct", "query", "results", "target", "name", "job",
    "visit", "t", "v", "__proto__", "country",
)  # fmt: skip


def body(dice: random.Random) -> bytes:
    """One hostile body; one in four is close enough to an event to be accepted."""
    shape = dice.random()
    if shape < 0.08:
        return dice.randbytes(dice.randrange(300))
    if shape < 0.1:
        depth = dice.choice((10, 100, 5000, 30_000))
        return (b'{"a":' * depth + b"1" + b"}" * depth)[: dice.choice((70_000, 1000))]
    if shape < 0.12:
        return b"[" * dice.choice((1, 10, 40_000))
    events = [_event(dice) for _ in range(dice.choice((1, 1, 1, 2, 50, 51)))]
    sent = json.dumps(events if len(events) > 1 else events[0]).encode("utf-8", "surrogatepass")
    if shape < 0.3:  # a few bytes changed, or cut off
        noisy = bytearray(sent)
        for _ in range(dice.randrange(1, 5)):
            noisy[dice.randrange(len(noisy))] = dice.randrange(256)
        return bytes(noisy[: dice.randrange(len(noisy) + 1)] if dice.random() < 0.3 else noisy)
    return sent


def _event(dice: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {"site": "acme", "kind": "page_view", "url": "https://werkenbij.example.org/vacatures/kok"}
    for _ in range(dice.randrange(5)):
        field = dice.choice(_FIELDS)
        event[field] = _value(dice, field)
    if dice.random() < 0.05:
        del event[dice.choice(list(event))]
    return event


def _value(dice: random.Random, field: str) -> Any:
    if dice.random() < 0.3:
        return dice.choice(_VALUES)
    if field == "kind":
        return dice.choice(_KINDS)
    if field == "job":
        keys = ("family", "employment_type", "remote", "location", "posted", "closes")
        return {dice.choice(keys): dice.choice(_TEXTS + _VALUES) for _ in range(3)}
    if dice.random() < 0.2:
        return "".join(chr(dice.randrange(1, 0xD7FF)) for _ in range(dice.randrange(40)))
    return dice.choice(_TEXTS)


def is_odd(hit: Hit, kinds: set[str]) -> bool:
    """Is this something that no line of the journal may be?"""
    texts = (hit.query, hit.name, hit.source, hit.medium, hit.campaign, hit.touchpoint, hit.language, hit.device)
    return (
        hit.site != "acme"
        or hit.kind not in kinds
        or len(hit.page) > 120
        or max(map(len, texts)) > 120
        or not all(text.isprintable() for text in (*texts, hit.page, hit.target))
        or not 0 <= hit.depth_pct <= 100
        or not -1 <= hit.results <= 1_000_000
        or any(word in hit.page + "".join(texts) for word in ("jansen@", "198.51.100", "0612345678"))
    )
