"""
Are changes told in time, and only when there are any?

    weekly   series of many sites, no model: false changes in quiet traffic, and the delay of an audience that appears or halves
    runs     26 real weekly runs of a simulated site: patterns, model, identity, feed; ids that are lost, changes that are told

Everything is judged from what is published: numbers under the rule of k, the feed of changes, the ids.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from analysis import changes, pipeline, runs
from analysis.iso_weeks import iso_week, monday
from analysis.runs import CHANGES
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests import weekly
from tests.traffic import Scenario, signatures, simulate, site_of

QUARTER = 13
HALF_YEAR = 26
NOTHING = pl.DataFrame(schema=CHANGES)


def found(trends: pl.DataFrame) -> list[changes.Change]:
    """What a first run would tell."""
    return list(changes.find(trends, NOTHING, weekly.K))


def quiet(seed: int) -> list[changes.Change]:
    """False changes in half a year of a site in which nothing changes but the number of all visits."""
    dice = np.random.default_rng([1, seed])
    n = int(dice.integers(3, 16))
    shares = np.tile(dice.dirichlet(np.full(n, 1.5)), (HALF_YEAR, 1))
    swing = np.exp(0.075 * np.cumsum(dice.normal(size=HALF_YEAR))) * (1 + 0.1 * dice.normal(size=HALF_YEAR))
    totals = np.maximum(np.exp(dice.uniform(np.log(500), np.log(30_000))) * swing, 200)
    visits = weekly.draw(dice, shares, totals, float(dice.choice([1.2, 2.0, 4.0])))
    rates = np.clip(dice.beta(1.5, 10, size=n) * np.exp(dice.normal(0, 0.08, size=visits.shape)), 0, 1)
    return found(weekly.table(visits, dice.binomial(visits, rates)))


def delay(seed: int, total: float, spread: float, shares: tuple[float, float]) -> int | None:
    """Complete weeks until a share that goes from the one to the other is told; None: not within six."""
    dice = np.random.default_rng([2, seed])
    rest = dice.dirichlet(np.full(int(dice.integers(3, 12)), 3.0))
    since = 14
    mine = [shares[0] if week < since else shares[1] for week in range(20)]
    table = np.array([[share, *(rest * (1 - share))] for share in mine])
    visits = weekly.draw(dice, table, total * np.exp(dice.normal(0, 0.08, 20)), spread)
    first = weekly.weeks(20)[since - 1]
    for weeks in range(1, 7):
        told = found(weekly.table(visits[: since + weeks]))
        if any(change.segment == "s0" and change.week >= first for change in told):
            return weeks
    return None


def weekly_series(sites: int, cases: int) -> None:
    """Print what comes of series without a model."""
    told = [quiet(seed) for seed in range(sites)]
    kinds = Counter(change.kind for listed in told for change in listed)
    a_quarter = np.array([len(listed) for listed in told]) * QUARTER / HALF_YEAR
    print(
        f"quiet: {sites} half years, 3-15 audiences, 500-30,000 visits a week, weeks 1.2-4 times as unlike as coin tosses"
    )
    print(
        f"  false changes a quarter: {a_quarter.mean():.2f} on average, at most one in {np.mean(a_quarter <= 1):.0%} of the sites; "
        + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    )
    print(f"{'told within':<34}{'visits a week':>14}{'2 weeks':>9}{'3 weeks':>9}{'4 weeks':>9}")
    for name, shares in (
        ("appears at 5%", (1e-4, 0.05)),
        ("halves from 5%", (0.05, 0.025)),
        ("halves from 10%", (0.1, 0.05)),
        ("halves from 20%", (0.2, 0.1)),
    ):
        for total in (500, 1_000, 2_500, 10_000):
            for spread in (1.2, 3.0):
                delays = [delay(seed, total, spread, shares) for seed in range(cases)]
                in_time = [np.mean([one is not None and one <= weeks for one in delays]) for weeks in (2, 3, 4)]
                print(
                    f"{name + f', weeks {spread}':<34}{total:>14,}" + "".join(f"{share:>9.0%}" for share in in_time),
                    flush=True,
                )


@dataclass
class Story:
    """What happened in the weekly runs of one site."""

    ids: dict[int, list[str]] = field(
        default_factory=dict
    )  # per audience, the id that most of its visits had, run by run
    told: pl.DataFrame = field(default_factory=lambda: NOTHING)
    first_told: dict[int, int] = field(default_factory=dict)  # per audience, the run in which a change of it was told
    verdicts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def week_of(scenario: Scenario, number: int, shares: np.ndarray, visits: int) -> pl.DataFrame:
    """Counts of one week in which audience *i* has ``shares[i]`` of the visits of audiences; the truth is the campaign."""
    size = round(visits * 1.5)
    traffic = simulate(replace(scenario, visits=size), seed=1000 + number)
    dice = np.random.default_rng([3, number])
    named = signatures(traffic.steps, traffic.visits)
    present = np.bincount(named["audience"].to_numpy() + 1, minlength=shares.size + 1)
    members = visits * (1 - scenario.noise)
    wanted = np.concatenate([[visits * scenario.noise], shares * members])
    chance = np.minimum(wanted / np.maximum(present, 1), 1.0)
    kept = named.filter(pl.Series(dice.random(named.height) < chance[named["audience"].to_numpy() + 1]))
    counted = kept.group_by("pattern", campaign=pl.format("a{}", "audience")).agg(visits=pl.len().cast(pl.Int64))
    return weekly.counts(counted, iso_week(weekly.FIRST + timedelta(days=7 * number)))


def live(scenario: Scenario, plan: np.ndarray, visits: int, *, skipped: tuple[int, ...] = ()) -> Story:
    """
    Weekly runs of a site.

    Args:
        plan: shares of the audiences, shape (n_weeks, n_audiences).
        visits: a week.
        skipped: weeks without a run.
    """
    story, started = Story(), time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        folder = DataFolder(Path(home) / "data").prepare()
        Registry.open(folder).save(folder, make_site("s", ["s.example"]))
        site, store = Registry.open(folder)["s"], Store(folder)
        for number, shares in enumerate(plan):
            first = weekly.FIRST + timedelta(days=7 * number)
            now = datetime(first.year, first.month, first.day, 3, tzinfo=UTC) + timedelta(days=7)
            counts = week_of(scenario, number, shares, visits)
            with folder.hold("facts", wait=True):
                store.commit(now=now, add=[Addition("s", iso_week(first), State.OPEN, counts)])
            if number < 3 or number in skipped:
                continue
            # Another seed each time: the map of one week has nothing to do with that of the last.
            settings = Settings.load(data=folder.path, seed=number)
            run = pipeline.refresh(folder, settings, site, now=now)
            story.verdicts[run.verdict] += 1
            published = runs.current(folder, "s")
            _note(story, published, number, shares.size)
    story.seconds = time.monotonic() - started
    return story


def _note(story: Story, published: runs.PublishedRun, number: int, audiences: int) -> None:
    table = published.table("profiles").filter(
        (pl.col("dimension") == "campaign") & (pl.col("segment") != runs.UNCLUSTERED)
    )
    story.statuses.update(published.table("segments")["status"].to_list())
    story.told = published.table("changes")
    owner = {}
    for audience in range(audiences):
        mine = table.filter(pl.col("value") == f"a{audience}").sort("visits", descending=True)
        if mine.height:
            owner[audience] = str(mine["segment"][0])
            story.ids.setdefault(audience, []).append(owner[audience])
    segments = {(row["segment"], row["week"]) for row in story.told.iter_rows(named=True)}
    for audience, segment in owner.items():
        if audience not in story.first_told and any(segment == one for one, _ in segments):
            story.first_told[audience] = number


def lost(story: Story) -> int:
    """How often the id that holds most of an audience's visits became another one."""
    return sum(one != other for ids in story.ids.values() for one, other in pairwise(ids))


STORIES = ("quiet, a week missed", "one appears at 5%", "one halves")


def real_runs(weeks: int, scenarios: list[Scenario], visits: int, stories: tuple[str, ...] = STORIES) -> None:
    """Print what comes of real weekly runs."""
    print(
        f"\n{weeks - 3} weekly runs of {visits:,} visits a week, a new seed each week; an id is lost when most of an audience has another"
    )
    print(
        f"{'site':<22}{'story':<26}{'ids lost':>9}{'told':>6}{'false a quarter':>17}{'delay':>7}{'verdicts':>28}{'s':>6}"
    )
    since = weeks // 2
    for scenario in scenarios:
        base = site_of(scenario).sizes
        for name in stories:
            plan = np.tile(base, (weeks, 1))
            who: int | None = None
            if name.startswith("one"):
                who = int(np.abs(base - 0.1).argmin())
                plan[:, who] = plan[:, who] if "halves" in name else np.where(np.arange(weeks) < since, 1e-9, 0.05)
                if "halves" in name:
                    plan[since:, who] /= 2
                plan /= plan.sum(axis=1, keepdims=True)
            story = live(scenario, plan, visits, skipped=(since,) if "missed" in name else ())
            false = story.told.height
            late: int | None = None
            if who is not None and story.ids.get(who):
                mine = story.told.filter(
                    (pl.col("segment") == story.ids[who][-1]) & (pl.col("week") >= weekly.weeks(weeks)[since - 1])
                ).sort("told")
                if mine.height:
                    false -= 1
                    # Weeks of the change that were complete when it was told.
                    late = (date.fromisoformat(mine["told"][0]) - monday(weekly.weeks(weeks)[since])).days // 7 + 1
            print(
                f"{scenario.name:<22}{name:<26}{lost(story):>9}{story.told.height:>6}{false * QUARTER / (weeks - 3):>17.2f}"
                f"{'-' if late is None else late:>7}{' '.join(f'{k} {v}' for k, v in story.verdicts.items()):>28}{story.seconds:>6.0f}",
                flush=True,
            )


def run(*, quick: bool) -> None:
    """Print the tables."""
    weekly_series(20 if quick else 200, 10 if quick else 60)
    sites = [
        Scenario("mix, 6 audiences", "mix", "careers", audiences=6, overlap=0.1, noise=0.1, seed=21),
        Scenario("task, 8 audiences", "task", "careers", audiences=8, overlap=0.2, noise=0.1, seed=22),
    ]
    if quick:
        real_runs(8, sites[:1], 2_000, STORIES[:1])
        return
    real_runs(29, sites[:1], 2_000)
    real_runs(29, sites[1:], 2_000, STORIES[:1])
