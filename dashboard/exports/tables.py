"""The tables that can be exported, with the columns they have in every format."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import polars as pl
import polars.selectors as cs

from analysis.words import Language
from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import names
from dashboard.exports import explained, formats, worded
from dashboard.exports.names import SUPPLY
from dashboard.queries import Readings
from dashboard.supply import kept
from dashboard.supply.table import Hires
from dashboard.supply.table import rows as supply_rows
from dashboard.views import UnknownSegment

WHOLE_SITE: Final = "(whole site)"
# Tables with rows of the segment "", which is the whole site.
OF_THE_SITE_TOO: Final = ("journeys", "nearer", "touchpoints", "demand", SUPPLY)
PART_ROWS: Final = 50_000  # that are in memory at a time


class NotBySegment(UsageError):
    """When a table that is about the whole site is asked for by segment."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Table {what!r} is about the whole site and has no segments; leave out --segment")


def export(
    settings: Settings,
    folder: DataFolder,
    site: Site,
    what: str,
    format_name: str,
    segment: str | None,
    *,
    excel: Language | None = None,
    lang: Language | None = None,
) -> Iterator[bytes]:
    """
    For a command: one table of the published run of *site*, as a file in pieces. Who has the data folder sees hires as they are.

    Args:
        segment: id of the only segment to export; None: all.
        excel, lang: as :func:`stream` says.

    Raises:
        NotBySegment: *segment* is given for a table of the whole site.
        TelpuntError: as :func:`stream` says.
    """
    readings = Readings(
        folder,
        lambda key: names.given(settings, folder, key),
        supply=lambda key: kept.imported(settings, folder, key),
    )
    only = {} if segment is None else {"segment": [segment]}
    return stream(readings, site, what, format_name, only, excel=excel, lang=lang, hires=Hires.EXACT)


def write(readings: Readings, site: Site, what: str, format_name: str, only: Mapping[str, Collection[str]]) -> bytes:
    """The file of :func:`stream` as a whole, for tables that are known to be small."""
    return b"".join(stream(readings, site, what, format_name, only))


def stream(
    readings: Readings,
    site: Site,
    what: str,
    format_name: str,
    only: Mapping[str, Collection[str]],
    *,
    excel: Language | None = None,
    lang: Language | None = None,
    hires: Hires = Hires.NONE,
) -> Iterator[bytes]:
    """
    One table of the published run of *site*, as a file in pieces; what is wrong is said before the first.

    Args:
        what: one of :data:`dashboard.exports.names.EXPORTED`.
        format_name: a name in :data:`dashboard.exports.formats.FORMATS`.
        only: column → the values to keep; a column that the table does not have keeps everything, so that what a page has chosen
            can be handed to any table. Of an audience that the run has and this table has nothing of, a table without rows comes.
        excel: as :func:`dashboard.exports.formats.by_name` says.
        lang: of a reader, for whom words stand beside the codes (:mod:`dashboard.exports.worded`); None: a program, codes alone.
        hires: of the table ``supply``: what the reader may see of them.

    Raises:
        NoRun: nothing is published yet.
        UnknownSegment: the run does not have a segment in *only*.
        UnknownFormat: there is no such format.
        NotBySegment: *only* names segments and the table is of the whole site.
    """
    chosen = formats.by_name(format_name, excel=excel, lang=lang)
    run = readings.run(site.key)
    segments = readings.table(site.key, "segments").select("segment", "label", "label_nl")
    scanned = supply_rows(readings, site.key, hires).lazy() if what == SUPPLY else readings.scan(site.key, what)
    there = scanned.collect_schema().names()
    if "segment" in only:
        if "segment" not in there:
            raise NotBySegment(what)
        known = _known(scanned, segments["segment"].to_list(), what)
        for value in only["segment"]:
            if value not in known:
                raise UnknownSegment(value, [one for one in known if one])
    kept_rows = [pl.col(column).is_in(list(values)) for column, values in only.items() if column in there]
    labels = dict(segments.select("segment", "label").iter_rows())
    about: dict[str, Any] = {
        "site": site.key,
        "what": what,
        "run": run.id,
        "start": run.start.isoformat(),
        "end": run.end.isoformat(),
        "visits": run.visits,
        "k": run.k,
        "note": explained.note(run.k, "en"),
        "simulated": run.simulated,
    }

    def make(part: pl.LazyFrame) -> pl.LazyFrame:
        return with_labels(part.filter(*kept_rows).with_columns(finite()), there, labels)

    parts = _parts(scanned, make)
    if lang:
        called = names_in(segments, lang)
        parts = (worded.table(part, what, lang, called) for part in parts)
    return chosen.stream(parts, about)


def names_in(segments: pl.DataFrame, lang: Language) -> dict[str, str]:
    """What each audience of the table ``segments`` is called in a language."""
    return {
        segment: (label_nl if lang == "nl" else "") or label
        for segment, label, label_nl in segments.select("segment", "label", "label_nl").iter_rows()
    }


def finite() -> pl.Expr:
    """The columns of fractions; what is no number is not there, in every format alike."""
    return pl.when(cs.float().is_finite()).then(cs.float())


def _known(table: pl.LazyFrame, segments: list[str], what: str) -> list[str]:
    """The segments that may be asked for: those of the run, of the table (of which some may be gone), and where it has one the whole site."""
    there = table.select(pl.col("segment").unique().sort()).collect()["segment"].to_list()
    return [*dict.fromkeys([*segments, *there, *([""] if what in OF_THE_SITE_TOO else [])])]


def _parts(table: pl.LazyFrame, make: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Iterator[pl.DataFrame]:
    """
    *table* from top to bottom, each part as *make* wants it; one without rows is one part without rows.

    By slices: Polars' own batches (2.1) read ahead so far that a million rows took 300 MB more, these take 40.
    """
    rows = table.select(pl.len()).collect().item()
    for start in range(0, max(rows, 1), PART_ROWS):
        yield make(table.slice(start, PART_ROWS)).collect()


def with_labels(table: pl.LazyFrame, there: list[str], labels: Mapping[str, str]) -> pl.LazyFrame:
    """*table* with the label of each segment behind its id, for people who read no ids; one that has it comes as it is."""
    if "segment" not in there or "label" in there:
        return table
    told = {**labels, "": WHOLE_SITE}
    label = pl.col("segment").replace_strict(told, default="", return_dtype=pl.String).fill_null("").alias("label")
    return table.select("segment", label, *(name for name in there if name != "segment"))
