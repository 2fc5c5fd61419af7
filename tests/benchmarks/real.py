"""
How good are segments of real visits, whose audiences nobody knows? Beside the references of the part ``audiences``, same run.

    msnbc       989,818 visits as sequences of 17 page categories; what is asked of a segment is
                - the next page: each visit's last view is taken away, segments are found on what is left, and the loss is the
                  cross-entropy of the page taken away given the segment, in visits that the chances were not counted on
                - stability: two random halves of the visits, and two seeds, by adjusted Rand index
    shoppers    12,330 web-shop sessions; VisitorType and Revenue are held out, and what segments say about them is measured:
                normalised mutual information, and lift (how many times likelier than on average the label is in the segment of
                at least 5 % of the visits where it is likeliest)

Only two references find their own number; the others are told the number that Telpunt has found (of shoppers at least three). Every
fit runs in a process of its own, so that its memory is its own; imports count in memory, not in time.
"""

from __future__ import annotations

import csv
import gzip
import multiprocessing
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.features import encode
from analysis.patterns import COUNT_EDGES, ENGAGED_EDGES_S, VERSION, lower_edge
from analysis.validity import agreement
from tests.benchmarks.references import REFERENCES, Given

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
MSNBC: Final = DATA / "msnbc" / "msnbc990928.seq.gz"
SHOPPERS: Final = DATA / "shoppers" / "online_shoppers_intention.csv.gz"
OURS: Final = "telpunt"
CUT: Final = "telpunt's tree, told k"  # the same merge tree, cut at the number that the others are told
SHOPPER_KINDS: Final = 3  # the others are told at least as many segments as there are kinds of VisitorType
SMALLEST_LIFTED: Final = 0.05  # share of the visits in a segment whose lift is looked at
Labels = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """
    What one method made of a table of patterns.

    Attributes:
        table: pattern, visits, label.
        seconds: of the fit and the labelling.
        megabytes: most memory of its process, libraries and input included.
    """

    table: pl.DataFrame
    seconds: float
    megabytes: float

    @property
    def number(self) -> int:
        """Segments found; -1 is none."""
        return int(self.table.filter(pl.col("label") >= 0)["label"].n_unique())

    def of(self, visits: pl.DataFrame) -> pl.Series:
        """The label of each visit, by its pattern."""
        return visits.join(self.table.select("pattern", "label"), on="pattern", how="left", maintain_order="left")[
            "label"
        ]


def msnbc(most: int | None = None) -> pl.DataFrame:
    """Real visits: visit, page (list of categories, in order); *most*: the first so many."""
    with gzip.open(MSNBC, "rt", encoding="ascii") as file:
        lines = [line.split() for line in file.read().splitlines()[7:]]
    visits = pl.DataFrame({"visit": np.arange(len(lines)), "page": lines}).filter(pl.col("page").list.len() > 0)
    return visits if most is None else visits.head(most)


def sign_pages(visits: pl.DataFrame) -> pl.Series:
    """The pattern of each row's pages, by the bins of :mod:`analysis.patterns`; time and depth were not measured."""
    words = (
        visits.select("visit", "page")
        .explode("page")
        .group_by("visit", "page")
        .agg(times=pl.len().cast(pl.Int64))
        .sort("visit", "page")
        .select(
            "visit",
            part=pl.concat_str(pl.lit(";section:c"), "page", pl.lit("="), lower_edge(pl.col("times"), COUNT_EDGES)),
        )
        .group_by("visit", maintain_order=True)
        .agg(pattern=pl.lit(str(VERSION)) + pl.col("part").str.join(""))
    )
    return visits.select("visit").join(words, on="visit", how="left", maintain_order="left")["pattern"]


def shoppers() -> pl.DataFrame:
    """
    Real sessions of a web shop: visit, pattern, VisitorType, Revenue.

    Counts of pages of three kinds are the touchpoints and their seconds together the engaged time. PageValues is left out: it is
    computed from the revenue that is held out.
    """
    with gzip.open(SHOPPERS, "rt", encoding="utf-8") as file:
        rows = pl.DataFrame(list(csv.DictReader(file))).with_row_index("visit")
    kinds = {"Administrative": "administrative", "Informational": "informational", "ProductRelated": "product"}
    parts = []
    for column, word in kinds.items():
        times = pl.col(column).cast(pl.Int64)
        part = pl.concat_str(pl.lit(f";section:{word}="), lower_edge(times, COUNT_EDGES))
        parts.append(pl.when(times > 0).then(part).otherwise(pl.lit("")))
    seconds = sum((pl.col(f"{column}_Duration").cast(pl.Float64) for column in kinds), start=pl.lit(0.0))
    engaged = pl.concat_str(pl.lit(";@engaged="), lower_edge(seconds, ENGAGED_EDGES_S))
    return rows.select("visit", "VisitorType", "Revenue", pattern=pl.concat_str(pl.lit(str(VERSION)), *parts, engaged))


def weights(patterns: pl.Series) -> pl.DataFrame:
    """Visits per pattern, most common first."""
    return (
        pl.DataFrame({"pattern": patterns})
        .group_by("pattern")
        .agg(visits=pl.len().cast(pl.Int64))
        .sort("visits", "pattern", descending=[True, False])
    )


def label(method: str, table: pl.DataFrame, number: int, seed: int) -> Found:
    """What *method* makes of a table of patterns; to be called in a process of its own."""
    started = time.monotonic()
    if method in (OURS, CUT):
        from analysis.audiences import fit

        model = fit(table, seed=seed).model
        if method == OURS:
            labels = model.assign(table["pattern"])["segment"]
        else:
            heights = [height for height in model.tree.cuts if height <= max(number, 1)]
            labels = pl.Series(model.tree.cuts[max(heights)][model.micro(table["pattern"])])
    else:
        given = Given(encode(table["pattern"]), table["visits"].to_numpy().astype(np.float64), number, seed)
        labels = pl.Series(REFERENCES[method](given))
    seconds = time.monotonic() - started
    return Found(table.with_columns(label=labels), seconds, most_memory())


def most_memory() -> float:
    """Most memory that this process has held, in megabytes; getrusage would tell that of the process it was forked from."""
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(held[1]) / 1024 if held else float("nan")


def apart(method: str, table: pl.DataFrame, number: int, seed: int = 1) -> Found:
    """:func:`label` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(label, (method, table, number, seed))


def same(one: Found, other: Found) -> float:
    """Agreement of two labellings over the patterns that both have, weighted by the visits of both."""
    both = one.table.join(other.table, on="pattern", suffix="_other")
    return agreement(
        both["label"].to_numpy(),
        both["label_other"].to_numpy(),
        (both["visits"] + both["visits_other"]).to_numpy().astype(np.float64),
    )


def next_loss(segments: pl.Series, following: pl.Series, counted: pl.Series) -> float:
    """
    Cross-entropy of the page that follows, given the segment, in nats.

    Args:
        segments: per visit.
        following: the page taken away, per visit.
        counted: true for visits that the chances are counted on; the loss is that of the others.
    """
    table = pl.DataFrame({"segment": segments, "following": following, "counted": counted})
    pages = following.n_unique()
    seen = table.filter("counted")
    chance = (
        seen.group_by("segment", "following")
        .agg(n=pl.len())
        .join(seen.group_by("segment").agg(total=pl.len()), on="segment")
        .select("segment", "following", chance=(pl.col("n") + 1) / (pl.col("total") + pages))
    )
    chances = (
        table.filter(~pl.col("counted"))
        .join(seen.group_by("segment").agg(rest=1 / (pl.len() + pages)), on="segment", how="left")
        .join(chance, on=["segment", "following"], how="left")
        .select(chance=pl.coalesce("chance", "rest", 1 / pages))["chance"]
    )
    return -float(np.log(chances.to_numpy()).mean())


def information(segments: pl.Series, labels: pl.Series) -> float:
    """Normalised mutual information of two labellings: 0 nothing, 1 the same (mean of the entropies below the line)."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(labels.to_list(), segments.to_list()))


def lift(segments: pl.Series, labels: pl.Series, value: str) -> float:
    """How many times likelier than on average *value* is in the segment, of at least 5 % of the visits, where it is likeliest."""
    average = int((labels == value).sum()) / len(labels)
    each = (
        pl.DataFrame({"segment": segments, "hit": labels == value})
        .group_by("segment")
        .agg(share=pl.col("hit").mean(), visits=pl.len())
        .filter(pl.col("visits") >= SMALLEST_LIFTED * len(segments))
    )
    return max(each["share"].to_list(), default=0.0) / average


def _print_msnbc(*, quick: bool) -> None:
    visits = msnbc(50_000 if quick else None)
    patterns = sign_pages(visits)
    half = pl.Series(np.random.default_rng(5).random(visits.height) < 0.5)
    whole = weights(patterns)
    parts = [weights(patterns.filter(which)) for which in (half, ~half)]
    longer = visits.filter(pl.col("page").list.len() > 1)
    following = longer["page"].list.last()
    before = longer.with_columns(page=pl.col("page").list.head(pl.col("page").list.len() - 1))
    before = before.select("visit", pattern=sign_pages(before))
    counted = pl.Series(np.random.default_rng(6).random(longer.height) < 0.5)
    prefixes = weights(before["pattern"])
    nothing = next_loss(pl.Series(np.zeros(longer.height)), following, counted)
    every = next_loss(before["pattern"], following, counted)
    print(f"\nmsnbc: {visits.height:,} visits, {whole.height:,} patterns; loss of the next page in nats:")
    print(
        f"{nothing:.3f} knowing nothing, {every:.3f} knowing the whole pattern; told: the number that {OURS} has found"
    )
    print(
        f"{'':<26}{'segments':>9}{'next page':>11}{'(segments)':>11}{'halves':>8}{'seeds':>7}{'no segment':>12}{'s':>7}{'MB':>7}"
    )
    told = told_before = 0
    for method in (OURS, CUT, *REFERENCES):
        first = apart(method, whole, told)
        on_prefixes = apart(method, prefixes, told_before)
        if method == OURS:
            told, told_before = first.number, on_prefixes.number
        second = apart(method, whole, told, seed=2)
        one, other = (apart(method, part, told) for part in parts)
        none = first.table.filter(pl.col("label") < 0)["visits"].sum() / visits.height
        print(
            f"{method:<26}{first.number:>9}{next_loss(on_prefixes.of(before), following, counted):>11.3f}{on_prefixes.number:>11}"
            f"{same(one, other):>8.2f}{same(first, second):>7.2f}{none:>12.0%}{first.seconds:>7.0f}{first.megabytes:>7.0f}",
            flush=True,
        )


def _print_shoppers() -> None:
    visits = shoppers()
    table = weights(visits["pattern"])
    half = pl.Series(np.random.default_rng(5).random(visits.height) < 0.5)
    print(f"\nshoppers: {visits.height:,} visits, {table.height:,} patterns; labels held out")
    print(
        f"{'':<26}{'segments':>9}{'NMI visitor':>13}{'NMI revenue':>13}{'lift new':>10}{'lift revenue':>14}{'halves':>8}{'seeds':>7}"
    )
    told = 0
    for method in ("every pattern", OURS, CUT, *REFERENCES):
        if method == "every pattern":
            segments, number, halves, seeds = visits["pattern"], table.height, 1.0, 1.0
        else:
            found = apart(method, table, told)
            if method == OURS:
                told = max(found.number, SHOPPER_KINDS)
            segments, number = found.of(visits), found.number
            seeds = same(found, apart(method, table, told, seed=2))
            halves = same(*(apart(method, weights(visits["pattern"].filter(which)), told) for which in (half, ~half)))
        print(
            f"{method:<26}{number:>9}{information(segments, visits['VisitorType']):>13.3f}"
            f"{information(segments, visits['Revenue']):>13.3f}{lift(segments, visits['VisitorType'], 'New_Visitor'):>10.2f}"
            f"{lift(segments, visits['Revenue'], 'TRUE'):>14.2f}{halves:>8.2f}{seeds:>7.2f}",
            flush=True,
        )


def run(*, quick: bool) -> None:
    """Print the tables."""
    for path, show in ((SHOPPERS, _print_shoppers), (MSNBC, lambda: _print_msnbc(quick=quick))):
        if path.exists():
            show()
        else:
            print(f"skipped: {path.name} is not here")
