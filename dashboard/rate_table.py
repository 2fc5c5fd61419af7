"""
How often something happened lately, for all workers of one ``serve``: counts in anonymous memory that they inherit, and nowhere else.

What is counted by is never kept: a row has a keyed hash of it, under a key that is drawn into memory beside it, is on no disk and dies
with the process. So senders can be counted here too, and nothing of them is left behind.

The table has a fixed size. What is counted by falls, by its hash, into one of 4,096 places of eight rows; where all eight are taken the
lowest count makes room. So who floods it with made-up names, of one try each, can't make it grow or push out a count that matters.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from struct import Struct
from typing import Final, NoReturn

from collector.tokens import fill_random, keep_in_ram

KEY_BYTES: Final = 32
PLACES: Final = 4096
ROWS: Final = 8  # of a place
ROW: Final = Struct("<16sdI4x")  # hash, when it ends (seconds since 1970), count


class RateTable:
    """
    Counts that end by themselves.

    Args:
        clock: seconds since 1970.
        shared: lock the table against other processes while a row is changed. The system lets go of the lock when a process dies.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, shared: bool = False) -> None:
        self._clock = clock
        self._lock: int | None = None
        if shared:
            with tempfile.TemporaryFile() as file:  # it has no name and stays empty
                self._lock = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._lock)
        self._threads = threading.Lock()
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._rows = mmap.mmap(-1, PLACES * ROWS * ROW.size)
        keep_in_ram(self._page)
        keep_in_ram(self._rows)
        self._key = memoryview(self._page)[:KEY_BYTES]
        fill_random(self._key)

    @classmethod
    def shared(cls) -> RateTable:
        """For the workers of one ``serve``: make it before they are forked."""
        return cls(shared=True)

    def hashed(self, *what: str) -> str:
        """What *what* is counted by: a hash that nobody can make or undo without the key."""
        return self._digest("\0".join(what)).hex()

    def add(self, key: str, lasts_s: float, amount: int = 1) -> int:
        """
        Count *key*.

        Args:
            lasts_s: seconds after which the count ends, from the first time on.

        Returns:
            How often it was counted since that first time, this one included.
        """
        with self._alone():
            now = self._clock()
            place, digest = self._place(key)
            free, lowest = place, (True, 0)
            for at in range(place, place + ROWS * ROW.size, ROW.size):
                name, until, count = ROW.unpack_from(self._rows, at)
                if name == digest and until > now:
                    ROW.pack_into(self._rows, at, digest, until, min(count + amount, 0xFFFFFFFF))
                    return int(count) + amount
                rank = (until > now, count if until > now else 0)
                if at == place or rank < lowest:
                    free, lowest = at, rank
            ROW.pack_into(self._rows, free, digest, now + lasts_s, amount)
            return amount

    def count(self, key: str) -> int:
        """How often *key* was counted; 0 when it was not, or its count has ended."""
        return self._found(key)[1]

    def ends(self, key: str) -> float:
        """When the count of *key* ends, in seconds since 1970; now, when there is none."""
        return self._found(key)[0]

    def clear(self, key: str) -> None:
        """Forget the count of *key*."""
        with self._alone():
            place, digest = self._place(key)
            for at in range(place, place + ROWS * ROW.size, ROW.size):
                if ROW.unpack_from(self._rows, at)[0] == digest:
                    ROW.pack_into(self._rows, at, bytes(16), 0.0, 0)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A RateTable cannot be pickled: its key must not leave the memory it is in")

    def _found(self, key: str) -> tuple[float, int]:
        with self._alone():
            now = self._clock()
            place, digest = self._place(key)
            for at in range(place, place + ROWS * ROW.size, ROW.size):
                name, until, count = ROW.unpack_from(self._rows, at)
                if name == digest and until > now:
                    return until, count
            return now, 0

    def _place(self, key: str) -> tuple[int, bytes]:
        digest = self._digest(key)
        return int.from_bytes(digest[:4], "little") % PLACES * ROWS * ROW.size, digest

    def _digest(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # A lock of this kind is one of the process, so its threads need one of their own.
        with self._threads:
            if self._lock is None:
                yield
                return
            fcntl.lockf(self._lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._lock, fcntl.LOCK_UN)
