"""
Simulated careers traffic with known audiences: a family of simulators that do not share one idea of what a visit is.

    menu   every audience ticks touchpoints off a menu, independently       (what a latent-class model believes)
    mix    every audience draws its page views from its own mixture         (what a topic model believes)
    burst  the same, but every visit has a mixture of its own around it     (what nobody's model believes)
    walk   every audience walks over the links of one shared site           (order matters, length is geometric)
    task   every audience follows a script of stages, with detours          (long and short visits of one purpose)

On top of each: visits that end after one page, visits of no audience, bots that slip through, engaged time and depth or
neither, and vocabularies from 12 to 40 words. Truth is the audience of a visit, -1 for none. Nothing here looks at how the
analysis works; a method that is good for one of the five only has learned the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.patterns import COUNT_EDGES, DEPTH_EDGES_PCT, ENGAGED_EDGES_S, VERSION
from collector.events import Touchpoint

MECHANISMS: Final = ("menu", "mix", "burst", "walk", "task")
VOCABULARIES: Final = ("careers", "pages", "categories", "sections")
NOBODY: Final = -1
LONGEST: Final = 40  # page views and actions in one visit
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scenario:
    """
    One simulated site and window.

    Attributes:
        mechanism: one of MECHANISMS.
        vocabulary: one of VOCABULARIES: touchpoints with actions, touchpoints only, 17 categories, a site's own sections.
        audiences: how many there are, 1 and up.
        visits: all visits, those of no audience included.
        overlap: 0 every audience has its own interests, 1 all have the same.
        noise: share of the visits that are of no audience, 0 to 1.
        bots: share of the visits that are automated, 0 to 1; of no audience too.
        bounce: share of an audience's visits that end after one page, 0 to 1.
        measured: engaged time and depth are known (a snippet) or not (an imported log).
        seed: of the site and its audiences; :func:`simulate` takes another one for the visits.
    """

    name: str
    mechanism: str = "mix"
    vocabulary: str = "careers"
    audiences: int = 8
    visits: int = 20_000
    overlap: float = 0.2
    noise: float = 0.0
    bots: float = 0.0
    bounce: float = 0.15
    measured: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Traffic:
    """
    Simulated visits.

    Attributes:
        visits: one row per visit: visit, audience, engaged_s, depth_pct (null when not measured).
        steps: one row per page view or action, in order: visit, word.
    """

    visits: pl.DataFrame
    steps: pl.DataFrame

    def truth(self) -> pl.DataFrame:
        """Visits per pattern and audience: pattern, audience, visits."""
        return (
            signatures(self.steps, self.visits)
            .group_by("pattern", "audience")
            .agg(pl.len().cast(pl.Int64).alias("visits"))
            .sort("pattern", "audience")
        )


def weights(truth: pl.DataFrame) -> pl.DataFrame:
    """What the analysis is given: pattern, visits, without the audience."""
    return truth.group_by("pattern").agg(pl.col("visits").sum()).sort("visits", "pattern", descending=[True, False])


def signatures(steps: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """The pattern of every visit, by the bins of :mod:`analysis.patterns`: visit, audience, pattern."""

    def bin_of(name: str, edges: tuple[int, ...]) -> pl.Expr:
        binned = pl.lit(edges[0])
        for edge in edges[1:]:
            binned = pl.when(pl.col(name) >= edge).then(edge).otherwise(binned)
        return binned

    words = (
        steps.lazy()
        .group_by("visit", "word")
        .agg(pl.len().alias("n"))
        .sort("visit", "word")
        .select("visit", part=pl.format("{}={}", "word", bin_of("n", COUNT_EDGES)))
        .group_by("visit", maintain_order=True)
        .agg(pl.col("part").str.join(";"))
    )
    return (
        visits.lazy()
        .join(words, on="visit", how="left", maintain_order="left")
        .select(
            "visit",
            "audience",
            pattern=pl.concat_str(
                pl.lit(f"{VERSION};"),
                pl.col("part"),
                pl.when(pl.col("engaged_s").is_not_null())
                .then(pl.format(";@engaged={}", bin_of("engaged_s", ENGAGED_EDGES_S)))
                .otherwise(pl.lit("")),
                pl.when(pl.col("depth_pct").is_not_null())
                .then(pl.format(";@depth={}", bin_of("depth_pct", DEPTH_EDGES_PCT)))
                .otherwise(pl.lit("")),
            ),
        )
        .collect()
    )


def vocabulary(name: str) -> list[str]:
    """The words of a site."""
    pages = [point.value for point in Touchpoint]
    if name == "careers":
        actions = (
            "search",
            "filter",
            "apply_start",
            "apply_complete",
            "handoff",
            "job_alert",
            "save",
            "contact",
            "video",
        )
        return pages + [f"act:{action}" for action in actions]
    if name == "pages":
        return pages
    if name == "categories":
        return [f"section:category-{number}" for number in range(1, 18)]
    if name == "sections":
        return ["home", *(f"section:part-{number}" for number in range(1, 36))]
    raise ValueError(f"Vocabulary {name!r} is not one of {VOCABULARIES}")


@dataclass(frozen=True)
class Site:
    """What is true of a simulated site: its words, what everybody does, and what each audience does."""

    words: list[str]
    base: Floats  # (words,) what an average page view is
    tastes: Floats  # (audiences, words) what a page view of the audience is
    sizes: Floats  # (audiences,) share of the visits of audiences
    lengths: Floats  # (audiences,) mean page views and actions, beyond the first
    pace: Floats  # (audiences,) log of the mean engaged seconds of a page view
    depth: Floats  # (audiences,) mean depth, 0 to 1
    links: Floats  # (words, words) how easily one comes from a word to the next
    stages: list[list[Ints]]  # per audience, the words of each stage of its script


def site_of(scenario: Scenario) -> Site:
    """The site and its audiences; depends on the scenario only, not on the draw of the visits."""
    dice = np.random.default_rng([scenario.seed, 1])
    words = vocabulary(scenario.vocabulary)
    n, k = len(words), scenario.audiences
    popular = dice.permutation(n) if scenario.vocabulary in ("categories", "sections") else np.arange(n)
    base = (1.0 / (2.0 + popular)) ** 0.8
    base /= base.sum()
    tastes = np.empty((k, n))
    for audience in range(k):
        # Redraw what is nearly the same as an audience before it: two audiences that do the same are one.
        for _ in range(200):
            core = dice.choice(n, size=int(dice.integers(2, 6)), replace=False)
            own = np.zeros(n)
            own[core] = dice.dirichlet(np.full(core.size, 2.0))
            taste = (1 - scenario.overlap) * own + scenario.overlap * base
            if all(
                0.5 * np.abs(taste - tastes[other]).sum() > 0.45 * (1 - scenario.overlap) for other in range(audience)
            ):
                break
        tastes[audience] = 0.97 * taste + 0.03 / n
    sizes = dice.dirichlet(np.full(k, 1.5))
    for _ in range(50):
        sizes = np.clip(sizes, min(0.01, 0.5 / k), 0.40 if k > 2 else 1.0)
        sizes /= sizes.sum()
    links = dice.gamma(0.6, 1.0, size=(n, n)) + 0.15
    stages = []
    for audience in range(k):
        order = dice.choice(n, size=min(n, 6), replace=False, p=tastes[audience])
        cuts = np.sort(dice.choice(np.arange(1, 6), size=2, replace=False))
        stages.append([part.astype(np.int64) for part in np.split(order, cuts)])
    return Site(
        words=words,
        base=base,
        tastes=tastes,
        sizes=sizes,
        lengths=dice.uniform(2.5, 9.0, size=k),
        pace=np.log(dice.uniform(6.0, 60.0, size=k)),
        depth=dice.uniform(0.25, 0.8, size=k),
        links=links,
        stages=stages,
    )


def simulate(scenario: Scenario, *, seed: int = 0) -> Traffic:
    """
    Visits of a scenario.

    Args:
        seed: of the visits; the site and its audiences stay the same.
    """
    dice = np.random.default_rng([scenario.seed, 2, seed])
    site = site_of(scenario)
    n, k = scenario.visits, scenario.audiences
    audience = dice.choice(k, size=n, p=site.sizes)
    fate = dice.random(n)
    audience[fate < scenario.noise + scenario.bots] = NOBODY
    bot = fate >= scenario.noise
    bot &= audience == NOBODY
    wanderer = (audience == NOBODY) & ~bot

    length = np.empty(n, dtype=np.int64)
    member = audience >= 0
    mean = site.lengths[audience[member]]
    if scenario.mechanism in ("walk", "task"):
        length[member] = dice.geometric(1.0 / (1.0 + mean))
    else:
        length[member] = 1 + dice.poisson(mean * dice.gamma(3.0, 1 / 3.0, size=mean.size))
    length[wanderer] = 1 + dice.poisson(3.0 * dice.gamma(2.0, 0.5, size=int(wanderer.sum())))
    length[bot] = np.where(dice.random(int(bot.sum())) < 0.5, 1, dice.integers(8, LONGEST, size=int(bot.sum())))
    length[member & (dice.random(n) < scenario.bounce)] = 1
    length = np.clip(length, 1, LONGEST)

    draw = {"menu": _menu, "mix": _mix, "burst": _burst, "walk": _walk, "task": _task}[scenario.mechanism]
    visit_parts, word_parts = [], []
    for which in range(k):
        rows = np.flatnonzero(audience == which)
        if rows.size:
            position, word = draw(site, which, length[rows], dice)
            visit_parts.append(rows[position])
            word_parts.append(word)
    # Visits of no audience: half look round as everybody does on average, half go anywhere; a bot takes pages one by one.
    rows = np.flatnonzero(wanderer)
    anywhere = dice.random(rows.size) < 0.5
    for chosen, taste in (
        (rows[anywhere], np.full(len(site.words), 1 / len(site.words))),
        (rows[~anywhere], site.base),
    ):
        repeated = np.repeat(chosen, length[chosen])
        visit_parts.append(repeated)
        word_parts.append(dice.choice(taste.size, size=repeated.size, p=taste))
    rows = np.flatnonzero(bot)
    repeated = np.repeat(rows, length[rows])
    visit_parts.append(repeated)
    word_parts.append(dice.integers(0, len(site.words), size=repeated.size))

    steps = pl.DataFrame({"visit": np.concatenate(visit_parts), "word": np.concatenate(word_parts)}).sort(
        "visit", maintain_order=True
    )
    named = pl.DataFrame({"word": np.arange(len(site.words)), "name": site.words})
    steps = steps.join(named, on="word", maintain_order="left").select("visit", word="name")

    seen = np.bincount(np.concatenate(visit_parts), minlength=n)
    pace = np.where(member, site.pace[np.maximum(audience, 0)], np.log(20.0))
    engaged = np.exp(pace + dice.normal(0, 0.7, size=n)) * seen**0.8
    engaged[bot] = 0
    depth = dice.beta(4 * np.where(member, site.depth[np.maximum(audience, 0)], 0.5), 2.0) * 100
    depth[bot] = 0
    visits = pl.DataFrame(
        {"visit": np.arange(n), "audience": audience.astype(np.int64), "engaged_s": engaged, "depth_pct": depth}
    )
    if not scenario.measured:
        visits = visits.with_columns(engaged_s=pl.lit(None, pl.Float64), depth_pct=pl.lit(None, pl.Float64))
    return Traffic(visits, steps)


def _mix(site: Site, which: int, length: Ints, dice: np.random.Generator) -> tuple[Ints, Ints]:
    position = np.repeat(np.arange(length.size), length)
    return position, dice.choice(site.base.size, size=position.size, p=site.tastes[which])


def _burst(site: Site, which: int, length: Ints, dice: np.random.Generator) -> tuple[Ints, Ints]:
    position = np.repeat(np.arange(length.size), length)
    own = dice.gamma(4.0 * site.tastes[which] + 1e-3, 1.0, size=(length.size, site.base.size)).cumsum(axis=1)
    point = dice.random(position.size) * own[position, -1]
    word = np.empty(position.size, dtype=np.int64)
    for start in range(0, position.size, 100_000):
        part = slice(start, start + 100_000)
        word[part] = (own[position[part]] < point[part, None]).sum(axis=1)
    return position, np.minimum(word, site.base.size - 1)


def _menu(site: Site, which: int, length: Ints, dice: np.random.Generator) -> tuple[Ints, Ints]:
    chance = 1 - np.exp(-site.tastes[which] * (1 + site.lengths[which]))
    ticked = dice.random((length.size, site.base.size)) < chance
    first = dice.choice(site.base.size, size=length.size, p=site.tastes[which])
    ticked[length == 1] = False
    ticked[np.arange(length.size), first] |= (length == 1) | ~ticked.any(axis=1)
    position, word = np.nonzero(ticked)
    times = np.where(length[position] == 1, 1, dice.geometric(0.6, size=position.size))
    return np.repeat(position, times), np.repeat(word, times)


def _walk(site: Site, which: int, length: Ints, dice: np.random.Generator) -> tuple[Ints, Ints]:
    move = (site.links * site.tastes[which]).cumsum(axis=1)
    move /= move[:, -1:]
    enter = np.sqrt(site.tastes[which] * site.base).cumsum()
    here = np.searchsorted(enter / enter[-1], dice.random(length.size)).clip(0, site.base.size - 1)
    alive = np.arange(length.size)
    positions, words = [], []
    for step in range(LONGEST):
        alive = alive[length[alive] > step]
        if not alive.size:
            break
        if step:
            here[alive] = (move[here[alive]] < dice.random(alive.size)[:, None]).sum(axis=1).clip(0, site.base.size - 1)
        positions.append(alive)
        words.append(here[alive].copy())
    return np.concatenate(positions), np.concatenate(words)


def _task(site: Site, which: int, length: Ints, dice: np.random.Generator) -> tuple[Ints, Ints]:
    position = np.repeat(np.arange(length.size), length)
    step = np.arange(position.size) - np.repeat(np.concatenate([[0], length.cumsum()[:-1]]), length)
    stages = site.stages[which]
    # A visit reaches its next stage after about two page views, whatever its length: short visits are the first stage only.
    stage = np.minimum((step + dice.integers(0, 2, size=position.size)) // 2, len(stages) - 1)
    word = np.empty(position.size, dtype=np.int64)
    for number, members in enumerate(stages):
        here = stage == number
        word[here] = dice.choice(members, size=int(here.sum()))
    stray = dice.random(position.size) < 0.18
    word[stray] = dice.choice(site.base.size, size=int(stray.sum()), p=0.5 * site.base + 0.5 * site.tastes[which])
    return position, word


def family(count: int, *, seed: int, visits: int | None = None) -> list[Scenario]:
    """
    Scenarios drawn over the whole range: 3-15 audiences, overlap 0-0.4, noise 0-40 %, bots 0-5 %, 2,000-100,000 visits.

    Args:
        count: how many; the mechanisms and vocabularies take turns.
        seed: of the family; another seed is another family.
        visits: of every scenario; None draws them too.
    """
    drawn = []
    for number in range(count):
        dice = np.random.default_rng([seed, number])
        mechanism = MECHANISMS[number % len(MECHANISMS)]
        words = VOCABULARIES[int(dice.integers(len(VOCABULARIES)))]
        size = visits or round(float(np.exp(dice.uniform(np.log(2_000), np.log(100_000)))))
        drawn.append(
            Scenario(
                name=f"{mechanism}-{words}-{number}",
                mechanism=mechanism,
                vocabulary=words,
                audiences=int(dice.integers(3, 16)),
                visits=size,
                overlap=round(float(dice.uniform(0.0, 0.4)), 2),
                noise=float(dice.choice([0.0, 0.0, 0.1, 0.2, 0.4])),
                bots=float(dice.choice([0.0, 0.0, 0.02, 0.05])),
                bounce=float(dice.choice([0.0, 0.1, 0.25])),
                measured=bool(dice.random() < 0.6),
                seed=int(seed * 1000 + number),
            )
        )
    return drawn


def clean(scenario: Scenario) -> Scenario:
    """The same site without noise and bots."""
    return replace(scenario, name=f"{scenario.name}-clean", noise=0.0, bots=0.0)


def agreement(table: pl.DataFrame, left: str, right: str, *, count: str = "visits") -> float:
    """
    Adjusted Rand index of two labellings, weighted by visits (Hubert & Arabie 1985).

    Args:
        table: one row per pair of labels or finer, with the columns *left*, *right* and *count*.
    """
    pairs = table.group_by(left, right).agg(pl.col(count).sum().cast(pl.Float64))

    def choose(values: pl.Series) -> float:
        array = values.to_numpy()
        return float((array * (array - 1) / 2).sum())

    both = choose(pairs[count])
    rows = choose(pairs.group_by(left).agg(pl.col(count).sum())[count])
    columns = choose(pairs.group_by(right).agg(pl.col(count).sum())[count])
    total = float(pairs[count].sum())
    expected = rows * columns / (total * (total - 1) / 2) if total > 1 else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)
