"""
What a worker does once a second, beside the requests: flush and complete the journal, replace the key when it is due, see new
sites, save the counts, forget the counts of removed sites, and forget what was remembered to be quick.

One thread per worker. It also is what ``/health`` reports on: a disk that refuses is seen here first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from collector.errors import TelpuntError
from collector.ingest import Ingest
from collector.journal import Journal
from collector.outcomes import Outcomes
from collector.sites import Registry
from collector.tokens import Tokens

TICK_S: Final = 1.0
_SAVE_EVERY_TICKS: Final = 10
_FORGET_EVERY_TICKS: Final = 600


class Housekeeping:
    """
    Args:
        journal: to flush and complete.
        sites: to read again when it has changed.
        tokens: to get a new key in time.
        outcomes: to save.
        ingest: to make forget.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        journal: Journal,
        sites: Registry,
        tokens: Tokens,
        outcomes: Outcomes,
        ingest: Ingest,
        clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._sites = sites
        self._tokens = tokens
        self._outcomes = outcomes
        self._ingest = ingest
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telpunt-housekeeping", daemon=True)
        self._stopped = False
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, complete the journal and save the counts. A second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._stopping.set()
        self._thread.join()
        try:
            self._journal.close()
        finally:
            self._outcomes.close(int(self._clock()))

    def tick(self, count: int) -> None:
        """
        Do what is due.

        Args:
            count: ticks since the start.

        Raises:
            OSError: the disk refuses.
            TelpuntError: the site registry can't be read; the sites that were known go on.
        """
        self._tokens.tend()
        if count % _FORGET_EVERY_TICKS == 0:
            self._ingest.forget()
        self._journal.tend()
        if count % _SAVE_EVERY_TICKS == 0:
            for gone in self._sites.removed:
                self._outcomes.forget(gone.key)
            self._outcomes.save(int(self._clock()))
        self._sites.refresh()

    def _run(self) -> None:
        count = 0
        while not self._stopping.wait(TICK_S):
            count += 1
            try:
                self.tick(count)
            except OSError as error:
                # The number, not the text: /health is open to everybody, and the text has the folder's name.
                self.trouble = f"the data folder cannot be written (error {error.errno})"
            except TelpuntError:
                self.trouble = "the site registry cannot be read"
            else:
                self.trouble = self._journal.full
