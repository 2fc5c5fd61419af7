"""What is older than a site keeps is deleted, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import polars as pl

from analysis import facts, iso_weeks, retention, runs
from analysis.store import Addition, State, Store
from collector.folder import DataFolder
from collector.sites import Registry, make_site
from tests import factories

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEEKS = ["2024-W40", "2026-W22", "2026-W40", "2026-W47"]


def filled(path: Path, keep_months: int) -> tuple[DataFolder, Store]:
    folder = DataFolder(path / "data").prepare()
    store = Store(folder)
    for key in ("demo", "other"):
        Registry.open(folder).save(folder, make_site(key, ["werkenbij.example.org"], keep_months=keep_months))
        store.commit(
            now=NOW,
            add=[
                Addition(
                    key,
                    week,
                    State.COARSE,
                    pl.DataFrame(
                        [(key, iso_weeks.monday(week).isoformat(), "", "", "", 30)], schema=facts.SCHEMA, orient="row"
                    ),
                )
                for week in WEEKS
            ],
        )
    return folder, store


def test_weeks_are_kept_for_as_long_as_the_site_says(tmp_path: Path):
    """With six months, the weeks before are gone from the counts and from the disk; another site keeps its own."""
    folder, store = filled(tmp_path, 6)
    site = Registry.open(folder)["demo"]
    assert retention.is_due(folder, site, NOW)
    assert retention.forget(folder, site, NOW) == 1
    assert store.weeks("demo") == WEEKS[1:]
    assert retention.first_kept(site, NOW) == date(2026, 5, 18)
    assert not list((folder.facts / "demo").glob("2024-*"))
    assert store.weeks("other") == WEEKS
    assert not retention.is_due(folder, site, NOW)
    assert retention.forget(folder, site, NOW) == 0


def test_without_a_limit_everything_is_kept(tmp_path: Path):
    """The default deletes nothing."""
    folder, store = filled(tmp_path, 0)
    assert retention.forget(folder, Registry.open(folder)["demo"], NOW) == 0
    assert store.weeks("demo") == WEEKS


def test_published_tables_forget_those_weeks_too(tmp_path: Path):
    """Rows of deleted weeks leave the tables of kept runs; a run whose whole window is older is deleted."""
    folder, _ = filled(tmp_path, 3)
    site = Registry.open(folder)["demo"]
    factories.publish(folder, site, identity="20260901T033000Z")
    old = folder.runs / "demo" / "20260901T033000Z" / "run.json"
    run = msgspec.json.decode(old.read_bytes(), type=runs.Run)
    old.write_bytes(msgspec.json.encode(msgspec.structs.replace(run, end=date(2026, 8, 2))))
    factories.publish(folder, site)
    assert runs.current(folder, "demo").table("trends")["week"].min() == "2026-W36"
    later = datetime(2026, 12, 23, 12, 0, tzinfo=UTC)  # keeps what begins on 21 September
    retention.forget(folder, site, later)
    assert not old.exists()
    assert runs.current(folder, "demo").table("trends")["week"].min() == "2026-W39"
    much_later = datetime(2027, 6, 1, tzinfo=UTC)
    retention.forget(folder, site, much_later)
    assert not runs.has_run(folder, "demo")
