"""
One function over many partitions, here or elsewhere: ``map(function, partitions)`` is all that a caller knows.

Work that is cut into partitions is a pure function of its partition: what it needs is in the partition, what it found is what it
returns, and the results of the fold are counts, which add in any order. So where it runs is a choice, not a part of the work:

    Serial        the builtin ``map``, in this process
    Processes     a pool of processes on this machine, started anew (never forked: Polars has threads, which do not survive that)
    (a cluster)   anything else with this one method; docs/notes/jobs.md has Dask's in ten lines

Results come in the order of the partitions, and no more partitions are under way than there are workers, so that neither a long list
of partitions nor a slow reader fills the memory.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol, TypeVar

from collector.errors import TelpuntError
from collector.settings import Settings


class Partition(Protocol):
    """A piece of the work: small, and fit to be sent elsewhere (pickled)."""

    @property
    def name(self) -> str:
        """What an error calls it, such as ``part 3 of 16``; never data of visits."""


P = TypeVar("P", bound=Partition)
R = TypeVar("R")


class PartitionFailed(TelpuntError):
    """When the work on one partition fails, wherever it ran; the error behind it is its cause where it can be had."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}; nothing of it counts, so it can be done again")


class Engine(Protocol):
    """Where partition work runs."""

    def map(self, function: Callable[[P], R], partitions: Iterable[P]) -> Iterator[R]:
        """
        The results of *function*, one per partition, in their order.

        Args:
            function: pure, and found by its name in a module, so that it can be sent elsewhere.
            partitions: taken one by one, not all at once.

        Raises:
            PartitionFailed: for the first partition, in their order, that fails; what comes after it is not begun or is thrown away.
        """


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one partition: its result, or why there is none."""

    result: object = None
    reason: str = ""
    cause: Exception | None = None


def attempt(function: Callable[[P], R], partition: P) -> Done:
    """Work on one partition and keep an error as a value, so that :func:`outcome` can name the partition."""
    try:
        return Done(function(partition))
    except TelpuntError as error:
        return Done(reason=str(error), cause=error)
    except OSError as error:
        return Done(reason=error.strerror or type(error).__name__, cause=error)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is raised again by outcome(), with the partition's name)
        # Its text may hold a line of the journal, its name does not.
        return Done(reason=type(error).__name__, cause=error)


def attempt_apart(function: Callable[[P], R], partition: P) -> Done:
    """
    The same, elsewhere: exceptions that were made with more than a text do not survive pickling, so only the reason comes back.

    An engine of another kind sends this function and its two arguments, and hands the answer to :func:`outcome`.
    """
    done = attempt(function, partition)
    return Done(done.result, done.reason)


def outcome(partition: Partition, done: Done) -> object:
    """
    The result of a partition.

    Raises:
        PartitionFailed: there is none.
    """
    if done.reason:
        raise PartitionFailed(partition.name, done.reason) from done.cause
    return done.result


class Serial:
    """What the builtin ``map`` does: one partition after the other, in this process."""

    def map(self, function: Callable[[P], R], partitions: Iterable[P]) -> Iterator[R]:
        """See :class:`Engine`."""
        for partition in partitions:
            yield outcome(partition, attempt(function, partition))  # type: ignore[misc]


@dataclass(frozen=True)
class Processes:
    """
    A pool of processes, made for one call and gone after it.

    Attributes:
        workers: processes at the same time. Each has to import what it works with: about a second with Polars.
    """

    workers: int

    def map(self, function: Callable[[P], R], partitions: Iterable[P]) -> Iterator[R]:
        """See :class:`Engine`."""
        under_way: deque[tuple[P, Future[Done]]] = deque()
        pool = ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))
        try:
            for partition in partitions:
                under_way.append((partition, pool.submit(attempt_apart, function, partition)))
                if len(under_way) >= self.workers:
                    yield _taken(*under_way.popleft())  # type: ignore[misc]
            while under_way:
                yield _taken(*under_way.popleft())  # type: ignore[misc]
        finally:
            pool.shutdown(cancel_futures=True)


def _taken(partition: Partition, future: Future[Done]) -> object:
    try:
        done = future.result()
    except BrokenProcessPool as error:
        done = Done(reason="a process of the pool was ended, perhaps for want of memory", cause=error)
    return outcome(partition, done)


def chosen(settings: Settings) -> Engine:
    """The engine that the setting ``analysis_workers`` asks for."""
    return Serial() if settings.analysis_workers == 1 else Processes(settings.analysis_workers)
