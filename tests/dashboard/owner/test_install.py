"""The install page: every way of putting the snippet on a site, and a page that is looked at from the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from re import sub

import pytest
from flask.testing import FlaskClient

from collector import snippet
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from dashboard import fetching
from dashboard.app import create_app
from tests import factories
from tests.dashboard.conftest import post, services_of
from tests.dashboard.test_fetching import serving

INSTALL = "/sites/acme/install"


def plain(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """An editor on an installation that may fetch from this machine."""
    folder = DataFolder(tmp_path / "near").prepare()
    Registry.open(folder).save(folder, make_site("acme", ["127.0.0.1"]))
    app = create_app(Settings(data=folder.path, fetch_networks="127.0.0.0/8"), folder)  # type: ignore[arg-type]
    services = services_of(app)
    services.accounts.add("editor@example.org", "editor", None)
    client = app.test_client()
    client.get(services.accounts.entry_link("editor@example.org"))
    yield client
    services.engine.dispose()


def look(client: FlaskClient, html: str, path: str = "/", **headers: str) -> str:
    body = f"<html><head>{html}</head>".encode()
    with serving({"/": (200, {name.replace("_", "-"): value for name, value in headers.items()}, body)}) as origin:
        return plain(post(client, INSTALL, f"{INSTALL}/look", url=origin + path).text)


def test_every_way_is_there(client: FlaskClient) -> None:
    """Plain HTML, WordPress, Tag Manager, single-page application and the site's own address, each with what to paste."""
    page = plain(client.get(INSTALL).text)
    for piece in ("wp_head", 'script.dataset.site = "acme"', "History API", "location ~ ^/telpunt/(t\\.js|api/event)$"):
        assert piece in page
    assert '<script defer src="/telpunt/t.js" data-site="acme"></script>' in page


def test_the_proxy_lines_are_those_of_the_documentation(client: FlaskClient) -> None:
    """What is to be pasted into nginx is what the how-to says, which a test runs on a real one."""
    documented = (Path(__file__).parents[3] / "docs" / "howto" / "first-party.md").read_text(encoding="utf-8")
    shown = unescape(client.get(INSTALL).text)
    for line in (
        "location ~ ^/telpunt/(t\\.js|api/event)$ {",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        'proxy_set_header Cookie "";',
        "client_max_body_size 64k;",
    ):
        assert line in documented
        assert line in shown


def test_a_page_with_the_snippet_is_found_right(client: FlaskClient) -> None:
    """The snippet of this Telpunt, with the right key, on a host of the site: nothing is wrong."""
    page = look(client, snippet.tag("http://localhost", "acme"))
    assert "can do its work" in page
    assert "wrong:" not in page


@pytest.mark.parametrize(
    ("html", "headers", "said"),
    [
        ("", {}, "The snippet is not on the page"),
        (snippet.tag("http://localhost", "other"), {}, "has the site key 'other'; expected 'acme'"),
        (
            snippet.tag("http://localhost", "acme"),
            {"Content_Security_Policy": "script-src 'self'"},
            "refuses the snippet",
        ),
        (snippet.tag("http://10.0.0.1:9000", "acme"), {}, "which is not looked at from here"),
        (f'<base href="http://[">{snippet.tag("http://[", "acme")}', {}, "none that a browser can load"),
        ("<script src='x' data-site='<img src=x onerror=alert(1)>'></script>", {}, "has the site key"),
    ],
)
def test_what_is_wrong_is_said(client: FlaskClient, html: str, headers: dict[str, str], said: str) -> None:
    """Each cause has its sentence, and nothing that stands on the page becomes markup of ours."""
    assert said in look(client, html, **headers)


def test_causes_are_said_in_dutch_too(client: FlaskClient) -> None:
    """The sentences of the check speak the language of the page."""
    client.get("/privacy/acme")  # any page
    with serving({"/": (200, {}, b"<html></html>")}) as origin:
        answer = post(client, INSTALL, f"{INSTALL}/look?lang=nl", url=origin + "/")
    assert "Het script staat niet op de pagina" in plain(answer.text)


def test_nothing_else_is_looked_at(client: FlaskClient) -> None:
    """An address that is not of the site is not fetched, and the answer says nothing of what is there."""
    for url in [
        "http://169.254.169.254/",
        "http://localhost:22/",
        "file:///etc/passwd",
        "http://[",
        "",
        "javascript:alert(1)",
    ]:
        page = plain(post(client, INSTALL, f"{INSTALL}/look", url=url).text)
        assert "not a host of this site" in page or "not an address of a page" in page


def test_a_viewer_may_not_look(folder: DataFolder, log_in: Callable[[str], FlaskClient]) -> None:
    """Fetching is for editors."""
    factories.site(folder, "acme")
    client = log_in("viewer")
    assert post(client, "/account", f"{INSTALL}/look", url="http://127.0.0.1/").status_code == 403


def test_only_some_look_at_a_time(client: FlaskClient) -> None:
    """When the threads that may wait for other servers are taken, the next one is told so at once."""
    with client.application.app_context(), fetching.slot(), fetching.slot():
        answer = post(client, INSTALL, f"{INSTALL}/look", url="http://127.0.0.1/")
        assert answer.status_code == 503
        assert "Try again in a moment" in answer.text
        refused = post(client, INSTALL, "/sites/acme/rules/proposals", source="url", url="http://127.0.0.1/x")
        assert refused.status_code == 503
