"""What is sent, whatever the way: a report or alerts, in the recipient's language, with the addresses that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, cast

from analysis.words import Language
from collector.sites import Site
from dashboard.language import gettext as _
from dashboard.language import ngettext
from dashboard.names import clean_name
from dashboard.queries import Readings
from dashboard.reports import changes
from dashboard.reports.build import build
from dashboard.reports.look import Look
from dashboard.reports.model import Cell, Chapter, Facts, Report, Table, Tiles
from dashboard.reports.speech import speaking
from dashboard.scheduled.wishes import Wish
from dashboard.views import Change

SUBJECT_MAX_CHARS: Final = 150
NEWS_MAX: Final = 5
ALERTS_MAX: Final = 10
WEEK, MONTH = timedelta(days=7), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Way:
    """
    What a message needs beside its content.

    Attributes:
        claim: what it is; the same for every try.
        mark: what stands in the Message-ID, see :meth:`dashboard.scheduled.subscriptions.Subscriptions.mark`.
        address: of the page that it is about.
        leave: of the page to unsubscribe; "" for a webhook.
    """

    claim: str
    mark: str
    address: str
    leave: str


@dataclass(frozen=True, slots=True)
class Message:
    """
    A report, or alerts.

    Attributes:
        employer: whose site it is, in words.
        subject: one line of plain text.
        report: None for alerts.
        sentences: what is new since the last report, or the alerts.
        left_out: titles of chapters that are not in the report, or not whole, since it would be too long.
    """

    way: Way
    site: str
    employer: str
    lang: Language
    subject: str
    report: Report | None
    sentences: tuple[str, ...]
    look: Look
    left_out: tuple[str, ...] = field(default=())

    @property
    def sections(self) -> int:
        """How many the report has."""
        return sum(len(chapter.sections) for chapter in self.report.chapters) if self.report else 0

    def first_sections(self, count: int) -> Message:
        """The same with so many of its sections, in order; chapters that are not whole are named in *left_out*."""
        assert self.report is not None
        chapters, left_out = [], []
        for chapter in self.report.chapters:
            kept = chapter.sections[: max(0, count)]
            count -= len(chapter.sections)
            if kept:
                chapters.append(replace(chapter, sections=kept))
            if len(kept) < len(chapter.sections):
                left_out.append(chapter.title)
        return replace(self, report=replace(self.report, chapters=tuple(chapters)), left_out=tuple(left_out))


def of_report(readings: Readings, site: Site, wish: Wish, look: Look, way: Way) -> Message:
    """
    The report of the published run.

    Raises:
        NoRun: there is none.
        UnknownSegment: its audience is not in it.
    """
    lang = cast("Language", wish.language)
    report = build(
        readings, site, segment=wish.segment or None, lang=lang, chapters=wish.chapters, title=look.employer(site)
    )
    with speaking(lang):
        found = _news(readings, site, wish, lang, report.end)
        told = tuple(f"{change.segment.label}: {changes.words(change)}." for change in found[:NEWS_MAX])
        subject = _subject(report, bool(wish.segment), found)
    return Message(way, site.key, look.employer(site), lang, subject, report, told, look)


def of_alerts(site: Site, wish: Wish, look: Look, alerts: tuple[str, ...], way: Way) -> Message:
    """Alerts, whose sentences are in the language of *wish*."""
    lang = cast("Language", wish.language)
    with speaking(lang):
        title = look.employer(site)
        subject = (
            _("%(name)s: %(alert)s", name=title, alert=alerts[0])
            if len(alerts) == 1
            else _("%(name)s: something changed", name=title)
        )
        more = len(alerts) - ALERTS_MAX
        rest = (ngettext("And %(num)s more, on the dashboard.", "And %(num)s more, on the dashboard.", more),)
        told = alerts[:ALERTS_MAX] + (rest if more > 0 else ())
    return Message(way, site.key, look.employer(site), lang, _one_line(subject), None, told, look)


def _news(readings: Readings, site: Site, wish: Wish, lang: Language, end: date) -> list[Change]:
    """The changes that were told first in the time since the last report, newest first."""
    since = (end - (MONTH if wish.plan.weekday is None else WEEK)).isoformat()
    rows = readings.table(site.key, "changes").select("segment", "kind", "week", "told").iter_rows()
    new = {(segment, kind, week) for segment, kind, week, told in rows if told and told > since}
    return [
        change
        for change in readings.changes(site.key, lang)
        if (change.segment.id, change.kind, change.week) in new and wish.segment in ("", change.segment.id)
    ]


def _subject(report: Report, is_of_one: bool, found: list[Change]) -> str:
    if found:
        first, more = found[0], len(found) - 1
        said = _(
            "%(name)s: %(audience)s %(change)s",
            name=report.title,
            audience=f"“{first.segment.label}”",
            change=changes.words(first),
        )
        if more:
            said += " " + ngettext("(and %(num)s more change)", "(and %(num)s more changes)", more)
    elif is_of_one:
        said = _("%(name)s: %(audience)s, %(period)s", name=report.title, audience=report.subject, period=report.period)
    else:
        said = _("%(name)s: the audiences, %(period)s", name=report.title, period=report.period)
    return _one_line(said)


def _one_line(text: str) -> str:
    clean = clean_name(text)
    return clean if len(clean) <= SUBJECT_MAX_CHARS else clean[: SUBJECT_MAX_CHARS - 1].rstrip() + "…"


def plain(message: Message) -> str:
    """All of it as plain text. (Charts are drawn from numbers that stand in tables or tiles of their section.)"""
    report = message.report
    with speaking(message.lang):
        lines = [report.title, f"{report.subject} · {report.period}"] if report else [message.employer]
        lines += ["", report.warning] if report and report.warning else []
        if message.sentences:
            lines += [
                "",
                *([_("What is new")] if report else []),
                *(f"- {one}" for one in message.sentences),
            ]
        lines += [""]
        for chapter in report.chapters if report else ():
            lines += _told(chapter)
        if message.left_out:
            lines += [
                _(
                    "Too long for a letter, so on the dashboard: %(chapters)s.",
                    chapters=", ".join(message.left_out),
                )
            ]
        lines += [report.promise] if report else []
        lines += ["", _("On the dashboard: %(address)s", address=message.way.address)]
        if message.way.leave:
            lines += [_("No more of these: %(address)s", address=message.way.leave)]
    return "\n".join(lines) + "\n"


def _told(chapter: Chapter) -> Iterator[str]:
    yield from (chapter.title.upper(), "=" * len(chapter.title), "")
    for section in chapter.sections:
        told = [section.message] if section.message else []
        for block in section.blocks:
            if isinstance(block, Tiles):
                told += [
                    f"{tile.title}: {tile.figure.text}" + (f" ({tile.beside})" if tile.beside else "")
                    for tile in block.tiles
                ]
                told += [*section.evidence[:1]]
            elif isinstance(block, Facts):
                told += [f"{fact.lead}: {' '.join(fact.sentences)}" for fact in block.facts]
            elif isinstance(block, Table):
                told += [f"- {_row(block, row)}" for row in block.rows]
        if told:  # a section that is a chart only: its numbers stand in others
            if section.title != chapter.title:
                yield from (section.title, "-" * len(section.title))
            yield from (*told, "")


def _row(table: Table, row: tuple[Cell, ...]) -> str:
    """A row that is read from left to right: its first cell names it, each other one is named by its column."""
    first, *others = zip(table.columns, row, strict=True)
    named = [f"{_low(column.title)} {cell.text}" for column, cell in others if cell.text]
    return ", ".join([first[1].text, *named])


def _low(title: str) -> str:
    return title.lower() if title[1:].islower() else title
