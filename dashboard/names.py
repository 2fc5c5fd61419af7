"""Names that editors give to segments. A given name wins over the label of every run, until it is taken back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Engine, delete, select

from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.database import GivenNameRow

NAME_MAX_CHARS: Final = 80


class InvalidName(UsageError):
    """When a given name is empty or too long."""

    def __init__(self, characters: int) -> None:
        super().__init__(f"The name has {characters} characters; expected 1 to {NAME_MAX_CHARS}")


class GivenNames:
    """
    The given names of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock

    def of(self, site: str) -> Mapping[str, str]:
        """Name per segment id, of the segments of *site* that have one."""
        with database.session(self._engine) as session:
            rows = session.execute(select(GivenNameRow.segment, GivenNameRow.name).where(GivenNameRow.site == site))
            return {segment: name for segment, name in rows}  # noqa: C416  # rows are not tuples for mypy

    def give(self, site: str, segment: str, name: str, *, by: int | None) -> None:
        """
        Name a segment, in place of an earlier name.

        Args:
            name: control and direction characters are dropped and blanks collapsed; 1 to 80 characters must be left.
            by: id of the account that gives it.

        Raises:
            InvalidName: nothing is left, or too much.
        """
        clean = clean_name(name)
        if not 1 <= len(clean) <= NAME_MAX_CHARS:
            raise InvalidName(len(clean))
        with database.session(self._engine) as session, session.begin():
            session.merge(GivenNameRow(site=site, segment=segment, name=clean, given_by=by, given_at=self._clock()))

    def take_back(self, site: str, segment: str) -> None:
        """Let a segment go by its own label again."""
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(GivenNameRow).where(GivenNameRow.site == site, GivenNameRow.segment == segment))


def clean_name(text: str) -> str:
    """*text* in NFC without control, format, private and surrogate characters, blanks collapsed."""
    visible = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in visible if unicodedata.category(character)[0] != "C")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def given(settings: Settings, folder: DataFolder, site: str) -> Mapping[str, str]:
    """For a command: the given names of *site*."""
    with database.opened(settings, folder) as engine:
        return GivenNames(engine, lambda: 0).of(site)
