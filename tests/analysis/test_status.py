"""The status says what is so, and what needs a person."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from analysis import history, queue, status
from analysis.history import Row
from analysis.running import at_work
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site


class Disk(NamedTuple):
    total: int
    used: int
    free: int


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A data folder with one site."""
    made = DataFolder(tmp_path / "data").prepare()
    Registry.open(made).save(made, make_site("s", ["s.example"]))
    return made


def look(folder):
    return status.look(folder, Settings.load(data=folder.path), Registry.open(folder), now=NOW)


def test_a_new_installation_needs_nobody(folder):
    """One site, nothing counted, nothing wrong."""
    found = look(folder)
    assert found.needs == []
    assert any("site s: nothing counted yet" in line for line in found.lines)


def test_without_a_site_a_person_is_needed(tmp_path):
    """An installation without sites says how to add one."""
    assert "telpunt site add" in look(DataFolder(tmp_path / "empty").prepare()).needs[0]


def row(minute, ending, *, job="fold", site="", message="", **numbers):
    return Row(job, site, "clock", f"2026-11-22T03:{minute:02}:00+00:00", 1.0, ending, message, numbers)


def test_a_failed_job_needs_a_person_but_too_few_visits_do_not(folder):
    """A job that failed is named with what it said and how often; a site that is still small is no failure."""
    history.keep(folder, row(30, "failed", message="the disk is full"))
    history.keep(folder, row(35, "failed", message="the disk is full"))
    history.keep(folder, row(31, "waits", job="analyse", site="s", visits=20, needed=300))
    found = look(folder)
    assert found.needs == ["job fold: 2026-11-22 03:35 UTC, 1 s: failed: the disk is full, 2 times in a row"]
    assert "job analyse --site s: 2026-11-22 03:31 UTC, 1 s: waits for visits: 20 of 300" in found.lines


def test_what_goes_well_again_needs_nobody(folder):
    """A failure is over when the next run went well, and with its site."""
    history.keep(folder, row(30, "failed", message="the disk is full"))
    history.keep(folder, row(35, "done", visits=120, k=10))
    history.keep(folder, row(36, "failed", job="analyse", site="gone"))
    found = look(folder)
    assert found.needs == []
    assert "job fold: 2026-11-22 03:35 UTC, 1 s: done: 120 visits counted" in found.lines


def test_one_interruption_is_made_up_for_and_a_second_needs_a_person(folder):
    """A power cut needs nobody afterwards; a job that stops its machine again and again does."""
    history.keep(folder, row(30, "interrupted"))
    assert look(folder).needs == []
    history.keep(folder, row(31, "interrupted"))
    assert "was interrupted, 2 times in a row" in look(folder).needs[0]


def test_a_killed_analysis_is_told_without_a_server(folder):
    """Of a run whose process is gone the record is left, and that says that it was interrupted, also when nobody serves."""
    with at_work(folder, "analyse", "s", by="hand", clock=lambda: NOW) as work:
        work.tell("Profiles", 0.5)
        left = (folder.jobs / "running-analyse-s.json").read_bytes()
    (folder.jobs / "history.json").unlink()
    (folder.jobs / "running-analyse-s.json").write_bytes(left)
    assert any(
        "analyse --site s: 2026-11-22 12:00 UTC" in line and "interrupted" in line for line in look(folder).lines
    )


def test_what_runs_and_what_waits_is_said(folder):
    """The running job says its chapter and share; what is asked for says that it waits."""
    queue.ask(folder, "analyse", "s", by="page", now=NOW)
    with at_work(folder, "fold", by="clock", clock=lambda: NOW) as work:
        work.tell("Folding the journal", 0.25)
        found = look(folder)
        lines = found.lines
    assert "fold runs since 2026-11-22 12:00 UTC: Folding the journal, 25%" in lines
    assert "analyse of s waits for its turn since 2026-11-22 12:00 UTC" in lines
    assert found.needs == ["jobs that wait: 1, and nobody does them: start telpunt serve"]
    with folder.hold("serve"):
        assert look(folder).needs == []


def test_events_that_wait_too_long_need_a_person(folder):
    """A journal that nobody folds is named, also when the server runs."""
    path = folder.journal / "w-1.ndjson"
    path.write_text("{}\n")
    old = (NOW - timedelta(hours=2)).timestamp()
    os.utime(path, (old, old))
    with folder.hold("serve"):
        (need,) = look(folder).needs
    assert "for more than an hour" in need


def test_a_server_that_is_down_needs_a_person_when_events_wait(folder):
    """Without a server and with nothing to count all is well; with events that nobody counts it is not."""
    assert look(folder).needs == []
    (folder.journal / "w-1.ndjson.open").write_text("{}\n")
    assert "telpunt serve is not running while events wait" in look(folder).needs[0]
    with folder.hold("serve"):
        assert look(folder).needs == []


def test_a_running_server_is_seen(folder):
    """Whether `telpunt serve` and its jobs process run is known by their locks."""
    assert "not running" in look(folder).lines[0]
    with folder.hold("serve"):
        assert look(folder).lines[0] == "telpunt serve is running; its jobs process is not: no job runs by itself"
        with folder.hold("jobs"):
            assert look(folder).lines[0] == "telpunt serve is running"


def test_a_disk_that_is_nearly_full_needs_a_person(folder, monkeypatch):
    """Under a twentieth free it is said what happens next."""
    monkeypatch.setattr(status.shutil, "disk_usage", lambda _: Disk(100 * 2**30, 97 * 2**30, 3 * 2**30))
    assert "nearly full" in look(folder).needs[0]
