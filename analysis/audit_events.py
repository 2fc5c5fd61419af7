"""Promise 4 on a data folder, its first memory: events go within a day, hold no field that is not listed, and are gone when they are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from analysis.breach import Breach
from analysis.store import Store
from collector.events import Hit
from collector.folder import DataFolder

EVENT_MAX: Final = timedelta(hours=24)
# Files of the collector's workers hold events as they came in; those of an import hold events of any age that came in just now.
IMPORTED: Final = re.compile(r"^import-")


def look(folder: DataFolder, store: Store, now: datetime) -> Iterator[Breach]:
    """Old events, odd fields, lines that are no events, and files whose events or counts were to be deleted."""
    with folder.hold("facts", wait=True):  # so that no fold is half-way
        yield from list(_leftovers(folder, store))
        events = [path for path in folder.journal.rglob("*.ndjson*") if path.is_file()]
        events += [path for path in folder.facts.glob("carry-*") if path.is_file()]
    for path in events:
        try:
            yield from _events(path, folder, now)
        except FileNotFoundError:
            continue  # folded meanwhile


def _leftovers(folder: DataFolder, store: Store) -> Iterator[Breach]:
    """What should be gone, and what would live on under another name."""
    manifest = store.manifest()
    named = {folder.facts / file.name for file in manifest.files}
    if manifest.carry:
        named.add(folder.facts / manifest.carry)
    counts = [path for path in folder.facts.rglob("*") if path.is_file() and path.name != "manifest.json"]
    journal = [path for path in folder.journal.rglob("*") if path.is_file()]
    consumed = {folder.journal / name for name in manifest.consumed}
    for path in [*(path for path in counts if path not in named), *(path for path in journal if path in consumed)]:
        yield Breach(
            4, str(path.relative_to(folder.path)), "is counted or replaced and should be gone; run: telpunt fold"
        )
    for path in [*counts, *journal]:
        if path.stat().st_nlink > 1:
            yield Breach(
                4,
                str(path.relative_to(folder.path)),
                "has a second name (a hard link): deleted here, it lives on there; delete the other",
            )


def _is_import(path: Path, folder: DataFolder) -> bool:
    return path.is_relative_to(folder.journal) and bool(IMPORTED.match(path.relative_to(folder.journal).parts[0]))


def _events(path: Path, folder: DataFolder, now: datetime) -> Iterator[Breach]:
    """What is wrong with one file of events; its age is that of its oldest event, since a carry is written anew by each fold."""
    where = str(path.relative_to(folder.path))
    decoder = msgspec.json.Decoder(Hit)
    known = set(Hit.__struct_fields__)
    by_content = not _is_import(path, folder)
    written = path.stat()
    if not written.st_size:
        return
    since = datetime.fromtimestamp(written.st_mtime, UTC)
    odd, strange = "", 0
    with path.open("rb") as lines:
        for line in lines:
            try:
                hit = decoder.decode(line)
                more = set(msgspec.json.decode(line)) - known
            except (msgspec.MsgspecError, UnicodeDecodeError):
                strange += line.endswith(b"\n")  # one without an end was cut off by a kill
                continue
            odd = odd or min(more, default="")
            if by_content:
                since = min(since, datetime.fromtimestamp(hit.t, UTC))
    if now - since > EVENT_MAX:
        yield Breach(
            4, where, f"holds events since {since:%Y-%m-%d %H:%M} UTC, longer than 24 hours; run: telpunt fold"
        )
    if odd:
        yield Breach(4, where, f"holds a field that is not listed ({odd[:30]!r}); report this")
    if strange:
        yield Breach(
            4, where, f"holds {strange} lines that are no events; look what wrote them, then run: telpunt fold"
        )
