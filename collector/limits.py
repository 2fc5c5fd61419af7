"""
What one sender, and all senders together, can put into the counts: limits that keep a flood or a poisoning attempt small.

    Rate     events a minute from one network (429)
    Pace     page views a minute of one visit: faster than a person reads is a program
    Crowd    visits a day from one network: who changes his user agent makes a new visit each time (429)
    Tail     different values a day of each dimension of a site; what comes after those is "other"

All in memory, bounded, under keys of this process; each worker has its own. A network is an IPv4 address or an IPv6 /64. A table that is
full lets pass what is not in it: a flood must not lock out the site's own visits. Networks that are private (RFC 1918 and the like)
are an office, a test or a proxy that nobody named: only Rate applies to them.

What these cannot stop: as many networks as it takes. Against that stand the rule of *k* and the smallest share of an audience;
``docs/notes/threat-model.md`` has the figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import Final

from collector import traits

NETWORKS_MAX: Final = 50_000  # about 5 MB
VISITS_MAX: Final = 200_000  # about 15 MB
VALUES_MAX: Final = 200_000  # of all sites and dimensions together, about 15 MB
# Of the room for new values, one network has a quarter.
SHARE_OF_ONE_NETWORK: Final = 4
OTHER: Final = "other"
# Different values a day and site. A large site has 5,000 vacancies; nobody runs 500 campaigns a day.
MOST: Final = {
    "page": 10_000,
    "section": 200,
    "source": 1_000,
    "medium": 100,
    "campaign": 500,
    "query": 5_000,
    "name": 200,
    "target": 500,
    "family": 200,
    "location": 1_000,
}


def network_key(address: str) -> int:
    """
    The network that *address* is in, as a number that means nothing outside this process.

    Python's own hash of text: SipHash under a key that is random in each process.
    """
    return hash(traits.network_of(address))


class Rate:
    """
    Events per network and minute.

    Args:
        max_per_minute: events; 0: no limit.
    """

    def __init__(self, max_per_minute: int) -> None:
        self._max = max_per_minute
        self._minute = -1
        self._counts: dict[Hashable, int] = {}

    def exceeded(self, network: Hashable, now: int) -> bool:
        """Count one event and say whether it is one too many."""
        if not self._max:
            return False
        minute = now // 60
        if minute != self._minute:
            self._minute = minute
            self._counts = {}
        counts = self._counts
        count = counts.get(network, 0) + 1
        if count > self._max:
            return True
        if count > 1 or len(counts) < NETWORKS_MAX:
            counts[network] = count
        return False


class Pace(Rate):
    """Page views per visit and minute: a :class:`Rate` of visit tokens."""

    def too_fast(self, visit: str, address: str, now: int) -> bool:
        """Count one page view and say whether no person is that fast."""
        return self.exceeded(visit, now) and not traits.is_private(address)


class Crowd:
    """
    Visits per network and day. Days are cut in UTC.

    Args:
        max_per_day: visits; 0: no limit.
    """

    def __init__(self, max_per_day: int) -> None:
        self._max = max_per_day
        self._day = -1
        self._seen: set[int] = set()
        self._counts: dict[int, int] = {}

    def exceeded(self, network: int, visit: str, address: str, now: int) -> bool:
        """Is this the first event of a visit that is one too many? A visit that was let in stays in."""
        if not self._max:
            return False
        day = now // 86400
        if day != self._day:
            self._day = day
            self._seen = set()
            self._counts = {}
        key = hash(visit)
        if key in self._seen or len(self._seen) >= VISITS_MAX:
            return False
        count = self._counts.get(network, 0) + 1
        if count > self._max and not traits.is_private(address):
            return True
        self._seen.add(key)
        self._counts[network] = count
        return False


class Tail:
    """
    The values of each dimension that a site has had today and yesterday; once there are :data:`MOST`, a new one is "other".

    A value of yesterday needs no new room, so that who comes first after midnight with made-up values can't push out what the site has.
    Only hashes are kept (of Python's own, random in each process).

    Args:
        parts: one network has one part in so many of the room for new values; 1: all of it.
    """

    def __init__(self, parts: int = SHARE_OF_ONE_NETWORK) -> None:
        self._parts = parts
        self._day = -1
        self._today: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._yesterday: dict[tuple[str, str], set[int]] = {}
        self._made: dict[tuple[int, str, str], int] = {}  # new values by network
        self._values = 0
        self._passed: set[int] = set()

    def passed(self, now: int) -> set[int]:
        """Hashes of what passed uncut today, whole places and arrivals, for who does not want to ask for each value again."""
        if now // 86400 != self._day:
            self._turn(now // 86400)
        return self._passed

    def remember(self, key: int) -> None:
        """Add to what passed uncut today."""
        if len(self._passed) < VALUES_MAX:
            self._passed.add(key)

    def cut(self, site: str, dimension: str, value: str, sender: tuple[int, str], now: int) -> str:
        """
        *value*, or "other" when there is no room for it. "" stays "".

        Args:
            site: key of the site.
            dimension: one of :data:`MOST`.
            value: as it would be kept.
            sender: key of the network that sends it, and the address.
            now: seconds since 1970; days are cut in UTC.
        """
        if not value:
            return value
        if now // 86400 != self._day:
            self._turn(now // 86400)
        place = site, dimension
        key = hash(value)
        today = self._today[place]
        if key in today:
            return value
        if key not in self._yesterday.get(place, ()):
            most = MOST[dimension]
            network, address = sender
            who = network, site, dimension
            made = self._made.get(who, 0)
            if len(today) >= most or made >= most // self._parts or self._values >= VALUES_MAX:
                return value if traits.is_private(address) else OTHER
            self._made[who] = made + 1
        today.add(key)
        self._values += 1
        return value

    def _turn(self, day: int) -> None:
        self._yesterday = dict(self._today) if day == self._day + 1 else {}
        self._today = defaultdict(set)
        self._made = {}
        self._values = 0
        self._passed = set()
        self._day = day
