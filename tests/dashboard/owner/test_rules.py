"""The rules page: what pages are, tried before it counts, and taken back."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from re import search, sub

import polars as pl
import pytest
from flask.testing import FlaskClient

from analysis.runs import TABLES
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, Rule, make_site
from dashboard.app import create_app
from tests import factories
from tests.dashboard.conftest import post, services_of
from tests.dashboard.owner.test_sitemap import urlset
from tests.dashboard.test_fetching import serving

LogIn = Callable[[str], FlaskClient]
RULES = "/sites/demo/rules"


def plain(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


def seen(folder: DataFolder, paths: dict[str, int]) -> None:
    """Publish a run in which these paths were seen."""
    run = factories.publish(folder, Registry.open(folder)["demo"])
    rows = pl.DataFrame({"value": list(paths), "visits": list(paths.values())}).with_columns(
        segment=pl.lit(""), kind=pl.lit("page")
    )
    table = rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in TABLES["touchpoints"].items()
    )
    table.write_parquet(folder.runs / "demo" / run.id / "touchpoints.parquet")


@pytest.fixture
def client(folder: DataFolder, log_in: LogIn) -> FlaskClient:
    factories.site(folder)
    return log_in("editor")


def rules_of(folder: DataFolder) -> list[tuple[str, str]]:
    return [(rule.path, rule.touchpoint) for rule in Registry.open(folder)["demo"].rules]


def test_a_rule_is_tried_on_the_pages_seen_before_it_counts(client: FlaskClient, folder: DataFolder) -> None:
    """Trying shows which pages seen would change, and for how many visits, and changes nothing."""
    seen(folder, {"/xyzzy/a": 120, "/xyzzy/b": 30, "/vacatures/kok": 500})
    page = plain(client.get(f"{RULES}?pattern=/xyzzy/*&touchpoint=story").text)
    assert "2 of the pages seen lately would count differently, with 150 visits" in page
    assert rules_of(folder) == []
    assert "None of the pages seen lately" in plain(client.get(f"{RULES}?pattern=/nowhere&touchpoint=story").text)


def test_rules_are_added_edited_moved_removed_and_taken_back(client: FlaskClient, folder: DataFolder) -> None:
    """Every change is a form, says what it did, and the last one can be taken back."""
    seen(folder, {"/xyzzy/a": 120})
    post(client, RULES, action="add", pattern="/xyzzy/*", touchpoint="story")
    assert "1 of the pages seen lately counts differently; it had 120 visits" in plain(client.get(RULES).text)
    post(client, RULES, action="add", pattern="/xyzzy/a", touchpoint="team", first="1")
    assert rules_of(folder) == [("/xyzzy/a", "team"), ("/xyzzy/*", "story")]
    post(client, RULES, **{"action": "edit:2", "pattern-2": "/xyzzy*", "touchpoint-2": "culture"})
    post(client, RULES, action="down:1")
    assert rules_of(folder) == [("/xyzzy*", "culture"), ("/xyzzy/a", "team")]
    post(client, RULES, action="remove:1")
    assert rules_of(folder) == [("/xyzzy/a", "team")]
    post(client, RULES, action="undo")
    assert rules_of(folder) == [("/xyzzy*", "culture"), ("/xyzzy/a", "team")]


WRONG: list[dict[str, str]] = [
    {"action": "add", "pattern": "xyzzy", "touchpoint": "story"},
    {"action": "add", "pattern": "/x", "touchpoint": "nonsense"},
    {"action": "add", "pattern": "/x" * 200, "touchpoint": "story"},
    {"action": "remove:7"},
    {"action": "up:0"},
    {"action": "edit:99999999999"},
    {"action": "explode"},
    {},
]


def test_what_cannot_be_done_is_said_and_changes_nothing(client: FlaskClient, folder: DataFolder) -> None:
    """A form that makes no sense is answered by a sentence on the page."""
    for fields in WRONG:
        answer = post(client, RULES, **fields)
        assert answer.status_code == 400, fields
        assert 'role="alert"' in answer.text, fields
    assert rules_of(folder) == []


def test_proposals_come_from_a_file_or_lines_and_are_taken_together(client: FlaskClient, folder: DataFolder) -> None:
    """What is not known is asked; what is chosen becomes rules in one change; what is left as a section makes none."""
    content = gzip.compress(urlset("https://werkenbij.example.org/xyzzy/a", "https://werkenbij.example.org/plugh/b"))
    token = search(r'name="csrf_token" value="([^"]+)"', client.get(RULES).text)
    assert token
    data = {"csrf_token": token[1], "source": "file", "file": (BytesIO(content), "sitemap.xml.gz")}
    page = client.post(f"{RULES}/proposals", data=data)
    assert page.status_code == 200
    assert "2 pages were looked at" in plain(page.text)
    client.post(
        RULES,
        data={
            "csrf_token": token[1],
            "action": "accept",
            "pattern": ["/xyzzy/*", "/plugh/*"],
            "touchpoint": ["story", ""],
        },
    )
    assert rules_of(folder) == [("/xyzzy/*", "story")]
    post(client, RULES, action="undo")
    assert rules_of(folder) == []
    assert "/pasted/*" in post(client, RULES, f"{RULES}/proposals", source="text", text="/pasted/x").text
    answer = post(client, RULES, f"{RULES}/proposals", source="text", text="nothing")
    assert answer.status_code == 400
    assert "There is no address in this" in answer.text


def test_a_large_file_is_taken_and_a_larger_one_refused(client: FlaskClient) -> None:
    """A sitemap may be larger than other forms, up to a megabyte."""
    token = search(r'name="csrf_token" value="([^"]+)"', client.get(RULES).text)
    assert token

    def send(size: int) -> int:
        # Made by hand: the test client would put a large form into a file of its own, and leave it open.
        fields = {"csrf_token": token[1], "source": "file"}
        parts = [
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
        ]
        lines = "https://werkenbij.example.org/xyzzy/a\n" * (size // 38)
        parts.append(
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n{lines}\r\n--x--\r\n'
        )
        body = "".join(parts).encode()
        return client.post(f"{RULES}/proposals", data=body, content_type="multipart/form-data; boundary=x").status_code

    assert send(450_000) == 200
    assert send(1_100_000) == 413
    data = {"csrf_token": token[1], "action": "add", "pattern": "/x" * 100_000}
    assert client.post(RULES, data=data).status_code == 413


def test_proposals_from_the_pages_seen(client: FlaskClient, folder: DataFolder) -> None:
    """Without a run there is nothing to look at, and with one its pages are."""
    assert post(client, RULES, f"{RULES}/proposals", source="seen").status_code == 400
    seen(folder, {"/xyzzy/a": 120})
    assert "/xyzzy/*" in post(client, RULES, f"{RULES}/proposals", source="seen").text


@pytest.fixture
def near(tmp_path: Path) -> Iterator[tuple[FlaskClient, DataFolder]]:
    """An editor on an installation that may fetch from this machine."""
    folder = DataFolder(tmp_path / "near").prepare()
    Registry.open(folder).save(folder, make_site("demo", ["127.0.0.1"]))
    app = create_app(Settings(data=folder.path, fetch_networks="127.0.0.0/8"), folder)  # type: ignore[arg-type]
    services = services_of(app)
    services.accounts.add("editor@example.org", "editor", None)
    client = app.test_client()
    client.get(services.accounts.entry_link("editor@example.org"))
    yield client, folder
    services.engine.dispose()


def test_a_sitemap_is_fetched_from_the_site_and_from_nowhere_else(near: tuple[FlaskClient, DataFolder]) -> None:
    """The server reads the sitemap of a host of the site; another address is refused in words."""
    client, _folder = near
    with serving({"/sitemap.xml": (200, {}, urlset("http://127.0.0.1/xyzzy/a"))}) as origin:
        page = post(client, RULES, f"{RULES}/proposals", source="url", url=f"{origin}/sitemap.xml")
        assert "/xyzzy/*" in page.text
        gone = post(client, RULES, f"{RULES}/proposals", source="url", url=f"{origin}/nothing.xml")
        assert "answers 404" in gone.text
    for url in (
        "http://169.254.169.254/latest/meta-data",
        "http://elders.example.org/sitemap.xml",
        "file:///etc/passwd",
        "http://[",
    ):
        refused = post(client, RULES, f"{RULES}/proposals", source="url", url=url)
        assert refused.status_code == 400
        assert "cannot be fetched" in refused.text


def test_a_rule_of_a_section_keeps_its_touchpoint_in_the_form(client: FlaskClient, folder: DataFolder) -> None:
    """A touchpoint that is no word of the list is there to be chosen when a rule has it."""
    Registry.open(folder).change(
        folder, "demo", lambda site: make_site("demo", site.hosts, rules=(Rule("/x", "section:werkplaats"),))
    )
    assert '<option value="section:werkplaats" selected>' in client.get(RULES).text
