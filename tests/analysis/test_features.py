from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.features import encode, places
from analysis.patterns import COUNT_EDGES, DEPTH_EDGES_PCT, ENGAGED_EDGES_S, Pattern

words = st.dictionaries(
    st.sampled_from(["home", "vacancy", "act:search", "section:über uns", "section:a=b"]), st.sampled_from(COUNT_EDGES)
)
patterns = st.builds(
    Pattern,
    words,
    st.none() | st.sampled_from(ENGAGED_EDGES_S),
    st.none() | st.sampled_from(DEPTH_EDGES_PCT),
)


@settings(deadline=None)
@given(st.lists(patterns, max_size=20))
def test_matrices_hold_what_the_signatures_say(drawn: list[Pattern]) -> None:
    """Every count, engaged time and depth of every pattern stands in the matrices, and nothing else."""
    features = encode(pl.Series([str(one) for one in drawn], dtype=pl.String))
    counts = features.counts.toarray()
    for row, one in enumerate(drawn):
        found = {word: int(counts[row, column]) for column, word in enumerate(features.words) if counts[row, column]}
        assert found == one.counts
        engaged = [] if one.engaged_s is None else [ENGAGED_EDGES_S.index(one.engaged_s)]
        depth = [] if one.depth_pct is None else [DEPTH_EDGES_PCT.index(one.depth_pct)]
        assert np.flatnonzero(features.engaged[row]).tolist() == engaged
        assert np.flatnonzero(features.depth[row]).tolist() == depth
    assert not features.unknown.any()


def test_words_never_seen_are_counted_apart() -> None:
    """With given words, the times of all other words end in `unknown` and in no column."""
    features = encode(pl.Series(["1;home=2;story=4", "1;home=1"]), ("home",))
    assert features.counts.toarray().tolist() == [[2.0], [1.0]]
    assert features.unknown.tolist() == [4.0, 0.0]


@pytest.mark.parametrize("text", ["", "2;home=1", "1;home", "1;=1", "1;home=many", "home=1"])
def test_what_is_no_signature_is_refused_by_name(text: str) -> None:
    """A text that is not a signature of this version raises and is named."""
    with pytest.raises(ValueError, match="Pattern"):
        encode(pl.Series(["1;home=1", text]))


def test_long_and_short_visits_of_one_interest_lie_together() -> None:
    """Places depend on the shares of words and not on how many there are."""
    short, long, other = places(encode(pl.Series(["1;home=1;vacancy=1", "1;home=4;vacancy=4", "1;story=1"])))
    assert np.allclose(short, long)
    assert np.linalg.norm(short - other) > 1.4


def test_one_fact_has_one_word() -> None:
    """A hand-off and a form are one way of applying, counted once; a model that knows both words still reads both."""
    patterns = pl.Series(["1;act:apply_start=1;act:handoff=2;vacancy=1", "1;act:job_alert=1", "1;job_alert=1"])
    features = encode(patterns)
    assert features.words == ("act:apply_start", "job_alert", "vacancy")
    assert features.counts.toarray().tolist() == [[2, 0, 1], [0, 1, 0], [0, 1, 0]]
    old = encode(patterns, ("act:apply_start", "act:handoff"))
    assert old.counts.toarray().tolist()[0] == [1, 2]
