"""Every acknowledged event is counted once, however often and wherever the fold is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import chain, count

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import facts, fold
from analysis.store import FILES_MAX, Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, stage

NOW = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=1)

# A fold that is killed (SIGKILL, no handler runs) at its n-th call that reaches the disk. The process with everything imported forks
# one such fold per line of standard input, since importing Polars twenty-five times takes a minute.
KILLED_AT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from analysis import fold
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
left = 0
def deadly(call):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return wrapped
for owner, names in [
    (os, ("fsync", "rename", "replace", "unlink", "open")),
    (Path, ("rename", "replace", "unlink", "rmdir")),
    (pl.DataFrame, ("write_parquet", "write_ndjson")),
]:
    for name in names:
        setattr(owner, name, deadly(getattr(owner, name)))
for line in sys.stdin:
    step, now = line.split()
    child = os.fork()
    if not child:
        left = int(step)
        folder = DataFolder(Path(sys.argv[1]))
        settings = Settings.load(data=folder.path)
        fold.fold(folder, settings, Registry.open(folder), now=datetime.fromtimestamp(float(now), UTC))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def folder(tmp_path):
    """A data folder with two sites."""
    made = DataFolder(tmp_path / "data").prepare()
    sites = Registry.open(made)
    for key in ("s", "t"):
        sites.save(made, make_site(key, [f"{key}.example"]))
    return made


def run(folder, now=NOW, **options):
    return fold.fold(folder, Settings.load(data=folder.path), Registry.open(folder), now=now, **options)


def counted(folder, site="s"):
    rows = Store(folder).read(site)
    return {
        dimension: rows.filter(pl.col("dimension") == dimension)["visits"].sum()
        for dimension in (facts.PATTERN_TOTAL, facts.CONTEXT_TOTAL, "channel", "touchpoint")
    }


def some_visits(n, start=0, site="s"):
    return [
        hit(start + 10 * number + step, f"{number:016x}", touchpoint=name, channel="direct", page=f"/{name}", site=site)
        for number in range(n)
        for step, name in enumerate(("home", "vacancy"))
    ]


def test_a_visit_is_counted_in_every_dimension(folder):
    """Three visits of two pages are three visits, three arrivals and six touchpoints, and the journal is empty after."""
    stage(folder, some_visits(3))
    assert run(folder).visits == 3
    assert counted(folder) == {"": 3, "week": 3, "channel": 3, "touchpoint": 6}
    assert not list(folder.journal.rglob("*.ndjson"))


def test_no_token_reaches_the_counts(folder):
    """What ties hits together is in no file of the counts."""
    stage(folder, some_visits(30))
    run(folder)
    for path in folder.facts.rglob("*.parquet"):
        text = " ".join(str(value) for row in pl.read_parquet(path).iter_rows() for value in row)
        assert not any(f"{number:016x}" in text for number in range(30))


def test_a_visit_over_two_folds_is_one_visit(folder):
    """A visit that is open at the first fold is carried, and counted once when it is closed."""
    stage(folder, [hit(0, touchpoint="home")])
    first = run(folder, now=datetime.fromtimestamp(MONDAY + 60, UTC))
    assert (first.visits, first.open) == (0, 1)
    stage(folder, [hit(900, touchpoint="vacancy")])
    assert run(folder).visits == 1
    patterns = Store(folder).read("s").filter(pl.col("dimension") == "")["pattern"].to_list()
    assert patterns == ["1;home=1;vacancy=1;@engaged=300"]


def test_all_closes_what_is_open(folder):
    """With --all no visit stays open."""
    stage(folder, [hit(0, touchpoint="home")])
    done = run(folder, now=datetime.fromtimestamp(MONDAY + 60, UTC), close_all=True)
    assert (done.visits, done.open) == (1, 0)


def test_folding_one_site_keeps_the_hits_of_the_other(folder):
    """Only the site asked for is counted; the other's hits wait, and are counted by the next fold."""
    stage(folder, some_visits(2) + some_visits(3, site="t"))
    run(folder, site="s")
    assert (counted(folder)[""], counted(folder, "t")[""]) == (2, 0)
    run(folder)
    assert (counted(folder)[""], counted(folder, "t")[""]) == (2, 3)


def test_folding_nothing_changes_nothing(folder):
    """An empty journal is no error and no commit."""
    assert run(folder) == fold.Folded()
    assert Store(folder).manifest().sequence == 0


def test_small_files_are_put_together(folder):
    """However many folds a week has, its counts lie in a handful of files, and add up."""
    for number in range(3 * FILES_MAX):
        stage(folder, some_visits(1, start=number))
        run(folder)
    assert counted(folder)[""] == 3 * FILES_MAX
    assert len(Store(folder).manifest().files) <= FILES_MAX + 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_counts_do_not_depend_on_how_the_journal_is_cut(tmp_path_factory, batches):
    """Closed visits folded in one batch or in many, in any order, give the same counts: they add."""
    parts = [some_visits(n, start=100_000 * number) for number, n in enumerate(batches)]
    tables = []
    for cut in ([list(chain(*parts))], parts, parts[::-1]):
        made = DataFolder(tmp_path_factory.mktemp("cut")).prepare()
        Registry.open(made).save(made, make_site("s", ["s.example"]))
        for part in cut:
            stage(made, part)
            run(made, now=NOW + timedelta(days=30))
        tables.append(Store(made).read("s").sort(facts.KEYS))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.slow
def test_killed_at_every_step_nothing_is_lost_and_nothing_counts_twice(folder):
    """SIGKILL at each call that reaches the disk, one run after the other; then one whole fold: each visit is there once."""
    total = 0
    command = [sys.executable, "-W", "ignore", "-c", KILLED_AT, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as folds:
        for step in count(1):
            # Closed visits, and one that goes on, so that the carry is written and read too.
            start = step * 100_000
            stage(
                folder,
                [*some_visits(5, start=start), hit(start + 90_000, "f" * 16, touchpoint="home", channel="direct")],
            )
            total += 6
            folds.stdin.write(f"{step} {MONDAY + start + 90_060}\n")
            ended = int(folds.stdout.readline())
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
        folds.stdin.close()
    assert step > 12
    run(folder, now=NOW + timedelta(days=365), close_all=True)
    assert counted(folder)[""] == counted(folder)["channel"] == total
    assert not list(folder.facts.glob("*.aside"))


def test_a_large_journal_is_counted_in_parts(folder, monkeypatch):
    """A journal that is too large for one part gives the same counts, carries the same, and leaves no copy of an event behind."""
    stage(folder, [*some_visits(40), hit(86_000, "f" * 16, touchpoint="home")])
    monkeypatch.setattr(fold, "PASS_MAX_BYTES", 1_000)
    done = run(folder, now=datetime.fromtimestamp(MONDAY + 86_060, UTC))
    assert (done.visits, done.open) == (40, 1)
    assert counted(folder) == {"": 40, "week": 40, "channel": 40, "touchpoint": 80}
    assert not list(folder.path.rglob("*.aside"))
    assert run(folder, now=NOW + timedelta(hours=1)).visits == 1


def test_what_a_kill_left_of_the_parts_is_gone_with_the_next_fold(folder):
    """Copies of events that a fold made for itself do not outlive it by more than the next start."""
    left = folder.facts / "part-3.aside"
    left.write_text("x")
    run(folder)
    assert not left.exists()
