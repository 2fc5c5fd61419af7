"""The counts change by one rename, and what is deleted is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from analysis import facts
from analysis.store import Addition, State, Store
from collector.errors import FolderError
from collector.folder import DataFolder

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def counts(visits, pattern="1;home=1"):
    return pl.DataFrame([("s", "2026-W47", pattern, "week", "", visits)], schema=facts.SCHEMA, orient="row")


def add(store, visits, state=State.OPEN, **options):
    return store.commit(now=NOW, add=[Addition("s", "2026-W47", state, counts(visits))], **options)


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return Store(DataFolder(tmp_path).prepare())


def test_counts_add_up_over_commits(store):
    """What two commits add is read as one sum."""
    add(store, 3)
    add(store, 4)
    assert store.read("s")["visits"].to_list() == [7]
    assert store.weeks("s") == ["2026-W47"]


def test_what_is_replaced_is_gone_from_the_disk(store):
    """A file that was replaced is deleted in the same commit, and its bytes are in no other file."""
    add(store, 3)
    old = store.manifest().files
    add(store, 3, State.CLOSED, remove=old)
    assert not (store.path / old[0].name).exists()
    assert [file.state for file in store.manifest().files] == [State.CLOSED]


def test_what_a_kill_left_behind_is_cleaned_up(store):
    """A file that no manifest names is not read, and is deleted."""
    add(store, 3)
    stray = store.path / "s" / "2026-W47-open-99.parquet"
    counts(1000).write_parquet(stray)
    assert store.read("s")["visits"].to_list() == [3]
    store.clean()
    assert not stray.exists()


def test_an_unknown_site_has_no_counts(store):
    """A site without counts is empty, not an error."""
    assert store.read("nobody").is_empty()
    assert store.read("nobody").schema == pl.Schema(facts.SCHEMA)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": 99}'])
def test_a_manifest_that_cannot_be_read_is_said(store, content):
    """A damaged or newer manifest is one sentence, and nothing is overwritten."""
    (store.path / "manifest.json").write_bytes(content)
    with pytest.raises(FolderError):
        add(store, 1)
    assert (store.path / "manifest.json").read_bytes() == content
