from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.sharing.kept import SharedLinks
from dashboard.sharing.shares import EMBEDDED, VIEWS, Frame, InvalidShare
from tests import factories
from tests.dashboard.conftest import services_of

LogIn = Callable[[str], FlaskClient]
HERE = Frame(("intranet.example.org",))


@pytest.fixture
def links(app: Flask) -> SharedLinks:
    """The links of an installation with a published run."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    services.accounts.add("admin@example.org", "admin", None)
    return services.shared_links


def make(links: SharedLinks, view: str, frame: Frame = HERE, segment: str = "a02") -> str:
    token = links.make("demo", "Intranet", view, 30, segment=segment if view == "audience" else "", frame=frame)
    return f"/shared/{token}/embed"


def numbers(page: str) -> list[str]:
    return re.findall(r'<td class="number">([^<]+)</td>', page)


def test_shares_are_those_of_the_page(app: Flask, links: SharedLinks, log_in: LogIn) -> None:
    """Each audience with the share that the page of audiences gives it."""
    page = log_in("viewer").get("/sites/demo/audiences").text
    for view in ("overview", "audiences"):
        framed = app.test_client().get(make(links, view)).text
        assert numbers(framed) == re.findall(r"<strong>([\d.]+%)</strong>", page)
        assert framed.count('class="bar ') == len(numbers(framed))


def test_weeks_are_those_of_the_chart_of_the_page(app: Flask, links: SharedLinks, log_in: LogIn) -> None:
    """Every week of every audience is what the chart of the overview has for that period; first and last stand beside the names."""
    stranger, viewer = app.test_client(), log_in("viewer")
    path = make(links, "overview")
    for asked, length in (("", 13), ("&weeks=4", 4), ("&weeks=no", 4)):
        framed = stranger.get(f"{path}?chart=weeks{asked}").text
        chart: Any = viewer.get(f"/sites/demo/over-time.json?weeks={length}").json
        drawn: dict[str, list[str]] = {}
        for row in chart["datasets"][chart["data"]["name"]]:
            drawn.setdefault(row["label"].capitalize(), []).append(row["amount"])
        _, beside, whole = framed.split("<table")
        names = [unescape(name).strip().capitalize() for name in re.findall(r"</span> ([^<]+)</th>", beside)]
        assert names == list(drawn)
        assert numbers(beside) == [share for name in names for share in (drawn[name][0], drawn[name][-1])]
        weeks = len(drawn[names[0]])
        assert numbers(whole) == [drawn[name][week] for week in range(weeks) for name in names]
        assert len(re.findall(r'<polygon class="stack-area c\d+"', framed)) == len(names)


def test_a_trend_is_that_of_the_page(app: Flask, links: SharedLinks, log_in: LogIn) -> None:
    """The line and the figures of one audience are those of its page, and no other audience is in it."""
    framed = app.test_client().get(make(links, "audience") + "?segment=a01&chart=shares").text
    page = log_in("viewer").get("/sites/demo/segments/a02").text
    [line] = re.findall(r'<polyline class="spark-line" points="([^"]+)"', framed)
    assert f'points="{line}"' in page
    assert len(numbers(framed)) == 2 * len(factories.WEEKS)
    assert " ".join(numbers(framed)) in " ".join(numbers(page))
    assert "Culture readers" in framed
    assert "Job-board technicians" not in framed


def test_the_link_says_what_stands_above_it(app: Flask, links: SharedLinks) -> None:
    """The heading is the link's, as text, whatever the address says; a page that has its own hides it from the eye only."""
    stranger = app.test_client()
    path = make(links, "overview", Frame(HERE.hosts, "Who <b>reads</b> us"))
    framed = stranger.get(f"{path}?heading=Pay+here&title=Pay+here").text
    assert '<h1 class="embed-title">Who &lt;b&gt;reads&lt;/b&gt; us</h1>' in framed
    assert "Pay" not in framed
    assert '<h1 class="embed-title unseen">Who &lt;b' in stranger.get(f"{path}?heading=no").text
    assert (
        '<h1 class="embed-title">Audiences of werkenbij.example.org</h1>' in stranger.get(make(links, "overview")).text
    )
    with pytest.raises(InvalidShare, match="heading"):
        make(links, "overview", Frame(HERE.hosts, "x" * 81))


def test_colours_and_language_are_the_address_s_or_the_reader_s(app: Flask, links: SharedLinks) -> None:
    """Light, dark, Dutch and English as asked for; else as the browser prefers; what is none of these is as if it was not there."""
    stranger = app.test_client()
    path = make(links, "audiences")

    def sheets(query: str) -> list[str]:
        return re.findall(r'dark\.css[^"]*" media="([^"]+)"', stranger.get(path + query).text)

    assert sheets("") == sheets("?theme=pink") == ["(prefers-color-scheme: dark)"]
    assert sheets("?theme=dark") == ["all"]
    assert sheets("?theme=light") == []
    assert '<html lang="nl">' in stranger.get(f"{path}?lang=nl").text
    assert '<html lang="nl">' in stranger.get(path, headers={"Accept-Language": "nl-NL"}).text
    assert '<html lang="en">' in stranger.get(f"{path}?lang=xx").text


def test_nothing_acts_and_nothing_is_kept(app: Flask, links: SharedLinks) -> None:
    """No script, no form, no link to elsewhere, no cookie; frames on the link's hosts only."""
    for view, charts in EMBEDDED.items():
        for chart in charts:
            answer = app.test_client().get(f"{make(links, view)}?chart={chart}")
            assert answer.status_code == 200
            assert not re.search(r"<script|<form|<a |<img|<iframe| style=", answer.text)
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors intranet.example.org")
            assert "X-Frame-Options" not in answer.headers


def test_views_without_a_chart_are_not_framed(links: SharedLinks) -> None:
    """A link of such a view, or one with a password, has no hosts."""
    for view in set(VIEWS) - set(EMBEDDED) - {"report"}:
        with pytest.raises(InvalidShare, match="framed"):
            make(links, view)
    with pytest.raises(InvalidShare, match="framed"):
        links.make("demo", "Intranet", "overview", 30, frame=HERE, password_hash="x")


def test_an_audience_that_is_gone_says_so_in_its_frame(app: Flask, links: SharedLinks) -> None:
    """The page that says why stands in the frame, too; that of a link that never was does not."""
    gone = app.test_client().get(make(links, "audience", segment="zz"))
    assert gone.status_code == 404
    assert "This audience is not there now" in gone.text
    assert gone.headers["Content-Security-Policy"].endswith("frame-ancestors intranet.example.org")
    assert app.test_client().get("/shared/x/embed").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("chart", ["shares", "weeks"])
def test_a_run_without_weeks_has_a_chart_that_says_so(app: Flask, links: SharedLinks, chart: str) -> None:
    """A young site, whose run has no weekly figures, still has its shares, and over time a sentence."""
    services = services_of(app)
    services.sites.refresh()
    factories.publish(services.folder, services.sites.get("demo"), identity="20261122T063000Z")  # type: ignore[arg-type]
    folder = services.folder.runs / "demo" / "20261122T063000Z"
    for table in ("trends", "figures"):
        (folder / f"{table}.parquet").unlink()
    answer: Any = app.test_client().get(f"{make(links, 'overview')}?chart={chart}")
    assert answer.status_code == 200
    assert ("There are not enough weeks yet" in answer.text) is (chart == "weeks")
