"""
Which access logs were imported, so that none counts twice by mistake.

A log is known by the BLAKE2b digest of its content, from which nothing can be read back; neither its name nor a line is kept. Sizes are
kept too, so that a log that has *grown* since is recognised by its beginning.

The entries of an import lie in its own folder of the journal first, so the one rename that makes its events count also makes it
remembered: a kill at any instruction leaves both or neither. From there they move to ``imports.json``; an entry that was copied and
not yet removed when the process died is known by its id and not written twice.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from collector.errors import FolderError
from collector.folder import DataFolder, write_aside
from collector.stage import Stage

NOTE: Final = "imported.json"


class Entry(msgspec.Struct, frozen=True):
    """
    One imported log.

    Attributes:
        id: of this entry, random.
        site: key of the site that it was imported for.
        digest: BLAKE2b of its content after unpacking, 32 hexadecimal digits.
        size: bytes of that content.
        lines: lines of that content.
        imported: when the import was started (UTC).
    """

    id: str
    site: str
    digest: str
    size: int
    lines: int
    imported: datetime


class Ledger:
    """
    The entries of one data folder. Hold ``import`` of the folder while using it.

    Raises:
        FolderError: what is there is not a ledger.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self.entries = _read(folder.imports)
        self.settle()

    def settle(self) -> None:
        """Move what finished imports left in the journal to ``imports.json``."""
        notes = sorted(self._folder.journal.glob(f"import-*/{NOTE}"))
        known = {entry.id for entry in self.entries}
        new = [entry for note in notes for entry in _read(note) if entry.id not in known]
        if new:
            self.entries += new
            self._write()
        for note in notes:
            note.unlink(missing_ok=True)

    def forget(self, site: str) -> None:
        """Forget the imports for *site*: it was removed."""
        kept = [entry for entry in self.entries if entry.site != site]
        if len(kept) < len(self.entries):
            self.entries = kept
            self._write()

    def _write(self) -> None:
        content = msgspec.json.encode(self.entries)
        write_aside(self._folder.imports, msgspec.json.format(content, indent=2) + b"\n")

    def find(self, site: str, size: int, digest: str) -> Entry | None:
        """The last import of this content for *site*."""
        for entry in reversed(self.entries):
            if (entry.site, entry.size, entry.digest) == (site, size, digest):
                return entry
        return None

    def sizes(self, site: str) -> dict[int, frozenset[str]]:
        """What to look out for while reading a log for *site*: digests by size of the content."""
        found: dict[int, frozenset[str]] = {}
        for entry in self.entries:
            if entry.site == site:
                found[entry.size] = found.get(entry.size, frozenset()) | {entry.digest}
        return found


class NotedStage(Stage):
    """An import that also remembers which logs it consists of, by the same rename."""

    def note(self, entries: list[Entry]) -> None:
        """
        Add *entries*; call it once, last.

        Raises:
            OSError: they can't be written; leave the block with it.
        """
        handle = os.open(self._part / NOTE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(entries))
            file.flush()
            os.fsync(handle)


def _read(path: Path) -> list[Entry]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Entry])
    except FileNotFoundError:
        return []
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FolderError(
            f"The list of imported logs {path} cannot be read: {error}; put back a copy, or delete it to forget what was imported"
        ) from error
