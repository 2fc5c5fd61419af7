"""
Removing a site for good: off the list, then everything that is left of it, in the data folder and in the database.

What can be deleted at once is deleted at once; the job ``tidy`` does the rest, see :mod:`analysis.removal`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete

from analysis import removal, retention, running
from collector.errors import FolderBusy
from collector.folder import DataFolder
from collector.sites import Registry
from dashboard import database
from dashboard.database import Base


def begin(folder: DataFolder, sites: Registry, engine: Engine, key: str, *, now: datetime) -> bool:
    """
    Remove a site, and delete what can be deleted without waiting for others.

    Args:
        now: UTC time.

    Returns:
        True when all that is there now is deleted; False when a fold, an import or an analysis is under way, so that the rest is left
        to the job. In either case the job looks once more, for what may still be on its way.

    Raises:
        UnknownSite: there is no such site.
    """
    sites.remove(folder, key, int(now.timestamp()))
    forget_rows(engine, key)
    try:
        removal.remove(folder, key, now=now, wait=False)
    except FolderBusy:
        return False
    return True


def finish(folder: DataFolder, sites: Registry, engine: Engine, *, now: datetime) -> list[str]:
    """
    Delete what removed sites have left, and what is older than a site keeps; waits for who is at work.

    Args:
        now: UTC time.

    Returns:
        A line per thing that was done.
    """
    did = []
    sites.refresh()
    for gone in sites.removed:
        removal.remove(folder, gone.key, now=now)
        forget_rows(engine, gone.key)
        long_ago = now - datetime.fromtimestamp(gone.at, UTC) >= timedelta(seconds=removal.SETTLE_S)
        settled = long_ago or not running.is_held(folder, "serve")  # without workers nothing is on its way
        if settled:
            sites.settle(folder, gone.key)
        did.append(
            f"Site {gone.key}: {'nothing is left of it' if settled else 'deleted; looked at once more, for what was on its way'}"
        )
    for site in sites.all():
        weeks = retention.forget(folder, site, now)
        if weeks:
            did.append(f"Site {site.key}: {weeks} weeks deleted that are older than {site.keep_months} months")
    return did


def forget_rows(engine: Engine, key: str) -> None:
    """Delete every row of the database that belongs to the site *key*: whatever table has a column ``site``."""
    with database.session(engine) as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            if "site" in table.columns:
                session.execute(delete(table).where(table.columns["site"] == key))
