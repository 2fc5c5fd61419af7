"""
The pattern of a visit: a coarse, readable, versioned signature of what was done, and of nothing else.

    1;home=1;vacancy=2;apply=1;@engaged=60;@depth=50
    │ │                        │           └ deepest scroll, percent, lower edge of its bin; absent: not measured
    │ │                        └ engaged time, seconds, lower edge of its bin; absent: not measured
    │ └ touchpoints and actions, in alphabetical order, each with how often: 1, 2 (two or three), 4 (four or more)
    └ version

Context (channel, campaign, device, hour, language, place) is never in a pattern: it describes segments afterwards, so a campaign
tag can be used to check the segments honestly. Counts 0, 1, 2-3, 4+ are the bins under which 91 % of msnbc.com's 989,818
visits lie in patterns of at least ten visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = 1

COUNT_EDGES: Final = (1, 2, 4)  # times
ENGAGED_EDGES_S: Final = (0, 15, 60, 300)  # seconds
DEPTH_EDGES_PCT: Final = (0, 50)  # percent

# Actions (events that are not page views) that are part of a pattern, beside the touchpoints of the pages viewed.
ACTIONS: Final = (
    "act:search", "act:search_empty", "act:filter", "act:apply_start", "act:apply_step", "act:apply_complete", "act:handoff",
    "act:job_alert", "act:save", "act:share", "act:contact", "act:video", "act:download", "act:outbound",
    "act:event_signup", "act:custom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    A parsed signature.

    Attributes:
        counts: lower edge of the bin, per touchpoint and action that occurs.
        engaged_s: lower edge of the engaged time's bin in seconds; None: not measured.
        depth_pct: lower edge of the depth's bin in percent; None: not measured.
    """

    counts: dict[str, int]
    engaged_s: int | None = None
    depth_pct: int | None = None

    def __str__(self) -> str:
        parts = [str(VERSION), *(f"{name}={self.counts[name]}" for name in sorted(self.counts))]
        if self.engaged_s is not None:
            parts.append(f"@engaged={self.engaged_s}")
        if self.depth_pct is not None:
            parts.append(f"@depth={self.depth_pct}")
        return ";".join(parts)


def parse(signature: str) -> Pattern:
    """
    Read a signature back.

    Raises:
        ValueError: it is not a signature, or of a version that this Telpunt does not know.
    """
    version, *parts = signature.split(";")
    if version != str(VERSION):
        raise ValueError(f"Pattern {signature[:60]!r} has version {version[:10]!r}; expected {VERSION}")
    counts: dict[str, int] = {}
    engaged: int | None = None
    depth: int | None = None
    for part in parts:
        name, _, number = part.rpartition("=")
        if name == "@engaged":
            engaged = int(number)
        elif name == "@depth":
            depth = int(number)
        else:
            counts[name] = int(number)
    return Pattern(counts, engaged, depth)
