"""The simulated careers site: like a real one, repeatable, and through the same door as everybody."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from collector import channels, journal, touchpoints
from collector.beacon import read
from collector.events import DropReason, Hit
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Site, make_site
from dashboard import demo
from dashboard.demo.arrivals import ARRIVALS
from dashboard.demo.audiences import EVERYBODY, HOURS
from dashboard.demo.employer import _DUTCH, _ENGLISH, FAMILIES
from dashboard.demo.traffic import Simulated, visits

END = date(2026, 11, 21)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Site:
    return make_site(demo.KEY, [demo.HOST], simulated=True)


@pytest.fixture(scope="module")
def weeks(site: Site) -> list[Simulated]:
    """Twelve weeks of visits."""
    return list(visits(site, days=84, end=END, seed=1))


def pages(visit: Simulated) -> int:
    return sum(beacon.kind == "page_view" for beacon, _ in visit.sent)


def people(weeks: list[Simulated]) -> list[Simulated]:
    names = {audience.name for audience in EVERYBODY}
    return [visit for visit in weeks if visit.audience in names]


def test_repeatable(site: Site) -> None:
    """One seed and last day give the same events, senders and times; another seed gives others."""
    first, again, other = (list(islice(demo.simulate(site, days=14, end=END, seed=seed), 2_000)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(("table", "prefix"), [(_DUTCH, "/vacatures/"), (_ENGLISH, "/en/vacancies/")])
def test_touchpoints(table: dict[str, dict[str, float]], prefix: str, site: Site) -> None:
    """Every page of the site is recognised as what it is meant to be."""
    root = f"https://{demo.HOST}"
    for touchpoint, paths in table.items():
        for path in paths:
            assert touchpoints.classify(root + path, site) == touchpoint, path
    for titles in FAMILIES.values():
        for title in titles:
            assert touchpoints.classify(root + prefix + title, site) == "vacancy", title
            assert touchpoints.classify(f"{root}/solliciteren/{title}", site) == "apply", title
    assert touchpoints.classify(f"{root}/bedankt", site) == "applied"


@pytest.mark.parametrize(
    ("way", "channel"),
    [
        ("direct", "direct"),
        ("google", "organic_search"),
        ("google_ads", "paid_search"),
        ("indeed", "job_board"),
        ("nvb", "job_board"),
        ("linkedin", "organic_social"),
        ("linkedin_ads", "paid_social"),
        ("linkedin_jobs", "job_board"),
        ("instagram_campaign", "organic_social"),
        ("open_day_mail", "email"),
        ("jobmail", "email"),
        ("school", "referral"),
        ("chatgpt", "ai_assistant"),
        ("perplexity", "ai_assistant"),
    ],
)
def test_channels(way: str, channel: str, site: Site) -> None:
    """Every way to the site is recognised as the channel it is meant to be, whether or not the link has tags."""
    for arrival in ARRIVALS[way].things:
        found = channels.read(arrival.referrer, f"https://{demo.HOST}/?{arrival.tags}", site)
        assert found.channel == channel, arrival


def test_table_is_whole() -> None:
    """Every audience goes to pages, comes by ways and keeps hours that exist."""
    known = {*_DUTCH, *_ENGLISH, "vacancy", "apply"}
    for audience in EVERYBODY:
        for weights in (audience.entry, audience.interest, *audience.after.values()):
            assert set(weights) <= known, audience.name
        assert set(audience.channels) <= set(ARRIVALS), audience.name
        assert set(audience.families) <= set(FAMILIES), audience.name
        assert audience.hours in HOURS
        assert set(audience.actions) <= known, audience.name


def test_like_real_traffic(weeks: list[Simulated]) -> None:
    """About 500 visits a day, more than half of them one page, most landing on a job page and few on the home page."""
    came = people(weeks)
    assert 30_000 <= len(came) <= 48_000
    assert 0.5 <= sum(pages(visit) == 1 for visit in came) / len(came) <= 0.65
    landings = Counter(visit.sent[0][0].url.split("?")[0].split("/")[3] for visit in came if visit.sent)
    assert landings["vacatures"] / len(came) > 0.5
    assert landings[""] / len(came) < 0.15
    starts = Counter(
        datetime.fromtimestamp(visit.sent[0][1], ZoneInfo("Europe/Amsterdam")).weekday() for visit in came if visit.sent
    )
    assert starts[6] < starts[0]


def test_audiences_come_and_go(weeks: list[Simulated]) -> None:
    """One audience appears half-way, one grows and one fades."""
    early, late = (
        Counter(visit.audience for visit in weeks if first <= visit.day < last) for first, last in ((0, 28), (56, 84))
    )
    assert early["open_day"] == 0 < late["open_day"]
    assert late["students"] > 1.7 * early["students"]
    assert late["trainees"] < 0.4 * early["trainees"]


def test_demand_that_is_not_met(weeks: list[Simulated]) -> None:
    """Some searches find nothing."""
    searches = [beacon.results for visit in weeks for beacon, _ in visit.sent if beacon.kind == "search"]
    assert 0.2 < searches.count(0) / len(searches) < 0.8


def test_in_time(site: Site) -> None:
    """No event lies before the first day or after the last one, and those of a visit are in order, also when the clock is set back."""
    zone = ZoneInfo(site.timezone)
    first = datetime(2026, 10, 19, tzinfo=zone).timestamp()
    last = datetime(2026, 11, 2, tzinfo=zone).timestamp()
    for visit in visits(site, days=14, end=date(2026, 11, 1), seed=3):
        times = [at for _, at in visit.sent]
        assert times == sorted(times)
        assert all(first <= at < last for at in times)


def test_as_the_snippet_sends(site: Site) -> None:
    """The endpoint would accept every event as it is."""
    settings = Settings()
    for beacon, _, _ in islice(demo.simulate(site, days=14, end=END, seed=1), 3_000):
        assert read(msgspec.json.encode(beacon), settings) == [beacon]


def test_fill(site: Site, tmp_path: Path) -> None:
    """The visits pass the pipeline into the journal: events add up, crawlers and opt-outs are dropped, nothing tells who it was."""
    folder = DataFolder(tmp_path).prepare()
    days: list[int] = []
    counts = demo.fill(folder, Settings(data=tmp_path), site, days=14, now=NOW, seed=1, progress=days.append)
    assert counts.events == counts.accepted + sum(counts.dropped.values())
    assert set(counts.dropped) == {
        DropReason.BOT, DropReason.OPT_OUT, DropReason.PREFETCH, DropReason.SPAM, DropReason.WRONG_HOST,
    }  # fmt: skip
    assert sum(days) == 14
    assert Registry.open(folder)[site.key].simulated
    files = journal.sealed(folder, wait_s=0.0)
    hits = [msgspec.json.decode(line, type=Hit) for file in files for line in file.read_bytes().splitlines()]
    assert len(hits) == counts.accepted
    assert max(hit.t for hit in hits) < datetime(2026, 11, 21, 23, tzinfo=UTC).timestamp()
    seen = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for visit in islice(visits(site, days=14, end=END, seed=1), 500):
        assert visit.sender.address.encode() not in seen
        assert visit.sender.agent.encode() not in seen
    assert all(audience.name.encode() not in seen for audience in EVERYBODY if "_" in audience.name)


def test_all_or_nothing(site: Site, tmp_path: Path) -> None:
    """A demo that is stopped half-way leaves neither visits nor a site, so that it can be started again."""
    folder = DataFolder(tmp_path).prepare()

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.fill(folder, Settings(data=tmp_path), site, days=14, now=NOW, seed=1, progress=stop)
    assert journal.sealed(folder, wait_s=0.0) == []
    assert Registry.open(folder).get(site.key) is None
