"""A weak run does not take the place of a better one, and nothing stays published for ever."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from analysis import gate, runs
from tests import factories

END = date(2026, 11, 22)


@pytest.fixture
def published(tmp_path):
    data = factories.folder(tmp_path)
    return data, factories.publish(data, factories.site(data))


def run(published, verdict, days=0):
    return msgspec.structs.replace(
        published, verdict=verdict, end=END + timedelta(days=days), start=END + timedelta(days=days - 27)
    )


@pytest.mark.parametrize(
    ("new", "old", "days", "admitted"),
    [
        ("weak", "good", 1, False),
        ("weak", "fair", 7, False),
        ("weak", "weak", 1, True),
        ("fair", "good", 1, True),
        ("good", "weak", 1, True),
        ("weak", "good", 27, False),
        ("weak", "good", 28, True),
    ],
)
def test_weak_waits_for_stale(published, new, old, days, admitted):
    """Only a weak run over a better one is held back, and only while the two windows share a day."""
    _, made = published
    assert gate.admits(run(made, new, days), run(made, old)) is admitted


def test_long_windows_go_stale_too(published):
    """With windows of a year, eight weeks are the longest that a better run stays."""
    _, made = published
    old = msgspec.structs.replace(made, start=END - timedelta(days=364))
    new = msgspec.structs.replace(made, verdict="weak", start=END - timedelta(days=300), end=END + timedelta(days=57))
    assert gate.admits(new, old)


def test_a_first_run_is_published(published):
    """Where there is nothing yet, a weak run with its verdict says more than nothing."""
    assert gate.admits(run(published[1], "weak"), None)


def test_what_is_held_back_is_said_until_the_next_is_published(published):
    """The page can say in both languages why it shows an older analysis; a published run takes the note away."""
    data, made = published
    held = runs.Held("20261129T033000Z", END - timedelta(days=20), END + timedelta(days=7), ["Too few visits."])
    runs.hold_back(data, made.site, held)
    assert runs.held(data, made.site) == held
    text = gate.sentence(held, made, "en")
    assert (
        "2026-11-29 was not published, because it is weak: Too few visits. What you see is that of 2026-10-26" in text
    )
    assert "niet gepubliceerd" in gate.sentence(held, made, "nl")
    runs.publish(data, made.site, made.id)
    assert runs.held(data, made.site) is None
