"""
A report written in a process of its own, so that the one that answers requests keeps its memory small and its threads free.

The writers bring some 200 MB of libraries, and seconds of work in which other requests of the same process would wait. The model has all
that a writer needs: the other process reads no data folder, and gives way to whoever counts.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from flask import current_app
from flask.sansio.app import App

from dashboard.reports import formats
from dashboard.reports.look import Look
from dashboard.reports.model import Report

TURN: Final = "telpunt_report_turn"
WRITE_MAX_S: Final = 120  # a report of 25 audiences takes some 5 s on an idle machine
NICER: Final = 5  # of priorities; counting goes first


class Busy(Exception):
    """When this process has a report made already: one at a time, since each takes a processor and some 300 MB."""


class WritingFailed(Exception):
    """When the other process ended without a report; what it said is in the message."""


def take_turns(app: App) -> None:
    """Let reports be made one at a time in this process."""
    app.extensions[TURN] = BoundedSemaphore(1)


@contextmanager
def turn() -> Iterator[None]:
    """
    Hold the turn to make a report. Nobody waits for it: who waits holds a thread that beacons need.

    Raises:
        Busy: another one is being made.
    """
    free: BoundedSemaphore = current_app.extensions[TURN]
    if not free.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        free.release()


def write(form: str, report: Report, look: Look) -> bytes:
    """
    The file of *report* in the format *form* of :data:`dashboard.reports.formats.FORMATS`.

    Raises:
        WritingFailed: it could not be written, or not in :data:`WRITE_MAX_S`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "dashboard.reports.apart", form],
            input=pickle.dumps((report, look)),
            capture_output=True,
            timeout=WRITE_MAX_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WritingFailed(f"A report as {form} was not there after {WRITE_MAX_S} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise WritingFailed(f"A report as {form} ended with {done.returncode}: {said[-1][:300] if said else 'no word'}")
    return done.stdout


def _main(form: str) -> None:
    os.nice(NICER)
    report, look = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one, through its pipe
    sys.stdout.buffer.write(formats.by_name(form).write(report, look))


if __name__ == "__main__":
    _main(sys.argv[1])
