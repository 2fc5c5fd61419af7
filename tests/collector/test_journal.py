from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collector.folder import DataFolder
from collector.journal import Journal, JournalFull, sealed
from collector.settings import Settings
from collector.stage import Stage


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data").prepare()


def open_journal(folder: DataFolder, worker: str = "w1", **settings: float) -> Journal:
    return Journal.open(folder, worker, Settings(data=folder.path, **settings))


def lines(paths: list[Path]) -> list[bytes]:
    return [line for path in paths for line in path.read_bytes().splitlines()]


def test_what_is_appended_is_in_the_file_at_once(folder: DataFolder):
    """When append returns, the line is with the operating system."""
    journal = open_journal(folder)
    journal.append(b"one\n")
    (path,) = folder.journal.glob("w1-*.ndjson.open")
    assert path.read_bytes() == b"one\n"
    journal.close()


def test_closing_completes_the_files(folder: DataFolder):
    """A closed journal has complete files only, and none when nothing came."""
    journal = open_journal(folder)
    journal.append(b"one\n")
    journal.close()
    open_journal(folder, "w2").close()
    assert [path.suffix for path in folder.journal.iterdir()] == [".ndjson"]
    assert lines(sealed(folder)) == [b"one"]


def test_the_fold_gets_files_of_the_living_when_it_asks(folder: DataFolder):
    """A living writer gives its file away when asked, and goes on in another."""
    journal = open_journal(folder)
    journal.append(b"one\n")
    stop = threading.Event()

    def tend() -> None:
        while not stop.wait(0.05):
            journal.tend()

    tending = threading.Thread(target=tend)
    tending.start()
    try:
        assert lines(sealed(folder)) == [b"one"]
        journal.append(b"two\n")
        assert lines(sealed(folder)) == [b"one", b"two"]
        assert len(sealed(folder)) == 2
    finally:
        stop.set()
        tending.join()
        journal.close()


def test_nobody_waits_for_an_empty_journal(folder: DataFolder):
    """A living writer without events keeps its file, and nobody waits for it."""
    journal = open_journal(folder)
    started = time.monotonic()
    assert sealed(folder) == []
    assert time.monotonic() - started < 1
    journal.close()


def test_a_silent_writer_is_not_waited_for_for_ever(folder: DataFolder):
    """A writer that lives but does not answer keeps its file; its events come with the next call."""
    journal = open_journal(folder)
    journal.append(b"one\n")
    assert sealed(folder, wait_s=0.2) == []
    journal.close()
    assert lines(sealed(folder)) == [b"one"]


def test_large_files_are_completed(folder: DataFolder, monkeypatch: pytest.MonkeyPatch):
    """A file that has grown large is completed without anybody asking."""
    monkeypatch.setattr("collector.journal.SEGMENT_BYTES", 10)
    journal = open_journal(folder)
    journal.append(b"0123456789\n")
    journal.tend()
    assert len(list(folder.journal.glob("*.ndjson"))) == 1
    journal.close()


def test_a_file_that_was_deleted_is_replaced(folder: DataFolder):
    """When somebody deletes the file, tending begins another, so that later events are kept."""
    journal = open_journal(folder)
    journal.append(b"lost\n")
    next(folder.journal.glob("*.open")).unlink()
    journal.tend()
    journal.append(b"kept\n")
    journal.close()
    assert lines(sealed(folder)) == [b"kept"]


@hypothesis_settings(deadline=None, max_examples=50)
@given(
    st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"")), max_size=5),
    st.binary(max_size=200_000 // 1000),
)
def test_a_torn_tail_is_cut_off(tmp_path_factory: pytest.TempPathFactory, whole: list[bytes], torn: bytes):
    """Of a file that a dead writer left, all whole lines count, and the tail without newline does not."""
    folder = DataFolder(tmp_path_factory.mktemp("data")).prepare()
    tail = torn.replace(b"\n", b"")
    (folder.journal / "w1-0000000000000001.ndjson.open").write_bytes(b"".join(line + b"\n" for line in whole) + tail)
    paths = sealed(folder)
    assert b"".join(path.read_bytes() for path in paths) == b"".join(line + b"\n" for line in whole)
    assert not list(folder.journal.glob("*.open"))


def test_a_long_torn_tail_is_cut_off_too(folder: DataFolder):
    """A tail that is longer than one look back is cut off as well."""
    (folder.journal / "w1-0000000000000001.ndjson.open").write_bytes(b"one\n" + b"x" * 200_000)
    assert [path.read_bytes() for path in sealed(folder)] == [b"one\n"]


WRITER = """
import sys
from pathlib import Path
from collector.folder import DataFolder
from collector.journal import Journal
from collector.settings import Settings
folder = DataFolder(Path(sys.argv[1]))
journal = Journal.open(folder, "w1", Settings(data=folder.path))
number = 0
while True:
    number += 1
    journal.append(b"%d\\n" % number)
    if number % 50 == 0:
        journal.tend()
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_killed_at_any_moment_nothing_acknowledged_is_lost(folder: DataFolder):
    """After kill -9, while files are being completed, the journal has every line that was acknowledged, once."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder.path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        acknowledged = 0
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged % 500 == 100:
                sealed(folder, wait_s=0)
            if acknowledged == 2000:
                writer.kill()
    found = [int(line) for line in lines(sealed(folder))]
    assert sorted(found) == list(range(1, len(found) + 1))
    assert len(found) >= acknowledged


FULL = """
import resource, sys
from pathlib import Path
from collector.folder import DataFolder
from collector.journal import Journal
from collector.settings import Settings
folder = DataFolder(Path(sys.argv[1]))
journal = Journal.open(folder, "w1", Settings(data=folder.path))
journal.append(b"a" * 99 + b"\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (150, resource.RLIM_INFINITY))
try:
    journal.append(b"b" * 99 + b"\\n")
except OSError as error:
    print(type(error).__name__, error.errno)
try:
    journal.append(b"c" * 199 + b"\\n")
except OSError as error:
    print(type(error).__name__, error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append(b"d" * 99 + b"\\n")
journal.close()
"""


def test_a_full_disk_raises_and_later_goes_on(folder: DataFolder):
    """A write that stops halfway is cut off and raises; when there is room again, the next one succeeds."""
    done = subprocess.run([sys.executable, "-c", FULL, str(folder.path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["OSError", "27", "OSError", "27"]  # EFBIG
    assert [line[:1] for line in lines(sealed(folder))] == [b"a", b"d"]
    assert {len(line) for line in lines(sealed(folder))} == {99}


def test_a_folder_that_cannot_be_written_raises_and_later_goes_on(folder: DataFolder):
    """When no file can be begun, append raises; when one can, it succeeds."""
    journal = open_journal(folder)
    journal.append(b"one\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    segment = journal._idle.pop()  # another thread has the only file
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            journal.append(b"lost\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    journal.append(b"two\n")
    journal._idle.append(segment)
    journal.close()
    assert sorted(lines(sealed(folder))) == [b"one", b"two"]


def test_a_journal_that_nobody_folds_has_an_end(folder: DataFolder):
    """The attack: a flood that no fold keeps up with. At its size the journal refuses, and goes on when a fold has made room."""
    journal = open_journal(folder, journal_max_mb=1)
    journal.append(b"x" * 1_000_000 + b"\n")
    journal.tend()
    with pytest.raises(JournalFull, match="the journal is full"):
        journal.append(b"refused\n")
    (folder.journal / ".rotate").touch()
    journal.tend()
    for path in folder.journal.glob("*.ndjson"):
        path.unlink()
    journal.tend()
    journal.append(b"kept\n")
    journal.close()
    assert lines(sealed(folder)) == [b"kept"]


def test_room_is_left_for_the_fold(folder: DataFolder, monkeypatch: pytest.MonkeyPatch):
    """Before the disk is quite full the journal refuses, since a fold that can't write its counts would never make room."""
    journal = open_journal(folder)
    disk = os.statvfs(folder.journal)
    monkeypatch.setattr("collector.journal.RESERVE_BYTES", disk.f_bavail * disk.f_frsize * 2)
    monkeypatch.setattr("collector.journal.RESERVE_SHARE", 1)
    journal.tend()
    with pytest.raises(JournalFull, match="the disk is full"):
        journal.append(b"refused\n")
    monkeypatch.undo()
    journal.tend()
    journal.append(b"kept\n")
    journal.close()
    assert lines(sealed(folder)) == [b"kept"]


def test_a_wall_clock_that_steps_makes_no_name_twice(folder: DataFolder, monkeypatch: pytest.MonkeyPatch):
    """When the clock is set back by a day, or forward, files still have names of their own and every line is there."""
    wall = [time.time_ns()]
    monkeypatch.setattr("collector.journal.time.time_ns", lambda: wall[0])
    journal = open_journal(folder)
    for number, step_s in enumerate((0, -86400, 2 * 86400, -3600, 0)):
        wall[0] += step_s * 10**9
        journal.append(b"%d\n" % number)
        (folder.journal / ".rotate").touch()
        os.utime(folder.journal / ".rotate", ns=(number, number + 1))
        journal.tend()
    journal.close()
    assert sorted(lines(sealed(folder))) == [b"0", b"1", b"2", b"3", b"4"]
    assert len(list(folder.journal.glob("*.ndjson"))) == 5


def test_threads_share_a_journal(folder: DataFolder):
    """Several threads append while files are completed; every line is whole and there once."""
    journal = open_journal(folder, fsync_every_s=0.01)

    def write(start: int) -> None:
        for number in range(start, start + 2000):
            journal.append(b"%d\n" % number)

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 8000, 2000)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        (folder.journal / ".rotate").touch()
        journal.tend()
    journal.close()
    assert sorted(int(line) for line in lines(sealed(folder))) == list(range(8000))


def test_every_request_can_be_flushed(folder: DataFolder, monkeypatch: pytest.MonkeyPatch):
    """With fsync_every_s = 0 each append is flushed to the disk; otherwise the housekeeping does it."""
    flushed: list[int] = []
    monkeypatch.setattr("collector.journal.os.fsync", flushed.append)
    journal = open_journal(folder, fsync_every_s=0)
    journal.append(b"one\n")
    assert len(flushed) == 1
    journal.close()
    journal = open_journal(folder, fsync_every_s=1)
    flushed.clear()
    journal.append(b"one\n")
    assert not flushed
    journal.tend()
    assert len(flushed) == 1
    journal.close()


def test_an_import_counts_when_it_is_finished(folder: DataFolder):
    """The files of an import appear all at once, after it ended well, and survive in order."""
    with Stage(folder, segment_bytes=5) as stage:
        for number in range(4):
            stage.append(b"line %d\n" % number)
        assert sealed(folder) == []
    assert lines(sealed(folder)) == [b"line 0", b"line 1", b"line 2", b"line 3"]
    assert len(sealed(folder)) == 4


def test_an_import_that_fails_leaves_nothing(folder: DataFolder):
    """An error inside the import undoes all of it."""

    def fail() -> None:
        with Stage(folder) as stage:
            stage.append(b"line\n")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert list(folder.journal.iterdir()) == []


IMPORTER = """
import sys, time
from pathlib import Path
from collector.folder import DataFolder
from collector.stage import Stage
with Stage(DataFolder(Path(sys.argv[1]))) as stage:
    stage.append(b"line\\n")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_killed_import_is_cleared_away(folder: DataFolder):
    """What a killed import left is deleted, and a living one is left alone."""
    with subprocess.Popen([sys.executable, "-c", IMPORTER, str(folder.path)], stdout=subprocess.PIPE) as importer:
        assert importer.stdout
        importer.stdout.readline()
        assert sealed(folder) == []
        assert len(list(folder.journal.glob(".import-*"))) == 1
        os.kill(importer.pid, signal.SIGKILL)
    assert sealed(folder) == []
    assert list(folder.journal.iterdir()) == []


def test_emptied_import_folders_go(folder: DataFolder):
    """The folder of an import goes once the fold has deleted its files."""
    with Stage(folder) as stage:
        stage.append(b"line\n")
    for path in sealed(folder):
        path.unlink()
    assert sealed(folder) == []
    assert list(folder.journal.iterdir()) == []
