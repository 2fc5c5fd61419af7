from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.beacon import Beacon, BeaconJob
from collector.events import DropReason, Hit, Kind
from collector.folder import DataFolder
from collector.ingest import ENGAGED_MAX_MS, PIPELINE, Ingest, Sender
from collector.limits import MOST
from collector.outcomes import ACCEPTED, Outcomes
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.tokens import Tokens

NOW = 1_790_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SENDER = Sender("198.51.100.7", AGENT, "nl-NL,en;q=0.5")
URL = "https://werkenbij.example.org/vacatures/verpleegkundige"


class Door:
    """An ingest on a folder with one site, and what it counted."""

    def __init__(self, path: Path, **settings: Any) -> None:
        folder = DataFolder(path).prepare()
        Registry.open(folder).save(folder, make_site("acme", ["werkenbij.example.org", "*.test.example.org"]))
        self.outcomes = Outcomes()
        self.ingest = Ingest(Settings(data=path, **settings), Registry.open(folder), Tokens.private(), self.outcomes)

    def take(self, sender: Sender = SENDER, now: int = NOW, **fields: Any) -> bytes | DropReason:
        return self.ingest.take(Beacon(**({"site": "acme", "kind": Kind.PAGE_VIEW, "url": URL} | fields)), sender, now)

    def hit(self, **fields: Any) -> Hit:
        line = self.take(**fields)
        assert isinstance(line, bytes)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        return msgspec.json.decode(line, type=Hit)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_the_steps_are_named_for_what_they_do():
    """Every step of the pipeline is a put_… or a drop_…, with a sentence."""
    for step in PIPELINE:
        assert step.__name__.startswith(("put_", "drop_"))
        assert step.__doc__


def test_a_page_view_becomes_a_line(door: Door):
    """A page view becomes one line with place, arrival, traits and token, and nothing that was not asked for."""
    hit = door.hit(
        url=URL + "?utm_source=x&utm_medium=email&utm_campaign=lente&email=jan@example.org",
        referrer="https://mail.google.com/mail/u/0",
    )
    assert (hit.t, hit.site, hit.kind, hit.touchpoint, hit.page) == (
        NOW,
        "acme",
        "page_view",
        "vacancy",
        "/vacatures/verpleegkundige",
    )
    assert (hit.channel, hit.medium, hit.campaign) == ("email", "email", "lente")
    assert (hit.device, hit.language) == ("desktop", "nl")
    assert len(hit.visit) == 16
    assert door.outcomes.totals("acme") == {ACCEPTED: 1}


def test_only_page_views_say_how_they_came(door: Door):
    """Other events have no channel: they are part of a visit that has one."""
    hit = door.hit(kind=Kind.SEARCH, query="kok", referrer="https://www.google.nl/")
    assert (hit.channel, hit.source) == ("", "")


def test_a_referrer_from_the_site_itself_is_internal(door: Door):
    """A page view from a page of the same site is internal."""
    assert door.hit(referrer="https://werkenbij.example.org/").channel == "internal"


@pytest.mark.parametrize(
    ("expected", "fields", "sender"),
    [
        (DropReason.WRONG_HOST, {"url": "https://elders.example.com/"}, SENDER),
        (DropReason.WRONG_HOST, {"url": "/vacatures"}, SENDER),
        (DropReason.WRONG_HOST, {"url": "file:///home/jan/werkenbij.example.org/index.html"}, SENDER),
        (DropReason.WRONG_HOST, {"url": "https://werkenbij.example.org.elders.com/"}, SENDER),
        (DropReason.OPT_OUT, {}, SENDER._replace(opt_out=True)),
        (DropReason.PREFETCH, {}, SENDER._replace(prefetch=True)),
        (
            DropReason.BOT,
            {},
            SENDER._replace(agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ),
        (DropReason.BOT, {}, SENDER._replace(agent="")),
        (DropReason.BOT, {}, SENDER._replace(automated=True)),
        (DropReason.INTERNAL, {"url": "https://werkenbij.example.org/wp-admin/edit.php"}, SENDER),
        (DropReason.INTERNAL, {"url": URL + "?preview=true"}, SENDER),
        (DropReason.SPAM, {"referrer": "https://www.semalt.com/x?y"}, SENDER),
    ],
)
def test_what_does_not_count_has_a_reason(door: Door, expected: DropReason, fields: dict[str, Any], sender: Sender):
    """An event that does not count says why, and is counted under that reason."""
    assert door.take(sender=sender, **fields) is expected
    assert door.outcomes.totals("acme") == {expected: 1}


@pytest.mark.parametrize(
    ("fields", "sender", "expected"),
    [
        ({"url": "https://Jan.Elders.example.com/jan?x=y"}, SENDER, "jan.elders.example.com"),
        ({"url": "https://192.0.2.7/"}, SENDER, ""),
        ({"url": "https://werkenbij.example.org/wp-admin/user/jan"}, SENDER, "/wp-admin"),
        ({"referrer": "https://www.semalt.com/x?y"}, SENDER, "semalt.com"),
        ({}, SENDER._replace(agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "googlebot"),
        ({}, SENDER._replace(agent="python-requests/2.32 jan@jansen.example"), "python-requests"),
        ({}, SENDER._replace(agent=""), "no_agent"),
        ({}, SENDER._replace(automated=True), "webdriver"),
        ({}, SENDER._replace(opt_out=True), ""),
    ],
)  # fmt: skip
def test_an_example_tells_the_cause_and_nobody(door: Door, fields: dict[str, Any], sender: Sender, expected: str):
    """Of what is dropped, a host, the first part of an admin path or the family of a bot is noted, and no more."""
    assert isinstance(door.take(sender=sender, **fields), DropReason)
    noted = [example for examples in door.outcomes._examples.values() for example in examples]
    assert noted == ([expected] if expected else [])


def test_an_unknown_site_is_counted_without_its_name(door: Door):
    """What the outside invents as a site key makes no row of its own."""
    for number in range(5):
        assert door.take(site=f"invented-{number}") is DropReason.UNKNOWN_SITE
    assert door.outcomes.totals("") == {DropReason.UNKNOWN_SITE: 5}
    assert door.outcomes.totals() == {DropReason.UNKNOWN_SITE: 5}


def test_opt_out_can_be_left_to_the_site_owner(tmp_path: Path):
    """With honour_opt_out off, opt-out headers do not drop an event."""
    assert isinstance(Door(tmp_path, honour_opt_out=False).take(sender=SENDER._replace(opt_out=True)), bytes)


def test_more_than_the_rate_is_dropped(tmp_path: Path):
    """One address has so many events a minute; another address and the next minute are not touched."""
    door = Door(tmp_path, rate_max_per_minute=3)
    minute = NOW // 60 * 60
    assert [isinstance(door.take(now=minute), bytes) for _ in range(4)] == [True, True, True, False]
    assert door.take(now=minute + 59) is DropReason.RATE
    assert isinstance(door.take(now=minute, sender=SENDER._replace(address="198.51.100.8")), bytes)
    assert isinstance(door.take(now=minute + 60), bytes)


def test_a_visit_faster_than_a_person_is_a_bot(tmp_path: Path):
    """More page views a minute than a person looks at are a bot's; other events, and private addresses, are not held to it."""
    door = Door(tmp_path, pace_max_per_minute=3)
    assert [isinstance(door.take(), bytes) for _ in range(4)] == [True, True, True, False]
    assert door.take() is DropReason.BOT
    assert isinstance(door.take(kind=Kind.SEARCH, query="kok"), bytes)
    assert isinstance(door.take(now=NOW + 60), bytes)
    office = SENDER._replace(address="10.1.2.3")
    assert all(isinstance(door.take(sender=office), bytes) for _ in range(10))


def test_one_address_makes_so_many_visits_a_day(tmp_path: Path):
    """Who calls himself another browser each time gets no further than the limit; visits that are let in go on, other addresses too."""
    door = Door(tmp_path, visits_max_per_address=3)
    agents = [AGENT.replace("145", str(number)) for number in range(100, 110)]
    taken = [isinstance(door.take(sender=SENDER._replace(agent=agent)), bytes) for agent in agents]
    assert taken == [True] * 3 + [False] * 7
    assert door.take(sender=SENDER._replace(agent=agents[9])) is DropReason.RATE
    assert isinstance(door.take(sender=SENDER._replace(agent=agents[0])), bytes)
    assert isinstance(door.take(sender=SENDER._replace(agent=agents[9], address="198.51.100.8")), bytes)
    assert isinstance(door.take(sender=SENDER._replace(agent=agents[9]), now=NOW + 86400), bytes)


def test_one_address_cannot_flood_or_make_an_audience(tmp_path: Path):
    """
    The attack: a day long, one address sends as fast as it may, under a new user agent and with new values each time.

    What is left of 2,000 attempts is 300 visits, with a quarter of the new values that a site may have in a day.
    """
    door = Door(tmp_path)
    taken = []
    for number in range(2_000):
        sender = SENDER._replace(agent=f"{AGENT} Edg/{number % 500}")
        url = f"{URL}/made-up-{'abcdefghij'[number % 10]}-{hex(number)}?utm_source=x&utm_campaign=fake{'abcdefghijk'[number % 11]}"
        taken.append(door.take(sender=sender, now=NOW // 86400 * 86400 + number * 40, url=url))
    hits = [msgspec.json.decode(line, type=Hit) for line in taken if isinstance(line, bytes)]
    assert len({hit.visit for hit in hits}) == 300
    assert len({hit.page for hit in hits}) <= MOST["page"] // 4 + 1
    assert {reason for reason in taken if not isinstance(reason, bytes)} == {DropReason.RATE}


def test_the_long_tail_becomes_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Values beyond the limit of their dimension become "other", in every text that the outside can choose."""
    monkeypatch.setattr("collector.limits.MOST", dict.fromkeys(MOST, 0))
    hit = Door(tmp_path).hit(
        url="https://werkenbij.example.org/verzonnen/x?utm_source=a&utm_medium=b&utm_campaign=c", name="d", target="https://e.example.com",
        job=BeaconJob(family="f", location="g"),
    )  # fmt: skip
    assert (hit.touchpoint, hit.page, hit.source, hit.medium, hit.campaign) == ("other",) * 5
    assert (hit.name, hit.target) == ("other", "other")
    assert hit.job is not None
    assert (hit.job.family, hit.job.location) == ("other", "other")
    assert Door(tmp_path).hit(kind=Kind.SEARCH, query="kok").query == "other"


def test_an_address_can_be_cut(tmp_path: Path):
    """With fewer bits of an address, neighbours are one; with all of them they are not."""
    for bits, same in ((24, True), (32, False)):
        door = Door(tmp_path, address_bits_v4=bits)
        assert (door.hit().visit == door.hit(sender=SENDER._replace(address="198.51.100.200")).visit) is same
        assert door.hit().visit != door.hit(sender=SENDER._replace(address="198.51.101.7")).visit


def test_an_open_visit_is_cut_when_the_key_is_replaced(tmp_path: Path):
    """A visit that is open when the key is replaced goes on under another token, and nothing ties the two together."""
    uptime = [1000.0]
    door = Door(tmp_path)
    door.ingest.tokens = Tokens.shared(86400, clock=lambda: uptime[0])
    before = door.hit().visit
    uptime[0] += 86399
    assert door.hit(now=NOW + 86399).visit == before
    uptime[0] += 1
    after = door.hit(now=NOW + 86400).visit
    assert after != before
    assert door.hit(now=NOW).visit == after  # a wall clock that is set back brings no key back


def test_one_visit_has_one_token(door: Door):
    """Hits of one sender on one site share a token; another agent or address has another."""
    token = door.hit().visit
    assert door.hit(kind=Kind.SEARCH, query="kok").visit == token
    assert door.hit(sender=SENDER._replace(address="198.51.100.8")).visit != token
    assert door.hit(sender=SENDER._replace(agent=AGENT.replace("145", "144"))).visit != token


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ((5000, 40), (5000, 40)),
        ((-1, -5), (0, 0)),
        ((10**12, 400), (ENGAGED_MAX_MS, 100)),
        ((1500.7, 33.3), (1500, 33)),
        ((float("inf"), float("nan")), (0, 0)),
    ],
)
def test_engagement_is_kept_within_bounds(door: Door, sent: tuple[float, float], kept: tuple[int, int]):
    """Engaged time is at most half an hour and depth at most 100 %."""
    hit = door.hit(kind=Kind.ENGAGEMENT, engaged_ms=sent[0], depth_pct=sent[1])
    assert (hit.engaged_ms, hit.depth_pct) == kept


def test_engagement_belongs_to_engagement(door: Door):
    """A page view has no engaged time, whatever is sent."""
    assert door.hit(engaged_ms=5000, depth_pct=50).engaged_ms == 0


def test_an_empty_search_is_a_search_with_no_result(door: Door):
    """A search with results 0 stays a search, with 0."""
    hit = door.hit(kind=Kind.SEARCH, query="  Astronaut ", results=0)
    assert (hit.kind, hit.query, hit.results) == ("search", "astronaut", 0)
    assert door.hit(kind=Kind.SEARCH, query="kok").results == -1


def test_persons_in_texts_do_not_survive(door: Door):
    """E-mail addresses and telephone numbers are taken out of every text of an event."""
    person = "jan.jansen@example.org 06-12345678"
    line = door.take(
        kind=Kind.SEARCH, url=f"https://werkenbij.example.org/{person}", query=person, name=person, target=f"mailto:{person}",
        job=BeaconJob(family=person, location=person, employment_type=person, posted=person, closes=person),
    )  # fmt: skip
    assert isinstance(line, bytes)
    assert b"jansen" not in line
    assert b"12345678" not in line


def test_a_vacancy_is_kept_coarsely(door: Door):
    """Of a JobPosting, family, type, remote, place and binned dates are kept; other values are not."""
    job = door.hit(
        job=BeaconJob("Zorg", "part-time", remote=True, location="Utrecht", posted="8-30", closes="tomorrow")
    ).job
    assert job is not None
    assert (job.family, job.employment_type, job.remote, job.location, job.posted, job.closes) == (
        "zorg",
        "PART_TIME",
        True,
        "utrecht",
        "8-30",
        "",
    )


def test_a_route_in_the_fragment_is_part_of_the_page(door: Door):
    """A single-page application's route counts as the page; a position on the page does not."""
    assert door.hit(url="https://werkenbij.example.org/#/vacatures/kok").touchpoint == "vacancy"
    assert door.hit(url="https://werkenbij.example.org/#over-ons").touchpoint == "home"


def test_tracking_parameters_do_not_fill_the_memory(door: Door):
    """Page views of one page with different click ids are one entry in what is remembered."""
    for number in range(20):
        door.hit(url=f"{URL}?gclid=a{number}&utm_source=x")
    assert door.ingest.place.cache_info().misses == 1
    door.ingest.forget()
    assert door.ingest.place.cache_info().currsize == 0
