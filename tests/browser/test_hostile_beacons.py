"""Scripts in every field of an event, from the collector's door to every page, in a real Chromium."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import polars as pl
import pytest
from werkzeug.test import Client

from analysis import runs
from collector.app import create_app as create_collector
from collector.beacon import Beacon, BeaconJob
from collector.events import Kind
from collector.folder import DataFolder
from collector.settings import Settings
from collector.tokens import Tokens
from tests.browser.conftest import AGENT
from tests.browser.test_pages import Dashboard, draw_charts
from tests.conftest import run_telpunt

pytestmark = pytest.mark.browser

HOST = "werkenbijwaterland.example"
# Without digits in a row and long tails: what the collector would clean away is no test of the pages.
SCRIPTS = (
    "<script>window.executed=1</script>",
    '"><img src=x onerror="window.executed=1">',
    "'><svg onload=window.executed=1>",
    "{{constructor.constructor('window.executed=1')()}}",
)
VISITS = 40  # with each script: over k, also after rounding


def beacons(script: str) -> list[dict[str, Any]]:
    """One visit that says *script* in every field, in every kind of event, and as words in an address."""
    tags = "&".join(f"utm_{name}={quote_plus(script)}" for name in ("source", "medium", "campaign", "content", "term"))
    in_path = quote(script.replace("/", ""), safe="")
    fields: dict[str, Any] = {
        "site": "demo",
        "kind": "page_view",
        "url": f"https://{HOST}/vacatures/{in_path}?{tags}#{quote(script)}",
        "referrer": f"https://elsewhere.example/{in_path}?q={quote_plus(script)}",
        "engaged_ms": 40_000,
        "depth_pct": 80,
        "query": script,
        "results": 0,
        "target": f"https://elsewhere.example/{in_path}",
        "name": script,
        "job": {
            "family": script, "employment_type": script, "remote": True, "location": script, "posted": script, "closes": script,
        },
    }  # fmt: skip
    assert fields.keys() == {field.name for field in msgspec.structs.fields(Beacon)}
    assert fields["job"].keys() == {field.name for field in msgspec.structs.fields(BeaconJob)}
    return [
        {**fields, "kind": kind, "target": target}
        for kind in (Kind.PAGE_VIEW, Kind.ENGAGEMENT, *Kind)
        for target in ((fields["target"], f"javascript:{script}", f"tel:{script}") if kind == Kind.CONTACT else (fields["target"],))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def attacked(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The demo, after visits that say scripts in every field came in over HTTP, were counted and analysed by the real commands."""
    data = tmp_path_factory.mktemp("attacked") / "data"
    shutil.copytree(demo, data)
    folder = DataFolder(data).prepare()
    collector = create_collector(Settings(data=data), folder, Tokens.private(), "w1")
    client = Client(collector)
    answers = set()
    for number in range(VISITS * len(SCRIPTS)):
        sent = json.dumps(beacons(SCRIPTS[number % len(SCRIPTS)]))
        sender = {"REMOTE_ADDR": f"198.51.100.{number}"}
        answer = client.post(
            "/api/event", data=sent, content_type="text/plain", headers={"User-Agent": AGENT}, environ_overrides=sender
        )
        answers.add(answer.headers.get("X-Telpunt", answer.status))
        answer.close()
    collector.close()
    assert answers == {"accepted"}
    for arguments in (("fold", "--all"), ("analyse", "--site", "demo")):
        done = run_telpunt(data, *arguments)
        assert done.returncode == 0, done.stderr.decode()
    made = Dashboard(folder)
    yield made
    made.stop()


def test_scripts_that_came_in_are_words_on_every_page(attacked: Dashboard, browser: Any) -> None:
    """They are among what is published, they are shown, and on no page, in no chart and no picture does one run or become an element."""
    readings = attacked.services.readings
    published = readings.table("demo", "profiles").filter(pl.col("value").str.contains("window.executed", literal=True))
    assert set(published["dimension"]) >= {"job_family", "search_empty", "campaign", "source"}, (
        "nothing hostile got as far as the pages"
    )
    overview = readings.overview("demo", "en")
    host = max(
        overview.shown, key=lambda one: published.filter(pl.col("segment") == one.id)["visits"].sum()
    )  # who they ended up with
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("dialog", lambda dialog: (complaints.append("dialog"), dialog.dismiss()))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
    )
    page.goto(attacked.entry())
    site = "/sites/demo"
    paths = [
        site, f"{site}/audiences", f"{site}/changes", f"{site}/demand", f"{site}/demand?segment={host.id}", f"{site}/live", f"{site}/rules",
        f"{site}/install", f"{site}/first-day", f"{site}/settings", f"{site}/channels/link?audience={host.id}",
        f"{site}/audiences/compare?a={host.id}",
        *(f"{site}/segments/{segment.id}" for segment in overview.shown),
        *(f"{site}/channels?by={name}" for name in ("channel", "source", "campaign", "medium")),
        *(f"{site}/touchpoints?kind={kind}&segment={whose}" for kind in ("page", "vacancy", "event", "action") for whose in ("", host.id)),
        *(
            f"{site}/touchpoints/one?kind={dimension}&value={quote_plus(value)}"
            for dimension, value in published.unique("dimension").select("dimension", "value").iter_rows()
        ),
        "/privacy/demo", "/jobs", "/users",
    ]  # fmt: skip
    shown = 0
    for path in paths:
        answer = page.goto(attacked.address + path)
        assert answer.status == 200, path
        draw_charts(page)
        page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert page.evaluate("window.executed") is None, path
        assert (
            page.locator("main iframe, main script, main [onerror], main [onload], main a[href^='javascript:']").count()
            == 0
        ), path
        shown += "window.executed" in page.locator("main").inner_text()
    assert shown >= 5, "the scripts were not on the pages"
    assert complaints == []
    context.close()


def test_scripts_that_came_in_run_in_no_file(attacked: Dashboard, browser: Any) -> None:
    """A picture of the map opened by itself runs nothing, and the tables are sent as files, never as a page."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(attacked.entry())
    page.goto(attacked.address + "/sites/demo/audiences/map.svg")
    assert page.evaluate("window.executed") is None
    for what in ("segments", "profiles", "demand"):
        answer = page.request.get(f"{attacked.address}/sites/demo/export/{what}.csv")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    context.close()


def test_an_attack_is_in_no_name(attacked: Dashboard) -> None:
    """Labels and sentences are made of our own words and of values; a script in them is text, cut at a bounded length."""
    published = runs.current(attacked.folder, "demo")
    for row in published.table("segments").iter_rows(named=True):
        assert max(len(row[name] or "") for name in ("label", "label_nl", "sentence", "sentence_nl")) < 1000
