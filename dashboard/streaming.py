"""
Large files on their way to a slow reader.

Each answer that is sent in pieces keeps a thread of the worker until its reader has taken it, so most answers are made whole first, and the
thread is free again. A file that is too large for that goes out in pieces, and a workbook, or any file of many rows, takes long before its first
piece: two of those at a time per worker, while two more wait a moment, which leaves the other threads to events and pages. More are told to come
back.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from itertools import chain
from typing import Final

from flask import Flask, Response, current_app, request

from collector.app import IN_PIECES
from dashboard.exports.formats import Xlsx

WHOLE_MAX_BYTES: Final = 1 << 22  # up to here a file is made whole before it is sent
MANY_ROWS: Final = 50_000
AT_ONCE: Final = 2  # of the threads of a worker, that may be making or sending large files
WAITING: Final = 2  # threads that may wait until one of those is done
WAIT_S: Final = 3.0  # that they wait at most
BUSY_S: Final = 20  # to come back after
WORKBOOK: Final = Xlsx.media_type
_SLOTS: Final = "telpunt.streaming"
_QUEUE: Final = "telpunt.streaming.queue"


class Busy(Exception):
    """When as many large files are on their way as this worker has threads for."""


class InPieces(Response):
    """An answer that must not be put together in memory."""


class _Slot:
    """Room for a large file; given back once, when it is told to or forgotten."""

    def __init__(self) -> None:
        slots: threading.BoundedSemaphore = current_app.extensions[_SLOTS]
        queue: threading.BoundedSemaphore = current_app.extensions[_QUEUE]
        if not slots.acquire(blocking=False):
            if not queue.acquire(blocking=False):
                raise Busy
            try:
                if not slots.acquire(timeout=WAIT_S):
                    raise Busy
            finally:
                queue.release()
        self.give_back = weakref.finalize(self, slots.release)


class _Pieces:
    """Hands out pieces, and gives its slot back when it is closed or forgotten."""

    def __init__(self, pieces: Iterator[bytes], slot: _Slot) -> None:
        self._pieces = pieces
        self._slot = slot

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """No more of them."""
        self._slot.give_back()


def install(app: Flask) -> None:
    """Give *app* its slots for large files."""
    app.extensions[_SLOTS] = threading.BoundedSemaphore(AT_ONCE)
    app.extensions[_QUEUE] = threading.BoundedSemaphore(WAITING)


def response(pieces: Iterator[bytes], content_type: str, *, rows: int = 0) -> Response:
    """
    The file as an answer: whole up to 4 MB, else in pieces.

    Args:
        rows: of the table that it is made of; from 50,000 on, and of a workbook always, it needs a slot before its first piece.

    Raises:
        Busy: it is large, and there is no thread for it now.
    """
    if request.method == "HEAD":
        return Response(content_type=content_type)
    slot = _Slot() if rows >= MANY_ROWS or content_type == WORKBOOK else None
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size > WHOLE_MAX_BYTES:
            break
    else:
        if slot:
            slot.give_back()
        return Response(b"".join(begun), content_type=content_type)
    request.environ[IN_PIECES] = True
    return InPieces(_Pieces(chain(begun, pieces), slot or _Slot()), content_type=content_type)
