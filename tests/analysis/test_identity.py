"""A segment keeps its id while it is the same audience."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.identity import Known, MismatchedRuns, match

KNOWN = [Known("s1", 0.5, "2026-10-01"), Known("s2", 0.3, "2026-10-08"), Known("s3", 0.2, "2026-10-15")]


def matched(overlap, known=KNOWN):
    return match(np.array(overlap, dtype=float), known, today="2026-11-22", next_id=9)


def test_the_same_audiences_keep_their_ids_in_any_order():
    """Ids follow the visits, not the position in the model."""
    found, gone = matched([[0, 500, 0], [300, 0, 0], [0, 0, 200]])
    assert [(one.id, one.status, one.first_seen) for one in found] == [
        ("s2", "kept", "2026-10-08"),
        ("s1", "kept", "2026-10-01"),
        ("s3", "kept", "2026-10-15"),
    ]
    assert not gone


def test_a_new_audience_gets_a_new_id():
    """Visits that belonged to nobody are a new segment, first seen today, with an id that was never used."""
    found, _ = matched([[500, 0], [300, 0], [0, 0]], KNOWN)
    new = next(one for one in found if one.status == "new")
    assert (new.id, new.first_seen) == ("s9", "2026-11-22")


def test_growth_and_shrinkage_are_told():
    """A share that changes by more than a quarter is told."""
    found, _ = matched([[200, 0, 0], [0, 500, 0], [0, 0, 200]])
    assert [one.status for one in found] == ["shrunk", "grown", "kept"]


def test_a_part_that_splits_off_is_told():
    """The larger part keeps the id; the other says that it was split off."""
    found, gone = matched([[300, 200, 0, 0], [0, 0, 300, 0], [0, 0, 0, 200]])
    assert [(one.id, one.status) for one in found][:2] == [("s1", "shrunk"), ("s9", "split")]
    assert not gone


def test_two_that_become_one_are_told():
    """The larger one's id stays, the other is gone."""
    found, gone = matched([[500, 0], [300, 0], [0, 200]])
    assert [(one.id, one.status) for one in found] == [("s1", "merged"), ("s3", "kept")]
    assert gone == ["s2"]


def test_tables_that_do_not_belong_together_are_refused():
    """An overlap of another number of segments is an error and no guess."""
    with pytest.raises(MismatchedRuns):
        matched([[1.0]])


@given(st.integers(1, 6), st.integers(1, 6), st.randoms(use_true_random=False))
def test_no_id_is_given_twice(n_known, n_current, random):
    """Whatever overlaps whatever, every segment has an id of its own, and gone and kept ids are all that were known."""
    overlap = [[random.choice([0, 0, random.randint(1, 900)]) for _ in range(n_current)] for _ in range(n_known)]
    known = [Known(f"s{i}", 1 / n_known, "2026-10-01") for i in range(n_known)]
    found, gone = match(np.array(overlap, dtype=float), known, today="2026-11-22", next_id=n_known)
    ids = [one.id for one in found]
    assert len(set(ids)) == n_current
    assert set(gone) | (set(ids) & {k.id for k in known}) == {k.id for k in known}
    assert not set(gone) & set(ids)
