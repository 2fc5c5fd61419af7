"""
Deleting a site for good: its events, open visits, counts, published analyses and drop counts.

A site is first taken off the list (:meth:`collector.sites.Registry.remove`); workers see that within a second and then drop its
events. Then :func:`remove` deletes what it has left. Since a worker may write for that second, and a fold or an analysis of it may be
under way, it is safe to repeat, and is repeated (job ``tidy``) until it has run once more after :data:`SETTLE_S`; only then is the key
free again.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from analysis.store import Store
from collector import journal, outcomes
from collector.folder import DataFolder, flush_folder
from collector.ledger import Ledger

SETTLE_S: Final = 60  # workers look at the list of sites once a second, and save their counts every ten
_ASIDE: Final = ".removing"


def remove(folder: DataFolder, key: str, *, now: datetime, wait: bool = True) -> None:
    """
    Delete everything that the removed site *key* has left below the data folder.

    Args:
        now: UTC time.
        wait: wait for a fold, an import or an analysis that is under way.

    Raises:
        FolderBusy: one is under way (only without *wait*); nothing, or a part, is deleted. Call again.
    """
    with folder.hold("import", wait=wait), folder.hold(f"analyse-{key}", wait=wait):
        with folder.hold("facts", wait=wait):
            store = Store(folder)
            store.clean()
            _forget_events(folder, key)
            _forget_counts(store, key, now)
        for room in (folder.facts / key, folder.runs / key):
            shutil.rmtree(room, ignore_errors=True)
        Ledger(folder).forget(key)
    outcomes.forget_site(folder, key, int(now.timestamp()))


def _forget_events(folder: DataFolder, key: str) -> None:
    for left in folder.journal.rglob(f"*{_ASIDE}"):  # of a call that was killed
        left.unlink()
    for path in journal.sealed(folder):
        if not _has(path, key):
            continue
        aside = path.with_name(path.name + _ASIDE)
        _write_without(path, aside, key)
        if aside.stat().st_size:
            aside.replace(path)
        else:
            path.unlink()
            aside.unlink()
        flush_folder(path.parent)


def _forget_counts(store: Store, key: str, now: datetime) -> None:
    manifest = store.manifest()
    own = [file for file in manifest.files if file.site == key]
    carry = store.path / manifest.carry if manifest.carry else None
    if carry is not None and not _has(carry, key):
        carry = None
    if own or carry is not None:
        known = carry
        store.commit(
            now=now,
            remove=own,
            carry=None if known is None else lambda path: _write_without(known, path, key),
        )


def _mark(key: str) -> bytes:
    # As msgspec and Polars write it. A quotation mark inside a value is escaped, so no value can hold this.
    return f'"site":"{key}"'.encode()


def _has(path: Path, key: str) -> bool:
    mark = _mark(key)
    with path.open("rb") as lines:
        return any(mark in line for line in lines)


def _write_without(path: Path, aside: Path, key: str) -> None:
    mark = _mark(key)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with path.open("rb") as lines, os.fdopen(handle, "wb") as kept:
        kept.writelines(line for line in lines if mark not in line)
        kept.flush()
        os.fsync(kept.fileno())
