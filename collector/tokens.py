"""
The visit token: what ties the hits of one visit together, and dies.

    token = BLAKE2b(key, site, address, agent), 64 bits

The key exists in anonymous memory and nowhere else: it is drawn from the system's random source straight into that memory, hashed
from there, overwritten in place at least every 24 hours, kept out of core dumps and, where allowed, out of swap. It is never a Python
object, in no file, in no environment variable and derivable from nothing. The workers of one ``serve`` inherit the memory by fork,
so that a visit keeps its token whichever worker answers; a restart forgets it, and cuts the visits that are open in two.
"""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final, NoReturn

KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 8  # 16 hexadecimal digits: among a million open visits a collision has odds of 1 in 37 million
_DUE: Final = slice(0, 8)  # when the key must go, nanoseconds on the clock, little endian
_KEY: Final = slice(8, 8 + KEY_BYTES)
# Past events have no key of their time, so the day they fell in takes its place. It begins when Europe sleeps.
_DAY_STARTS_S: Final = 3 * 3600

Clock = Callable[[], float]
Fill = Callable[[memoryview], None]


def uptime_s() -> float:
    """Seconds on a clock that nobody can set and that goes on while the machine sleeps (CLOCK_BOOTTIME), where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def fill_random(view: memoryview) -> None:
    """Fill *view* with the system's random bytes, without a copy elsewhere."""
    with Path("/dev/urandom").open("rb", buffering=0) as source:
        filled = 0
        while filled < len(view):
            filled += source.readinto(view[filled:]) or 0


class Tokens:
    """
    Makes visit tokens. Use :meth:`shared` for the workers of one ``serve``, :meth:`private` for one process.

    Args:
        lifetime_s: seconds after which the key is replaced, on *clock*; never on the time of an event.
        clock: seconds that only go up, the same for all processes of the machine.
        fill: fills a buffer with random bytes.
        by_day: also mix in the day of the event, so that past events get no token that lives longer than a key would.
    """

    __slots__ = ("_by_day", "_clock", "_due", "_fill", "_key", "_lifetime_s", "_memory")

    def __init__(
        self, lifetime_s: float, *, clock: Clock = uptime_s, fill: Fill = fill_random, by_day: bool = False
    ) -> None:
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._fill = fill
        self._by_day = by_day
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)  # shared and anonymous: forked workers see the same page
        keep_in_ram(self._memory)
        view = memoryview(self._memory)
        self._due = view[_DUE]
        self._key = view[_KEY]
        self.rotate()

    @classmethod
    def shared(cls, lifetime_s: float, *, clock: Clock = uptime_s, fill: Fill = fill_random) -> Tokens:
        """For live events: make it before the workers are forked, and all of them have the same key at any time."""
        return cls(lifetime_s, clock=clock, fill=fill)

    @classmethod
    def private(cls, lifetime_s: float = 86400, *, clock: Clock = uptime_s, fill: Fill = fill_random) -> Tokens:
        """For one process that sends past events (import, demo, tests)."""
        return cls(lifetime_s, clock=clock, fill=fill, by_day=True)

    def token(self, site: str, address: str, agent: str, now: int) -> str:
        """
        The token of the visit that this event belongs to: 16 hexadecimal digits.

        Args:
            site: key of the site; the same browser has unrelated tokens on two sites.
            address: IP address.
            agent: user agent.
            now: time of the event, seconds since 1970. It never moves the key, which lives by the process's own clock.
        """
        self.tend()
        text = f"{site}\0{address}\0{agent}"
        if self._by_day:
            text = f"{(now - _DAY_STARTS_S) // 86400}\0{text}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=TOKEN_BYTES, key=self._key).hexdigest()

    def tend(self) -> None:
        """Replace the key when it is due. Call it now and then: a key must also go when no event comes."""
        if self._clock() * 1e9 >= int.from_bytes(self._due, "little"):
            self.rotate()

    def rotate(self) -> None:
        """
        Overwrite the key in place by a new random one.

        No lock: should two workers do so in the same millisecond, the key is a mixture of two fresh random keys, which is as
        good; a visit that is open at that moment is cut in two, as at any rotation.
        """
        self._fill(self._key)
        self._due[:] = int((self._clock() + self._lifetime_s) * 1e9).to_bytes(8, "little")

    def forget(self) -> None:
        """Overwrite the key by zeros; no token can be made again until :meth:`rotate`, which the next call of :meth:`tend` does."""
        self._due[:] = bytes(8)
        self._key[:] = bytes(KEY_BYTES)

    def __repr__(self) -> str:
        return f"<Tokens, key in memory only, replaced every {self._lifetime_s:g} s>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Tokens cannot be pickled: the key must not leave the memory it is in")


def keep_in_ram(memory: mmap.mmap) -> None:
    """Keep *memory* out of core dumps and swap; where the system does not allow it, it is still anonymous memory."""
    if hasattr(mmap, "MADV_DONTDUMP"):
        memory.madvise(mmap.MADV_DONTDUMP)
    mlock = getattr(ctypes.CDLL(None), "mlock", None)
    if mlock is not None:
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        mlock(ctypes.c_void_p(start), ctypes.c_size_t(len(memory)))
