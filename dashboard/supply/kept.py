"""The imports of vacancies and hires that are kept, and which of their families are which of the site's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Engine, delete, insert, select

from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.database import SupplyFamilyRow, SupplyHireRow, SupplyImportRow, SupplyVacancyRow
from dashboard.names import clean_name
from dashboard.supply.rows import HIRES, SCHEMAS, VACANCIES, Imported, Read

SOURCE_MAX_CHARS: Final = 200
MAPPED_MAX: Final = 500  # families with another name, of a site
_TABLES: Final[dict[str, type[SupplyVacancyRow | SupplyHireRow]]] = {VACANCIES: SupplyVacancyRow, HIRES: SupplyHireRow}


class CannotBeKept(UsageError):
    """When what was read is empty, or has lines that must be mended first."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file or feed that was brought in; *total* is its vacancies or hires, *made_at* seconds since 1970."""

    id: int
    kind: str
    source: str
    total: int
    made_at: int


class Supply:
    """
    The supply of one installation.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock

    def imports(self, site: str) -> list[Import]:
        """Those of *site*, newest first."""
        with database.session(self._engine) as session:
            rows = session.scalars(
                select(SupplyImportRow)
                .where(SupplyImportRow.site == site)
                .order_by(SupplyImportRow.made_at.desc(), SupplyImportRow.id.desc())
            )
            return [Import(row.id, row.kind, row.source, row.total, row.made_at) for row in rows]

    def keep(self, site: str, source: str, read: Read, *, by: int | None) -> bool:
        """
        Keep what was read, in place of an earlier import of the same kind and source, or nothing at all.

        Returns:
            Was there an earlier one?

        Raises:
            CannotBeKept: it is empty, or has lines to mend.
        """
        if not read.can_be_kept:
            raise CannotBeKept(f"Nothing can be kept of {source[:80]!r}: it has no rows, or lines that must be mended")
        named = clean_name(source)[:SOURCE_MAX_CHARS] or "file"
        with database.session(self._engine) as session, session.begin():
            earlier = session.scalar(
                select(SupplyImportRow).where(
                    SupplyImportRow.site == site, SupplyImportRow.kind == read.kind, SupplyImportRow.source == named
                )
            )
            if earlier is not None:
                session.delete(earlier)
                session.flush()
            row = SupplyImportRow(
                site=site, kind=read.kind, source=named, total=read.total, made_by=by, made_at=self._clock()
            )
            session.add(row)
            session.flush()
            made = read.rows.with_columns(import_id=pl.lit(row.id), site=pl.lit(site)).to_dicts()
            session.execute(insert(_TABLES[read.kind]), made)
        return earlier is not None

    def remove(self, site: str, identity: int) -> bool:
        """Forget an import and all that came with it; False when *site* has no such import."""
        with database.session(self._engine) as session, session.begin():
            gone = session.execute(
                delete(SupplyImportRow)
                .where(SupplyImportRow.site == site, SupplyImportRow.id == identity)
                .returning(SupplyImportRow.id)
            )
            return gone.first() is not None

    def rows(self, site: str, kind: str) -> pl.DataFrame:
        """All that was imported of a kind: columns of :data:`dashboard.supply.rows.SCHEMAS`."""
        table = _TABLES[kind]
        columns = [table.__table__.columns[name] for name in SCHEMAS[kind]]
        with database.session(self._engine) as session:
            found = session.execute(select(*columns).where(table.site == site)).all()
        return pl.DataFrame([tuple(row) for row in found], schema=SCHEMAS[kind], orient="row")

    def imported(self, site: str) -> Imported:
        """All that was brought in of *site*."""
        return Imported(self.rows(site, VACANCIES), self.rows(site, HIRES), self.mapped(site))

    def mapped(self, site: str) -> Mapping[str, str]:
        """Family of the site per imported family, where an editor said so."""
        with database.session(self._engine) as session:
            rows = session.scalars(select(SupplyFamilyRow).where(SupplyFamilyRow.site == site))
            return {row.imported: row.family for row in rows}

    def map(self, site: str, families: Mapping[str, str]) -> None:
        """Say which imported family is which of the site's, in place of all that was said before."""
        with database.session(self._engine) as session, session.begin():
            session.execute(delete(SupplyFamilyRow).where(SupplyFamilyRow.site == site))
            session.add_all(
                SupplyFamilyRow(site=site, imported=imported, family=family)
                for imported, family in list(families.items())[:MAPPED_MAX]
                if imported and family
            )


def imported(settings: Settings, folder: DataFolder, site: str) -> Imported:
    """For a command: all that was brought in of *site*."""
    with database.opened(settings, folder) as engine:
        return Supply(engine, lambda: 0).imported(site)
