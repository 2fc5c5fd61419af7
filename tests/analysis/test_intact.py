"""What is damaged on the disk is named in a sentence; nothing breaks on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from analysis import audit, facts, intact, runs, status
from analysis.fold import utc_now
from analysis.store import Addition, State, Store
from collector.errors import FileDamaged
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard.cli import main
from tests import factories

NOW = utc_now()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = factories.folder(tmp_path)
    factories.publish(folder, factories.site(folder))
    return folder


def halve(path: Path) -> None:
    """As a full disk or a bad copy leaves a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def published(folder: DataFolder) -> Path:
    return runs.current(folder, "demo").path


DAMAGES: dict[str, Callable[[DataFolder], object]] = {
    "half a table": lambda folder: halve(published(folder) / "segments.parquet"),
    "half a record": lambda folder: halve(published(folder) / "run.json"),
    "no pointer": lambda folder: (folder.runs / "demo" / "current").write_text(""),
    "a pointer elsewhere": lambda folder: (folder.runs / "demo" / "current").write_text("../../etc"),
    "bytes for a pointer": lambda folder: (folder.runs / "demo" / "current").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_named_to_who_exports_it(folder: DataFolder, damage: str) -> None:
    """A run that cannot be read fails an export with one sentence that names the file, and exit status 1."""
    DAMAGES[damage](folder)
    done = CliRunner().invoke(
        main, ["export", "segments", "--site", "demo"], env={"TELPUNT_DATA": str(folder.path)}, standalone_mode=False
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "is damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert str(folder.runs) in done.stderr


@pytest.mark.parametrize("damage", ["half a record", "no pointer", "a pointer elsewhere"])
def test_status_goes_on_past_a_damaged_run(folder: DataFolder, damage: str) -> None:
    """The status of everything else is told, and the file that is damaged needs a person."""
    DAMAGES[damage](folder)
    told = status.look(folder, Settings(data=folder.path), Registry.open(folder), now=NOW)
    assert any("is damaged" in need for need in told.needs)
    assert any("disk" in line for line in told.lines)


@pytest.mark.parametrize("name", ["segments.parquet", "run.json", "model.npz"])
def test_an_audit_reads_on_past_what_is_damaged(folder: DataFolder, name: str) -> None:
    """An audit says what it could not look through, as something that does not hold, and looks at the rest."""
    (published(folder) / "model.npz").write_bytes(b"PK\x03\x04 no archive")
    if name != "model.npz":
        halve(published(folder) / name)
    (folder.journal / "stray.txt").write_text("82.94.12.7")
    found = [str(breach) for breach in audit.audit(folder, Settings(data=folder.path), Registry.open(folder), now=NOW)]
    assert any("stray.txt" in breach for breach in found)
    assert name == "model.npz" or any("cannot be looked through" in breach for breach in found)


def test_damaged_counts_are_named(tmp_path: Path) -> None:
    """Of several files of counts, the damaged one is named."""
    store = Store(factories.folder(tmp_path))
    rows = [("demo", "2026-11-16", "1;home=1", "", "", 20)]
    for week in ("2026-W46", "2026-W47"):
        store.commit(now=NOW, add=[Addition("demo", week, State.OPEN, pl.DataFrame(rows, facts.SCHEMA, orient="row"))])
    name = store.manifest().files[1].name
    halve(store.path / name)
    with pytest.raises(FileDamaged, match=Path(name).name):
        store.read("demo")


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    """A table that is whole is one, and an empty file is none."""
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "whole")
    (tmp_path / "empty").write_bytes(b"")
    assert intact.is_table(tmp_path / "whole")
    assert not intact.is_table(tmp_path / "empty")
    assert intact.table(tmp_path / "whole", "").height == 1
