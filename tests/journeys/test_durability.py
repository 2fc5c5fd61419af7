"""A real ``serve`` on a disk that is small, full or read-only: it says so, loses nothing that it acknowledged, and recovers by itself."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.test_serve import Load, Served, command, hits, prepare, send, word_of


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def status(port: int, word: str) -> int:
    try:
        return send(port, word)
    except OSError:
        return 0


def await_status(port: int, expected: int, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while (found := status(port, "kok")) != expected:
        assert time.monotonic() < until, f"{found} and not {expected}"
        time.sleep(0.05)


def test_a_full_disk_is_503_and_recovers(disk: Path):
    """On a full disk events are refused with 503 and nothing is torn; with room again they are accepted, without a restart."""
    served = Served(prepare(disk / "data"), 1, ())
    acknowledged = [word for number in range(50) if status(served.port, word := word_of(number)) == 202]
    assert len(acknowledged) == 50
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    await_status(served.port, 503)
    time.sleep(1.2)  # the housekeeping sees it too
    with pytest.raises(urllib.error.HTTPError) as sick:
        urllib.request.urlopen(f"http://127.0.0.1:{served.port}/health", timeout=5)
    assert sick.value.code == 503
    assert json.loads(sick.value.read())["status"] != "ok"
    sick.value.close()
    (disk / "filler").unlink()
    await_status(served.port, 202)
    assert send(served.port, word_of(77)) == 202
    output = served.stop()
    found = [hit.query for hit in hits(served.folder)]
    assert set(acknowledged) | {word_of(77)} <= set(found)
    assert output.count("\n") <= 3  # said once a minute, not once an event
    assert "kok" not in output


def test_a_disk_that_fills_under_load_loses_nothing(disk: Path):
    """While a disk fills up under load, every event that was acknowledged is in the journal, once."""
    served = Served(prepare(disk / "data"), 2, ())
    (disk / "filler").write_bytes(bytes(3_500_000))
    load = Load(served.port, 3)
    await_status(served.port, 503, 30)
    time.sleep(0.3)
    (disk / "filler").unlink()
    await_status(served.port, 202)
    time.sleep(0.3)
    acknowledged = load.stop()
    served.stop()
    found = [hit.query for hit in hits(served.folder) if hit.query != "kok"]
    assert len(acknowledged) > 100
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


def test_a_read_only_folder_is_refused_in_one_sentence(disk: Path):
    """A data folder that can't be written is an error at the start, with what to do."""
    folder = prepare(disk / "data")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = subprocess.run(command(folder, 0, 1), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("FolderNotWritable: Data folder")
    assert done.stderr.count("\n") == 1
