"""What was made lately and takes long to make, so that many readers of one thing do not make it each."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock


class Shelf:
    """
    Bodies of answers in the memory of this process, of all threads; what was not used for longest goes first.

    Nothing of it is on a disk: a kill, a restart or another worker just makes it again.

    Args:
        room_bytes: of all bodies together, at most; what is larger by itself is not kept.
    """

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._lock = Lock()
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._used_bytes = 0

    def get(self, key: str) -> bytes | None:
        """What was put under that key; None: nothing, or it had to go."""
        with self._lock:
            found = self._bodies.get(key)
            if found is not None:
                self._bodies.move_to_end(key)
            return found

    def put(self, key: str, body: bytes) -> None:
        """Keep *body* as long as there is room."""
        with self._lock:
            self._used_bytes -= len(self._bodies.pop(key, b""))
            if len(body) > self._room_bytes:
                return
            self._used_bytes += len(body)
            self._bodies[key] = body
            while self._used_bytes > self._room_bytes:
                _, gone = self._bodies.popitem(last=False)
                self._used_bytes -= len(gone)
