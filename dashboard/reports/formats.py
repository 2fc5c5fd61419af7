"""The formats of a report: each a function in one registry. What they need is only loaded when a report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from collector.errors import UsageError
from dashboard.reports.look import Look
from dashboard.reports.model import Report


class UnknownReportFormat(UsageError):
    """When a report is asked for in a format that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Format {name[:20]!r} is not one of a report; expected one of {', '.join(FORMATS)}")


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a report: what it is called, its media type, and what writes it."""

    title: str
    media_type: str
    write: Callable[[Report, Look], bytes]


def _pdf(report: Report, look: Look) -> bytes:
    from dashboard.reports import pdf

    return pdf.write(report, look)


def _pptx(report: Report, look: Look) -> bytes:
    from dashboard.reports import slides

    return slides.write(report, look)


def _xlsx(report: Report, look: Look) -> bytes:
    from dashboard.reports import workbook

    return workbook.write(report, look)


def _html(report: Report, look: Look) -> bytes:
    from dashboard.reports import web

    return web.write(report, look)


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
FORMATS: Final[Mapping[str, Format]] = {
    "pdf": Format("PDF", "application/pdf", _pdf),
    "pptx": Format("PowerPoint", f"{_OFFICE}.presentationml.presentation", _pptx),
    "xlsx": Format("Excel", f"{_OFFICE}.spreadsheetml.sheet", _xlsx),
    "html": Format("HTML", "text/html; charset=utf-8", _html),
}


def by_name(name: str) -> Format:
    """
    The format of that name.

    Raises:
        UnknownReportFormat: there is none.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownReportFormat(name) from None
