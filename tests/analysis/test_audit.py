"""The audit finds each broken promise, and nothing where all hold."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from analysis import facts, fold
from analysis.audit import audit
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, lines, stage

NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=1)


@pytest.fixture
def folder(tmp_path):
    """A data folder with one site and thirty folded visits."""
    made = DataFolder(tmp_path / "data").prepare()
    sites = Registry.open(made)
    sites.save(made, make_site("s", ["s.example"]))
    stage(made, [hit(n, f"{n:016x}", touchpoint="home", channel="direct", page="/") for n in range(30)])
    fold.fold(made, Settings.load(data=made.path), sites, now=NOW)
    return made


def found(folder, now=NOW):
    return [str(breach) for breach in audit(folder, Settings.load(data=folder.path), Registry.open(folder), now=now)]


def counts(visits, pattern="1;home=1", value="direct"):
    rows = [("s", "2026-W40", pattern, "week", "", visits), ("s", "2026-W40", pattern, "channel", value, visits)]
    return pl.DataFrame(rows, schema=facts.SCHEMA, orient="row")


def put(folder, table, state):
    Store(folder).commit(now=NOW, add=[Addition("s", "2026-W40", state, table)])


def test_a_folder_that_keeps_the_promises_passes(folder):
    """Nothing is found where nothing is wrong."""
    assert found(folder) == []


@pytest.mark.parametrize("text", ["203.0.113.9", "2001:db8:1:2:3:4:5:6", "Mozilla/5.0 (X11)", "jan@example.org"])
def test_what_identifies_is_found_in_any_file(folder, text):
    """An address, agent or e-mail address is found in a plain file and inside a compressed one, and is not repeated."""
    (folder.path / "outcomes" / "x.json").parent.mkdir(exist_ok=True)
    (folder.path / "outcomes" / "x.json").write_text(f'{{"a": "{text}"}}')
    put(folder, counts(20, value=text), State.CLOSED)
    said = found(folder)
    assert len([line for line in said if line.startswith("promise 2")]) == 2
    assert not any(text in line for line in said)


def test_a_version_number_is_no_address(folder):
    """Numbers with dots that are no address are left alone."""
    put(folder, counts(20, value="v1.2.3.400 2026.11.22"), State.CLOSED)
    assert found(folder) == []


def test_an_event_older_than_a_day_is_found(folder):
    """Events that were not folded within 24 hours are named, with what to do."""
    path = folder.journal / "w1-1.ndjson"
    path.write_bytes(lines([hit(0)]))
    os.utime(path, (MONDAY, MONDAY))
    assert any("telpunt fold" in line for line in found(folder, NOW + timedelta(hours=1)))


def test_a_field_that_is_not_listed_is_found(folder):
    """A journal record with a field that no event has is named."""
    (folder.journal / "w1-1.ndjson").write_bytes(lines([hit(0)])[:-2] + b',"person":"x"}\n')
    assert any("person" in line for line in found(folder))


def test_a_token_in_the_counts_is_found(folder):
    """Sixteen hexadecimal digits in a value are taken for a token."""
    put(folder, counts(20, value="0123456789abcdef"), State.CLOSED)
    assert any("token" in line for line in found(folder))


def test_a_small_context_in_a_closed_week_is_found(folder):
    """A context of fewer than k visits in a closed week is named."""
    put(folder, counts(9), State.CLOSED)
    assert any("fewer than 10 visits" in line for line in found(folder))


def test_a_week_that_did_not_close_is_found(folder):
    """A week that is open long after its Sunday is named, and one that is just over is not."""
    assert any("still open" in line for line in found(folder, NOW + timedelta(days=30)))
    assert not any("still open" in line for line in found(folder, NOW + timedelta(days=7)))


def test_patterns_that_stayed_fine_too_long_are_found(folder):
    """Pattern counts by day are named when they outlive their days."""
    put(folder, counts(20), State.CLOSED)
    assert any("by day" in line for line in found(folder, NOW + timedelta(days=60)))


def test_a_folder_that_others_may_read_is_found(folder):
    """The data is for the account that runs Telpunt."""
    folder.path.chmod(0o755)
    assert any("chmod 700" in line for line in found(folder))
