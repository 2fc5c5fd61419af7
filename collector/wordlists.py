"""The data files of the collector, as lines: each names its source and licence at its top, after "#"."""

from __future__ import annotations

from importlib.resources import files


def lines(file: str) -> list[str]:
    """The lines of ``collector/data/FILE`` that say something, stripped, in order."""
    text = files("collector").joinpath("data", file).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
