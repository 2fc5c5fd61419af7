"""
Where the counts lie, and the one rename that changes them.

    facts/
    ├── manifest.json         which files hold, replaced whole: the only truth
    ├── SITE/WEEK-SEQ.parquet counts of one site and one ISO week
    └── carry-SEQ.ndjson      hits of visits that are still open (the first memory)

A commit writes its new files aside, flushes them, and then replaces the manifest by one rename. Before the rename nothing has
happened; after it everything has. What the manifest does not name is rubbish, and what it calls *consumed* is a journal file whose
hits are counted: both are deleted after the rename, or by the next :meth:`Store.clean` when a kill came between.
A design as old as the log-structured merge tree (O'Neil et al. 1996); Apache Iceberg commits in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from analysis import facts, intact
from collector.errors import FileDamaged, FolderError
from collector.folder import DataFolder, flush_folder, write_aside

VERSION: Final = 1
# More files than this of one week are put together at the next commit that touches it: a fold every five minutes would make 2,016.
FILES_MAX: Final = 8
# Level of zstd, and one page and row group a column: sorted counts repeat themselves from page to page, and each page is compressed
# by itself. A week of 260,000 visits takes 7 instead of 16 bytes a visit while it is open, 3.3 instead of 4.6 when it is closed.
LEVEL: Final = 12
PAGE_MAX_BYTES: Final = 2**26


class State(StrEnum):
    """Which memory a file belongs to (promise 4)."""

    OPEN = "open"  # contexts as fine as they came
    CLOSED = "closed"  # each context rests on at least k visits; pattern counts by day still fine
    COARSE = "coarse"  # pattern counts rest on at least k visits too


class File(msgspec.Struct, frozen=True):
    """
    One file of counts.

    Attributes:
        site: key of the site.
        week: ISO week, "2026-W47".
        name: path below the facts folder.
        state: the memory it belongs to.
        rows: rows in it.
        added: day (UTC) on which its newest counts came in.
        k: what it was closed with; 0 for the open week.
    """

    site: str
    week: str
    name: str
    state: State
    rows: int
    added: str
    k: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """What holds now: *files* of counts, the *carry*, and the journal files that are *consumed*."""

    version: int = VERSION
    sequence: int = 0
    files: tuple[File, ...] = ()
    carry: str | None = None
    consumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addition:
    """Counts to add: rows of one site and one ISO week, and what they were closed with."""

    site: str
    week: str
    state: State
    counts: pl.DataFrame
    k: int = 0


class Store:
    """
    The counts of one data folder. Changing it asks that the caller holds the folder's ``facts`` part; reading asks nothing.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.path = folder.facts
        self._manifest = folder.facts / "manifest.json"

    def manifest(self) -> Manifest:
        """
        What holds now.

        Raises:
            FolderError: the manifest cannot be read, or is of a newer version.
        """
        try:
            content = self._manifest.read_bytes()
        except FileNotFoundError:
            return Manifest()
        try:
            manifest = msgspec.json.decode(content, type=Manifest)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise FolderError(
                f"Manifest {self._manifest} cannot be read: {error}; put back a copy of the facts folder"
            ) from error
        if manifest.version > VERSION:
            raise FolderError(
                f"Manifest {self._manifest} has version {manifest.version}; expected at most {VERSION}; install the newer Telpunt again"
            )
        return manifest

    def weeks(self, site: str) -> list[str]:
        """ISO weeks of *site* that have counts, oldest first."""
        return sorted({file.week for file in self.manifest().files if file.site == site})

    def read(self, site: str, weeks: Iterable[str] | None = None, *, where: pl.Expr | None = None) -> pl.DataFrame:
        """
        The counts of *site* in *weeks* (default: all), merged.

        Args:
            where: rows to keep, applied while reading.

        Returns:
            A table of :data:`analysis.facts.SCHEMA`; no rows when there are no counts.
        """
        wanted = None if weeks is None else set(weeks)
        while True:
            manifest = self.manifest()
            files = [file for file in manifest.files if file.site == site and (wanted is None or file.week in wanted)]
            try:
                return self.sum(files, where=where)
            except FileNotFoundError:
                # A commit replaced a file between the two reads; the new manifest has its counts. A file that the manifest
                # in force names and that is not there is damage.
                if self.manifest().sequence == manifest.sequence:
                    raise

    def sum(self, files: Sequence[File], *, where: pl.Expr | None = None) -> pl.DataFrame:
        """The merged counts of *files*. Only files of one week have keys in common, so the weeks are laid one after the other."""
        by_week: dict[tuple[str, str], list[pl.LazyFrame]] = {}
        for file in files:
            table = pl.scan_parquet(self.path / file.name, schema=facts.SCHEMA, glob=False)
            by_week.setdefault((file.site, file.week), []).append(table if where is None else table.filter(where))
        weeks = [tables[0] if len(tables) == 1 else facts.merge(tables) for tables in by_week.values()]
        try:
            return pl.concat(weeks).collect() if weeks else facts.empty()
        except intact.DAMAGE:
            for file in files:
                if not intact.is_table(self.path / file.name):
                    raise FileDamaged(self.path / file.name, "put back a copy of the facts folder") from None
            raise

    def commit(
        self,
        *,
        now: datetime,
        add: Iterable[Addition] = (),
        remove: Iterable[File] = (),
        carry: Callable[[Path], None] | None = None,
        consumed: Iterable[Path] = (),
    ) -> Manifest:
        """
        Change the counts in one step that has happened wholly or not at all.

        Args:
            now: UTC time of the change.
            add: new counts; small files of the same week and state are put together on the way.
            remove: files whose counts are replaced by what is added.
            carry: writes the hits that stay open to the path it is given; None leaves the carry as it is.
            consumed: journal files whose hits are now counted or carried; deleted afterwards.
        """
        before = self.manifest()
        sequence = before.sequence + 1
        gone = set(remove)
        kept = [file for file in before.files if file not in gone]
        touched: set[Path] = {self.path}
        for addition in add:
            beside = [f for f in kept if (f.site, f.week, f.state) == (addition.site, addition.week, addition.state)]
            counts = addition.counts
            if len(beside) >= FILES_MAX:
                counts = facts.merge([self.sum(beside).lazy(), counts.lazy()]).collect()
                kept = [file for file in kept if file not in beside]
            kept.append(self._write(addition, counts, sequence, now))
            touched.add(self.path / addition.site)
        carried = before.carry
        if carry is not None:
            carried = f"carry-{sequence}.ndjson"
            carry(self.path / carried)
            _flush(self.path / carried)
        for folder in touched:
            flush_folder(folder)
        after = Manifest(
            sequence=sequence,
            files=tuple(kept),
            carry=carried,
            consumed=tuple(str(path.relative_to(self.folder.journal)) for path in consumed),
        )
        write_aside(self._manifest, msgspec.json.encode(after))
        self.clean()
        return after

    def clean(self) -> None:
        """Delete what the manifest does not name, and the journal files it calls consumed. Safe to repeat, safe to be killed in."""
        manifest = self.manifest()
        for name in manifest.consumed:
            path = self.folder.journal / name
            path.unlink(missing_ok=True)
            if path.parent != self.folder.journal and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        if manifest.consumed:
            # The names are dropped only now that the files are gone: a worker could make a file of such a name again.
            flush_folder(self.folder.journal)
            write_aside(self._manifest, msgspec.json.encode(msgspec.structs.replace(manifest, consumed=())))
        named = {self.path / file.name for file in manifest.files}
        if manifest.carry:
            named.add(self.path / manifest.carry)
        for path in [
            *self.path.glob("*/*.parquet"),
            *self.path.glob("carry-*"),
            *self.path.glob("*.aside"),
            *self.path.glob("*/*.aside"),
        ]:
            if path not in named:
                path.unlink(missing_ok=True)

    def _write(self, addition: Addition, counts: pl.DataFrame, sequence: int, now: datetime) -> File:
        folder = self.path / addition.site
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{addition.site}/{addition.week}-{addition.state}-{sequence}.parquet"
        ordered = counts.sort("dimension", "value", "pattern", "period")
        ordered.write_parquet(
            self.path / name,
            compression="zstd",
            compression_level=LEVEL,
            row_group_size=max(ordered.height, 1),
            data_page_size=PAGE_MAX_BYTES,
        )
        _flush(self.path / name)
        return File(
            addition.site, addition.week, name, addition.state, counts.height, now.date().isoformat(), addition.k
        )


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
