"""An audience opens into shapes that are together the audience."""

from __future__ import annotations

import polars as pl
import pytest

from analysis import anonymity, facts, patterns, profiles, shapes

K = 10


@pytest.fixture(scope="module")
def opened(fitted):
    """The fitted model's audiences, their context and their shapes."""
    totals = fitted.weights.select(
        pl.lit("s").alias("site"),
        pl.lit("2026-W47").alias("period"),
        "pattern",
        pl.lit(facts.CONTEXT_TOTAL).alias("dimension"),
        pl.lit("").alias("value"),
        pl.col("visits").cast(pl.Int64),
    )
    said = patterns.describe(totals.lazy().drop("dimension", "value")).select(facts.SCHEMA.keys()).collect()
    context = pl.concat([totals, said])
    assigned = (
        fitted.fit.model.assign(totals["pattern"])
        .select("pattern", "segment")
        .with_columns(visits=totals["visits"], id=pl.format("s{}", pl.col("segment") + 1))
    )
    exact = assigned.group_by(row="id").agg(pl.col("visits").sum())
    sizes = anonymity.apportion(exact, K).select(segment="row", total="visits")
    return assigned, context, shapes.build(fitted.fit.model, context, assigned, sizes, K), dict(sizes.iter_rows())


def test_shapes_add_up_to_their_audience(opened):
    """An audience has no shape, or two to six whose visits are the audience's as published, each a multiple of k and large enough."""
    _assigned, _context, table, sizes = opened
    assert table.height
    for (audience,), part in table.group_by("segment"):
        assert 2 <= part.height <= shapes.MOST
        assert part["visits"].sum() == sizes[audience]
        assert part["visits"].min() >= shapes.SMALLEST_TIMES_K * K - K
        assert (part["visits"] % K == 0).all()
        assert part["share"].sum() == pytest.approx(1.0)
        assert part["visits"].is_sorted(descending=True)


def test_shapes_have_names_of_their_own(opened):
    """Within an audience no two shapes go by one name, in either language, and each has a sentence."""
    _assigned, _context, table, _sizes = opened
    for _, part in table.group_by("segment"):
        for column in ("name", "name_nl"):
            assert part[column].n_unique() == part.height
    assert (table["sentence"] != "").all()
    assert table["shape"].to_list() == [
        f"{segment}.{number + 1}"
        for segment, number in table.select("segment", pl.int_range(pl.len()).over("segment")).iter_rows()
    ]


def test_a_shape_does_something_else_than_its_audience(opened, fitted):
    """The visits of a shape are more alike than those of its audience: some touchpoint differs by a fifth of the visits."""
    assigned, context, _table, _sizes = opened
    part = assigned.filter(pl.col("segment") == 0)
    cut = shapes.cut(fitted.fit.model, part["pattern"], part["visits"].to_numpy(), 0, K)
    if cut.max() == 0:
        pytest.skip("the largest audience of this fit has one shape")
    of = part.select("pattern", segment=pl.Series(cut).cast(pl.String))
    table = profiles.build(profiles.tally(context, of), K).filter(
        pl.col("dimension").is_in(["touchpoint", "action", "engaged"])
    )
    spread = table.group_by("dimension", "value").agg(gap=pl.col("share").max() - pl.col("share").min())
    assert spread["gap"].max() > 0.2


def test_no_patterns_have_no_shapes(fitted):
    """An audience without visits in the window is not cut."""
    assert (
        shapes.cut(
            fitted.fit.model, pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Int64).to_numpy(), 0, K
        ).size
        == 0
    )
