"""The pages of a site: overview, one audience, map, install, and what is said when there is nothing yet."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from html import unescape

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis import runs
from analysis.runs import Waiting
from collector.folder import DataFolder
from collector.outcomes import Outcomes
from collector.sites import Registry
from tests import factories
from tests.dashboard.conftest import post, services_of

LogIn = Callable[[str], FlaskClient]
SEGMENT = "/sites/demo/segments/a02"


def plain(page: str) -> str:
    """The text of a page without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_without_a_site_it_says_how_to_add_one(log_in: LogIn) -> None:
    """A fresh installation tells the next step."""
    page = plain(log_in("admin").get("/", follow_redirects=True).text)
    assert "No site yet" in page
    assert "telpunt site add" in page


def test_one_site_opens_at_once_and_several_are_listed(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """With one site there is nothing to choose; with more, each stands with its audiences, and the simulated one says so."""
    client = log_in("viewer")
    factories.site(folder)
    assert client.get("/").location == "/sites/demo"
    factories.publish(folder, factories.site(folder, "acme", simulated=True))
    page = plain(client.get("/").text)
    assert "demo werkenbij.example.org No analysis yet" in page
    assert "8 audiences, 21,480 visits" in page
    assert "Simulated data: no real visits" in page


def test_each_state_before_the_first_run_says_what_comes_next(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """No visits, visits without a run, too few visits: each with its own sentence and step."""
    client = log_in("editor")
    site = factories.site(folder)
    assert "No visits yet" in client.get("/sites/demo").text
    assert "/sites/demo/install" in client.get("/sites/demo").text
    outcomes = Outcomes.open(folder, "test")
    outcomes.add("demo", "accepted", 1_790_000_000, 40)
    outcomes.close(1_790_000_000)
    page = plain(client.get("/sites/demo").text)
    assert "Visits are being counted" in page
    assert "every night at 03:30" in page
    runs.wait(folder, "demo", Waiting(120, site.min_visits))
    assert "Not enough visits yet: 120 of 300" in plain(client.get("/sites/demo").text)
    runs.wait(folder, "demo", Waiting(0, site.min_visits))
    assert "Not enough visits yet: fewer than 10 of 300" in plain(client.get("/sites/demo").text)
    factories.publish(folder, site)
    assert "Who visits" in client.get("/sites/demo/audiences").text


def test_the_overview_lists_every_audience(reader: FlaskClient) -> None:
    """Label, sentence, share, visits and status of each audience, the unclustered visits, and what k means."""
    page = plain(reader.get("/sites/demo/audiences").text)
    assert "Culture readers ↗ growing They read stories" in page
    assert "17% 3,652" in page
    assert "Unclustered visits" in page
    assert "at least 10 visits (visits, not people)" in page


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_is_marked_on_every_page(folder: DataFolder, log_in: LogIn, simulated: bool) -> None:
    """Every page of a simulated site says so in both languages, and no page of a real one does."""
    factories.publish(folder, factories.site(folder, simulated=simulated))
    client = log_in("editor")
    for path in ("/sites/demo", SEGMENT, "/sites/demo/segments/unclustered", "/sites/demo/install"):
        assert ("Simulated data: no real visits" in client.get(f"{path}?lang=en").text) is simulated
        assert ("Gesimuleerde gegevens: geen echte bezoeken" in client.get(f"{path}?lang=nl").text) is simulated


def test_an_audience_tells_what_where_and_when(reader: FlaskClient) -> None:
    """One page says what they do, come for, where they come from, when and with what, each with share, index and interval."""
    page = plain(reader.get(SEGMENT).text)
    for heading in (
        "What stands out",
        "What they do",
        "Where they come from",
        "When they come",
        "With what, and on to where",
    ):
        assert heading in page
    assert "employee stories" in page
    assert "social media" in page
    assert "other, held back under k" in page
    assert "Mon" in page
    assert re.search(r"employee stories 83% ▲ \d+ \d+–\d+ more than average", page)
    assert "(other)" not in page


def test_unclustered_visits_have_a_page_without_a_name(reader: FlaskClient) -> None:
    """The visits of no audience can be looked at and not renamed."""
    page = reader.get("/sites/demo/segments/unclustered").text
    assert "Rename this audience" not in page
    assert post(reader, "/account", "/sites/demo/segments/unclustered/name", name="x").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/sites/nope",
        "/sites/nope/audiences/map.json",
        "/sites/demo/segments/nope",
        "/sites/demo/audiences/map.exe",
        "/sites/../etc/passwd",
    ],
)
def test_what_is_not_there_is_a_404_in_words(reader: FlaskClient, path: str) -> None:
    """An unknown site, segment or form is an error page, not a crash."""
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "No such page" in answer.text


def test_renaming_and_undoing(folder: DataFolder, log_in: LogIn) -> None:
    """An editor's name shows on every page, survives the next run, and goes when taken back; a viewer is not offered it."""
    site = factories.site(folder)
    factories.publish(folder, site)
    client = log_in("editor")
    assert post(client, SEGMENT, f"{SEGMENT}/name", name="  Water\nlovers ").location == SEGMENT
    assert "Water lovers" in client.get("/sites/demo/audiences").text
    assert "Automatic label: Culture readers" in client.get(SEGMENT).text
    factories.publish(folder, site, identity="20261123T033000Z")
    assert "Water lovers" in client.get("/sites/demo/audiences").text
    post(client, SEGMENT, f"{SEGMENT}/name", name="x" * 81)
    assert "nothing was changed" in client.get(SEGMENT).text
    post(client, SEGMENT, f"{SEGMENT}/name", undo="1")
    assert "Water lovers" not in client.get("/sites/demo/audiences").text
    assert "Rename this audience" not in log_in("viewer").get(SEGMENT).text


def test_the_map_comes_as_spec_and_as_drawing(reader: FlaskClient) -> None:
    """One address gives the spec for the browser, gzipped, and the drawings to download."""
    spec = reader.get("/sites/demo/audiences/map.json", headers={"Accept-Encoding": "gzip"})
    assert spec.headers["Content-Encoding"] == "gzip"
    unpacked = msgspec.json.decode(gzip.decompress(spec.data))
    assert 900 in [len(rows) for rows in unpacked["datasets"].values()]
    assert reader.get("/sites/demo/audiences/map.json").json == unpacked
    svg = reader.get("/sites/demo/audiences/map.svg")
    assert svg.content_type == "image/svg+xml"
    assert "telpunt-demo-2026-11-22-map.svg" in svg.headers["Content-Disposition"]
    assert reader.get("/sites/demo/audiences/map.png?theme=dark").data.startswith(b"\x89PNG")


def test_the_map_has_a_table(reader: FlaskClient) -> None:
    """What the map shows can be read without seeing it."""
    assert "vacancy 2–3 times, application form, over 5 minutes" in reader.get("/sites/demo/audiences").text


def test_the_install_page_gives_what_the_owner_needs(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """The snippet with this address, the line for a policy, and every drop reason with its count and what to do; under k no count."""
    factories.site(folder)
    client = log_in("editor")
    page = client.get("/sites/demo/install", base_url="https://count.example.org").status_code
    assert page == 302  # another host, another cookie: log in there
    text = plain(client.get("/sites/demo/install").text)
    assert '<script defer src="http://localhost/t.js" data-site="demo"></script>' in text
    assert "connect-src http://localhost" in text
    assert "No event has arrived yet." in text
    assert "Nothing was dropped." in text
    now = int(time.time())
    outcomes = Outcomes.open(folder, "test")
    outcomes.add("demo", "bot", now - 8 * 86400, 1000)  # too long ago to be shown
    outcomes.note("demo", "wrong_host", now, "staging.example.org")
    outcomes.add("", "unknown_site", now, 12)
    for reason, events in {"accepted": 1234, "bot": 56, "wrong_host": 3}.items():
        outcomes.add("demo", reason, now, events)
    outcomes.add("other", "spam", now, 99)
    outcomes.close(now)
    text = plain(client.get("/sites/demo/install").text)
    assert "Counted events, last 7 days: 1,230" in text  # as all numbers: a multiple of k
    assert re.search(r"Automated traffic bot .* 50", text)
    assert re.search(r"Wrong host wrong_host .* staging.example.org fewer than 10", text)
    assert re.search(r"Unknown site unknown_site .* 10", text)
    assert "Referrer spam" not in text
    assert "wp_head" in text
    assert 'script.dataset.site = "demo"' in text
    assert "telpunt check https://" in text
    assert "What Telpunt sees of you" not in text


def test_the_install_page_shows_an_admin_what_is_seen_of_a_request(
    app: Flask, folder: DataFolder, log_in: LogIn
) -> None:
    """An administrator sees the addresses through which a request came and what is wrong with them; an editor does not."""
    factories.site(folder)
    text = plain(log_in("admin").get("/sites/demo/install", headers={"X-Forwarded-For": "192.0.2.7"}).text)
    assert "What Telpunt sees of you" in text
    assert "X-Forwarded-For 192.0.2.7" in text
    assert "is not believed" in text


def test_the_live_check_tells_that_and_not_how_much(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """The mark of an outcome changes when an event arrives, without telling counts under k."""
    factories.site(folder)
    client = log_in("editor")
    assert client.get("/sites/demo/install/live.json").json == {}
    outcomes = Outcomes.open(folder, "test")
    outcomes.add("demo", "bot", 1_790_000_000)
    outcomes.save(1_790_000_000)
    first = client.get("/sites/demo/install/live.json").json
    assert first
    assert first["bot"]["title"] == "Automated traffic"
    assert not first["bot"]["accepted"]
    assert client.get("/sites/demo/install/live.json").json == first
    outcomes.add("demo", "bot", 1_790_000_000)
    outcomes.close(1_790_000_000)
    assert client.get("/sites/demo/install/live.json").json["bot"]["mark"] != first["bot"]["mark"]


def test_every_drop_reason_has_words(shared_app: Flask) -> None:
    """No drop reason is shown without a title and an advice."""
    from collector.events import DropReason
    from dashboard import reasons

    with shared_app.test_request_context("/?lang=nl"):
        for reason in DropReason:
            assert reasons.title(reason) != reason.replace("_", " ")
            assert reasons.advice(reason)


def test_assets_are_kept_for_a_year_under_an_address_with_their_version(reader: FlaskClient) -> None:
    """Stylesheet, scripts and the Vega bundle are immutable; another version of the bundle is not there."""
    page = reader.get("/sites/demo/audiences").text
    addresses = re.findall(r'(?:href|src)="(/(?:static|assets)/[^"]+)"', page)
    assert len(set(addresses)) >= 5
    for address in set(addresses):
        answer = reader.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert f"max-age={365 * 24 * 3600}" in answer.headers["Cache-Control"]
        answer.close()
    assert reader.get("/assets/vega-other.js").status_code == 404


def test_a_new_site_shows_without_a_restart(app: Flask, folder: DataFolder, log_in: LogIn) -> None:
    """A site that a command adds is on the pages at the next look."""
    client = log_in("viewer")
    assert client.get("/sites/demo").status_code == 404
    factories.site(folder)
    assert client.get("/sites/demo").status_code == 200
    assert Registry.open(folder).get("demo")
    assert services_of(app).sites.get("demo")
