"""A change is told when there is one, seldom when there is none, and what was told stays told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis import changes
from analysis.labels import Label
from tests import weekly

N = 2500  # visits a week


def traffic(seed, shares, *, rates=0.1, spread=3.0):
    """Weekly visits of some audiences: *shares* gives each week's, and weeks differ more than coin tosses do."""
    dice = np.random.default_rng(seed)
    shares = np.array(shares)
    visits = weekly.draw(dice, shares, np.full(len(shares), N), spread)
    return weekly.table(visits, dice.binomial(visits, rates))


def found(trends, told=None, **more):
    labels = {segment: Label({"en": segment, "nl": segment}, {"en": "", "nl": ""}) for segment in trends["segment"]}
    return changes.build(trends, labels, k=weekly.K, told=told, **more)


def quiet(weeks=26):
    return [[0.3, 0.25, 0.2, 0.15, 0.1]] * weeks


def test_quiet_traffic_has_few_false_changes():
    """Over forty half years of traffic in which nothing changes, at most one change a quarter is told."""
    told = [found(traffic([1, seed], quiet())).height for seed in range(40)]
    assert np.mean(told) / 2 <= 1


def test_an_audience_that_halves_is_told_within_three_weeks():
    """A tenth of the visits that becomes a twentieth is told by the third week, in nine cases of ten."""
    first = weekly.weeks(15)[-1]
    in_time = 0
    for seed in range(30):
        shares = quiet(15) + [[0.35, 0.25, 0.2, 0.15, 0.05]] * 3
        table = found(traffic([2, seed], shares)).filter((pl.col("segment") == "s4") & (pl.col("kind") == "shrank"))
        in_time += any(week >= first for week in table["week"])
    assert in_time >= 27


def test_an_audience_that_appears_is_told_within_two_weeks():
    """Five percent of the visits that were not there before are new, from the second week on."""
    shares = [[0.3, 0.3, 0.2, 0.199, 0.001]] * 10 + [[0.3, 0.25, 0.2, 0.2, 0.05]] * 2
    row = found(traffic(3, shares)).row(by_predicate=pl.col("segment") == "s4", named=True)
    assert (row["kind"], row["week"]) == ("appeared", weekly.weeks(11)[-1])
    assert row["after_low"] < 0.05 < row["after_high"]
    assert "is new since week 12 (from 17 March 2025)" in row["sentence"]
    assert "sinds week 12 (vanaf 17 maart 2025)" in row["sentence_nl"]


def test_an_audience_that_goes_is_told():
    """An audience of which nothing is left has vanished, and the visits told are those that it had."""
    shares = [[0.3, 0.3, 0.2, 0.1, 0.1]] * 10 + [[0.35, 0.3, 0.2, 0.149, 0.001]] * 3
    row = found(traffic(4, shares)).row(by_predicate=pl.col("segment") == "s4", named=True)
    assert row["kind"] == "vanished"
    assert row["visits"] >= weekly.K


def test_others_do_not_shrink_because_one_grows():
    """A burst of one audience lowers the shares of all others; only the burst is told."""
    visits = np.tile([800, 700, 500, 400, 100], (14, 1))
    visits[10:, 4] = 2000
    dice = np.random.default_rng(5)
    table = found(weekly.table(dice.poisson(visits)))
    assert set(table["segment"]) == {"s4"}


def test_a_rate_of_starts_that_doubles_is_told():
    """Visits that start to apply twice as often are a change, though the audience stays as large as it was."""
    rates = np.full((16, 5), 0.1)
    rates[12:, 1] = 0.2
    table = found(traffic(6, quiet(16), rates=rates))
    assert table.select("segment", "kind", "week").rows() == [("s1", "applies_rose", weekly.weeks(13)[-1])]
    assert 0.15 < table["after"][0] < 0.25


def test_what_was_told_stays_told_once():
    """Weeks later, and read by another model, a change stands in the feed as it was told, and is not told again."""
    shares = quiet(12) + [[0.2, 0.25, 0.2, 0.15, 0.2]] * 8
    table = traffic(7, shares)
    weeks = weekly.weeks(20)
    feed = found(table.filter(pl.col("week") <= weeks[13]), today="2025-04-13")
    later = found(table, told=feed, today="2025-05-25")
    assert feed.height >= 1
    assert later.filter(pl.col("told") == "2025-04-13").equals(feed)
    assert later.filter(pl.col("segment") == "s4").height == 1


def test_old_news_is_not_told():
    """A run after the first one does not discover changes of months ago."""
    shares = quiet(8) + [[0.2, 0.25, 0.2, 0.15, 0.2]] * 12
    nothing = found(traffic(8, quiet(8))).clear()
    assert found(traffic(8, shares), told=nothing).is_empty()
    assert not found(traffic(8, shares)).is_empty()


def test_every_kind_has_its_sentence():
    """Each kind of change is a sentence in both languages, with the figures of the change."""
    for kind in changes.change_words.SENTENCES:
        change = changes.Change("s1", kind, "2026-W47", 0.125, (0.25, 0.2, 0.3), 100, "s2")
        for lang, figure in (("en", "12.5%"), ("nl", "12,5%")):
            text = changes.change_words.sentence(change, "Stories", "Culture", lang)
            assert "Stories" in text
            assert figure in text or kind in ("appeared", "split")
            assert "16 november 2026" in text.lower()


@pytest.mark.parametrize("weeks", [1, 4])
def test_a_young_site_has_no_changes(weeks):
    """With too few weeks for a baseline nothing is told."""
    assert found(traffic(9, quiet(weeks))).is_empty()


def test_nothing_is_no_change():
    """A site without a complete week has an empty feed."""
    assert found(traffic(9, quiet(1)).clear()).is_empty()
