from __future__ import annotations

import html
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from collector import channels
from collector.sites import make_site
from dashboard import campaign_links
from dashboard.campaign_links import Wish

SITE = make_site("acme", ["werkenbij.example.org"])
PAGE = "https://werkenbij.example.org/vacatures/monteur"


def test_a_link_is_counted_as_the_page_says() -> None:
    """The collector reads the tags back as they were meant: channel, source and campaign."""
    made = campaign_links.build(Wish(PAGE, "LinkedIn", "Paid social", "Verhalen van het Water"), SITE)
    assert made.link == f"{PAGE}?utm_source=linkedin&utm_medium=paid-social&utm_campaign=verhalen-van-het-water"
    assert made.counted == channels.read("", made.link, SITE)
    assert (made.counted.channel, made.counted.source) == ("paid_social", "linkedin")


def test_parameters_and_anchor_of_the_page_stay() -> None:
    """Old tags are replaced; what else the address has is kept."""
    made = campaign_links.build(Wish(PAGE + "?lang=nl&utm_source=old#top", "indeed", "jobboard", "x y"), SITE)
    assert parse_qs(urlsplit(made.link).query) == {
        "lang": ["nl"],
        "utm_source": ["indeed"],
        "utm_medium": ["jobboard"],
        "utm_campaign": ["x-y"],
    }
    assert made.link.endswith("#top")


@pytest.mark.parametrize(
    ("wish", "problems"),
    [
        (Wish("", "indeed", "jobboard", "x"), {"page": "missing"}),
        (Wish("javascript:alert(1)//", "indeed", "jobboard", "x"), {"page": "not_a_page"}),
        (Wish("https://evil.example/x", "indeed", "jobboard", "x"), {"page": "other_host"}),
        (Wish("https://werkenbij.example.org@evil.example/", "indeed", "jobboard", "x"), {"page": "other_host"}),
        (Wish("https://[::1/", "indeed", "jobboard", "x"), {"page": "not_a_page"}),
        (Wish(PAGE, "", "", ""), {"source": "missing", "medium": "missing", "campaign": "missing"}),
        (Wish(PAGE, "indeed", "email", "jan.jansen@example.org"), {"campaign": "unclear"}),
        (Wish(PAGE, "indeed", "email", "06-12345678"), {"campaign": "unclear"}),
    ],
)
def test_a_bad_wish_gets_its_reason(wish: Wish, problems: dict[str, str]) -> None:
    """There is no link when something is missing, leads elsewhere or looks like a person; each field says why."""
    assert campaign_links.build(wish, SITE) == campaign_links.Made("", None, problems)


@given(*[st.text(max_size=80)] * 5)
def test_any_text_gives_a_link_of_the_site_or_a_reason(
    page: str, source: str, medium: str, campaign: str, content: str
) -> None:
    """Nothing that is typed makes an error, and a link always leads to the site, with tags that are words."""
    made = campaign_links.build(Wish(PAGE + page, source, medium, campaign, content), SITE)
    assert bool(made.link) != bool(made.problems)
    if made.link:
        parts = urlsplit(made.link)
        assert parts.scheme == "https"
        assert parts.hostname == "werkenbij.example.org"
        for name, values in parse_qs(parts.query).items():
            if name in ("utm_source", "utm_medium", "utm_campaign", "utm_content"):
                assert values[-1].replace("-", "").isalnum()


def test_channels_page_shows_each_audience_beside_the_site(reader: FlaskClient) -> None:
    """Every dimension opens; the job board that technicians come from stands out for them."""
    page = reader.get("/sites/demo/channels?by=source").text
    assert "indeed" in page
    assert "matrix-more" in page
    for name in ("channel", "campaign", "medium", "<script>"):
        assert reader.get("/sites/demo/channels", query_string={"by": name}).status_code == 200


def test_link_page_suggests_sources_of_an_audience(reader: FlaskClient) -> None:
    """From an audience to a link: its sources are proposed, and the form keeps what was typed."""
    page = html.unescape(reader.get("/sites/demo/channels/link", query_string={"audience": "a01"}).text)
    assert "Sources that bring this audience more than the average" in page
    page = reader.get(
        "/sites/demo/channels/link",
        query_string={"page": '"><script>alert(1)</script>', "source": "indeed", "medium": "jobboard", "campaign": "x"},
    ).text
    assert "<script>alert(1)" not in page
    assert "This page is not on a host of this site" in page


def test_live_page_says_when_there_is_too_little(shared_app: Flask, reader: FlaskClient) -> None:
    """Without visits the page says that so few are not shown."""
    assert "Fewer than 10 visits in the last 30 minutes" in reader.get("/sites/demo/live").text
