"""A report as one HTML file: styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

import base64
from typing import Any

from flask import render_template
from markupsafe import Markup

from dashboard.reports import drawing
from dashboard.reports.look import Look
from dashboard.reports.model import Chart, Facts, Report, Table, Tiles
from dashboard.reports.speech import speaking


def write(report: Report, look: Look) -> bytes:
    """The file. Charts are drawings of vl-convert, which escapes the text in them; all other text is escaped by the template."""
    with speaking(report.lang):
        page = render_template(
            "report_file.html",
            report=report,
            colour=look.colour,
            logo=base64.b64encode(look.logo).decode() if look.logo else "",
            kind=_kind,
            drawn=lambda chart: Markup(drawing.svg(chart, report.lang, drawing.SCREEN)),  # noqa: S704 (made by us, see above)
        )
    return page.encode()


def _kind(block: Any) -> str:
    return {Tiles: "tiles", Facts: "facts", Table: "table", Chart: "chart"}[type(block)]
