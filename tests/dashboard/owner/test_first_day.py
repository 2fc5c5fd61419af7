"""A site owner's first day, and the wait for audiences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from re import sub

from flask import Flask
from flask.testing import FlaskClient

from analysis import fold, queue
from collector.folder import DataFolder
from collector.outcomes import Outcomes
from collector.settings import Settings
from collector.sites import Registry
from tests import factories
from tests.analysis.journals import MONDAY, hit, stage
from tests.dashboard.conftest import Clock, post, services_of

LogIn = Callable[[str], FlaskClient]
NEW = {"hosts": "https://werkenbij.acme.nl/ jobs.acme.nl", "key": "Acme", "timezone": "Europe/Brussels"}


def plain(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


def test_an_administrator_without_a_site_is_led_to_add_one(folder: DataFolder, log_in: LogIn) -> None:
    """The first page asks for the site; with it made, the steps come; a viewer is told that there is none."""
    client = log_in("admin")
    assert client.get("/").location == "/welcome"
    answer = post(client, "/welcome", **NEW)
    assert answer.location == "/sites/acme/first-day"
    site = Registry.open(folder)["acme"]
    assert (site.hosts, site.timezone) == (("werkenbij.acme.nl", "jobs.acme.nl"), "Europe/Brussels")
    page = client.get("/sites/acme/first-day").text
    assert "data-site=&#34;acme&#34;" in page
    assert page.count(">to do<") == 4


def test_a_viewer_without_a_site_is_told_so(log_in: LogIn) -> None:
    """Who may not add a site is not led to a page that he may not open."""
    assert "No site yet" in log_in("viewer").get("/").text


WRONG = [
    ({"key": "a b"}, "The key cannot be used"),
    ({"key": "x" * 41}, "The key cannot be used"),
    ({"key": ""}, "The key cannot be used"),
    ({"key": "demo"}, "There is a site of that key already"),
    ({"hosts": "a.nl/path"}, "A host cannot be used"),
    ({"hosts": ""}, "A host cannot be used"),
    ({"timezone": "x"}, "That time zone is not known"),
]


def test_a_site_that_cannot_be_is_said(folder: DataFolder, log_in: LogIn) -> None:
    """Each mistake has its sentence, and nothing is added."""
    before = factories.site(folder)
    client = log_in("admin")
    for wrong, said in WRONG:
        answer = post(client, "/welcome", **{**NEW, **wrong})
        assert answer.status_code == 400, wrong
        assert said in answer.text, wrong
    assert Registry.open(folder).all() == [before]


def test_the_steps_say_what_is_done(folder: DataFolder, log_in: LogIn) -> None:
    """An event that was counted marks the snippet as there; a run marks the audiences as found."""
    site = factories.site(folder)
    client = log_in("editor")
    outcomes = Outcomes.open(folder, "test")
    outcomes.add("demo", "accepted", 1_790_000_000, 40)
    outcomes.close(1_790_000_000)
    page = client.get("/sites/demo/first-day").text
    assert "Events arrive and are counted." in page
    assert page.count(">to do<") == 2
    factories.publish(folder, site)
    assert "Look at the audiences" in client.get("/sites/demo/first-day").text


def test_the_wait_has_an_end_in_sight(folder: DataFolder, clock: Clock, log_in: LogIn) -> None:
    """The pages of a new site say how many visits there are, of how many, and in about how many days it is ready."""
    factories.site(folder, "s")
    stage(folder, [hit(number * 60, f"{number:016x}") for number in range(1, 106)])
    clock.now = MONDAY + 86_400
    fold.fold(folder, Settings(data=folder.path), Registry.open(folder), now=datetime.fromtimestamp(clock.now, UTC))
    client = log_in("viewer")
    page = plain(client.get("/sites/s?lang=en").text)
    assert "100 of 300 visits , about 2 days to go" in page
    assert "nog ongeveer 2 dagen" in plain(client.get("/sites/s?lang=nl").text)


def test_few_visits_are_not_counted_out(folder: DataFolder, clock: Clock, log_in: LogIn) -> None:
    """Under k visits their number is not said."""
    factories.site(folder, "s")
    stage(folder, [hit(number * 60, f"{number:016x}") for number in range(1, 8)])
    clock.now = MONDAY + 86_400
    fold.fold(folder, Settings(data=folder.path), Registry.open(folder), now=datetime.fromtimestamp(clock.now, UTC))
    assert "fewer than 10 of 300 visits" in plain(log_in("viewer").get("/sites/s").text)


def test_the_simulated_site_is_asked_for_once(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """The button asks the jobs for it, when they run; asked twice it is made once; a real site "demo" is left alone."""
    client = log_in("admin")
    assert "telpunt demo" in client.get("/welcome").text
    with folder.hold("jobs"):
        assert "Make the simulated site" in client.get("/welcome").text
        post(client, "/welcome", "/welcome/tour")
        post(client, "/welcome", "/welcome/tour")
    assert [(one.job, one.site) for one in queue.waiting(folder)] == [("tour", "demo")]
    assert "is being made" in client.get("/welcome").text
    assert 'http-equiv="refresh"' not in client.get("/welcome").text  # what is being typed there would be lost
    assert 'http-equiv="refresh"' in client.get("/welcome/tour").text
    queue.done(folder, queue.waiting(folder)[0])
    factories.publish(folder, factories.site(folder, simulated=True))
    assert "Look at the simulated site" in client.get("/welcome").text
    Registry.open(folder).remove(folder, "demo", services_of(app).clock())
    Registry.open(folder).settle(folder, "demo")
    factories.site(folder)
    assert "Look around first" not in client.get("/welcome").text
