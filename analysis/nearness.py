"""
What goes with getting nearer to applying: the funnel, read from its wide end.

Nearly nobody on a careers site applies today, so the question is not who converts but what brings a visit a step further: from
reading to a vacancy, to keeping in touch, to starting to apply (:data:`GOALS`). For each touchpoint, visits that have it are compared with
visits that don't.

A long visit has more of everything, so that every touchpoint would seem to bring it nearer. So visits are compared with visits that
see as many things on the way: one, two, three, four or more. The lift is the Mantel-Haenszel ratio over those four (Mantel & Haenszel
1959), its interval that of Greenland & Robins (1985, Biometrics 41): over 1, this touchpoint goes with the goal more than what visits
of that length see in its place. Steps that belong to a goal itself are left out of it, since they would say that who applies, applies.

It says what goes together, not what causes what: a visit that means to apply may look up the terms of employment because it means to.
Only a trial, such as a link that half of the visits get to see, can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from analysis import anonymity, differences, facts, words
from analysis.intervals import Z_95
from analysis.tables import NEARER
from analysis.words import Language

if TYPE_CHECKING:
    from analysis.audiences import Model

Floats = NDArray[np.float64]

_APPLY: Final = (
    "apply", "applied", "open_application", "act:apply_start", "act:apply_step", "act:apply_complete", "act:handoff",
)  # fmt: skip
_CONTACT: Final = ("act:job_alert", "act:save", "act:contact", "act:event_signup")
# Goal → what reaches it.
GOALS: Final[dict[str, tuple[str, ...]]] = {
    "vacancy": ("vacancy", *_APPLY),
    "contact": _CONTACT,
    "apply": _APPLY,
}
# What is part of a goal, or can hardly be had without it: it brings nobody nearer.
PART_OF: Final[dict[str, tuple[str, ...]]] = {
    "vacancy": ("act:save", "act:custom", "act:outbound"),
    "contact": ("job_alert", "act:custom", "act:outbound"),
    "apply": ("vacancy", "act:custom", "act:outbound"),
}
# What visits do that reach a goal, with their rate.
REACHING: Final[dict[str, tuple[str, str]]] = {
    "vacancy": ("{rate} come to a vacancy", "komt {rate} bij een vacature"),
    "contact": ("{rate} get in touch or sign up", "neemt {rate} contact op of meldt zich aan"),
    "apply": ("{rate} start to apply", "begint {rate} met solliciteren"),
}
SENTENCE: Final = (
    "Of visits with “{touchpoint}” {reaching}; of visits as long without it {without}. They go together; which leads to which is not known.",
    "Van bezoeken met “{touchpoint}” {reaching}; van even lange bezoeken zonder is dat {without}. Dat gaat samen; wat waartoe leidt, is niet bekend.",
)
MANY: Final = 4  # things seen on the way, from which on visits are alike
_SENTENCES: Final[dict[str, Language]] = {"sentence": "en", "sentence_nl": "nl"}
ALL: Final = ""  # the touchpoint that stands for all visits of a segment


def fine(counts: pl.DataFrame) -> pl.DataFrame:
    """Visits per pattern in the weeks of which every pattern is still known (35 days): columns pattern, visits."""
    by_day = counts.filter(pl.col("dimension") == facts.PATTERN_TOTAL).with_columns(
        week=pl.col("period").str.to_date("%Y-%m-%d", strict=False).dt.strftime("%G-W%V")
    )
    coarse = by_day.filter(pl.col("pattern") == "").select("week").unique()
    return by_day.join(coarse, on="week", how="anti").group_by("pattern").agg(pl.col("visits").sum())


def read(model: Model, counts: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """
    The visits of each fine pattern, with its segment: columns pattern, visits, segment.

    Args:
        model: gives a pattern its segment.
        counts: all counts of the window, as they were before its weeks closed.
        ids: columns segment (the model's number, -1 none), id.
    """
    patterns = fine(counts)
    segments = model.assign(patterns["pattern"])["segment"]
    return patterns.with_columns(segment=segments).join(ids, on="segment").drop("segment").rename({"id": "segment"})


def build(patterns: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    What goes with reaching each goal, per segment and for the whole site.

    Args:
        patterns: columns pattern, segment, visits.
        k: smallest number of visits that anything shown may rest on.

    Returns:
        Columns of :data:`analysis.tables.NEARER`, by segment and goal, surest lift first; the row of touchpoint "" says how many of
        all visits reach the goal. A goal that nobody of a segment reaches, as far as may be shown, has no rows there.
    """
    # How often and how long makes no difference here, so that hundreds of thousands of patterns are some thousands of sets of things.
    things = pl.col("pattern").str.replace_all(r";@[a-z]+=\d+", "").str.replace_all(r"=\d+", "")
    named = (
        patterns.filter(pl.col("visits") > 0)
        .group_by("segment", things=things)
        .agg(pl.col("visits").sum())
        .select("segment", "visits", names=pl.col("things").str.split(";").list.slice(1))
    )
    parts = [_goal(named, goal, k) for goal in GOALS]
    table = pl.concat(parts)
    q = differences.discoveries(table.filter(pl.col("p").is_not_null())["p"].to_numpy())
    tested = table.filter(pl.col("p").is_not_null()).with_columns(q=pl.Series(q, dtype=pl.Float64))
    aside = (pl.col("low") > 1) | (pl.col("high") < 1)
    judged = pl.concat([tested, table.filter(pl.col("p").is_null())], how="diagonal").with_columns(
        real=((pl.col("q") <= differences.LEVEL) & aside).fill_null(value=False)
    )
    told = judged.with_columns(
        pl.Series(name, [_sentence(row, lang) for row in judged.iter_rows(named=True)], dtype=pl.String)
        for name, lang in _SENTENCES.items()
    )
    return told.select(pl.col(name).cast(kind) for name, kind in NEARER.items()).sort(
        "segment", "goal", pl.col("touchpoint") != ALL, "q", "touchpoint", nulls_last=True
    )


def _sentence(row: dict[str, Any], lang: Language) -> str:
    """A real lift in words; "" for one that is not."""
    if not row["real"]:
        return ""
    reaching = words.pick(REACHING[row["goal"]], lang).format(rate=f"{row['rate']:.0%}")
    touchpoint = words.touchpoint(row["touchpoint"], lang)
    return words.pick(SENTENCE, lang).format(
        touchpoint=touchpoint, reaching=reaching, without=f"{row['rate_without']:.0%}"
    )


def _goal(named: pl.DataFrame, goal: str, k: int) -> pl.DataFrame:
    """The rows of one goal, with the p-value of each lift."""
    left_out = list(dict.fromkeys((*GOALS[goal], *PART_OF[goal])))
    reaches = pl.col("names").list.set_intersection(list(GOALS[goal])).list.len() > 0
    on_the_way = named.with_columns(reached=reaches, names=pl.col("names").list.set_difference(left_out)).with_columns(
        seen=pl.col("names").list.len().cast(pl.Int64)
    )
    visits = pl.col("visits").sum()
    of_all = _with_site(on_the_way.group_by("segment", "seen", "reached").agg(visits))
    has = _with_site(
        on_the_way.explode("names", empty_as_null=False, keep_nulls=False)
        .group_by("segment", "seen", "reached", touchpoint="names")
        .agg(visits)
    )
    # Visits without the touchpoint are all visits less those with it, of each length. Nothing seen on the way is no length to compare:
    # such visits are there only because they began at the goal.
    lacks = (
        has.select("segment", "touchpoint")
        .unique()
        .join(of_all.filter(pl.col("seen") > 0), on="segment")
        .join(has, on=["segment", "touchpoint", "seen", "reached"], how="left", suffix="_with")
        .with_columns(visits=pl.col("visits") - pl.col("visits_with").fill_null(0))
    )
    columns = ["segment", "touchpoint", "seen", "reached", "visits", "has"]
    cells = pl.concat(
        [
            has.with_columns(has=pl.lit(value=True)).select(columns),
            lacks.with_columns(has=pl.lit(value=False)).select(columns),
        ]
    )
    shown = (
        cells.group_by("segment", "touchpoint", "has", "reached", length=pl.min_horizontal(pl.col("seen"), MANY))
        .agg(anonymity.down(visits, k))
        .filter(pl.col("visits") > 0)
    )
    whole = (
        of_all.group_by("segment")
        .agg(
            reached=anonymity.down(pl.col("visits").filter(pl.col("reached")).sum(), k),
            visits=anonymity.down(pl.col("visits").sum(), k),
        )
        .filter(pl.col("reached") > 0)
        .with_columns(touchpoint=pl.lit(ALL), rate=pl.col("reached") / pl.col("visits"))
    )
    crude = (
        has.group_by("segment", "touchpoint")
        .agg(
            reached=anonymity.down(pl.col("visits").filter(pl.col("reached")).sum(), k),
            visits=anonymity.down(visits, k),
        )
        .filter(pl.col("visits") > 0)
        .join(whole.select("segment"), on="segment", how="semi")
    )
    rate = pl.when(pl.col("reached") > 0).then(pl.col("reached") / pl.col("visits"))
    rows = crude.join(_lift(shown, k), on=["segment", "touchpoint"], how="left").with_columns(
        rate=rate, rate_without=rate / pl.col("lift")
    )
    return pl.concat([whole, rows], how="diagonal").with_columns(goal=pl.lit(goal))


def _with_site(counts: pl.DataFrame) -> pl.DataFrame:
    """Exact counts of segments, and below them their sums over the site."""
    keys = [name for name in counts.columns if name not in ("segment", "visits")]
    site = counts.group_by(keys).agg(pl.col("visits").sum()).with_columns(segment=pl.lit(""))
    return pl.concat([counts, site.select(counts.columns)])


def _lift(shown: pl.DataFrame, k: int) -> pl.DataFrame:
    """
    The lift of each segment and touchpoint, with its interval and p-value.

    Args:
        shown: segment, touchpoint, length, has, reached, visits: every one a multiple of k.
    """
    cell = {
        "a": pl.col("has") & pl.col("reached"),
        "b": pl.col("has") & ~pl.col("reached"),
        "c": ~pl.col("has") & pl.col("reached"),
        "d": ~pl.col("has") & ~pl.col("reached"),
    }
    keys = ["segment", "touchpoint"]
    strata = shown.group_by(*keys, "length").agg(
        pl.col("visits").filter(which).sum().cast(pl.Float64).alias(name) for name, which in cell.items()
    )
    # Where one side has nobody there is nothing to compare.
    both = strata.filter((pl.col("a") + pl.col("b") > 0) & (pl.col("c") + pl.col("d") > 0))
    most = float(k - 1)
    compared = (
        both.group_by(keys)
        .agg(
            *_mantel_haenszel("mid", 0.0, 0.0),
            *_mantel_haenszel("least", 0.0, most),
            *_mantel_haenszel("largest", most, 0.0),
        )
        .filter((pl.col("mid") > 0) & pl.col("mid").is_finite())
    )
    width = Z_95 * np.sqrt(differences.DESIGN_EFFECT)
    low = pl.col("least").log() - width * pl.col("least_error")
    high = pl.col("largest").log() + width * pl.col("largest_error")
    z = pl.max_horizontal(
        pl.col("least").log() / pl.col("least_error"), -pl.col("largest").log() / pl.col("largest_error"), 0.0
    )
    tested = compared.with_columns(lift="mid", low=low.exp(), high=high.exp(), z=z / np.sqrt(differences.DESIGN_EFFECT))
    p = 2 * norm.sf(tested["z"].to_numpy())
    return tested.select(*keys, "lift", "low", "high", p=pl.Series(p, dtype=pl.Float64))


def _mantel_haenszel(name: str, more_with: float, more_without: float) -> list[pl.Expr]:
    """
    The ratio of rates over strata and the standard error of its logarithm.

    Args:
        name: of the ratio's column; the error's is that and "_error".
        more_with: visits that rounding may have taken from each stratum's reached with it, and from its not reached without it.
        more_without: the same the other way round.
    """
    a, d = pl.col("a") + more_with, pl.col("d") + more_with
    c, b = pl.col("c") + more_without, pl.col("b") + more_without
    with_it, without = a + b, c + d
    n = with_it + without
    top, bottom = (a * without / n).sum(), (c * with_it / n).sum()
    variance = ((with_it * without * (a + c) - a * c * n) / n**2).sum() / (top * bottom)
    return [(top / bottom).alias(name), variance.sqrt().alias(f"{name}_error")]
