"""What editors say of an audience beside its name: a note, a pin that keeps it on top, a colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, select

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.database import MarkRow

NOTE_MAX_CHARS: Final = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """
    What is said of one audience.

    Attributes:
        note: lines of text, "" for none.
        pinned: it stands on top of the list.
        colour: its place in the palette; None: the one that the analysis gave it.
    """

    note: str = ""
    pinned: bool = False
    colour: int | None = None


NO_MARK: Final = Mark()


class Marks:
    """
    The marks of one installation.

    Args:
        engine: the metadata.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, site: str) -> Mapping[str, Mark]:
        """Mark per segment id, of the segments of *site* that have one."""
        with database.session(self._engine) as session:
            rows = session.scalars(select(MarkRow).where(MarkRow.site == site))
            return {row.segment: Mark(row.note, row.pinned, row.colour) for row in rows}

    def put(self, site: str, segment: str, mark: Mark) -> None:
        """Keep *mark* in place of an earlier one; what is not text in the note is left out, and all beyond 1,000 characters."""
        with database.session(self._engine) as session, session.begin():
            session.merge(
                MarkRow(
                    site=site,
                    segment=segment,
                    note=clean_note(mark.note)[:NOTE_MAX_CHARS],
                    pinned=mark.pinned,
                    colour=mark.colour,
                )
            )


def clean_note(text: str) -> str:
    """*text* in NFC, its lines kept, without other control, format, private and surrogate characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ["".join(char for char in line if unicodedata.category(char)[0] != "C").rstrip() for line in lines]
    return unicodedata.normalize("NFC", "\n".join(kept).strip())


def of_site(settings: Settings, folder: DataFolder, site: str) -> Mapping[str, Mark]:
    """For a command: the marks of *site*."""
    with database.opened(settings, folder) as engine:
        return Marks(engine).of(site)
