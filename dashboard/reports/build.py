"""From a published run to a report in the neutral model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from analysis.words import Language
from collector.errors import UsageError
from collector.sites import Site
from dashboard import formatting
from dashboard.exports.names import CHAPTERS
from dashboard.language import gettext as _
from dashboard.queries import Readings
from dashboard.reports import about, audiences, brief, changes, summary, things
from dashboard.reports.brief_facts import verdict
from dashboard.reports.look import Look
from dashboard.reports.model import Chapter, Report
from dashboard.reports.source import Source, name_of
from dashboard.reports.speech import speaking

BUILDERS: Final[Mapping[str, Callable[[Source], Chapter]]] = {
    "summary": summary.chapter,
    "audiences": audiences.chapter,
    "changes": changes.chapter,
    "touchpoints": things.touchpoints,
    "demand": things.demand,
    "briefs": brief.chapter,
    "about": about.chapter,
}


class UnknownChapter(UsageError):
    """When a report is asked for with a chapter that is not there, or with none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Chapter {name[:64]!r} is not known; expected one or more of {', '.join(CHAPTERS)}")


def build(
    readings: Readings,
    site: Site,
    *,
    segment: str | None = None,
    lang: Language = "en",
    chapters: Collection[str] = CHAPTERS,
    title: str = "",
    wish: Mapping[str, str] = {},
) -> Report:
    """
    The report of the published run of *site*, which needs no request of a page.

    Args:
        segment: id of the only audience that it is about; None: the whole site.
        chapters: names in :data:`dashboard.exports.names.CHAPTERS`; they come in that order, and once.
        title: of the employer, for the cover; "": the host of the site.
        wish: of a period for what is told by week, as the pages have it in their address (:func:`dashboard.period.choose`).

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have *segment*.
        UnknownChapter: a name is none, or there is no name.
    """
    for name in chapters:
        if name not in CHAPTERS:
            raise UnknownChapter(name)
    if not chapters:
        raise UnknownChapter("")
    with speaking(lang):
        source = Source.open(readings, site, lang, segment, wish)
        run = source.overview.run
        return Report(
            title=title or Look().employer(site),
            subject=_("Audiences of the careers site") if source.segment is None else name_of(source.segment),
            period=formatting.period(run.start, run.end),
            end=run.end,
            lang=lang,
            promise=_(
                "Every figure rests on at least %(k)s visits (visits, not people). What is rarer is held back.", k=run.k
            ),
            warning=_("Simulated visits: nobody is behind these numbers.") if run.simulated else "",
            beside=_beside(source),
            chapters=tuple(BUILDERS[name](source) for name in CHAPTERS if name in chapters),
        )


def _beside(source: Source) -> tuple[str, ...]:
    clear = _("The picture is %(verdict)s.", verdict=verdict(source.overview.run.verdict))
    if not source.chosen or source.period is None:
        return (clear,)
    weeks = formatting.period(source.period.start, source.period.end)
    return (_("By week: %(weeks)s", weeks=weeks), clear)
