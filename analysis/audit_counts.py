"""Promise 4 on a data folder, its counts: no token, no time finer than an hour of the week, and weeks that close as they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from analysis import facts, iso_weeks, memory
from analysis.breach import Breach
from analysis.store import File, State, Store
from collector.errors import FileDamaged
from collector.settings import Settings
from collector.sites import Registry, Site

# Days after its Sunday that a week may still be open: the nightly job closes it.
OPEN_MAX_DAYS: Final = 3

SIXTEEN_HEX: Final = r"(?:^|[^0-9a-f])[0-9a-f]{16}(?:$|[^0-9a-f])"
DAY: Final = r"^\d{4}-\d{2}-\d{2}$"
WEEK: Final = r"^\d{4}-W\d{2}$"
HOUR: Final = r"^[1-7]-\d{2}$"


def look(store: Store, sites: Registry, settings: Settings, now: datetime) -> Iterator[Breach]:
    """Each file of counts that the manifest names."""
    for file in store.manifest().files:
        site = sites.get(file.site) or Site(key=file.site, hosts=())
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        try:
            counts = store.sum([file])
        except FileDamaged as damaged:
            yield Breach(4, file.name, f"cannot be looked through: {damaged}")
            continue
        yield from _content(file, counts)
        yield from _age(file, site.fine_days or settings.fine_pattern_days, today)
        if file.state != State.OPEN:
            yield from _closed(file, counts, site)


def _content(file: File, counts: pl.DataFrame) -> Iterator[Breach]:
    """What may be in no memory."""
    for column in ("pattern", "value"):
        if counts[column].unique().str.contains(SIXTEEN_HEX).any():
            yield Breach(4, file.name, f"holds a {column} that looks like a visit token; report this")
    is_day = pl.col("dimension") == facts.PATTERN_TOTAL
    period = pl.when(is_day).then(pl.col("period").str.contains(DAY)).otherwise(pl.col("period").str.contains(WEEK))
    hour = (pl.col("dimension") != "hour_of_week") | pl.col("value").str.contains(HOUR)
    if not counts.select((period & hour).all()).item():
        yield Breach(4, file.name, "holds a time finer than a day of a pattern or an hour of the week; report this")
    known = {facts.PATTERN_TOTAL, facts.CONTEXT_TOTAL, *facts.DIMENSIONS}
    odd = set(counts["dimension"].unique()) - known
    if odd:
        yield Breach(4, file.name, f"holds a dimension that is not listed ({min(odd)[:30]!r}); report this")


def _age(file: File, fine_days: int, today: date) -> Iterator[Breach]:
    """Weeks close when they are over, and become coarse in time."""
    sunday = iso_weeks.monday(file.week) + timedelta(days=6)
    since = today - max(sunday, date.fromisoformat(file.added))
    if file.state == State.OPEN and since > timedelta(days=OPEN_MAX_DAYS):
        yield Breach(
            4,
            file.name,
            f"is still open though its week ended on {sunday}; run: telpunt analyse --site {file.site}",
        )
    if file.state == State.CLOSED and since > timedelta(days=fine_days + OPEN_MAX_DAYS):
        yield Breach(
            4,
            file.name,
            f"has pattern counts by day for longer than {fine_days} days; run: telpunt analyse --site {file.site}",
        )


def _closed(file: File, counts: pl.DataFrame, site: Site) -> Iterator[Breach]:
    """Nothing of a closed week rests on fewer than k visits, and of a coarse one no pattern and no value from outside either."""
    again = f"was k raised? run: telpunt analyse --site {file.site}"
    small = memory.breaches(counts, site.k)
    if small.height:
        yield Breach(4, file.name, f"has {small['pattern'].n_unique()} contexts of fewer than {site.k} visits; {again}")
    if file.state != State.COARSE:
        return
    days = counts.filter(pl.col("dimension") == facts.PATTERN_TOTAL)
    if days.filter((pl.col("pattern") != memory.REMAINDER) | (pl.col("visits") < site.k)).height:
        yield Breach(4, file.name, f"has patterns by day, or days of fewer than {site.k} visits; {again}")
    rare = memory.rare_values(counts, site.k)
    if rare.height:
        yield Breach(4, file.name, f"has {rare.height} values of fewer than {site.k} visits; {again}")
