"""The demo from nothing to a published run: simulate, fold, analyse. What is there already is not made again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from analysis import fold, pipeline, runs
from analysis.fold import Progress
from analysis.runs import Run
from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from dashboard.demo.employer import HOST, KEY
from dashboard.demo.traffic import fill

# A window of four weeks, and one before it to compare with.
TWO_RUNS_DAYS = 56


class RealSite(UsageError):
    """When the demo's key belongs to a site that is not simulated."""

    def __init__(self) -> None:
        super().__init__(f"Site {KEY!r} is a real site here; name another data folder with TELPUNT_DATA=DIR")


def refuse_real(sites: Registry) -> None:
    """
    Make sure that simulated visits do not get among real ones.

    Raises:
        RealSite: the demo's key is taken.
    """
    known = sites.get(KEY)
    if known is not None and not known.simulated:
        raise RealSite


def tell(
    folder: DataFolder,
    settings: Settings,
    sites: Registry,
    *,
    now: datetime,
    days: int,
    say: Callable[[str], None],
    telling: Callable[[], AbstractContextManager[Progress]],
) -> Run:
    """
    Make the simulated site and find its audiences.

    Args:
        now: UTC time; the last simulated day is the one before.
        days: days to simulate.
        say: given a line for a person after each step.
        telling: gives, for the length of a step, who is told what is done and how far (0 to 1).

    Raises:
        RealSite: the demo's key is taken.
    """
    refuse_real(sites)
    site = sites.get(KEY)
    if site is None:
        site = make_site(KEY, [HOST], simulated=True)
        say(f"Simulating {days} days of {HOST} (no real visits) through the collector")
        with telling() as progress:
            done = 0

            def on_days(more: int) -> None:
                nonlocal done
                done += more
                progress("Simulating visits", done / days)

            counts = fill(folder, settings, site, days=days, now=now, seed=settings.seed, progress=on_days)
        dropped = sum(counts.dropped.values())
        say(f"{counts.accepted:,} events accepted, {dropped:,} dropped (bots, opt-outs and the like)")
    else:
        say(f"Site {KEY!r} is there already; its simulated visits are not made again")
    with telling() as progress:
        folded = fold.fold(folder, settings, sites, now=now, progress=progress)
    say(f"Folding: {folded}")
    if not runs.has_run(folder, KEY):
        with telling() as progress:
            # A run four weeks ago and one now, so that there is something to compare: which audiences are new, which grew.
            if days >= TWO_RUNS_DAYS:
                before = now - timedelta(days=28)
                end = before.date() - timedelta(days=1)
                pipeline.refresh(folder, settings, site, now=before, end=end, progress=progress)
            pipeline.refresh(folder, settings, site, now=now, progress=progress)
    return runs.current(folder, KEY).run
