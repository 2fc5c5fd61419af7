"""
The job ``reports``: claims what is due and sends what is claimed, in a process of its own.

A report is due when its time has come and the site has a fresh run that this recipient has not had. When its analysis is late, the report
waits for it, until its next time at the most; what comes then is one report, not two.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from sqlalchemy import Engine

from analysis import history, runs
from analysis.runs import NoRun
from analysis.words import Language
from collector import outcomes
from collector.errors import FileDamaged, TelpuntError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Site
from dashboard.language import gettext as _
from dashboard.mail import Mailer, MailNotSent
from dashboard.marks import Marks
from dashboard.names import GivenNames
from dashboard.queries import Readings
from dashboard.reports.look import Look, Looks
from dashboard.reports.speech import speaking
from dashboard.scheduled import alerts, letter, message, problems, shapes, webhook
from dashboard.scheduled.deliveries import ALERTS, TRIES_MAX, Deliveries, Delivery
from dashboard.scheduled.message import Message, Way
from dashboard.scheduled.subscriptions import ON, Subscription, Subscriptions
from dashboard.scheduled.wishes import MAIL
from dashboard.supply.kept import Supply
from dashboard.views import UnknownSegment

FRESH: Final = timedelta(days=8)  # a run that began longer ago is old news
LATE_S: Final = 1200  # after this it is looked again whether a late run is there
ALERTS_EVERY_S: Final = 3600

log = logging.getLogger("telpunt.reports")


class NotAllSent(TelpuntError):
    """When something could not be sent; for the history, without an address."""

    def __init__(self, done: Round) -> None:
        ended = f"; {done.ended} not tried again" if done.ended else "; tried again later"
        why = " ".join(sorted({problems.english(problem) for problem in done.problems}))
        super().__init__(f"{done.failed} of {done.failed + done.sent} could not be sent{ended}. {why}")


@dataclass(slots=True)
class Round:
    """What was done; of *failed*, *ended* are not tried again."""

    sent: int = 0
    failed: int = 0
    ended: int = 0
    problems: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sender:
    """
    Sends reports.

    Attributes:
        clock: now, in whole seconds since 1970.
        mailer, post: the two ways out.
    """

    settings: Settings
    folder: DataFolder
    sites: Registry
    engine: Engine
    subscriptions: Subscriptions
    clock: Callable[[], int]
    mailer: Mailer
    post: Callable[..., None] = webhook.post

    @property
    def deliveries(self) -> Deliveries:
        """What is claimed."""
        return Deliveries(self.engine, self.clock)

    def claim(self) -> None:
        """Claim every report and alert that is due."""
        counts = outcomes.read_all(self.folder)
        for one in self.subscriptions.active():
            site = self.sites.get(one.site)
            if site is None:
                continue
            try:
                run = self._fresh(site)
                if run and run != one.sent_run and one.due_at <= self.clock():
                    self.deliveries.claim_report(one, run)
                if one.wish.alerts:
                    self._claim_alerts(one, site, counts)
            except FileDamaged as error:
                log.warning("Nothing is sent of %s: %s", site.key, error)  # the others' reports go out

    def send(self) -> Round:
        """Try everything that is claimed and whose time has come."""
        done = Round()
        for one in self.deliveries.to_try():
            self._try(one, done)
        return done

    def next_look(self) -> int | None:
        """When there will be something to do again, in seconds since 1970; None: never, as it is."""
        self.deliveries.forget_old()
        now = self.clock()
        active = self.subscriptions.active()
        times = [one.due_at if one.due_at > now else now + LATE_S for one in active]
        if any(one.wish.alerts for one in active):
            times.append(now + ALERTS_EVERY_S)
        waiting = self.deliveries.next_try()
        return min([*times, *([] if waiting is None else [waiting])], default=None)

    def compose(self, of: Subscription, site: Site, way: Way, keys: tuple[str, ...] | None = None) -> Message:
        """
        What is sent to a subscription.

        Args:
            keys: of the alerts; None: the report.

        Raises:
            NoRun: nothing is published.
            UnknownSegment: the audience of the report is not there any more.
        """
        look = Looks(self.engine).of(site.key)
        if keys is None:
            names = GivenNames(self.engine, self.clock)
            supplied = Supply(self.engine, self.clock)
            readings = Readings(self.folder, names.of, Marks(self.engine).of, supplied.imported)
            return message.of_report(readings, site, of.wish, look, way)
        return message.of_alerts(site, of.wish, look, self._sentences(site, of, keys), way)

    def way(self, of: Subscription, claim: str, delivery: int, page: str = "") -> Way:
        """What stands on a message beside its content; *page* is below the site's own."""
        leave = f"/unsubscribe/{of.id}/{self.subscriptions.token(of)}"
        return Way(
            claim,
            self.subscriptions.mark(of, delivery),
            self.mailer.address(f"/sites/{of.site}{page}"),
            self.mailer.address(leave) if of.wish.channel == MAIL else "",
        )

    def _fresh(self, site: Site) -> str:
        try:
            run = runs.current(self.folder, site.key).run
        except NoRun:
            return ""
        began = datetime.strptime(run.id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return run.id if datetime.fromtimestamp(self.clock(), UTC) - began <= FRESH else ""

    def _claim_alerts(self, one: Subscription, site: Site, counts: outcomes.Counts) -> None:
        now = datetime.fromtimestamp(self.clock(), UTC)
        stands = alerts.standing_of(counts, site, now)
        there = {alert.key for alert in _alerts(self.folder, site.key, one.wish.segment)}
        still, new = alerts.to_tell(one.told, there, stands)
        if new:
            self.deliveries.claim_alerts(one, new, still)
        elif still != one.told:
            self.deliveries.remember(one, still)

    def _sentences(self, site: Site, of: Subscription, keys: tuple[str, ...]) -> tuple[str, ...]:
        lang = cast("Language", of.wish.language)
        told = [one.sentences[lang] for one in _alerts(self.folder, site.key, of.wish.segment) if one.key in keys]
        with speaking(lang):
            return (*alerts.traffic_words(site.key, keys), *told)

    def _try(self, one: Delivery, done: Round) -> None:
        of = next((each for each in self.subscriptions.active() if each.id == one.subscription), None)
        site = self.sites.get(of.site) if of else None
        if of is None or site is None or of.state != ON:
            self.deliveries.give_up(one, problems.ENDED)
            return
        if one.tries >= TRIES_MAX:
            problem = one.problem or problems.INTERRUPTED
            self.deliveries.give_up(one, problem)
            _count(done, problem, ended=True)
            return
        if not self.deliveries.begin(one):
            return
        try:
            beside = self._hand_over(of, site, one)
        except MailNotSent as error:
            problem = problems.kept(error.reason)
        except webhook.NotPosted as error:
            problem = error.problem
        except NoRun:
            problem = problems.NO_RUN
        except Exception as error:  # noqa: BLE001  # told below, and on the page
            # One report that can't be made must not keep all others from going out. Its text may quote what it stumbled over.
            log.error("A report of %s could not be made: %s", site.key, history.told(error)[1])  # noqa: TRY400
            problem = problems.BROKE
        else:
            self.deliveries.done(one, beside)
            if beside == problems.NO_AUDIENCE:
                self.deliveries.stop(of.id)
            done.sent += 1
            return
        _count(done, problem, ended=self.deliveries.failed(one, problem))

    def _hand_over(self, of: Subscription, site: Site, one: Delivery) -> str:
        """Send it; a word of :mod:`problems` when something else was sent, or nothing."""
        beside = ""
        way = self.way(of, one.claim, one.id, "/changes" if one.kind == ALERTS else "")
        try:
            told = self.compose(of, site, way, keys=one.about if one.kind == ALERTS else None)
        except UnknownSegment:
            if of.wish.segment in {absent.id for absent in runs.current(self.folder, site.key).run.absent}:
                return problems.AWAY
            told = self._farewell(of, site, one)
            beside = problems.NO_AUDIENCE
        if told.report is None and not told.sentences:
            return problems.OVER  # what was to be told is no longer in the feed
        if of.wish.channel == MAIL:
            self.mailer.hand_over(lambda sender: letter.write(told, of.wish.recipient, sender, of.wish.attachment))
        else:
            self.post(
                of.wish.recipient,
                shapes.body(told, of.wish.channel),
                key=self.subscriptions.signing_key(of),
                claim=one.claim,
                now=self.clock(),
                networks=self.settings.fetch_networks,
            )
        return beside

    def _farewell(self, of: Subscription, site: Site, one: Delivery) -> Message:
        """What is sent, once, in the place of a report whose audience is gone for good: no run waits for it any more."""
        look: Look = Looks(self.engine).of(site.key)
        with speaking(cast("Language", of.wish.language)):
            sentence = _(
                "The audience of this report is no longer found, so these reports have stopped. An editor can choose another audience."
            )
        return message.of_alerts(site, of.wish, look, (sentence,), self.way(of, one.claim, one.id, "/changes"))


def _count(done: Round, problem: str, *, ended: bool) -> None:
    done.failed, done.ended = done.failed + 1, done.ended + ended
    done.problems.add(problem)


def _alerts(folder: DataFolder, site: str, segment: str) -> list[alerts.Alert]:
    try:
        changes = runs.current(folder, site).table("changes")
    except NoRun:
        return []
    return [one for one in alerts.of_changes(changes) if segment in ("", one.segment)]
