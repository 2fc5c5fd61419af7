"""The Jobs page tells what runs, waits and went wrong, and asks for what an editor wants."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis import history, queue
from analysis.history import Row
from analysis.running import at_work
from collector.folder import DataFolder
from collector.sites import Registry, make_site
from dashboard import job_words
from tests.dashboard.conftest import post, services_of

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
LogIn = Callable[[str], FlaskClient]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder with two sites."""
    made = DataFolder(tmp_path / "data").prepare()
    for key in ("alpha", "beta"):
        Registry.open(made).save(made, make_site(key, [f"{key}.example"]))
    return made


def row(minute: int, ending: str, job: str = "fold", site: str = "", message: str = "", **numbers: int | str) -> Row:
    started = f"2026-11-22T03:{minute:02}:00.000+00:00"
    return Row(job, site, "clock", started, 75.0, ending, message, numbers)  # type: ignore[arg-type]


def page(client: FlaskClient, query: str = "") -> str:
    """The page as text, runs of white space as one space."""
    return re.sub(r"\s+", " ", client.get(f"/jobs?lang=en{query}").text)


def test_a_new_installation_says_what_will_happen(log_in: LogIn) -> None:
    """Nothing done, nothing planned and no jobs process: each is said, with what to do."""
    seen = page(log_in("viewer"))
    assert "Nothing runs and nothing waits." in seen
    assert "Nothing was done yet." in seen
    assert "the jobs have never run here" in seen
    assert "telpunt serve starts it again" in seen


def test_the_warning_is_gone_while_the_jobs_process_runs(log_in: LogIn, folder: DataFolder) -> None:
    """Whether it lives is known by its lock."""
    client = log_in("viewer")
    with folder.hold("jobs"):
        assert "telpunt serve starts it again" not in page(client)


def test_what_runs_and_waits_is_shown(log_in: LogIn, folder: DataFolder) -> None:
    """The running job has its chapter and share, in words; the one in the queue waits; what runs is not shown as waiting too."""
    client = log_in("viewer")
    for site in ("alpha", "beta"):
        queue.ask(folder, "analyse", site, by="page", now=NOW)
    with at_work(folder, "analyse", "alpha", by="page", clock=lambda: NOW) as work:
        work.tell("Drawing the map", 0.42)
        english, dutch = page(client), client.get("/jobs?lang=nl").text
    assert 'value="42"' in english
    assert "Drawing the map" in english
    assert "De kaart tekenen" in dutch
    assert english.count("waits for its turn") == 1
    assert "Sun 22 Nov, 04:30" in english  # in the site's time zone


def test_how_it_went_is_told_in_words(log_in: LogIn, folder: DataFolder) -> None:
    """Each ending has its sentence in both languages; the reason of a failure is for editors."""
    for one in (
        row(1, "done", visits=1_230, k=10),
        row(2, "done", visits=0, k=10),
        row(3, "failed", "analyse", "alpha", "the disk is full"),
        row(4, "waits", "analyse", "beta", visits=0, needed=300),
        row(5, "interrupted"),
    ):
        history.keep(folder, one)
    viewer, client = page(log_in("viewer")), log_in("editor")
    for said in ("1,230 visits counted", "Fewer than 10 visits counted", "too few yet of 300", "Was interrupted"):
        assert said in viewer
    assert "the disk is full" not in viewer
    assert "the disk is full" in page(client)
    assert "1.230 bezoeken geteld" in client.get("/jobs?lang=nl").text
    problems = page(client, "&show=problems").partition('id="past"')[2]
    assert "the disk is full" in problems
    assert "1,230" not in problems


def test_a_reason_is_text(log_in: LogIn, folder: DataFolder) -> None:
    """What a failure says is shown as text, whatever it holds."""
    history.keep(folder, row(1, "failed", message="<script>window.executed=1</script>"))
    seen = page(log_in("admin"))
    assert "<script>window" not in seen
    assert "&lt;script&gt;window" in seen


def test_an_editor_asks_and_a_second_click_changes_nothing(log_in: LogIn, folder: DataFolder) -> None:
    """The buttons put a request in the queue that the jobs process reads; once."""
    client = log_in("editor")
    for _ in range(2):
        assert post(client, "/jobs", "/sites/alpha/analyse").location == "/jobs"
        post(client, "/jobs", "/jobs/fold")
    assert sorted((one.job, one.site, one.by) for one in queue.waiting(folder)) == [
        ("analyse", "alpha", "page"),
        ("fold", "", "page"),
    ]
    assert "It was asked for already." in page(client)
    assert post(client, "/jobs", "/sites/nothing/analyse").status_code == 404


def test_a_viewer_has_no_buttons_and_a_request_needs_the_token(log_in: LogIn, folder: DataFolder) -> None:
    """Reading is for all; asking is for editors, by a form of this page."""
    assert "Run now" not in page(log_in("viewer"))
    client = log_in("editor")
    assert "Run now" in page(client)
    assert client.post("/jobs/fold").status_code == 400
    assert queue.waiting(folder) == []


def test_other_peoples_sites_are_not_shown(app: Flask, log_in: LogIn, folder: DataFolder) -> None:
    """Who may see one site sees nothing of another's jobs, nor what was counted on all, and can ask for its own only."""
    history.keep(folder, row(1, "done", "analyse", "alpha", audiences=7, verdict="good"))
    history.keep(folder, row(2, "done", "analyse", "beta", audiences=5, verdict="good"))
    history.keep(folder, row(3, "failed", "analyse", "gone", "it is gone"))
    history.keep(folder, row(4, "done", visits=1_230, k=10))
    queue.ask(folder, "analyse", "alpha", by="page", now=NOW)
    seen = page(log_in("admin"))
    assert all(said in seen for said in ("7 audiences", "5 audiences", "1,230 visits", "waits for its turn"))
    assert "it is gone" not in seen
    accounts = services_of(app).accounts
    accounts.add("beta@example.org", "viewer", None, {"beta": "editor"})
    client = app.test_client()
    client.get(accounts.entry_link("beta@example.org"))
    seen = page(client)
    assert "5 audiences" in seen
    assert not any(said in seen for said in ("7 audiences", "1,230 visits", "alpha", "waits for its turn"))
    assert post(client, "/jobs", "/sites/beta/analyse").location == "/jobs"
    assert post(client, "/jobs", "/sites/alpha/analyse").status_code == 404
    assert post(client, "/jobs", "/jobs/fold").status_code == 403


def test_every_chapter_has_a_word() -> None:
    """What an analysis says that it does is on the page in the language of the page; a new chapter needs a line in job_words."""
    root = Path(__file__).parents[2] / "analysis"
    said = {
        text
        for path in root.glob("*.py")
        for text in re.findall(r'\b(?:tell|progress)\(\s*"([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(said) > 10
    known = set(
        re.findall(r'^        "([^"]+)": _\(', Path(job_words.__file__).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert said <= known
