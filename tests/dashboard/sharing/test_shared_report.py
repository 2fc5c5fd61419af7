from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.people.tokens import DAY_S
from dashboard.reports import apart, formats
from dashboard.reports.apart import TURN
from dashboard.reports.look import Look, Looks
from dashboard.sharing import report as shared_report
from dashboard.sharing.kept import SharedLinks
from dashboard.sharing.shares import InvalidShare, Paper
from tests import factories
from tests.dashboard.conftest import Clock, services_of

LogIn = Callable[[str], FlaskClient]
SHORT = Paper(("summary", "changes"), "en", ("pdf",))
PASSWORD = "kurhaus pannenkoek fietsbel"


@pytest.fixture
def links(app: Flask) -> SharedLinks:
    """The links of an installation with a published run."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    services.sites.refresh()
    services.accounts.add("admin@example.org", "admin", None)
    return services.shared_links


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are written in this process, which has the writers already; that they are written apart is tested with the page of reports."""
    monkeypatch.setattr(apart, "write", lambda form, report, look: formats.by_name(form).write(report, look))


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What reports were built with, one after the other."""
    noted: list[dict[str, Any]] = []
    real = shared_report.build

    def build(*told: Any, **choices: Any) -> Any:
        noted.append(choices)
        return real(*told, **choices)

    monkeypatch.setattr(shared_report, "build", build)
    return noted


def make(links: SharedLinks, paper: Paper = SHORT, **more: Any) -> str:
    return "/shared/" + links.make("demo", "Board", "report", 30, paper=paper, **more)


def without_bar(page: TestResponse) -> str:
    return re.sub(r"<style>\n\.shared-bar.*?</aside>", "", page.text, flags=re.DOTALL)


@pytest.mark.parametrize("segment", ["", "a02"])
def test_a_shared_report_is_the_report(app: Flask, links: SharedLinks, log_in: LogIn, segment: str) -> None:
    """Without the bar on top it is, letter for letter, the HTML report of who is logged in; its figures are those of the first page."""
    paper = Paper(("summary", "audiences", "changes", "touchpoints", "demand", "briefs", "about"), "en")
    viewer = log_in("viewer")
    seen = app.test_client().get(make(links, paper, segment=segment))
    assert seen.status_code == 200
    own = viewer.get(f"/sites/demo/report/file?format=html&language=en&segment={segment}").text
    assert without_bar(seen) == own
    if not segment:
        figures = re.findall(r'<dd class="figure">([^<]+)</dd>', own)
        page = unescape(re.sub(r"<[^>]+>", " ", viewer.get("/sites/demo?lang=en").text)).split()
        assert len(figures) > 3
        assert set(figures) <= set(page)


def test_it_is_taken_away_as_the_link_allows_and_not_otherwise(app: Flask, links: SharedLinks) -> None:
    """The forms of the link are linked and there, with the name that the file has for who is logged in; others are not there."""
    stranger = app.test_client()
    path = make(links, Paper(("about",), "nl", ("pdf", "xlsx")))
    page = stranger.get(path)
    targets = re.findall(r'href="([^"#][^"]*)"', page.text)
    assert targets == [f"{path}/report.pdf", f"{path}/report.xlsx"]
    assert "Meenemen:" in page.text
    for form in ("pdf", "xlsx"):
        taken = stranger.get(f"{path}/report.{form}")
        assert taken.status_code == 200
        assert taken.headers["Content-Disposition"] == f'attachment; filename="telpunt-demo-2026-11-22-report.{form}"'
    for form in ("pptx", "html", "exe"):
        assert stranger.get(f"{path}/report.{form}").status_code == 404
    assert "report." not in stranger.get(make(links, Paper(("about",), "nl"))).text
    assert stranger.get(f"{path}/chart.svg").status_code == 404
    assert stranger.get(f"{path}/embed").status_code == 404


def test_nothing_in_it_acts(app: Flask, links: SharedLinks) -> None:
    """Its policy allows no script, no address and of styles only those that stand in it, each by what it is."""
    page = app.test_client().get(make(links))
    policy = page.headers["Content-Security-Policy"]
    styles = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    assert policy.startswith("default-src 'none'; style-src " + " ".join(f"'sha256-{each}'" for each in hashes) + ";")
    assert len(styles) == 2
    assert not re.search(r"unsafe|http|script|'self'", policy)
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert ' style="' not in page.text  # it would need an exception


def test_every_answer_of_a_link_is_private(app: Flask, links: SharedLinks) -> None:
    """Page, file, form for the password, refusal, 404 and 405: none is kept by a cache, listed by a search engine, or named to another site."""
    stranger = app.test_client()
    path = make(links)
    locked = make(links, password_hash=services_of(app).accounts.passwords.hash(PASSWORD))
    answers = [
        stranger.get(path), stranger.get(f"{path}/report.pdf"), stranger.get(locked), stranger.get("/shared/x"),
        stranger.post(locked, data={"password": "wrong"}), stranger.put(path), stranger.get(f"{path}/report.exe"),
        stranger.get("/shared/"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 403, 405, 404, 404]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers


def test_other_ways_of_asking_tell_nothing(app: Flask, links: SharedLinks) -> None:
    """HEAD answers as GET without a body; OPTIONS is the same for a link and for none; nothing can be put or deleted."""
    stranger = app.test_client()
    path = make(links)
    head = stranger.head(path)
    assert head.status_code == 200
    assert head.data == b""
    good, bad = (stranger.options(each) for each in (path, "/shared/x"))
    assert (good.status_code, good.data, good.headers["Allow"]) == (bad.status_code, bad.data, bad.headers["Allow"])
    assert [stranger.open(path, method=way).status_code for way in ("PUT", "DELETE", "PATCH")] == [405] * 3
    sent = stranger.post(f"{path}?next=https://evil.example", data={"password": "x", "next": "//evil.example"})
    assert sent.location == path


def test_the_address_chooses_nothing(app: Flask, links: SharedLinks, builds: list[dict[str, Any]]) -> None:
    """Another audience, chapter, language or form in the query changes nothing of a shared report."""
    stranger = app.test_client()
    path = make(links, segment="a01")
    plain = stranger.get(path).text
    asked = stranger.get(path + "?segment=a02&chapter=demand&language=nl&lang=nl&format=pptx&key=other&weeks=52").text
    assert asked == plain
    assert len(builds) == 1


def test_many_readers_are_one_report(app: Flask, links: SharedLinks, builds: list[dict[str, Any]]) -> None:
    """It is made once for everybody, and again as soon as a name, a look, a mark or the run is another."""
    services = services_of(app)
    stranger = app.test_client()
    path = make(links)

    def read() -> str:
        return "".join(app.test_client().get(path).text for _ in range(3))

    read()
    assert len(builds) == 1
    services.names.give("demo", "a01", "Wrench turners", by=None)
    assert "Wrench turners" in read()
    Looks(services.engine).put("demo", Look("Waterschap", "#123456"))
    assert "Waterschap" in read()
    factories.publish(services.folder, services.sites.get("demo"), visits=30_000, identity="20261122T043000Z")  # type: ignore[arg-type]
    before = len(builds)
    assert "30,000" in read()
    assert len(builds) == before + 1 == 4
    # A link to the same report is the same report, with its own bar.
    other = stranger.get(make(links)).text
    assert len(builds) == 4
    assert path not in other


def test_a_link_ends_though_its_report_is_kept(app: Flask, links: SharedLinks, clock: Clock) -> None:
    """Revoked, expired or its site removed: 404 at once, page and file."""
    stranger = app.test_client()
    revoked, expiring = make(links), make(links)
    for path in (revoked, expiring):
        assert stranger.get(path).status_code == stranger.get(f"{path}/report.pdf").status_code == 200
    links.revoke("demo", links.of("demo")[1].id)
    assert [stranger.get(path).status_code for path in (revoked, f"{revoked}/report.pdf", expiring)] == [404, 404, 200]
    clock.now += 30 * DAY_S
    assert stranger.get(expiring).status_code == stranger.get(f"{expiring}/report.pdf").status_code == 404
    assert "This link opens nothing" in stranger.get(expiring).text


def test_who_comes_while_one_is_made_is_asked_to_wait(app: Flask, links: SharedLinks) -> None:
    """503 in words with Retry-After, in the page itself too; what is made already is still there; nobody waits in a thread."""
    stranger = app.test_client()
    ready, other = make(links), make(links, Paper(("about",), "en", ("pdf",)))
    stranger.get(ready)
    with app.extensions[TURN]:
        for path in (other, f"{other}/report.pdf"):
            busy = stranger.get(path)
            assert busy.status_code == 503
            assert busy.headers["Retry-After"] == "4"
            assert '<meta http-equiv="refresh" content="4">' in busy.text
            assert "The report is being made" in busy.text
        assert stranger.get(ready).status_code == 200
    assert stranger.get(other).status_code == 200


def test_a_report_that_fails_lets_the_next_one_in(
    app: Flask, links: SharedLinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while it is made is an error page, and the turn is given back."""
    app.testing = False
    stranger = app.test_client()
    path = make(links)

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(shared_report, "build", fail)
        assert stranger.get(path).status_code == 500
    assert stranger.get(path).status_code == 200


def test_a_log_has_no_address_of_a_link(
    app: Flask, links: SharedLinks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails is told by its route: the token is in no line."""
    app.testing = False
    path = make(links)

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(shared_report, "build", fail)
    assert app.test_client().get(f"{path}?x=secret").status_code == 500
    told = caplog.text
    assert "Exception on /shared/<token> [GET]" in told
    assert path.removeprefix("/shared/") not in told
    assert "secret" not in told


def test_an_audience_that_is_gone_is_said_to_who_may_know(app: Flask, links: SharedLinks) -> None:
    """404 in words; with a password only once that is typed."""
    stranger = app.test_client()
    gone = make(links, segment="zz")
    assert "This audience is not there now" in stranger.get(gone).text
    assert stranger.get(gone).status_code == stranger.get(f"{gone}/report.pdf").status_code == 404
    locked = make(links, segment="zz", password_hash=services_of(app).accounts.passwords.hash(PASSWORD))
    assert "audience" not in stranger.get(locked).text.partition("<main")[2]
    stranger.post(locked, data={"password": PASSWORD})
    assert "This audience is not there now" in stranger.get(locked).text


def test_a_password_covers_report_and_files(app: Flask, links: SharedLinks) -> None:
    """Without it neither is there, with it both are."""
    stranger = app.test_client()
    path = make(links, password_hash=services_of(app).accounts.passwords.hash(PASSWORD))
    assert "shared-bar" not in stranger.get(path).text
    assert stranger.get(f"{path}/report.pdf").status_code == 404
    stranger.post(path, data={"password": PASSWORD})
    assert "shared-bar" in stranger.get(path).text
    assert stranger.get(f"{path}/report.pdf").data.startswith(b"%PDF")


def test_what_comes_from_outside_stays_text(app: Flask, links: SharedLinks) -> None:
    """A body or style tag in labels and names moves neither the bar nor the policy."""
    services = services_of(app)
    attack = '<body onload=alert(1)><style>*{}</style></aside><script>1</script>"'
    factories.publish(
        services.folder,
        services.sites.get("demo"),
        text=lambda words: attack + words,
        identity="20261122T053000Z",  # type: ignore[arg-type]
    )
    Looks(services.engine).put("demo", Look(attack[:80], "#123456"))
    page = app.test_client().get(make(links, Paper(("summary", "audiences"), "en", ("pdf",))))
    assert page.text.count("<body") == page.text.count('<aside class="shared-bar"') == 1
    assert page.text.count("<style>") == page.headers["Content-Security-Policy"].count("sha256-") == 2
    assert "<script" not in page.text


@pytest.mark.parametrize(
    "paper",
    [
        None, Paper((), "en"), Paper(("nope",), "en"), Paper(("changes", "summary"), "en"), Paper(("summary", "summary"), "en"),
        Paper(("summary",), "fr"), Paper(("summary",), "en", ("html",)), Paper(("summary",), "en", ("xlsx", "pdf")),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_is_refused(links: SharedLinks, paper: Paper | None) -> None:
    """Chapters, language and forms are those that are there, in their order and once; a report needs them, and pages have none."""
    with pytest.raises(InvalidShare, match="report is"):
        links.make("demo", "Board", "report", 30, paper=paper)
    with pytest.raises(InvalidShare, match="report is"):
        links.make("demo", "Board", "overview", 30, paper=SHORT)
