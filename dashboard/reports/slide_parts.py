"""Small things that slides are made with: text that XML can hold, the notes, words for shapes, axes."""

from __future__ import annotations

from typing import Any

from dashboard.reports.model import Block, Chart, Facts


def clean(text: str) -> str:
    """*text* without the characters that XML cannot hold."""
    return "".join(char for char in text if char in "\n\t" or (char >= " " and char not in "\ufffe\uffff"))


def all_of(page: tuple[Block, ...]) -> list[str]:
    """The facts of which only a part stands on the slide, whole."""
    return [
        f"{fact.lead}: {' '.join(fact.sentences)}"
        for block in page
        if isinstance(block, Facts)
        for fact in block.facts
        if fact.short
    ]


def skip_labels(axis: Any, step: int) -> None:
    """Name only each so many-th week, or they stand on each other; in the order that the schema of charts asks for."""
    from pptx.oxml.ns import qn

    skip = axis._element.makeelement(qn("c:tickLblSkip"), {"val": str(max(step, 1))})  # noqa: SLF001 (python-pptx has no other way)
    axis._element.xpath("c:noMultiLvlLbl")[0].addprevious(skip)  # noqa: SLF001


def fills_up(chart: Chart) -> bool:
    """Do the areas add up to no more than all, but for rounding?"""
    cells = zip(*(series.cells for series in chart.series), strict=True)
    return all(sum(float(cell.value or 0) for cell in column) < 1.001 for column in cells)


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def describe(shape: Any, text: str) -> None:
    """The text for who can't see it; "" marks what only decorates."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", clean(text))  # noqa: SLF001 (python-pptx has no other way)
