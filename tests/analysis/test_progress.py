"""How far a new site is, and when it will be there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from analysis import fold, progress
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, stage

TODAY = date(2026, 11, 23)
SITE = make_site("s", ["werkenbij.example.org"])


def days(*visits: int) -> dict[date, int]:
    """Visits of the days up to and with today, oldest first."""
    return {TODAY - timedelta(days=len(visits) - 1 - back): number for back, number in enumerate(visits) if number}


def test_the_days_to_go_follow_from_the_last_days():
    """At 30 visits a day, 120 of 300 are six days from done; today is not over and does not count for the pace."""
    seen = progress.reckon(days(30, 30, 30, 30, 5), SITE, TODAY)
    assert (seen.visits, seen.needed, seen.days_left, seen.too_quiet) == (120, 300, 6, False)


def test_on_the_first_day_nothing_is_promised():
    """A day that is not over tells no pace, and neither do fewer than k visits."""
    assert progress.reckon(days(80), SITE, TODAY).days_left is None
    assert progress.reckon(days(3, 3, 3), SITE, TODAY).days_left is None
    assert progress.reckon({}, SITE, TODAY) == progress.Progress(0, False, 300, None, None, False)


def test_a_quiet_site_is_told_so():
    """When four weeks at this pace are fewer than needed, no day is promised."""
    seen = progress.reckon(days(*[5] * 20), SITE, TODAY)
    assert (seen.days_left, seen.too_quiet) == (None, True)


def test_enough_is_enough():
    """With the visits there, there are no days to go."""
    assert progress.reckon(days(200, 200), SITE, TODAY).days_left == 0


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_what_is_shown_is_a_multiple_of_k(visits: list[int]):
    """Neither the visits nor what the pace is made of tells a number that is no multiple of k."""
    seen = progress.reckon(days(*visits), SITE, TODAY)
    assert seen.visits % SITE.k == 0
    if seen.per_day is not None:
        assert any(
            abs(seen.per_day * span / SITE.k % 1) < 1e-9 or abs(seen.per_day * span / SITE.k % 1) > 1 - 1e-9
            for span in range(1, 8)
        )


def test_it_reads_what_was_counted(tmp_path: Path):
    """Visits in the counts are the visits of the page, rounded down."""
    folder = DataFolder(tmp_path).prepare()
    Registry.open(folder).save(folder, SITE)
    stage(folder, [hit(number * 60, f"{number:016x}") for number in range(1, 34)])
    fold.fold(folder, Settings(data=tmp_path), Registry.open(folder), now=datetime.fromtimestamp(MONDAY + 9000, UTC))
    seen = progress.look(folder, SITE, datetime.fromtimestamp(MONDAY + 9000, UTC))
    assert (seen.visits, seen.any) == (30, True)
