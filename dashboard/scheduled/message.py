"""What is sent, whatever the way: a report or alerts, in the recipient's language, with the addresses that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from analysis.words import Language
from collector.sites import Site
from dashboard.language import gettext as _
from dashboard.names import clean_name
from dashboard.queries import Readings
from dashboard.reports.build import build
from dashboard.reports.look import Look
from dashboard.reports.model import Facts, Report, Table, Tiles
from dashboard.reports.speech import speaking
from dashboard.scheduled.subscriptions import Wish


@dataclass(frozen=True, slots=True)
class Message:
    """
    A report, or alerts.

    Attributes:
        claim: what it is; the same for every try.
        subject: one line of plain text.
        report: None for alerts.
        alerts: sentences; none for a report.
        address: of the page that it is about.
        leave: of the page to unsubscribe.
    """

    claim: str
    site: str
    lang: Language
    subject: str
    report: Report | None
    alerts: tuple[str, ...]
    address: str
    leave: str
    look: Look


def of_report(
    readings: Readings, site: Site, wish: Wish, look: Look, *, claim: str, address: str, leave: str
) -> Message:
    """
    The report of the published run.

    Raises:
        NoRun: there is none.
    """
    lang = cast("Language", wish.language)
    report = build(readings, site, lang=lang, chapters=wish.chapters, title=look.title)
    with speaking(lang):
        subject = _("%(name)s: the audiences, %(period)s", name=report.title, period=report.period)
    return Message(claim, site.key, lang, clean_name(subject), report, (), address, leave, look)


def of_alerts(
    site: Site, wish: Wish, look: Look, alerts: tuple[str, ...], *, claim: str, address: str, leave: str
) -> Message:
    """Alerts, whose sentences are in the language of *wish*."""
    lang = cast("Language", wish.language)
    with speaking(lang):
        subject = _("%(name)s: something changed", name=look.title or site.key)
    return Message(claim, site.key, lang, clean_name(subject), None, alerts, address, leave, look)


def plain(message: Message) -> str:
    """All of it as plain text. (Charts are drawn from numbers that stand in tables or tiles of their section.)"""
    with speaking(message.lang):
        lines = [message.subject, "", *message.alerts]
        if message.report:
            lines += [message.report.warning, *_told(message.report), message.report.promise]
        lines += ["", _("On the dashboard: %(address)s", address=message.address)]
        if message.leave:
            lines += [_("No more of these: %(address)s", address=message.leave)]
    return "\n".join(lines) + "\n"


def _told(report: Report) -> Iterator[str]:
    for chapter in report.chapters:
        yield from (chapter.title.upper(), "")
        for section in chapter.sections:
            yield f"## {section.title}"
            if section.message:
                yield section.message
            for block in section.blocks:
                if isinstance(block, Tiles):
                    yield from (f"{tile.title}: {tile.figure.text} ({tile.beside or '-'})" for tile in block.tiles)
                elif isinstance(block, Facts):
                    yield from (f"{fact.lead}: {' '.join(fact.sentences)}" for fact in block.facts)
                elif isinstance(block, Table):
                    yield " | ".join(column.title for column in block.columns)
                    yield from (" | ".join(cell.text for cell in row) for row in block.rows)
            yield ""
