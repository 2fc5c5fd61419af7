"""
The job ``reports``: claims what is due and sends what is claimed, in a process of its own.

A report is due when its time has come and the site has a fresh run that this recipient has not had. When its analysis is late, the report
waits for it, until its next time at the most; what comes then is one report, not two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from analysis import runs
from analysis.runs import NoRun
from collector import outcomes
from collector.errors import TelpuntError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Site
from dashboard.mail import Mailer, MailNotSent
from dashboard.marks import Marks
from dashboard.names import GivenNames
from dashboard.queries import Readings
from dashboard.reports.look import Looks
from dashboard.reports.speech import speaking
from dashboard.scheduled import alerts, letter, message, webhook
from dashboard.scheduled.deliveries import ALERTS, TRIES_MAX, Deliveries, Delivery
from dashboard.scheduled.message import Message
from dashboard.scheduled.subscriptions import MAIL, ON, Subscription, Subscriptions, look_at

FRESH: Final = timedelta(days=8)  # a run that began longer ago is old news
LATE_S: Final = 1200  # after this it is looked again whether a late run is there
ALERTS_EVERY_S: Final = 3600


class NotAllSent(TelpuntError):
    """When something could not be sent; for the history, without an address."""

    def __init__(self, done: Round) -> None:
        given_up = f"; {done.given_up} given up after {TRIES_MAX} tries" if done.given_up else "; tried again later"
        super().__init__(
            f"{done.failed} of {done.failed + done.sent} could not be sent ({'; '.join(sorted(done.problems))}){given_up}"
        )


@dataclass(slots=True)
class Round:
    """What was done."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
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
            run = self._fresh(site)
            if run and run != one.sent_run and one.due_at <= self.clock():
                self.deliveries.claim_report(one, run)
            if one.wish.alerts:
                self._claim_alerts(one, site, counts)

    def send(self) -> Round:
        """Try everything that is claimed and whose time has come."""
        done = Round()
        for one in self.deliveries.to_try():
            self._try(one, done)
        return done

    def plan(self) -> None:
        """Note when there will be something to do again."""
        now = self.clock()
        active = self.subscriptions.active()
        times = [one.due_at if one.due_at > now else now + LATE_S for one in active]
        if any(one.wish.alerts for one in active):
            times.append(now + ALERTS_EVERY_S)
        waiting = self.deliveries.next_try()
        if waiting is not None:
            times.append(waiting)
        look_at(self.folder, min(times, default=now + 365 * 86_400))
        self.deliveries.forget_old()

    def compose(self, of: Subscription, site: Site, *, claim: str, keys: tuple[str, ...] | None = None) -> Message:
        """
        What is sent to a subscription.

        Args:
            keys: of the alerts; None: the report.

        Raises:
            NoRun: nothing is published.
        """
        look = Looks(self.engine).of(site.key)
        leave = f"/unsubscribe/{of.id}/{self.subscriptions.token(of)}"
        addresses = {
            "address": self.mailer.address(f"/sites/{site.key}" + ("" if keys is None else "/changes")),
            "leave": self.mailer.address(leave) if of.wish.channel == MAIL else "",
        }
        if keys is None:
            names = GivenNames(self.engine, self.clock)
            readings = Readings(self.folder, names.of, Marks(self.engine).of)
            return message.of_report(readings, site, of.wish, look, claim=claim, **addresses)
        told = self._sentences(site, of, keys)
        return message.of_alerts(site, of.wish, look, told, claim=claim, **addresses)

    def _fresh(self, site: Site) -> str:
        try:
            run = runs.current(self.folder, site.key).run
        except NoRun:
            return ""
        began = datetime.strptime(run.id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return run.id if datetime.fromtimestamp(self.clock(), UTC) - began <= FRESH else ""

    def _claim_alerts(self, one: Subscription, site: Site, counts: outcomes.Counts) -> None:
        now = datetime.fromtimestamp(self.clock(), UTC)
        there = set(keys_of(self.folder, site.key))
        if alerts.has_stopped(counts, site.key, now):
            there.add(alerts.STOPPED)
        new = sorted(there - one.told)
        still = frozenset(one.told & there)
        if new:
            self.deliveries.claim_alerts(one, new, still)
        elif still != one.told:
            self.deliveries.remember(one, still)

    def _sentences(self, site: Site, of: Subscription, keys: tuple[str, ...]) -> tuple[str, ...]:
        lang = "nl" if of.wish.language == "nl" else "en"
        told = [
            one.sentences["nl" if lang == "nl" else "en"] for one in _alerts(self.folder, site.key) if one.key in keys
        ]
        if alerts.STOPPED in keys:
            with speaking("nl" if lang == "nl" else "en"):
                told.insert(0, alerts.stopped_words(site.key))
        return tuple(told)

    def _try(self, one: Delivery, done: Round) -> None:
        of = next((each for each in self.subscriptions.active() if each.id == one.subscription), None)
        site = self.sites.get(of.site) if of else None
        if of is None or site is None or of.state != ON:
            self.deliveries.give_up(one, "the subscription or its site is no more")
            return
        if one.tries >= TRIES_MAX:
            self.deliveries.give_up(one, one.problem or "its tries were interrupted")
            done.failed, done.given_up = done.failed + 1, done.given_up + 1
            done.problems.add("interrupted")
            return
        if not self.deliveries.begin(one):
            return
        try:
            self._hand_over(of, site, one)
        except (MailNotSent, webhook.NotPosted, NoRun) as error:
            last = self.deliveries.failed(one, str(error))
            done.failed, done.given_up = done.failed + 1, done.given_up + last
            done.problems.add(str(error))
        else:
            self.deliveries.done(one)
            done.sent += 1

    def _hand_over(self, of: Subscription, site: Site, one: Delivery) -> None:
        told = self.compose(of, site, claim=one.claim, keys=one.about if one.kind == ALERTS else None)
        if told.report is None and not told.alerts:
            return  # what was to be told is no longer in the feed
        if of.wish.channel == MAIL:
            self.mailer.hand_over(lambda sender: letter.write(told, of.wish.recipient, sender, of.wish.attachment))
            return
        self.post(
            of.wish.recipient,
            webhook.body(told, of.wish.channel),
            key=self.subscriptions.signing_key(of),
            claim=one.claim,
            now=self.clock(),
            networks=self.settings.fetch_networks,
        )


def keys_of(folder: DataFolder, site: str) -> frozenset[str]:
    """Keys of the alerts that are in the published feed: old news for who subscribes now."""
    return frozenset(one.key for one in _alerts(folder, site))


def _alerts(folder: DataFolder, site: str) -> list[alerts.Alert]:
    try:
        return alerts.of_changes(runs.current(folder, site).table("changes"))
    except NoRun:
        return []
