"""What ``telpunt export report`` does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from analysis.words import Language
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import names
from dashboard.exports.names import CHAPTERS
from dashboard.queries import Readings
from dashboard.reports import formats, look
from dashboard.reports.build import build
from dashboard.supply import kept


def pieces(
    settings: Settings,
    folder: DataFolder,
    site: Site,
    format_name: str,
    segment: str | None,
    lang: str,
    chapters: str | None,
) -> Iterator[bytes]:
    """
    A report of the published run of *site*, as a file.

    Args:
        segment: id of the only audience that it is about; None: the whole site.
        chapters: names with commas between them; None: all.

    Raises:
        TelpuntError: as :func:`dashboard.reports.build.build` and :func:`dashboard.reports.formats.by_name` say.
    """
    chosen = formats.by_name(format_name)
    wanted = CHAPTERS if chapters is None else [name.strip() for name in chapters.split(",")]
    dressed = look.of_site(settings, folder, site.key)
    readings = Readings(
        folder,
        lambda key: names.given(settings, folder, key),
        supply=lambda key: kept.imported(settings, folder, key),
    )
    report = build(readings, site, segment=segment, lang=cast("Language", lang), chapters=wanted, title=dressed.title)
    return iter([chosen.write(report, dressed)])
