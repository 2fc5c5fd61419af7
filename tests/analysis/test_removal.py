"""A removed site leaves nothing; the others lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis import facts, fold, removal, runs
from analysis.store import Store
from collector.errors import FolderBusy
from collector.folder import DataFolder
from collector.outcomes import Outcomes, read_all
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, lines, stage

NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(hours=5)
GONE = "acme-geheim"


def filled(path: Path) -> DataFolder:
    """Two sites with counts, open visits, journal, runs and drop counts; one of them is off the list."""
    folder = DataFolder(path / "data").prepare()
    sites = Registry.open(folder)
    for key in (GONE, "stays"):
        sites.save(folder, make_site(key, ["werkenbij.example.org"]))
    settings = Settings(data=folder.path)
    for at in (0, 17_900):  # a visit that is over, and one that is open
        stage(
            folder,
            [hit(at, f"{at:016x}"[:15] + letter, site=key) for key, letter in ((GONE, "a"), ("stays", "b"))],
        )
    fold.fold(folder, settings, sites, now=NOW)
    stage(folder, [hit(17_950, "00000000000000cc", site=GONE), hit(17_950, "00000000000000dd", site="stays")])
    stage(folder, [hit(17_960, "00000000000000cc", site=GONE)])
    (folder.journal / "w1-0000000000000001.ndjson.open").write_bytes(lines([hit(17_970, site=GONE)]))
    for key in (GONE, "stays"):
        runs.wait(folder, key, runs.Waiting(0, 300))
        outcomes = Outcomes.open(folder, key[:1])
        outcomes.add(key, "wrong_host", MONDAY)
        outcomes.note(key, "wrong_host", MONDAY, "werkenbij.geheim.example")
        outcomes.close(MONDAY)
    sites.remove(folder, GONE, MONDAY)
    return folder


def test_nothing_is_left_of_a_removed_site(tmp_path: Path):
    """No file below the data folder names it but the list that keeps its key from being taken; the other site has all it had."""
    folder = filled(tmp_path)
    before = Store(folder).read("stays")
    for _ in range(2):  # safe to repeat
        removal.remove(folder, GONE, now=NOW)
    named = [
        path.relative_to(folder.path)
        for path in folder.path.rglob("*")
        if GONE in path.name or (path.is_file() and GONE.encode() in path.read_bytes())
    ]
    assert [name for name in named if name.parts[0] != "locks"] == [Path("sites.json")]
    assert Store(folder).read("stays").equals(before)
    assert {key for key, _, _ in read_all(folder)} == {"stays"}
    assert not list(folder.journal.rglob("*.removing"))
    Registry.open(folder).settle(folder, GONE)
    settings = Settings(data=folder.path)
    fold.fold(folder, settings, Registry.open(folder), now=NOW, close_all=True)
    total = Store(folder).read("stays").filter(dimension=facts.PATTERN_TOTAL)["visits"].sum()
    assert total == 3  # the closed one, the carried one and the one in the journal


def test_a_fold_that_is_under_way_is_not_disturbed(tmp_path: Path):
    """While a fold holds the counts, a removal that may not wait deletes nothing and says so."""
    folder = filled(tmp_path)
    with folder.hold("facts"), pytest.raises(FolderBusy):
        removal.remove(folder, GONE, now=NOW, wait=False)
    assert Store(folder).weeks(GONE)


def test_what_a_killed_removal_left_is_deleted(tmp_path: Path):
    """A half-written copy of journal lines does not outlive the next removal."""
    folder = filled(tmp_path)
    (folder.journal / "w1-1.ndjson.removing").write_bytes(lines([hit(0, site=GONE)]))
    removal.remove(folder, GONE, now=NOW)
    assert not list(folder.journal.rglob("*.removing"))
