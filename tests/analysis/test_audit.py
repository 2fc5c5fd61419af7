"""The audit finds each broken promise, and nothing where all hold."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl
import pytest

from analysis import facts, fold, memory, profiles, runs
from analysis.audit import audit, covered
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


def test_an_open_visit_that_is_carried_too_long_is_found(folder):
    """The age of what is carried is that of its events, however lately the file was written."""
    stage(folder, [hit(0, "f" * 16, touchpoint="home")])
    settings = Settings.load(data=folder.path)
    fold.fold(folder, settings, Registry.open(folder), now=datetime.fromtimestamp(MONDAY + 60, UTC))
    os.utime(next(folder.facts.glob("carry-*")), (NOW.timestamp(), NOW.timestamp()))
    assert not any("24 hours" in line for line in found(folder, NOW - timedelta(hours=1)))
    assert any("24 hours" in line for line in found(folder, NOW + timedelta(hours=1)))


def test_events_of_an_import_are_as_old_as_the_import(folder):
    """A log of last year that came in just now is no breach."""
    stage(folder, [hit(-360 * 86_400)])
    for path in folder.journal.rglob("*.ndjson"):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert found(folder) == []


@pytest.mark.parametrize("name", ["s/2026-W40-open-9.parquet", "carry-9.ndjson", "s/x.aside"])
def test_what_should_be_gone_is_found(folder, name):
    """A file of counts or events that the manifest does not name is named, and gone with the next fold."""
    (folder.facts / name).write_bytes(b"")
    if name.endswith("parquet"):
        counts(20).write_parquet(folder.facts / name)
    assert any("should be gone" in line for line in found(folder))
    fold.fold(folder, Settings.load(data=folder.path), Registry.open(folder), now=NOW)
    assert found(folder) == []


def test_a_second_name_of_a_file_is_found(folder, tmp_path):
    """A hard link would keep what is deleted."""
    os.link(next(folder.facts.glob("s/*.parquet")), tmp_path / "kept")
    assert any("hard link" in line for line in found(folder))


def test_an_opt_out_that_is_not_honoured_is_found(folder):
    """Promise 6 can be switched off, and then the audit says so."""
    settings = Settings.load(data=folder.path, honour_opt_out=False)
    said = [str(breach) for breach in audit(folder, settings, Registry.open(folder), now=NOW)]
    assert [line for line in said if line.startswith("promise 6")]


def test_a_field_that_is_not_listed_is_found(folder):
    """A journal record with a field that no event has is named."""
    (folder.journal / "w1-1.ndjson").write_bytes(lines([hit(0)])[:-2] + b',"person":"x"}\n')
    assert any("person" in line for line in found(folder))


def test_a_line_that_is_no_event_is_found(folder):
    """Nobody knows what such a line holds, so it is named; one that a kill cut off at the end is not."""
    whole = lines([hit(0)])
    (folder.journal / "w1-1.ndjson").write_bytes(whole + whole[:20])
    assert [line for line in found(folder) if "no events" in line] == []
    (folder.journal / "w1-1.ndjson").write_bytes(whole + b"anna was here\n\xff\n" + whole)
    assert [line for line in found(folder) if "2 lines that are no events" in line]


def test_a_token_in_the_counts_is_found(folder):
    """Sixteen hexadecimal digits in a value are taken for a token."""
    put(folder, counts(20, value="0123456789abcdef"), State.CLOSED)
    assert any("token" in line for line in found(folder))


@pytest.mark.parametrize(
    ("period", "dimension", "value"),
    [("2026-W40", "hour_of_week", "1-08:15"), ("2026-09-28", "channel", "direct"), ("2026-W40", "person", "x")],
)
def test_what_is_finer_than_it_may_be_is_found(folder, period, dimension, value):
    """A time finer than an hour, a circumstance by day, and a dimension that is not listed are named."""
    row = pl.DataFrame([("s", period, "1;home=1", dimension, value, 20)], schema=facts.SCHEMA, orient="row")
    put(folder, pl.concat([counts(20), row]), State.OPEN)
    assert any("finer" in line or "not listed" in line for line in found(folder))


def test_a_rare_value_in_a_coarse_week_is_found(folder):
    """When a week is coarse no page, campaign or search of fewer than k visits is left, nor a pattern by day."""
    rare = pl.DataFrame([("s", "2026-W40", "1;home=1", "campaign", "x", 3)], schema=facts.SCHEMA, orient="row")
    day = pl.DataFrame([("s", "2026-09-28", "1;home=1", "", "", 20)], schema=facts.SCHEMA, orient="row")
    put(folder, pl.concat([counts(20), rare, day]), State.COARSE)
    said = found(folder)
    assert any("1 values of fewer than 10" in line for line in said)
    assert any("patterns by day" in line for line in said)


def test_weeks_are_closed_again_when_k_is_raised(folder):
    """A higher k makes closed weeks too fine, which is found, and the next closing mends it."""
    put(folder, counts(12), State.CLOSED)
    sites = Registry.open(folder)
    sites.save(folder, msgspec.structs.replace(sites["s"], k=20))
    assert any("was k raised" in line for line in found(folder))
    memory.close(Store(folder), "s", 20, now=NOW, today=NOW.date())
    assert found(folder) == []


def test_a_small_context_in_a_closed_week_is_found(folder):
    """A context of fewer than k visits in a closed week is named."""
    put(folder, counts(9), State.CLOSED)
    assert any("fewer than 10 visits" in line for line in found(folder))


def test_a_circumstance_of_nobody_knows_how_many_is_found(folder):
    """A circumstance in a closed week whose context has no total is named as one of fewer than k visits."""
    put(folder, counts(3).filter(pl.col("dimension") == "channel"), State.CLOSED)
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


def run(visits):
    return runs.Run(
        id="r", site="s", start=NOW.date(), end=NOW.date(), weeks=[], visits=visits, patterns=1, k=10, unclustered=0,
        segments=1, verdict="good", reasons=[], seed=1, seconds=0.0,
    )  # fmt: skip


def published(visits, shown):
    tables = {name: pl.DataFrame(schema=schema) for name, schema in runs.TABLES.items()}
    whole = {"segment": "s1", "visits": visits}
    tables["segments"] = pl.DataFrame([whole], schema_overrides=runs.SEGMENTS)
    tables["map"] = pl.DataFrame([whole])
    rows = [{"segment": "s1", "dimension": dimension, "value": "a", "visits": shown} for dimension in profiles.SINGLE]
    tables["profiles"] = pl.DataFrame(rows)
    return tables


def test_published_numbers_that_are_no_multiples_are_found(folder):
    """A number that is not a multiple of k is named, wherever it is published, and so is a total that does not add up."""
    home = folder.runs / "s" / "r"
    home.mkdir(parents=True)
    for shown, wrong in ((30, 0), (20, len(profiles.SINGLE)), (25, len(profiles.SINGLE) + 1)):
        for name, table in published(30, shown).items():
            table.write_parquet(home / f"{name}.parquet")
        (home / "run.json").write_bytes(msgspec.json.encode(run(30)))
        assert len([line for line in found(folder) if line.startswith("promise 5")]) == wrong


def test_a_file_that_is_no_part_of_a_run_is_found(folder):
    """Only what a run consists of may lie in its folder: of anything else nobody knows what it rests on."""
    home = folder.runs / "s" / "r"
    home.mkdir(parents=True)
    for name, table in published(30, 30).items():
        table.write_parquet(home / f"{name}.parquet")
    (home / "run.json").write_bytes(msgspec.json.encode(run(30)))
    assert found(folder) == []
    published(30, 30)["map"].write_parquet(home / "visits.parquet")
    assert [line for line in found(folder) if "visits.parquet" in line]


def test_what_was_looked_at_is_said_with_what_cannot_be_seen():
    """A person who reads that nothing was found reads too what a disk does not show."""
    assert "Not to be seen on a disk" in covered()
