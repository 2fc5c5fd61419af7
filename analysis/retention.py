"""
How long counts are kept: a site may say in months, and what is older is deleted, not hidden.

The French regulator's exemption for audience measurement asks for at most 25 months (CNIL, guidelines of 17 September 2020, art. 5).
A week is deleted when its last day is that long ago: its counts, and its rows in every table of every run that is still kept.
"""

from __future__ import annotations

import calendar
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from analysis import iso_weeks, runs
from analysis.store import File, Store
from collector.folder import DataFolder
from collector.sites import Site

# Columns of published tables that say when; ISO weeks and days compare as text.
_WEEK: Final = "week"
_DAYS: Final = ("day", "date")


def first_kept(site: Site, now: datetime) -> date | None:
    """The Monday from which on *site* keeps its counts; None: it keeps them all."""
    if not site.keep_months:
        return None
    today = now.astimezone(ZoneInfo(site.timezone)).date()
    months = today.year * 12 + today.month - 1 - site.keep_months
    year, month = divmod(months, 12)
    limit = date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))
    return limit - timedelta(days=limit.weekday())


def is_due(folder: DataFolder, site: Site, now: datetime) -> bool:
    """Has *site* counts of a week that it does not keep?"""
    first = first_kept(site, now)
    return first is not None and bool(_old(Store(folder), site, first))


def forget(folder: DataFolder, site: Site, now: datetime) -> int:
    """
    Delete what is older than *site* keeps.

    Returns:
        How many weeks were deleted.
    """
    first = first_kept(site, now)
    if first is None:
        return 0
    with folder.hold(f"analyse-{site.key}", wait=True):
        with folder.hold("facts", wait=True):
            store = Store(folder)
            store.clean()
            old = _old(store, site, first)
            if old:
                store.commit(now=now, remove=old)
        for run in _runs(folder, site):
            _forget_in_run(folder, site, run, first)
    return len({file.week for file in old})


def _old(store: Store, site: Site, first: date) -> list[File]:
    return [file for file in store.manifest().files if file.site == site.key and iso_weeks.monday(file.week) < first]


def _runs(folder: DataFolder, site: Site) -> list[Path]:
    return [path.parent for path in (folder.runs / site.key).glob("*/run.json")]


def _forget_in_run(folder: DataFolder, site: Site, path: Path, first: date) -> None:
    run = msgspec.json.decode((path / "run.json").read_bytes(), type=runs.Run)
    if run.end < first:
        pointer = folder.runs / site.key / "current"
        if pointer.exists() and pointer.read_text(encoding="ascii").strip() == path.name:
            pointer.unlink()
        shutil.rmtree(path)
        return
    for table in path.glob("*.parquet"):
        columns = pl.read_parquet_schema(table)
        keep = [pl.col(name) >= first.isoformat() for name in _DAYS if columns.get(name) == pl.String]
        if columns.get(_WEEK) == pl.String:
            keep.append(pl.col(_WEEK) >= iso_weeks.iso_week(first))
        if not keep:
            continue
        rows = pl.read_parquet(table)
        kept = rows.filter(*keep)
        if kept.height < rows.height:
            aside = table.with_suffix(".aside")
            kept.write_parquet(aside)
            aside.replace(table)
