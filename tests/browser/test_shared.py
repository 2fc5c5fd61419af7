"""Shared links and the page of the API in a real Chromium: pages that draw, a password, and frames that stand where they may and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug import Request, Response
from werkzeug.serving import make_server

from dashboard.sharing.shares import Frame
from tests import factories
from tests.browser.test_pages import Dashboard, Quiet, draw_charts

pytestmark = pytest.mark.browser

PASSWORD = "kurhaus pannenkoek fietsbel"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    made = Dashboard(factories.folder(tmp_path_factory.mktemp("shared")))
    factories.publish(made.folder, factories.site(made.folder))
    yield made
    made.stop()


@pytest.fixture
def framing() -> Iterator[int]:
    """The port of a site of somebody else, whose page shows the address of its query in a frame."""

    @Request.application
    def page(request: Request) -> Response:
        if "show" not in request.args:
            return Response(status=204)  # a browser asks for an icon, too
        return Response(
            f'<!doctype html><title>x</title><iframe src="{escape(request.args["show"])}"></iframe>',
            mimetype="text/html",
        )

    server = make_server("127.0.0.1", 0, page, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_link_that_an_editor_made_opens_for_a_stranger(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """Made on the page of links, opened in another browser: the chart is drawn, a choice works, no cookie is there, axe finds nothing."""
    editor = open_page()
    editor.goto(dashboard.entry())
    editor.goto(dashboard.address + "/sites/demo/sharing")
    editor.get_by_label("For whom").fill("Agency")
    editor.get_by_role("button", name="Make the link").click()
    link = editor.locator("#link").inner_text()
    assert Axe().run(editor).response["violations"] == []

    stranger = open_page()
    stranger.goto(link)
    draw_charts(stranger)
    stranger.get_by_role("link", name="13 weeks").click()
    stranger.wait_for_url("**weeks=13**")
    draw_charts(stranger)
    assert stranger.get_by_role("navigation", name="Pages").count() == 0
    stranger.get_by_role("link", name="Nederlands").click()
    stranger.get_by_role("heading", name="Overzicht", exact=True).wait_for()
    assert Axe().run(stranger).response["violations"] == []
    assert stranger.context.cookies() == []
    assert stranger.complaints == editor.complaints == []


def test_a_password_opens_it(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """The form says so when it is wrong, and leads to the page when it is right."""
    hashed = dashboard.services.accounts.passwords.hash(PASSWORD)
    token = dashboard.services.shared_links.make("demo", "Board", "demand", 7, password_hash=hashed)
    page = open_page()
    page.goto(f"{dashboard.address}/shared/{token}")
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Show the page").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Show the page").click()
    page.get_by_role("heading", name="Demand", exact=True).wait_for()
    assert [cookie["name"] for cookie in page.context.cookies(page.url)] == ["telpunt_shared"]


def test_a_frame_stands_on_the_named_host_only(
    dashboard: Dashboard, open_page: Callable[..., Any], framing: int
) -> None:
    """On the host that the link names the browser shows the chart; on another, and for the page itself, it refuses."""
    token = dashboard.services.shared_links.make(
        "demo", "Intranet", "audiences", 7, frame=Frame((f"localhost:{framing}",))
    )
    page = f"{dashboard.address}/shared/{token}"
    for host, shown, is_there in (
        ("localhost", f"{page}/embed", True),
        ("127.0.0.1", f"{page}/embed", False),
        ("localhost", page, False),
    ):
        browser = open_page()
        browser.goto(f"http://{host}:{framing}/?show={quote(shown)}")  # waits for what is in the frame, too
        assert (
            browser.frames[1].get_by_role("heading", name="Audiences of werkenbij.example.org").count() == is_there
        ), (host, shown)
        assert browser.context.cookies() == []


def test_a_shared_report_is_read_and_taken_away(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """The form shows what a report can have when one is chosen; a stranger reads it under its policy, on a phone too, and downloads it."""
    editor = open_page()
    editor.goto(dashboard.entry())
    editor.goto(dashboard.address + "/sites/demo/sharing")
    assert not editor.get_by_label("Reach briefs").is_visible()
    editor.get_by_label("Opens").select_option("report")
    for chapter in ("Touchpoints", "Demand", "Reach briefs"):
        editor.get_by_label(chapter).uncheck()
    editor.get_by_label("For whom").fill("Board")
    editor.get_by_role("button", name="Make the link").click()
    link = editor.locator("#link").inner_text()
    editor.get_by_role("link", name="Change or revoke").first.click()
    assert Axe().run(editor).response["violations"] == []

    stranger = open_page(viewport={"width": 390, "height": 800})
    stranger.goto(link)
    stranger.get_by_role("heading", name="What changed", exact=True).wait_for()
    assert stranger.get_by_role("heading", name="Demand", exact=True).count() == 0
    assert stranger.evaluate("getComputedStyle(document.querySelector('.shared-bar')).display") == "flex"
    assert stranger.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Axe().run(stranger).response["violations"] == []
    with stranger.expect_download() as taken:
        stranger.get_by_role("link", name="PDF").click()
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    assert stranger.context.cookies() == []
    assert stranger.complaints == editor.complaints == []

    editor.get_by_role("button", name="Revoke the link").click()
    editor.get_by_text("The link is revoked").wait_for()
    stranger.goto(link)
    stranger.get_by_role("heading", name="This link opens nothing").wait_for()


def test_charts_in_frames_fit_a_phone(dashboard: Dashboard, open_page: Callable[..., Any], framing: int) -> None:
    """Each chart stands in a narrow frame as a drawing, in the reader's dark colours, no wider than the frame; axe finds nothing in it."""
    hosts = Frame((f"localhost:{framing}",))
    links = dashboard.services.shared_links
    overview = links.make("demo", "Intranet", "overview", 7, frame=hosts)
    audience = links.make("demo", "Wall", "audience", 7, segment="a02", frame=hosts)
    page = open_page(viewport={"width": 320, "height": 700}, color_scheme="dark")
    for address, drawn in (
        (f"{overview}/embed", "svg.bar"),
        (f"{overview}/embed?chart=weeks", "polygon.stack-area"),
        (f"{audience}/embed", "polyline.spark-line"),
    ):
        shown = f"{dashboard.address}/shared/{address}"
        page.goto(f"http://localhost:{framing}/?show={quote(shown)}")
        frame = page.frames[1]
        assert frame.locator(drawn).first.bounding_box()["width"] > 100
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 28, 36)"
        page.goto(shown)
        assert Axe().run(page).response["violations"] == []
    assert page.complaints == []


def test_the_page_of_the_api_can_be_read_by_all(dashboard: Dashboard, open_page: Callable[..., Any]) -> None:
    """With everything unfolded axe finds nothing and the browser has no complaint."""
    page = open_page()
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/api/docs")
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert Axe().run(page).response["violations"] == []
    assert page.complaints == []
