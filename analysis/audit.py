"""
Proof of the promises on a data folder: what lies on the disk is read, every byte of it, and whatever breaks a promise is named.

    promise (README)                  what is looked at                                              where
    1 the browser keeps nothing       nothing: it is not on this disk; tests search every answer
    2 no address, agent, referrer     all bytes of all files, and the values in compressed ones      audit_bytes
    3 the key is only in memory       no token outlives its visit (4); the key itself can't be seen
    4 events, then counts             age and fields of events; leftovers; tokens; weeks that close  audit_events, audit_counts
    5 nothing under k                 each number of each table of each run, and that they add up    audit_published
    6 opt-out is honoured             the settings

What an audit can't see is what is not on the disk: that the key was only ever in memory, and that no answer says to which segment a
visit belongs, is for the tests and the source to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from analysis import audit_bytes, audit_counts, audit_events, audit_published, facts
from analysis.breach import Breach
from analysis.store import Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry

__all__ = ["Breach", "audit", "covered"]


def audit(folder: DataFolder, settings: Settings, sites: Registry, *, now: datetime) -> list[Breach]:
    """
    Everything in *folder* that breaks a promise; nothing when all hold.

    Args:
        now: UTC time, against which ages are reckoned.
    """
    store = Store(folder)
    checks: list[Callable[[], Iterator[Breach]]] = [
        lambda: audit_bytes.look(folder),
        lambda: audit_events.look(folder, store, now),
        lambda: audit_counts.look(store, sites, settings, now),
        lambda: audit_published.look(folder),
        lambda: _settings(settings),
        lambda: _rights(folder),
    ]
    return [breach for check in checks for breach in check()]


def _settings(settings: Settings) -> Iterator[Breach]:
    if not settings.honour_opt_out:
        yield Breach(
            6, "settings", "TELPUNT_HONOUR_OPT_OUT is off: visits that ask not to be counted are counted; switch it on"
        )


def _rights(folder: DataFolder) -> Iterator[Breach]:
    """Promise 4: what is kept is for the account that runs Telpunt only."""
    if folder.path.stat().st_mode & 0o077:
        yield Breach(4, ".", f"may be read by other accounts of this machine; run: chmod 700 {folder.path}")


def covered() -> str:
    """What was looked at, for a person who reads that nothing was found."""
    return (
        "no address, agent or e-mail address in any file; no event older than 24 hours, and none that is counted already; no token "
        f"in the counts ({len(facts.DIMENSIONS)} dimensions); weeks closed in time, with no context of fewer than k visits; every number "
        "published a multiple of k, and adding up. Not to be seen on a disk: that the browser keeps nothing and the key was only in memory"
    )
