"""The public page: true, for everybody, and without a cookie."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from re import sub

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from collector.folder import DataFolder
from collector.sites import Registry
from tests import factories


def text(client: FlaskClient, path: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", client.get(path).text)).split())


def test_everybody_reads_it_and_gets_no_cookie(app: Flask, folder: DataFolder) -> None:
    """Without logging in the page is there, sets nothing, and can't be framed."""
    factories.publish(folder, factories.site(folder))
    answer = app.test_client().get("/privacy/demo")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert 'name="robots" content="noindex"' in answer.text
    assert "<form" not in answer.text
    assert "<script" not in answer.text


def test_it_says_what_the_settings_are(app: Flask, folder: DataFolder) -> None:
    """k, the days that patterns stay fine, the months that counts are kept, and the totals of the published run."""
    factories.publish(folder, factories.site(folder, k=25, keep_months=25, fine_days=14))
    page = text(app.test_client(), "/privacy/demo?lang=en")
    assert "in groups of at least 25 visits" in page
    assert "25 months, then deleted" in page
    assert "14 days, then in groups of at least 25 too" in page
    assert "away for 30 minutes" in page
    assert "of programs, which kind 35 days" in page
    assert "21,480" in page
    dutch = text(app.test_client(), "/privacy/demo?lang=nl")
    assert "Geteld, niet gevolgd" in dutch
    assert "21.480" in dutch


def test_before_a_run_there_are_no_figures(app: Flask, folder: DataFolder) -> None:
    """Only what is published is shown, so nothing before anything is."""
    factories.site(folder)
    page = text(app.test_client(), "/privacy/demo?lang=en")
    assert "What is not kept" in page
    assert "Visits counted" not in page


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_says_so(app: Flask, folder: DataFolder, simulated: bool) -> None:
    """The figures of the simulated site are marked as such here too."""
    factories.publish(folder, factories.site(folder, simulated=simulated))
    assert ("Simulated data" in text(app.test_client(), "/privacy/demo?lang=en")) is simulated


def test_a_page_that_is_off_is_not_there(app: Flask, folder: DataFolder, log_in: Callable[[str], FlaskClient]) -> None:
    """Switched off it answers like a site that does not exist."""
    factories.site(folder)
    Registry.open(folder).change(folder, "demo", lambda site: msgspec.structs.replace(site, privacy_page=False))
    client = app.test_client()
    off, unknown = client.get("/privacy/demo"), client.get("/privacy/nobody")
    assert off.status_code == unknown.status_code == 404
    assert "It is off." in log_in("editor").get("/sites/demo/settings").text
