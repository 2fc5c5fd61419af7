from __future__ import annotations

import pytest

from collector import limits
from collector.limits import MOST, OTHER, Crowd, Rate, Tail, network_key

NOW = 1_790_000_000
DAY = 86400
A, B, C = -1, -2, -3
ADDRESS = "198.51.100.7"


def test_a_network_is_an_address_or_64_bits():
    """Addresses of one IPv6 /64 are one network, IPv4 addresses are each one."""
    assert network_key("2001:db8::1") == network_key("2001:db8::2") != network_key("2001:db8:0:1::1")
    assert network_key("192.0.2.1") != network_key("192.0.2.2")


def test_the_rate_counts_by_minute():
    """A network has so many events a minute."""
    rate = Rate(2)
    minute = NOW // 60 * 60
    assert [rate.exceeded(A, minute) for _ in range(3)] == [False, False, True]
    assert not rate.exceeded(B, minute)
    assert not rate.exceeded(A, minute + 60)


def test_the_rate_table_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A flood from many networks cannot make the table grow, and does not lock out those that come after."""
    monkeypatch.setattr(limits, "NETWORKS_MAX", 10)
    rate = Rate(2)
    assert not any(rate.exceeded(number, NOW) for number in range(200))
    assert len(rate._counts) == 10


def test_the_crowd_table_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A flood of visits cannot make the table grow, and does not lock out those that come after."""
    monkeypatch.setattr(limits, "VISITS_MAX", 10)
    crowd = Crowd(3)
    assert not any(crowd.exceeded(number, f"{number:016x}", "192.0.2.1", NOW) for number in range(200))
    assert len(crowd._seen) == 10


def test_a_value_that_is_known_stays():
    """When there is no room left, values that are known go on, and new ones are "other"."""
    tail = Tail()
    most = MOST["campaign"]
    for number in range(most):
        tail.cut("acme", "campaign", f"c{number}", (number, ADDRESS), NOW)
    assert tail.cut("acme", "campaign", "c7", (A, ADDRESS), NOW) == "c7"
    assert tail.cut("acme", "campaign", "new", (A, ADDRESS), NOW) == OTHER
    assert tail.cut("other-site", "campaign", "new", (A, ADDRESS), NOW) == "new"
    assert tail.cut("acme", "source", "new", (A, ADDRESS), NOW) == "new"
    assert tail.cut("acme", "campaign", "", (A, ADDRESS), NOW) == ""


def test_one_network_cannot_fill_the_table():
    """The attack: one network sends made-up values, early in the day; it gets a quarter of the room, and the site's own values come in."""
    tail = Tail()
    sent = [tail.cut("acme", "name", f"made-up-{number}", (A, ADDRESS), NOW) for number in range(1000)]
    assert sum(value != OTHER for value in sent) == MOST["name"] // 4
    assert tail.cut("acme", "name", "brochure", (B, ADDRESS), NOW) == "brochure"


def test_a_private_network_is_not_held_to_it():
    """An office, a test or a proxy that nobody named sends as many values as it likes; its rate is limited all the same."""
    tail = Tail()
    sent = [tail.cut("acme", "name", f"made-up-{number}", (A, "10.1.2.3"), NOW) for number in range(1000)]
    assert OTHER not in sent
    assert sum(map(len, tail._today.values())) <= MOST["name"]


def test_yesterdays_values_need_no_room():
    """The attack: many networks fill the table right after midnight; what the site had yesterday still counts. After two days it is new."""
    tail = Tail()
    tail.cut("acme", "name", "brochure", (B, ADDRESS), NOW)
    for number in range(MOST["name"]):
        tail.cut("acme", "name", f"made-up-{number}", (number, ADDRESS), NOW + DAY)
    assert tail.cut("acme", "name", "brochure", (C, ADDRESS), NOW + DAY) == "brochure"
    assert tail.cut("acme", "name", "folder", (C, ADDRESS), NOW + DAY) == OTHER
    assert tail.cut("acme", "name", "brochure", (C, ADDRESS), NOW + 2 * DAY) == "brochure"


def test_all_tables_together_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """However many sites and dimensions are flooded, the memory has a bound."""
    monkeypatch.setattr(limits, "VALUES_MAX", 20)
    tail = Tail()
    for number in range(100):
        tail.cut(f"site-{number}", "page", "/x", (number, ADDRESS), NOW)
    assert sum(map(len, tail._today.values())) == 20
