"""What ``telpunt export report`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from analysis.words import Language
from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import marks, names
from dashboard.exports.names import CHAPTERS
from dashboard.queries import Readings
from dashboard.reports import formats, look
from dashboard.reports.build import build
from dashboard.supply import kept


class UnknownWeek(UsageError):
    """When a report is asked for until a week of which there are no figures."""

    def __init__(self, week: str, known: list[str]) -> None:
        span = f"{known[0]} to {known[-1]}" if known else "none yet"
        super().__init__(f"There are no figures of the week {week[:20]!r}; there are those of {span}")


def pieces(
    settings: Settings,
    folder: DataFolder,
    site: Site,
    format_name: str,
    segment: str | None,
    lang: str,
    chapters: str | None,
    wish: Mapping[str, str],
) -> Iterator[bytes]:
    """
    A report of the published run of *site*, as a file.

    Args:
        segment: id of the only audience that it is about; None: the whole site.
        chapters: names with commas between them; None: all.
        wish: of a period for what is told by week (:func:`dashboard.period.choose`); empty: as the report has it by itself.

    Raises:
        UnknownWeek: there are no figures of the week until which it should go.
        TelpuntError: as :func:`dashboard.reports.build.build` and :func:`dashboard.reports.formats.by_name` say.
    """
    chosen = formats.by_name(format_name)
    wanted = CHAPTERS if chapters is None else [name.strip() for name in chapters.split(",")]
    dressed = look.of_site(settings, folder, site.key)
    # Read once: each look opens the database anew.
    given, marked = names.given(settings, folder, site.key), marks.of_site(settings, folder, site.key)
    supplied = kept.imported(settings, folder, site.key)
    readings = Readings(folder, lambda _key: given, lambda _key: marked, supply=lambda _key: supplied)
    if "until" in wish:
        known = sorted(set(readings.table(site.key, "figures")["week"]))
        if wish["until"] not in known:
            raise UnknownWeek(wish["until"], known)
    report = build(
        readings,
        site,
        segment=segment,
        lang=cast("Language", lang),
        chapters=wanted,
        title=dressed.employer(site),
        wish=wish,
    )
    return iter([chosen.write(report, dressed)])
