"""What is told between reports: changes of audiences, and visits that stop and come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from collector.outcomes import ACCEPTED
from collector.sites import make_site
from dashboard.scheduled import alerts
from dashboard.scheduled.alerts import RESUMED, SEEN, STOPPED
from tests.dashboard.scheduled.conftest import WISH, World
from tests.smtp import Inbox, serving

DEMO = make_site("demo", ["werkenbij.example.org"])


def feed(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"segment": one, "kind": kind, "week": "2026-W47", "other": "", "sentence": f"{one} {kind}", "sentence_nl": "nl"} for one, kind in rows]
    )  # fmt: skip


def test_an_alert_is_what_appears_splits_or_drops() -> None:
    """Of the feed of changes only those are told, each under a key that stays."""
    found = alerts.of_changes(
        feed(("a01", "appeared"), ("a02", "grew"), ("a03", "shrank"), ("a04", "split"), ("a05", "vanished"))
    )
    assert [one.sentences["en"] for one in found] == ["a01 appeared", "a03 shrank", "a04 split", "a05 vanished"]
    assert [one.key for one in alerts.of_changes(feed(("a01", "appeared")))] == [found[0].key]


NOON_DAY = 20_780
NIGHT = datetime.fromtimestamp(NOON_DAY * 86_400 + 3 * 3600, UTC)
EVENING = datetime.fromtimestamp(NOON_DAY * 86_400 + 20 * 3600, UTC)


@pytest.mark.parametrize(
    ("usual", "yesterday", "today", "now", "stopped"),
    [
        (500, 500, 0, EVENING, True),
        (500, 500, 10, EVENING, False),
        (500, 500, 9, EVENING, True),  # fewer than k are told as none
        (500, 500, 0, NIGHT, False),  # too early to say
        (500, 0, 0, NIGHT, True),
        (500, 0, 12, NIGHT, False),  # something came
        (40, 40, 0, EVENING, False),  # a small site has such days
        (0, 0, 0, EVENING, False),  # it never began
    ],
)
def test_when_visits_have_stopped(usual: int, yesterday: int, today: int, now: datetime, stopped: bool) -> None:
    """None for most of a day, on a site that has many every day, and not otherwise."""
    counts = {("demo", ACCEPTED, NOON_DAY - back): usual for back in range(2, 30)}
    counts |= {("demo", ACCEPTED, NOON_DAY - 1): yesterday, ("demo", ACCEPTED, NOON_DAY): today}
    assert alerts.has_stopped(counts, DEMO, now) is stopped


def counts(**by_day: int) -> dict[tuple[str, str, int], int]:
    """A busy site, whose last two days are given."""
    usual = {("demo", ACCEPTED, NOON_DAY - back): 500 for back in range(2, 30)}
    return usual | {
        ("demo", ACCEPTED, NOON_DAY - 1): by_day["yesterday"],
        ("demo", ACCEPTED, NOON_DAY): by_day["today"],
    }


def test_a_pause_on_purpose_is_no_stop() -> None:
    """Of a site whose counting was paused in its settings nothing is told, whatever comes in."""
    still = counts(yesterday=500, today=0)
    assert alerts.standing_of(still, DEMO, EVENING) == "stopped"
    paused = make_site("demo", ["werkenbij.example.org"], paused=True)
    assert alerts.standing_of(still, paused, EVENING) == "quiet"


def test_silence_that_lasts_is_not_told_as_its_end() -> None:
    """After ten days without any visits nothing is known of what is usual, and that is not "they are back"."""
    long_ago = {("demo", ACCEPTED, NOON_DAY - back): 500 for back in range(10, 40)}
    assert alerts.standing_of(long_ago, DEMO, EVENING) == "quiet"
    told, new = alerts.to_tell(frozenset({SEEN, STOPPED}), set(), "quiet")
    assert STOPPED in told
    assert new == []


def test_the_first_look_tells_nothing_of_the_feed() -> None:
    """What stands in the feed when it is first looked at is old news; what comes after is told, once, and forgotten when it is over."""
    told, new = alerts.to_tell(frozenset(), {"a", "b"}, "flows")
    assert new == []
    told, new = alerts.to_tell(told, {"a", "b", "c"}, "flows")
    assert new == ["c"]
    told, new = alerts.to_tell(told | {"c"}, {"c"}, "flows")
    assert (told, new) == (frozenset({SEEN, "c"}), [])


def test_one_visit_is_told_to_nobody() -> None:
    """Neither does one event keep the alert away, nor is it told as "they are back": that takes a hundred."""
    for today, standing in (
        (0, "stopped"),
        (1, "stopped"),
        (9, "stopped"),
        (10, "quiet"),
        (99, "quiet"),
        (100, "flows"),
    ):
        assert alerts.standing_of(counts(yesterday=0, today=today), DEMO, EVENING) == standing, today


def test_a_stop_and_its_end_are_each_told_once() -> None:
    """Stopped once while it lasts, then that visits are back, then nothing."""
    told: frozenset[str] = frozenset({SEEN})
    said = []
    for standing in ("flows", "stopped", "stopped", "quiet", "stopped", "flows", "flows", "stopped"):
        told, new = alerts.to_tell(told, set(), standing)  # type: ignore[arg-type]  # words of the literal
        told |= {*new}
        said += new
    assert said == [STOPPED, RESUMED, STOPPED]


def test_an_alert_of_a_run_is_mailed_once(world: World, inbox: Inbox) -> None:
    """What stood in the feed when somebody was added is not told; what the next run adds is, once, with the way to the page."""
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.add(replace(WISH, alerts=True))
        assert world.round() == (0, 0, 0)
        some = min(world.found(number).told - {SEEN})
        world.sender().deliveries.remember(world.found(number), world.found(number).told - {some})
        assert world.round() == (1, 0, 0)
        assert world.round() == (0, 0, 0)
    body = inbox.letters[0].get_body(("plain",))
    assert body is not None
    assert "https://count.example.org/sites/demo/changes" in body.get_content()
    assert str(inbox.letters[0]["Subject"]).startswith("werkenbij.example.org: ")


def test_what_a_new_run_finds_is_mailed(world: World, inbox: Inbox) -> None:
    """The next night's run tells of a split and of growth: the split is mailed, once, in the recipient's language; growth waits for Monday."""
    with serving(inbox) as port:
        world.mail_to(port)
        world.add(replace(WISH, alerts=True, language="nl"))
        world.run_again(identity="20261122T233000Z")
        path = world.folder.runs / "demo" / "20261122T233000Z" / "changes.parquet"
        feed_before = pl.read_parquet(path)
        row = feed_before.head(1).with_columns(segment=pl.lit("a02"), week=pl.lit("2026-W47"))
        split = row.with_columns(
            kind=pl.lit("split"), sentence=pl.lit("It split."), sentence_nl=pl.lit("Het splitste.")
        )
        grew = row.with_columns(kind=pl.lit("grew"), sentence=pl.lit("It grew."), sentence_nl=pl.lit("Het groeide."))
        pl.concat([split, grew, feed_before]).write_parquet(path)
        assert world.round() == (1, 0, 0)
        assert world.round() == (0, 0, 0)
    assert str(inbox.letters[0]["Subject"]) == "werkenbij.example.org: Het splitste."
    body = inbox.letters[0].get_body(("plain",))
    assert body is not None
    assert "groeide" not in body.get_content()


def test_alerts_before_the_first_run_are_no_storm(world: World, inbox: Inbox) -> None:
    """Whoever subscribed before the first analysis is not told all that it finds; nor who turns alerts on later, or goes on after a pause."""
    with serving(inbox) as port:
        world.mail_to(port)
        (world.folder.runs / "demo" / "current").rename(world.folder.runs / "kept")
        number = world.subscriptions.add("demo", replace(WISH, alerts=True))
        (world.folder.runs / "kept").rename(world.folder.runs / "demo" / "current")
        assert world.round() == (0, 0, 0)
        world.subscriptions.change("demo", number, WISH)
        world.subscriptions.change("demo", number, replace(WISH, alerts=True))
        assert world.round() == (0, 0, 0)
        world.subscriptions.pause("demo", number, paused=True)
        world.subscriptions.pause("demo", number, paused=False)
        assert world.round() == (0, 0, 0)
    assert inbox.letters == []


def test_of_one_audience_only_its_own_changes_are_told(world: World, inbox: Inbox) -> None:
    """A subscription about one audience is told of that one."""
    with serving(inbox) as port:
        world.mail_to(port)
        number = world.add(replace(WISH, alerts=True, segment="a08"))
        assert world.found(number).told == {SEEN}


def test_many_alerts_are_one_letter_with_a_bound(world: World) -> None:
    """Ten sentences at most, and how many more there are."""
    from collector.sites import Registry
    from dashboard.reports.look import Look
    from dashboard.scheduled import message

    way = world.sender().way(world.found(world.add()), "x", 1)
    told = message.of_alerts(Registry.open(world.folder)["demo"], WISH, Look(), tuple(f"s{n}" for n in range(13)), way)
    assert len(told.sentences) == 11
    assert told.sentences[-1] == "And 3 more, on the dashboard."
