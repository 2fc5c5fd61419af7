"""Where partition work runs changes nothing about what comes out of it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import engine, fold
from analysis.engine import P, PartitionFailed, Processes, R, Serial
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis import partitions
from tests.analysis.journals import MONDAY, hit, stage
from tests.analysis.partitions import Numbers

NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(hours=2)


class Elsewhere:
    """
    A stand-in for a cluster: an interpreter that shares nothing with this one but the installed program.

    It is sent bytes and sends bytes back, as Dask and others do.
    """

    CODE = "import pickle, sys; call, *rest = pickle.load(sys.stdin.buffer); sys.stdout.buffer.write(pickle.dumps(call(*rest)))"

    def map(self, function: Callable[[P], R], parts: Iterable[P]) -> Iterator[R]:
        for part in parts:
            sent = pickle.dumps((engine.attempt_apart, function, part))
            answer = subprocess.run([sys.executable, "-c", self.CODE], input=sent, capture_output=True, check=True)
            yield engine.outcome(part, pickle.loads(answer.stdout))


ENGINES = [Serial(), Processes(2), Elsewhere()]
PARTS = [Numbers(f"part {number}", tuple(range(number))) for number in range(7)]


@pytest.mark.parametrize("chosen", ENGINES, ids=lambda each: type(each).__name__)
def test_every_engine_gives_the_same(chosen):
    """Results are those of the builtin map, in the order of the partitions."""
    assert list(chosen.map(partitions.total, PARTS)) == [0, 0, 1, 3, 6, 10, 15]
    assert list(chosen.map(partitions.total, [])) == []


@pytest.mark.parametrize("chosen", ENGINES, ids=lambda each: type(each).__name__)
def test_an_error_names_its_partition_and_no_data(chosen):
    """A partition that fails is named; the text of an unexpected error, which may hold data, is not repeated."""
    parts = [Numbers("part 1", (1,)), Numbers("part 2", (13, 4_711)), Numbers("part 3", (2,))]
    with pytest.raises(PartitionFailed, match="part 2: ValueError") as caught:
        list(chosen.map(partitions.refuse, parts))
    assert "4711" not in str(caught.value)
    with pytest.raises(PartitionFailed, match="part 1: not enough visits yet: fewer than 10 of 300"):
        list(chosen.map(partitions.say, parts))


def test_a_process_that_is_ended_is_an_error():
    """When the system ends a process of the pool, the partition that it had is named, and nothing waits for ever."""
    with pytest.raises(PartitionFailed, match="part 0: a process of the pool was ended"):
        list(Processes(1).map(partitions.die, PARTS))


def test_the_pool_is_other_processes_and_takes_partitions_one_by_one():
    """Work leaves this process, and no more partitions are taken than there are workers."""
    taken = []

    def parts() -> Iterator[Numbers]:
        for part in PARTS:
            taken.append(part.name)
            yield part

    results = Processes(2).map(partitions.where, parts())
    assert next(results) != os.getpid()
    assert len(taken) == 2
    results.close()


def test_the_setting_chooses():
    """One worker is the builtin map; more are a pool."""
    assert isinstance(engine.chosen(Settings()), Serial)
    assert engine.chosen(Settings(analysis_workers=3)) == Processes(3)


def journal(path):
    """A data folder whose journal has visits with tokens all over, of two sites."""
    folder = DataFolder(path).prepare()
    for key in ("s", "t"):
        Registry.open(folder).save(folder, make_site(key, [f"{key}.example"]))
    stage(
        folder,
        [
            hit(
                step * 60 + number,
                f"{number * 0x0FED_CBA9_8765_4321 % 2**64:016x}",
                site="st"[number % 2],
                touchpoint=page,
            )
            for number in range(40)
            for step, page in enumerate(("home", "vacancy", "apply")[: number % 3 + 1])
        ],
    )
    return folder


def counted(folder, monkeypatch, chosen, pass_bytes):
    """Everything that a fold with this engine and pass size leaves on the disk, and what it said."""
    from analysis.store import Store

    monkeypatch.setattr(fold, "PASS_MAX_BYTES", pass_bytes)
    monkeypatch.setattr(engine, "chosen", lambda _settings: chosen)
    done = fold.fold(folder, Settings(data=folder.path), Registry.open(folder), now=NOW, site="s")
    store = Store(folder)
    carry = store.path / str(store.manifest().carry)
    order = ["period", "pattern", "dimension", "value"]
    return done, store.read("s").sort(order).rows(), sorted(carry.read_text().splitlines())


def test_a_fold_counts_the_same_on_every_engine(tmp_path, monkeypatch):
    """One pass in this process, and sixteen in a pool or elsewhere, give the same counts, carry and totals."""
    one = counted(journal(tmp_path / "one"), monkeypatch, Serial(), 2**40)
    assert one[0].visits > 0
    assert counted(journal(tmp_path / "many"), monkeypatch, Serial(), 500) == one
    assert counted(journal(tmp_path / "pool"), monkeypatch, Processes(2), 500) == one
    assert counted(journal(tmp_path / "elsewhere"), monkeypatch, Elsewhere(), 2_000) == one


@given(st.lists(st.lists(st.integers(-5, 5)), max_size=5))
def test_cutting_differently_changes_nothing(cuts):
    """However the numbers are cut into partitions, the sum of the results is the same."""
    parts = [Numbers(str(number), tuple(part)) for number, part in enumerate(cuts)]
    assert sum(Serial().map(partitions.total, parts)) == sum(sum(part) for part in cuts)
