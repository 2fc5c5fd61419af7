"""What was imported is remembered by the same rename that makes it count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from collector import journal
from collector.errors import FolderError, UsageError
from collector.folder import DataFolder
from collector.ledger import NOTE, Ledger, NotedStage
from collector.sites import Registry, Site, make_site
from tests.accesslogs import hits, line, run, write


@pytest.fixture
def site() -> Site:
    return make_site("acme", ["werkenbij.example.org"])


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> DataFolder:
    folder = DataFolder(tmp_path / "data").prepare()
    Registry.open(folder).save(folder, site)
    return folder


def test_twice(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """The same content is refused the second time, packed or not, for that site only, unless asked for again."""
    path = write(tmp_path, [line("/"), line("/vacatures")])
    run(folder, site, path)
    packed = write(tmp_path, [line("/"), line("/vacatures")], "access.log.1.gz")
    for one in (path, packed):
        with pytest.raises(UsageError, match=r"2026-11-22 at 12:00 UTC.*--again"):
            run(folder, site, one)
    assert len(hits(folder)) == 2
    other = make_site("other", ["werkenbij.example.org"])
    Registry.open(folder).save(folder, other)
    run(folder, other, path)
    run(folder, site, path, again=True)
    assert len(hits(folder)) == 6


def test_grown(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A log that begins with one that was imported is refused: its first lines would count twice."""
    lines = [line("/"), line("/vacatures"), line("/contact")]
    run(folder, site, write(tmp_path, lines[:2]))
    with pytest.raises(UsageError, match="begins with 2 lines"):
        run(folder, site, write(tmp_path, lines))
    assert run(folder, site, write(tmp_path, lines[1:])).page_views == 2


def test_same_twice_in_one_command(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """The same path twice is once; the same content under two names is refused."""
    path = write(tmp_path, [line("/")])
    with pytest.raises(UsageError, match="same as another one"):
        run(folder, site, path, write(tmp_path, [line("/")], "copy.log.gz"))
    assert run(folder, site, path, path).page_views == 1


def test_kept_in_mind_after_the_fold(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A kill right after the commit loses no memory: the entry lies beside the events until it is in the list."""
    with NotedStage(folder) as stage:
        stage.append(b'{"v":1}\n')
        path = write(tmp_path, [line("/")])
        with_entry = run_elsewhere(path, site, tmp_path)
        stage.note(with_entry)
    for events in folder.journal.glob("import-*/*.ndjson"):
        events.unlink()
    journal.sealed(folder, wait_s=0.0)
    assert not folder.imports.exists()
    with pytest.raises(UsageError, match="--again"):
        run(folder, site, path)
    assert folder.imports.exists()
    assert not list(folder.journal.glob(f"import-*/{NOTE}"))


def run_elsewhere(path: str, site: Site, tmp_path: Path) -> list[object]:
    """The entries that an import of *path* makes."""
    other = DataFolder(tmp_path / "elsewhere").prepare()
    Registry.open(other).save(other, site)
    run(other, site, path)
    return list(Ledger(other).entries)


def test_settled_once(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """An entry that was copied to the list and not yet removed beside the events is not written twice."""
    run(folder, site, write(tmp_path, [line("/")]))
    [entry] = Ledger(folder).entries
    room = next(folder.journal.glob("import-*"))
    (room / NOTE).write_bytes(msgspec.json.encode([entry]))
    assert Ledger(folder).entries == [entry]
    assert Ledger(folder).entries == [entry]


def test_damaged_list(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A damaged list of imports stops the import in one sentence, rather than counting something twice."""
    folder.imports.write_text("{")
    with pytest.raises(FolderError, match=r"imports\.json cannot be read"):
        run(folder, site, write(tmp_path, [line("/")]))
