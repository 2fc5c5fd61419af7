"""One visit: what its browser would send, from the page that it lands on to the last one."""

from __future__ import annotations

from math import exp
from random import Random
from typing import Final

from collector.beacon import Beacon, BeaconJob
from collector.events import Kind
from collector.sites import Site
from dashboard.demo.arrivals import arrive
from dashboard.demo.audiences import ANYWHERE, Audience
from dashboard.demo.employer import APPLICATION_SYSTEM, DUTCH, ENGLISH, Odds, Vacancies, Vacancy, age

PAGES_MAX: Final = 40
OUT_OF_CHARACTER: Final = 0.1  # chance that a step is one that anybody could take
NOT_MEASURED: Final = 0.04  # pages whose last beacon never arrives

Sent = tuple[Beacon, int]  # a beacon and its time, seconds since 1970
_ANYWHERE: Final = Odds(ANYWHERE)
_PHONE: Final = "tel:+31299000000"


class Cast:
    """An audience with its odds worked out once."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.entry = Odds(audience.entry)
        self.interest = Odds(audience.interest)
        self.after = {name: Odds(weights) for name, weights in audience.after.items()}
        self.channels = Odds(audience.channels)
        self.families = Odds(audience.families)
        self.languages = Odds(audience.languages)
        self.searches = Odds(((words, results), weight) for words, results, weight in audience.searches)
        self.more = 1 - 1 / max(1.01, audience.pages - 1)  # chance of a further page after the second: geometric


class Visit:
    """
    A visit on its way. Make one, call :meth:`go`.

    Args:
        site: its key and first host go into the beacons.
        cast: whose visit it is.
        day: day of the simulation, from 0.
        start: seconds since 1970.
        vacancies: which ones are open.
        dice: all chance in it.
    """

    def __init__(self, site: Site, cast: Cast, day: int, start: int, vacancies: Vacancies, dice: Random) -> None:
        self._key = site.key
        self._root = f"https://{site.hosts[0].removeprefix('*.')}"
        self._cast = cast
        self._day = day
        self._now = start
        self._vacancies = vacancies
        self._dice = dice
        self._pages = ENGLISH if cast.audience.english else DUTCH
        self._referrer = ""
        self._url = ""
        self._vacancy: Vacancy | None = None
        self._sent: list[Sent] = []

    def go(self) -> list[Sent]:
        """The whole visit, in order of time."""
        dice, cast = self._dice, self._cast
        single = dice.random() < cast.audience.single
        arrival = arrive(cast.channels.draw(dice), dice)
        self._referrer = arrival.referrer
        step = cast.entry.draw(dice)
        tags = arrival.tags
        for number in range(1, PAGES_MAX + 1):
            if step == "apply":
                if self._apply():
                    break
            else:
                self._view(step, tags, short=single)
                if single:
                    break
                if self._act(step):
                    break
            if number > 1 and dice.random() > cast.more:
                break
            tags = ""
            step = self._next(step)
        return self._sent

    def _next(self, step: str) -> str:
        if self._dice.random() < OUT_OF_CHARACTER and self._cast.audience.engaged_s:
            step = _ANYWHERE.draw(self._dice)
        else:
            step = self._cast.after.get(step, self._cast.interest).draw(self._dice)
        if step == "apply" and self._vacancy is None:
            return "vacancy"
        return step if step in self._pages or step in ("vacancy", "apply") else "vacancy_list"

    def _send(self, kind: Kind, **fields: object) -> None:
        self._sent.append((Beacon(self._key, kind.value, self._url, **fields), self._now))  # type: ignore[arg-type]

    def _open(self, path: str, tags: str = "", job: BeaconJob | None = None) -> None:
        """A page view and, when the page is left, how it was read."""
        if tags:
            path += ("&" if "?" in path else "?") + tags
        self._url = self._root + path
        self._send(Kind.PAGE_VIEW, referrer=self._referrer, job=job)
        self._referrer = self._url.partition("?")[0]

    def _read(self, *, short: bool = False) -> None:
        audience, dice = self._cast.audience, self._dice
        if not audience.engaged_s:
            self._now += 1 + int(dice.random() * 3)
            return
        engaged_s = min(900.0, audience.engaged_s * exp(dice.gauss(0, 0.85)) * (0.6 if short else 1.0))
        if dice.random() >= NOT_MEASURED:
            depth = min(100, max(8, int(dice.gauss(audience.depth_pct - (12 if short else 0), 24))))
            self._now += int(engaged_s)
            self._send(Kind.ENGAGEMENT, engaged_ms=int(engaged_s * 1000), depth_pct=depth)
        self._now += 1 + int(dice.expovariate(0.2))

    def _view(self, step: str, tags: str = "", *, short: bool = False) -> None:
        if step == "vacancy":
            self._view_vacancy(tags, short=short)
            return
        self._open(self._pages[step].draw(self._dice), tags)
        self._read(short=short)

    def _view_vacancy(self, tags: str, *, short: bool) -> None:
        vacancy = self._vacancies.draw(self._cast.families.draw(self._dice), self._day, self._dice)
        self._vacancy = vacancy
        job = BeaconJob(
            family=vacancy.family,
            employment_type=vacancy.employment_type,
            remote=vacancy.remote,
            location=vacancy.location,
            posted=age(self._day - vacancy.opens),
            closes=age(vacancy.closes - self._day),
        )
        self._open(f"{'/en/vacancies' if self._cast.audience.english else '/vacatures'}/{vacancy.slug}", tags, job)
        self._read(short=short)

    def _act(self, step: str) -> bool:
        """What is done on a page beside reading. Is the visit over after it?"""
        for action, chance in self._cast.audience.actions.get(step, ()):
            if self._dice.random() >= chance:
                continue
            if action == "apply":
                return self._apply()
            self._do(action)
        return False

    def _do(self, action: str) -> None:
        self._now += 2
        if action == "search":
            words, results = self._cast.searches.draw(self._dice)
            self._send(Kind.SEARCH, query=words, results=results)
        elif action == "contact":
            self._send(Kind.CONTACT, target=_PHONE if self._dice.random() < 0.4 else "https://wa.me/31600000000")
        elif action == "download":
            self._send(Kind.DOWNLOAD, target=f"{self._root}/documenten/brochure.pdf")
        elif action == "outbound":
            self._send(Kind.OUTBOUND, target="https://9292.nl/")
        elif action == "video":
            self._send(Kind.VIDEO, name="een dag op het gemaal")
        elif action == "event_signup":
            self._send(Kind.EVENT_SIGNUP, name="open dag")
        else:
            self._send(Kind(action))

    def _apply(self) -> bool:
        """Begin to apply for the vacancy seen last. Is the visit over after it?"""
        vacancy, dice = self._vacancy, self._dice
        if vacancy is None:
            return False
        self._now += 3
        if not vacancy.own_form:
            self._send(Kind.HANDOFF, target=APPLICATION_SYSTEM.format(slug=vacancy.slug))
            return dice.random() < 0.75
        self._send(Kind.APPLY_START)
        self._open(f"/solliciteren/{vacancy.slug}")
        self._read()
        if dice.random() < 0.55:
            self._send(Kind.APPLY_STEP)
            self._now += 40 + int(dice.expovariate(1 / 180))
            if dice.random() < 0.6:
                self._send(Kind.APPLY_COMPLETE)
                self._open("/bedankt")
                self._read()
                return dice.random() < 0.9
        return dice.random() < 0.5
