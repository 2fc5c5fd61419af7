"""
What is forgotten is gone: not renamed, not linked elsewhere, not named by an old manifest, not in a byte of any file.

The medium below the file system is out of reach from here (docs/notes/memory.md says what that means).
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from analysis import facts, fold, iso_weeks, memory
from analysis.audit import audit
from analysis.store import State, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, stage

K = 10
NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=1)
OVER = NOW + timedelta(days=8)
OLD = NOW + timedelta(days=60)
RARE = {"campaign": "mail-aan-een-7f3q", "page": "/verhalen/nergens-anders-7f3q", "query": "zeldzaam-7f3q"}


def everything(data: Path) -> bytes:
    """All bytes of all files, and the values of Parquet files besides, since those are compressed."""
    parts = []
    for path in data.rglob("*"):
        if path.is_file():
            parts += [str(path).encode(), path.read_bytes()]
            if path.suffix == ".parquet":
                parts.append(pl.read_parquet(path).write_ndjson().encode())
    return b"\n".join(parts)


def common(number: int) -> list[object]:
    names = ("home", "vacancy") if number % 2 else ("home", "culture")
    return [
        hit(number * 7 + step, f"{number:016x}", touchpoint=name, channel="direct", campaign="alom", page=f"/{name}")
        for step, name in enumerate(names)
    ]


@pytest.fixture
def folder(tmp_path):
    """Three hundred visits that are like others, and one with a campaign, a page and a search of its own."""
    made = DataFolder(tmp_path / "data").prepare()
    Registry.open(made).save(made, make_site("s", ["s.example"]))
    own = {"channel": "email", "campaign": RARE["campaign"]}
    stage(
        made,
        [
            *(each for number in range(300) for each in common(number)),
            hit(50, "f" * 16, touchpoint="home", page="/", **own),
            hit(60, "f" * 16, touchpoint="section:zeven-7f3q", page=RARE["page"], **own),
            hit(70, "f" * 16, kind="search", query=RARE["query"], results=0, **own),
        ],
    )
    return made


def count(folder):
    return fold.fold(folder, Settings.load(data=folder.path), Registry.open(folder), now=NOW)


def close(folder, now):
    with folder.hold("facts", wait=True):
        return memory.close(Store(folder), "s", K, now=now, today=now.date())


def breaches(folder, now):
    return audit(folder, Settings.load(data=folder.path), Registry.open(folder), now=now)


def test_events_are_gone_when_they_are_counted(folder):
    """After the fold no file of events is left, under this name or another, and no token is in any byte."""
    files = [path for path in folder.journal.rglob("*") if path.is_file()]
    held = [os.open(path, os.O_RDONLY) for path in files]
    count(folder)
    assert all(os.fstat(handle).st_nlink == 0 for handle in held)
    for handle in held:
        os.close(handle)
    assert f"{7:016x}".encode() not in everything(folder.path)
    assert RARE["page"].encode() in everything(folder.path)  # counted, so that what follows means something


def test_the_open_week_is_gone_when_it_is_closed(folder):
    """After the closing the fine contexts are in no file and under no second name, and no manifest names them."""
    count(folder)
    store = Store(folder)
    names = [file.name for file in store.manifest().files]
    held = [os.open(folder.facts / name, os.O_RDONLY) for name in names]
    assert close(folder, OVER).weeks == 1
    assert all(os.fstat(handle).st_nlink == 0 for handle in held)
    for handle in held:
        os.close(handle)
    left = everything(folder.path)
    assert not any(name.encode() in left for name in names)
    rare = store.read("s").filter(
        pl.col("pattern").str.contains("zeven") & (pl.col("dimension") != facts.PATTERN_TOTAL)
    )
    assert rare.is_empty()  # nothing says any more what else that visit was
    assert breaches(folder, OVER) == []


def test_a_rare_value_is_in_no_byte_when_the_week_is_coarse(folder):
    """After the fine days no campaign, page, search, touchpoint or pattern of fewer than k visits is anywhere in the folder."""
    count(folder)
    close(folder, OVER)
    close(folder, OLD)
    assert {file.state for file in Store(folder).manifest().files} == {State.COARSE}
    left = everything(folder.path)
    assert b"7f3q" not in left
    assert b"alom" in left
    weeks = Store(folder).read("s").filter(pl.col("dimension") == facts.CONTEXT_TOTAL)
    assert weeks["visits"].sum() == 301
    assert breaches(folder, OLD) == []


@pytest.mark.parametrize("again", [count, lambda folder: close(folder, OVER)], ids=["fold", "close"])
def test_what_a_kill_kept_from_being_deleted_goes_at_the_next_start(folder, monkeypatch, again):
    """A closing that is killed after its rename leaves the old file; the next fold or closing deletes it."""
    count(folder)
    old = folder.facts / Store(folder).manifest().files[0].name
    with monkeypatch.context() as patched:
        patched.setattr(Store, "clean", lambda _: None)
        close(folder, OVER)
    assert old.exists()
    assert any("should be gone" in breach.what for breach in breaches(folder, OVER))
    again(folder)
    assert not old.exists()


def test_a_site_with_few_visits_forgets_too(tmp_path):
    """A week of fewer than k visits keeps its number of visits and no circumstance of any of them."""
    made = DataFolder(tmp_path / "few").prepare()
    Registry.open(made).save(made, make_site("s", ["s.example"]))
    stage(made, [hit(50 * n, f"{n:016x}", touchpoint="home", page=RARE["page"], channel="email") for n in range(4)])
    count(made)
    close(made, OVER)
    kept = Store(made).read("s").filter(pl.col("dimension") != facts.PATTERN_TOTAL)
    assert kept.select("dimension", "visits").rows() == [(facts.CONTEXT_TOTAL, 4)]
    assert RARE["page"].encode() not in everything(made.path)


def test_a_week_closes_when_its_sunday_is_past_where_the_site_is():
    """The week that holds New Year closes as one week: 2026-W53 runs from 28 December to 3 January."""
    assert iso_weeks.iso_week(date(2027, 1, 3)) == "2026-W53"
    assert iso_weeks.monday("2026-W53") == date(2026, 12, 28)
    assert list(iso_weeks.weeks_between(date(2026, 12, 30), date(2027, 1, 5))) == ["2026-W53", "2027-W01"]
