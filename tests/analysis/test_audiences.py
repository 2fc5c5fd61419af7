from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audiences import MOST_WORDS, Fit, Model, UnreadableModel, fit
from analysis.patterns import COUNT_EDGES, DEPTH_EDGES_PCT, ENGAGED_EDGES_S, Pattern
from collector.errors import NotEnoughVisits
from tests.analysis.conftest import Fitted
from tests.traffic import Scenario, agreement, simulate, weights

any_pattern = st.builds(
    Pattern,
    st.dictionaries(
        st.sampled_from(["home", "vacancy", "apply", "story", "section:never-seen", "act:custom"]),
        st.sampled_from(COUNT_EDGES),
    ),
    st.none() | st.sampled_from(ENGAGED_EDGES_S),
    st.none() | st.sampled_from(DEPTH_EDGES_PCT),
)


def table(visits: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"pattern": list(visits), "visits": list(visits.values())}, schema={"pattern": pl.String, "visits": pl.Int64}
    )


def labels(model: Model, patterns: pl.Series) -> pl.DataFrame:
    return model.assign(patterns).select("pattern", "segment")


def same(left: Fit, right: Fit, patterns: pl.DataFrame) -> float:
    both = patterns.join(labels(left.model, patterns["pattern"]), on="pattern").join(
        labels(right.model, patterns["pattern"]), on="pattern", suffix="_other"
    )
    return agreement(both, "segment", "segment_other")


def test_known_audiences_are_found_again(fitted: Fitted) -> None:
    """Five simulated audiences come back in number and in kind, and their own visits are rarely unclustered."""
    assert abs(fitted.fit.model.k - fitted.scenario.audiences) <= 1
    found = fitted.truth.join(labels(fitted.fit.model, fitted.weights["pattern"]), on="pattern")
    members = found.filter(pl.col("audience") >= 0)
    assert agreement(members, "audience", "segment") > 0.75
    assert members.filter(pl.col("segment") < 0)["visits"].sum() < 0.15 * members["visits"].sum()


def test_segments_are_numbered_by_size(fitted: Fitted) -> None:
    """Segment 0 is the largest by expected visits, and every visit on the map has a segment or -1."""
    posterior = fitted.fit.model.posterior(fitted.weights["pattern"])
    size = fitted.weights["visits"].to_numpy() @ posterior[:, :-1]
    assert (np.diff(size) <= 0.05 * size.max()).all()
    assert set(fitted.fit.map["segment"].unique()) <= set(range(-1, fitted.fit.model.k))
    assert fitted.fit.map.columns == ["pattern", "x", "y", "segment", "micro", "visits"]


@settings(deadline=None)
@given(st.lists(any_pattern, min_size=1, max_size=20))
def test_any_pattern_has_a_posterior(fitted: Fitted, drawn: list[Pattern]) -> None:
    """The posterior of any pattern adds up to one, is the same every time, and does not depend on its neighbours."""
    patterns = pl.Series([str(one) for one in drawn])
    posterior = fitted.fit.model.posterior(patterns)
    assert posterior.shape == (len(drawn), fitted.fit.model.k + 1)
    assert np.allclose(posterior.sum(axis=1), 1.0)
    assert (posterior >= 0).all()
    alone = np.vstack([fitted.fit.model.posterior(patterns[row : row + 1]) for row in range(len(drawn))])
    assert np.allclose(posterior, alone)


def test_words_never_seen_are_in_no_audience(fitted: Fitted) -> None:
    """A visit that the model can't read at all is unclustered."""
    assert fitted.fit.model.assign(pl.Series(["1;section:moon=4"]))["segment"].to_list() == [-1]


def test_a_saved_model_is_the_same_model(fitted: Fitted, tmp_path: Path) -> None:
    """Saved and loaded, it gives every pattern the same posterior to the last bit, and the same tree."""
    fitted.fit.model.save(tmp_path / "model.npz")
    loaded = Model.load(tmp_path / "model.npz")
    patterns = fitted.weights["pattern"]
    assert np.array_equal(fitted.fit.model.posterior(patterns), loaded.posterior(patterns))
    assert np.array_equal(fitted.fit.model.micro(patterns), loaded.micro(patterns))
    assert fitted.fit.model.tree.cuts.keys() == loaded.tree.cuts.keys()


@pytest.mark.parametrize("version", [1, 2])
def test_a_model_of_an_older_telpunt_is_still_read(version: int, fitted: Fitted, tmp_path: Path) -> None:
    """
    A file of version 1, whose segments have one taste for all visits, or 2, with one attention for all lengths, gives every pattern a
    posterior.
    """
    fitted.fit.model.save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        arrays = dict(file)
    for name in arrays:
        if name.startswith(("segments_", "micro_")) and not name.endswith("log_share"):
            if name.endswith(("engaged", "depth")):
                arrays[name] = arrays[name][:, :, 0]
            if version == 1:
                arrays[name] = arrays[name][:, 0]
    np.savez_compressed(tmp_path / "old.npz", **{**arrays, "version": np.array(version)})
    posterior = Model.load(tmp_path / "old.npz").posterior(fitted.weights["pattern"])
    assert np.allclose(posterior.sum(axis=1), 1.0)


@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_a_file_that_is_no_model_is_refused(content: bytes | None, tmp_path: Path) -> None:
    """A missing, empty or strange file is one clear error."""
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableModel, match=r"model\.npz"):
        Model.load(path)


def test_the_tree_reaches_from_micro_segments_to_one(fitted: Fitted) -> None:
    """Each cut is coarser than the one before, down to a single segment, and each micro-segment has its audience."""
    tree = fitted.fit.model.tree
    assert min(tree.cuts) == 1
    assert set(tree.cuts[1].tolist()) == {0}
    assert tree.micro.k == max(tree.cuts) > fitted.fit.model.k
    assert set(range(fitted.fit.model.k)) <= set(tree.parent.tolist())


def test_rows_scale_and_order_change_nothing(fitted: Fitted) -> None:
    """A weight of w is w rows, a common factor is no evidence, and rows may come in any order: all give the same audiences."""
    rows = fitted.weights
    half = rows.with_columns(visits=pl.col("visits") // 2).filter(pl.col("visits") > 0)
    rest = rows.with_columns(visits=pl.col("visits") - pl.col("visits") // 2)
    shuffled = (
        pl.concat([rest, half]).sample(fraction=1.0, shuffle=True, seed=9).with_columns(visits=pl.col("visits") * 7)
    )
    again = fit(shuffled, seed=1)
    assert labels(again.model, rows["pattern"]).equals(labels(fitted.fit.model, rows["pattern"]))


def test_the_seed_hardly_matters(fitted: Fitted) -> None:
    """Another seed draws another map and finds the same audiences."""
    assert same(fitted.fit, fit(fitted.weights, seed=2), fitted.weights) > 0.9


def test_too_few_visits_are_not_clustered() -> None:
    """Below the least number of visits there is a sentence with both numbers instead of segments."""
    with pytest.raises(NotEnoughVisits) as caught:
        fit(table({"1;home=1": 100}), seed=1, min_visits=300)
    assert (caught.value.visits, caught.value.needed) == (100, 300)
    with pytest.raises(NotEnoughVisits):
        fit(table({}), seed=1)


@pytest.mark.parametrize(
    "visits",
    [
        pytest.param({"1;home=1": 1000}, id="one pattern"),
        pytest.param({"1;home=1": 1000, "1;vacancy=2": 1}, id="two patterns"),
        pytest.param({"1": 500}, id="nothing but a version"),
        pytest.param({f"1;section:s{number}=1": 40 + number for number in range(25)}, id="single pages"),
        pytest.param({f"1;section:s{number}=1": 7 for number in range(60)}, id="single pages alike"),
    ],
)
def test_traffic_without_audiences_is_weak_and_no_crash(visits: dict[str, int]) -> None:
    """Degenerate traffic gives a finite model and a verdict that says it is weak."""
    result = fit(table(visits), seed=1)
    assert result.verdict.grade == "weak"
    assert np.isfinite(result.model.posterior(pl.Series(list(visits)))).all()
    assert result.map["visits"].sum() == sum(visits.values())


def test_a_long_tail_of_sections_is_left_out() -> None:
    """Of 25 patterns over 100 sections the model knows the MOST_WORDS sections seen in most visits, and what it can't read fits none."""
    visits = {
        "1;" + ";".join(f"section:s{number:03}=1" for number in range(4 * row, 4 * row + 4)): 100 - row
        for row in range(25)
    }
    model = fit(table(visits), seed=1).model
    assert model.words == tuple(f"section:s{number:03}" for number in range(MOST_WORDS))
    assert model.assign(pl.Series(["1;section:s099=1"]))["segment"].to_list() == [-1]


def test_huge_weights_are_no_error() -> None:
    """Ten million visits in each of a dozen patterns give finite numbers and a visit count that adds up."""
    visits = {f"1;home=1;s{number}=4": 10**7 for number in range(12)}
    result = fit(table(visits), seed=1)
    assert np.isfinite(result.model.posterior(pl.Series(list(visits)))).all()
    assert result.map["visits"].sum() == sum(visits.values())


def test_small_sites_get_a_few_segments_or_an_honest_verdict() -> None:
    """Six hundred visits of three audiences give two to six segments, or say that they are weak."""
    truth = simulate(Scenario("small", "menu", "pages", audiences=3, visits=600, overlap=0.05, seed=4)).truth()
    result = fit(weights(truth), seed=1)
    assert 2 <= result.model.k <= 6 or result.verdict.grade == "weak"


def test_progress_tells_the_chapters_in_order() -> None:
    """Progress starts at 0, never goes back and ends at 1."""
    told: list[float] = []
    fit(table({"1;home=1": 400, "1;vacancy=1": 300}), seed=1, progress=lambda chapter, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
