from __future__ import annotations

import io
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rate_table import PLACES, ROWS, RateTable
from tests.dashboard.conftest import Clock

FORKED = """
import os, threading
from dashboard.rate_table import RateTable
table = RateTable.shared()
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        threads = [threading.Thread(target=lambda: [table.add("somebody", 60) for _ in range(100)]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print(table.count("somebody"))
"""


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.integers(0, 40)), max_size=40))
@settings(max_examples=50, deadline=None)
def test_it_counts_like_a_book(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is counted when, the counts are those of a plain list of counts that end a minute after they began."""
    clock = Clock()
    table = RateTable(clock)
    book: dict[str, tuple[int, int]] = {}
    for key, amount, later in steps:
        clock.now += later
        until, count = book.get(key, (0, 0))
        until, count = (until, count) if until > clock.now else (clock.now + 60, 0)
        book[key] = until, count + amount
        assert table.add(key, 60, amount) == count + amount
        for one, (ends, counted) in book.items():
            assert table.count(one) == (counted if ends > clock.now else 0)
            assert table.ends(one) == max(ends, clock.now)


def test_processes_and_their_threads_count_together() -> None:
    """Forked processes, each with threads, count one thing together and lose nothing."""
    told = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["600"]


def test_a_flood_of_names_pushes_out_no_count_that_matters() -> None:
    """More names than there is room for, one try each, leave a count of ten as it was."""
    clock = Clock()
    table = RateTable(clock)
    table.add("guessed account", 3600, 10)
    for number in range(PLACES * ROWS + 8000):
        table.add(f"made up {number}", 3600)
    assert table.count("guessed account") == 10


def test_what_is_counted_by_is_not_kept() -> None:
    """The memory holds neither what is counted by nor a hash that somebody without its key could make; and it can't be copied out."""
    table, other = RateTable(), RateTable()
    table.add("198.51.100.7", 60)
    assert b"198.51" not in bytes(table._rows)
    assert table.hashed("sender", "198.51.100.7") != other.hashed("sender", "198.51.100.7")
    assert table.hashed("a", "bc") != table.hashed("ab", "c")
    with pytest.raises(TypeError, match="must not leave"):
        pickle.dump(table, io.BytesIO())


def test_a_count_is_forgotten_when_asked() -> None:
    """After clear, a count begins anew; that of others stays."""
    table = RateTable(Clock())
    table.add("a", 60, 3)
    table.add("b", 60, 2)
    table.clear("a")
    assert (table.count("a"), table.count("b")) == (0, 2)
