"""``telpunt check`` against real servers: one line per thing that is wrong, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from collector import snippet
from collector.errors import UnknownSite, UsageError
from collector.folder import DataFolder
from collector.sites import Registry, make_site
from dashboard.owner.check import check

META = '<meta http-equiv="Content-Security-Policy" content="connect-src https://example.org">'
Pages = dict[str, tuple[int, dict[str, str], str]]


@contextmanager
def serving(pages: Pages) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = pages.get(self.path, (404, {}, "not here"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_OPTIONS = do_GET  # noqa: N815  # the server's interface

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def sites(tmp_path: Path) -> Registry:
    folder = DataFolder(tmp_path / "data").prepare()
    registry = Registry.open(folder)
    registry.save(folder, make_site("acme", ["127.0.0.1"]))
    registry.save(folder, make_site("elders", ["werkenbij.example.org"]))
    return registry


@pytest.fixture
def collector() -> Iterator[str]:
    with serving(
        {
            "/t.js": (200, {"Content-Type": "text/javascript"}, snippet.build().body.decode()),
            "/api/event": (204, {}, ""),
        }
    ) as origin:
        yield origin


def page(html: str, **headers: str) -> Pages:
    return {
        "/": (200, {name.replace("_", "-"): value for name, value in headers.items()}, f"<html><head>{html}</head>")
    }


def test_a_good_installation_has_no_problem(sites: Registry, collector: str) -> None:
    """With the snippet, the key, the host and the policy right, nothing is wrong; a tag manager's script is found as well."""
    for line in (snippet.tag(collector, "acme"), f"<script>{snippet.loader(collector, 'acme')}</script>"):
        with serving(page(line, Content_Security_Policy=snippet.csp(collector))) as site:
            assert check(site, sites, "acme").problems == []


@pytest.mark.parametrize(
    ("line", "headers", "said"),
    [
        (lambda origin: "", {}, "is not on the page"),
        (lambda origin: '<script src="https://www.googletagmanager.com/gtm.js?id=x"></script>', {}, "tag manager"),
        (lambda origin: snippet.tag(origin, "acme") * 2, {}, "2 times"),
        (lambda origin: snippet.tag(origin, "fout"), {}, "'fout', which is not registered"),
        (lambda origin: f'<script src="{origin}/t.js"></script>', {}, "no site key"),
        (lambda origin: snippet.tag(origin, "elders"), {}, "--host werkenbij.example.org --host 127.0.0.1"),
        (lambda origin: snippet.tag("http://127.0.0.1:9", "acme"), {}, "cannot be reached"),
        (lambda origin: snippet.tag(origin + "/elders", "acme"), {}, "answers 404"),
        (lambda origin: snippet.tag(origin, "acme"), {"Content_Security_Policy": "default-src 'self'"}, "refuses the snippet"),
        (lambda origin: snippet.tag(origin, "acme"), {"Content_Security_Policy": "connect-src 'none'"}, "refuses the beacons"),
        (lambda origin: META + snippet.tag(origin, "acme"), {}, "refuses the beacons"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    sites: Registry, collector: str, line: Callable[[str], str], headers: dict[str, str], said: str
) -> None:
    """Each mistake of an installation is named in one line."""
    with serving(page(line(collector), **headers)) as site:
        problems = check(site, sites).problems
    assert any(said in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_another_key_than_expected(sites: Registry, collector: str) -> None:
    """With --site, a page that has the key of another site is wrong; a key that no site has is a usage error."""
    with serving(page(snippet.tag(collector, "acme"))) as site:
        assert "expected 'elders'" in check(site, sites, "elders").problems[0]
        with pytest.raises(UnknownSite):
            check(site, sites, "nergens")


def test_pages_that_cannot_be_looked_at(sites: Registry) -> None:
    """A page that is not there, an error, a server that is away: one line; an address that is none: a usage error."""
    with serving({"/": (500, {}, "")}) as site:
        assert "answers 500" in check(site, sites).problems[0]
    assert "cannot be reached" in check("http://127.0.0.1:9/", sites).problems[0]
    with serving({"/": (302, {"Location": "file:///etc/passwd"}, "")}) as site:
        assert len(check(site, sites).problems) == 1
    for address in ("ftp://example.org/", "file:///etc/passwd", "https://", ""):
        with pytest.raises(UsageError):
            check(address, sites)


def test_redirects_are_followed_to_the_host_that_counts(sites: Registry, collector: str) -> None:
    """The host after a redirect is the one that is compared."""
    with (
        serving(page(snippet.tag(collector, "acme"))) as site,
        serving({"/": (301, {"Location": site + "/"}, "")}) as old,
    ):
        assert check(old, sites).problems == []


def test_the_command_says_it_with_its_status(tmp_path: Path, collector: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """telpunt check ends with 0 when all is well and with 1 and a line per problem when not."""
    from dashboard.cli import main

    folder = DataFolder(tmp_path / "data").prepare()
    Registry.open(folder).save(folder, make_site("acme", ["127.0.0.1"]))
    monkeypatch.setenv("TELPUNT_DATA", str(folder.path))
    with serving({**page(snippet.tag(collector, "acme")), "/leeg": (200, {}, "<p>")}) as site:
        good = CliRunner().invoke(main, ["check", site])
        bad = CliRunner().invoke(main, ["check", site + "/leeg", "--site", "acme"])
    assert (good.exit_code, bad.exit_code) == (0, 1), good.output + bad.output
    assert "can do its work" in good.output
    assert bad.output.count("\n") == 1
