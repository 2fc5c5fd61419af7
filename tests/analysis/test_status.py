"""The status says what is so, and what needs a person."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from analysis import jobs, status
from analysis.jobs import Outcome
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site

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


def test_a_failed_job_needs_a_person_but_too_few_visits_do_not(folder):
    """A job that failed is named with what it said; a site that is still small is no failure."""
    jobs.note(folder, "fold", Outcome("2026-11-22T03:30:00+00:00", 1.0, 1, "the disk is full"))
    jobs.note(
        folder,
        "analyse --site s",
        Outcome("2026-11-22T03:30:00+00:00", 1.0, 1, "telpunt: not enough visits yet: 20 of 300"),
    )
    found = look(folder)
    assert len(found.needs) == 1
    assert "the disk is full" in found.needs[0]


def test_events_that_wait_too_long_need_a_person(folder):
    """A journal that nobody folds is named."""
    path = folder.journal / "w-1.ndjson"
    path.write_text("{}\n")
    old = (NOW - timedelta(hours=2)).timestamp()
    os.utime(path, (old, old))
    assert "telpunt fold" in look(folder).needs[0]


def test_a_running_server_is_seen(folder):
    """Whether `telpunt serve` runs is known by its lock."""
    assert "not running" in look(folder).lines[0]
    with folder.hold("serve"):
        assert look(folder).lines[0] == "telpunt serve is running"
