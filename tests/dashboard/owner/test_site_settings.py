"""The settings of a site: saved when they make sense, paused and gone when somebody means it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from analysis import runs
from collector.folder import DataFolder
from collector.sites import Registry
from dashboard.owner import site_removal
from tests import factories
from tests.dashboard.conftest import post, services_of

LogIn = Callable[[str], FlaskClient]
SETTINGS = "/sites/demo/settings"
GOOD = {
    "hosts": "werkenbij.example.org\nhttps://jobs.example.org/",
    "timezone": "Europe/Berlin",
    "k": "20",
    "min_visits": "500",
    "keep_months": "25",
    "fine_days": "14",
    "privacy_page": "1",
}


def test_settings_are_saved(folder: DataFolder, log_in: LogIn) -> None:
    """What the form says is what the site has afterwards, and what it does not say stays."""
    factories.site(folder, simulated=True)
    client = log_in("editor")
    post(client, SETTINGS, **GOOD)
    site = Registry.open(folder)["demo"]
    assert site.hosts == ("werkenbij.example.org", "jobs.example.org")
    assert (site.timezone, site.k, site.min_visits, site.keep_months, site.fine_days) == (
        "Europe/Berlin",
        20,
        500,
        25,
        14,
    )
    assert site.privacy_page
    assert site.simulated
    post(client, SETTINGS, **{**GOOD, "privacy_page": ""})
    assert not Registry.open(folder)["demo"].privacy_page


WRONG = [
    ({"hosts": ""}, "A host cannot be used"),
    ({"hosts": "a b/c"}, "A host cannot be used"),
    ({"timezone": "Mars/Olympus"}, "That time zone is not known"),
    ({"k": "1"}, "expected a whole number from 2 to 1000"),
    ({"k": "ten"}, "expected a whole number"),
    ({"k": ""}, "expected a whole number"),
    ({"min_visits": "-5"}, "expected a whole number"),
    ({"keep_months": "1"}, "expected a whole number from 3 to 240"),
    ({"fine_days": "9" * 30}, "expected a whole number"),
    ({"k": "²"}, "expected a whole number"),
]


def test_what_makes_no_sense_is_said_and_not_saved(folder: DataFolder, log_in: LogIn) -> None:
    """Each field has its own sentence; nothing of the form is saved, and what was typed is still there."""
    before = factories.site(folder)
    client = log_in("editor")
    for wrong, said in WRONG:
        answer = post(client, SETTINGS, **{**GOOD, **wrong})
        assert answer.status_code == 400, wrong
        assert said in answer.text, wrong
        assert "jobs.example.org" in answer.text or "hosts" in wrong
        assert Registry.open(folder)["demo"] == before


def test_counting_is_paused_and_resumed(folder: DataFolder, log_in: LogIn) -> None:
    """Pausing shows on the pages of the site, and is undone by the same form."""
    factories.site(folder)
    client = log_in("editor")
    post(client, SETTINGS, "/sites/demo/pause", paused="1")
    assert Registry.open(folder)["demo"].paused
    for page in (SETTINGS, "/sites/demo", "/sites/demo/install", "/privacy/demo"):
        assert "Counting is paused" in client.get(page).text
    post(client, SETTINGS, "/sites/demo/pause", paused="0")
    assert not Registry.open(folder)["demo"].paused
    client.get("/sites/demo")  # reads the message away
    assert "Counting is paused" not in client.get("/sites/demo").text


def test_a_site_is_removed_by_an_administrator_who_types_its_key(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """Only the right key removes it; then its pages are gone, and its names, and its runs."""
    factories.publish(folder, factories.site(folder))
    factories.site(folder, "stays")
    names = services_of(app).names
    names.give("demo", "a01", "Water lovers", by=None)
    names.give("stays", "a01", "Others", by=None)
    assert "Remove it for good" not in log_in("editor").get(SETTINGS).text
    client = log_in("admin")
    wrong = post(client, SETTINGS, "/sites/demo/remove", confirm="stays")
    assert wrong.status_code == 400
    assert "was not removed" in wrong.text
    post(client, SETTINGS, "/sites/demo/remove", confirm=" demo ")
    assert client.get("/sites/demo").status_code == 404
    assert client.get("/privacy/demo").status_code == 404
    assert not runs.has_run(folder, "demo")
    assert names.of("demo") == {}
    assert names.of("stays") == {"a01": "Others"}
    assert client.get("/sites/stays").status_code == 200


def test_an_administrator_of_one_site_alone_cannot_remove_it(app: Flask, folder: DataFolder) -> None:
    """Removing a site is for who manages the installation."""
    factories.site(folder)
    accounts = services_of(app).accounts
    accounts.add("boss@example.org", "admin", None)
    accounts.add("local@example.org", "admin", None, {"demo": "admin"})
    client = app.test_client()
    client.get(accounts.entry_link("local@example.org"))
    assert post(client, SETTINGS, "/sites/demo/remove", confirm="demo").status_code == 403
    assert Registry.open(folder).get("demo")


def test_the_rest_is_deleted_by_the_job(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """While somebody holds the counts a removal waits for the job, which frees the key when a minute is over."""
    factories.publish(folder, factories.site(folder))
    client = log_in("admin")
    services = services_of(app)
    with folder.hold("facts"):
        post(client, SETTINGS, "/sites/demo/remove", confirm="demo")
        assert runs.has_run(folder, "demo")
        assert services.sites.all() == []
    now = datetime.fromtimestamp(services.clock(), UTC)
    with folder.hold("serve"):  # workers are there, so something may still be on its way
        site_removal.finish(folder, services.sites, services.engine, now=now)
        assert not runs.has_run(folder, "demo")
        assert [gone.key for gone in services.sites.removed] == ["demo"]
        site_removal.finish(folder, services.sites, services.engine, now=now + timedelta(seconds=61))
    assert services.sites.removed == ()
    factories.site(folder)


def test_the_commands_do_the_same(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """telpunt site set, pause, resume and remove."""
    from dashboard.cli import main

    factories.publish(folder, factories.site(folder))
    monkeypatch.setenv("TELPUNT_DATA", str(folder.path))

    def run(*arguments: str, **options: str) -> str:
        done = CliRunner().invoke(main, arguments, **options)  # type: ignore[arg-type]
        return f"{done.exit_code} {done.output}"

    assert "k\t20" in run("site", "set", "demo", "--k", "20", "--keep-months", "25", "--no-privacy-page")
    site = Registry.open(folder)["demo"]
    assert (site.k, site.keep_months, site.privacy_page) == (20, 25, False)
    assert run("site", "set", "demo", "--k", "1").startswith("2")
    assert "paused: nothing is counted" in run("site", "pause", "demo")
    assert "paused\tTrue" in run("site", "set", "demo")
    assert "counted again" in run("site", "resume", "demo")
    assert run("site", "remove", "demo", input="no\n").startswith("1")
    assert Registry.open(folder).get("demo")
    assert "is removed" in run("site", "remove", "demo", "--yes")
    assert Registry.open(folder).get("demo") is None
    assert not (folder.runs / "demo").exists()
    assert Registry.open(folder).removed == ()
