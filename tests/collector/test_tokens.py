from __future__ import annotations

import ctypes
import multiprocessing
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.tokens import KEY_BYTES, Tokens

DAY = 86400


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def counted_fill():
    """A source of "random" bytes that says how often it was asked: 1, 1, …, then 2, 2, …"""
    asked = [0]

    def fill(view: memoryview) -> None:
        asked[0] += 1
        view[:] = bytes([asked[0]]) * len(view)

    return fill, asked


def test_a_token_is_sixteen_hexadecimal_digits():
    """A token has 16 hexadecimal digits, the same for the same sender under the same key."""
    tokens = Tokens.shared(DAY)
    token = tokens.token("acme", "192.0.2.1", "Firefox", 0)
    assert re.fullmatch("[0-9a-f]{16}", token)
    assert token == tokens.token("acme", "192.0.2.1", "Firefox", 60)


@given(*[st.text(max_size=8)] * 6)
def test_site_address_and_agent_each_matter(
    site: str, address: str, agent: str, site2: str, address2: str, agent2: str
):
    """Two senders have the same token only when site, address and agent are the same (none of them holds a NUL)."""
    first = tuple(part.replace("\0", "") for part in (site, address, agent))
    second = tuple(part.replace("\0", "") for part in (site2, address2, agent2))
    tokens = Tokens.shared(DAY)
    assert (tokens.token(*first, 0) == tokens.token(*second, 0)) == (first == second)


def test_two_installations_have_nothing_in_common():
    """The key is random, so the same sender has another token elsewhere."""
    assert Tokens.shared(DAY).token("a", "b", "c", 0) != Tokens.shared(DAY).token("a", "b", "c", 0)


def test_the_key_is_replaced_when_its_time_is_over():
    """After its lifetime on the process's clock the key is another one, and what it was is overwritten."""
    clock = Clock()
    fill, asked = counted_fill()
    tokens = Tokens.shared(DAY, clock=clock, fill=fill)
    before = tokens.token("a", "b", "c", 0)
    clock.now += DAY - 1
    assert tokens.token("a", "b", "c", 0) == before
    clock.now += 1
    assert tokens.token("a", "b", "c", 0) != before
    assert asked == [2]
    assert bytes([1]) * KEY_BYTES not in tokens._memory[:]


def test_the_key_goes_without_events_too():
    """Tending replaces a key that is due though no event comes."""
    clock = Clock()
    fill, asked = counted_fill()
    tokens = Tokens.shared(DAY, clock=clock, fill=fill)
    clock.now += 2 * DAY
    tokens.tend()
    assert asked == [2]


def test_the_time_of_an_event_does_not_move_the_key():
    """Events of any time, in any order, leave the key where it is."""
    fill, asked = counted_fill()
    tokens = Tokens.private(DAY, fill=fill)
    for now in (0, 2_000_000_000, 5, 1_700_000_000):
        tokens.token("a", "b", "c", now)
    assert asked == [1]


def test_past_events_have_no_token_for_longer_than_a_day():
    """An import ties the hits of a day together, and not those of two days."""
    tokens = Tokens.private()
    noon = 1_700_000_000 // DAY * DAY + DAY // 2
    assert tokens.token("a", "b", "c", noon) == tokens.token("a", "b", "c", noon + 3600)
    assert tokens.token("a", "b", "c", noon) != tokens.token("a", "b", "c", noon + DAY)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")  # from Python 3.12 on
def test_forked_workers_share_the_key_and_its_replacement():
    """A worker that was forked has the parent's key, also after the parent or another worker replaced it."""
    tokens = Tokens.shared(DAY)
    context = multiprocessing.get_context("fork")
    pipe, end = context.Pipe()

    def work() -> None:
        while end.recv() != "stop":
            end.send(tokens.token("a", "b", "c", 0))
        tokens.rotate()
        end.send(tokens.token("a", "b", "c", 0))

    before = tokens.token("a", "b", "c", 0)
    worker = context.Process(target=work)
    worker.start()
    pipe.send("go")
    assert pipe.recv() == before
    tokens.rotate()
    pipe.send("go")
    after = pipe.recv()
    assert after == tokens.token("a", "b", "c", 0) != before
    pipe.send("stop")
    assert pipe.recv() == tokens.token("a", "b", "c", 0) != after
    worker.join()


def test_the_key_cannot_leave():
    """Tokens can be neither pickled nor shown with their key."""
    fill, _ = counted_fill()
    tokens = Tokens.shared(DAY, fill=fill)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(tokens)
    assert "\\x01" not in repr(tokens)
    assert "01" * 4 not in repr(tokens)


def test_the_key_is_not_dumped():
    """The page with the key is marked as not to be in a core dump."""
    tokens = Tokens.shared(DAY)
    here = ctypes.addressof(ctypes.c_char.from_buffer(tokens._memory))
    mapping = Path("/proc/self/smaps").read_text().split(f"{here:08x}-", 1)[1]
    flags = re.search("VmFlags:(.*)", mapping)
    assert flags
    assert "dd" in flags[1].split()


def test_forgetting_leaves_zeros():
    """After forget() the memory holds no key."""
    tokens = Tokens.shared(DAY)
    tokens.forget()
    assert not any(tokens._memory[:])
