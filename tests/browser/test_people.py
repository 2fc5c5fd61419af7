"""Being invited, logging in with a second step, and forgetting a password, in a real Chromium and by real e-mail."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from collector.settings import Settings
from dashboard.app import create_app
from dashboard.services import EXTENSION, Services
from tests import factories
from tests.browser.test_pages import Quiet
from tests.smtp import Inbox, serving

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
NEW = "a quite different sentence"
BERT = "bert@example.org"


class Running:
    """A dashboard that listens, sends e-mail, and whose clock stands still until it is moved."""

    def __init__(self, path: Path, inbox: Inbox, smtp_port: int) -> None:
        self.inbox = inbox
        self.now = int(time.time())
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        folder = factories.folder(path)
        for key in ("demo", "other"):
            factories.publish(folder, factories.site(folder, key))
        settings = Settings(
            data=folder.path,
            public_url=self.address,
            smtp_host="127.0.0.1",
            smtp_port=smtp_port,
            smtp_security="none",
            mail_from="telpunt@example.org",
        )
        self.app = create_app(settings, folder, clock=lambda: self.now)
        self.services: Services = self.app.extensions[EXTENSION]
        self.services.accounts.add("admin@example.org", "admin", PASSWORD)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet, fd=listening.fileno())
        listening.close()
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.services.engine.dispose()

    def entry(self) -> str:
        return self.address + self.services.accounts.entry_link("admin@example.org")


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Running]:
    inbox = Inbox()
    with serving(inbox) as port:
        running = Running(tmp_path, inbox, port)
        yield running
        running.stop()


def link_of(dashboard: Running, letters: int) -> str:
    text = dashboard.inbox.wait_for(letters).get_content()
    found = re.search(rf"{re.escape(dashboard.address)}/\S+", text)
    assert found, text
    return found.group()


def log_in(page: Any, dashboard: Running, password: str) -> None:
    page.goto(dashboard.address + "/login")
    page.get_by_label("E-mail address").fill(BERT)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def choose_password(page: Any, password: str) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The same password again").fill(password)
    page.get_by_role("button", name="Save").click()


def test_from_invitation_to_second_step_to_a_forgotten_password(
    dashboard: Running, open_page: Callable[..., Any]
) -> None:
    """An admin invites somebody for one site; the letter leads to a password, a second step is set up, asked for, and survives a reset."""
    admin = open_page()
    admin.goto(dashboard.entry())
    admin.goto(dashboard.address + "/users")
    admin.get_by_label("E-mail address").fill(BERT)
    admin.get_by_label("Only on these sites").check()
    admin.get_by_label("demo", exact=True).select_option("editor")
    admin.get_by_role("button", name="Invite").click()
    admin.get_by_text(f"This link was sent to {BERT}").wait_for()
    link = link_of(dashboard, 1)
    assert admin.locator("#link").inner_text() == link

    bert = open_page()
    bert.goto(link)
    choose_password(bert, PASSWORD)
    bert.wait_for_url("**/sites/demo")
    assert bert.goto(dashboard.address + "/sites/other").status == 404

    bert.goto(dashboard.address + "/account")
    bert.get_by_role("link", name="Set it up").click()
    bert.get_by_label("Current password").fill(PASSWORD)
    bert.get_by_role("button", name="Set it up").click()
    assert bert.locator("svg.qr").bounding_box()["height"] > 150
    bert.get_by_text("It can't be scanned").click()
    phone = pyotp.TOTP(bert.locator("#secret").inner_text().replace(" ", ""))
    bert.get_by_label("Code from your app").fill(phone.at(dashboard.now))
    bert.get_by_role("button", name="Turn it on").click()
    recovery = bert.locator("#codes").inner_text().split()
    assert len(recovery) == 10
    assert "turned on" in dashboard.inbox.wait_for(2).get_content()
    bert.get_by_role("link", name="I have kept them").click()
    bert.get_by_role("button", name="Log out", exact=True).click()

    log_in(bert, dashboard, PASSWORD)
    bert.get_by_label("Code from your app").fill("000000")
    bert.keyboard.press("Enter")
    bert.get_by_text("That is not a code that is good now").wait_for()
    dashboard.now += 30
    bert.get_by_label("Code from your app").fill(phone.at(dashboard.now))
    bert.keyboard.press("Enter")
    bert.wait_for_url("**/sites/demo")

    stranger = open_page()
    stranger.goto(dashboard.address + "/login")
    stranger.get_by_role("link", name="Forgot your password?").click()
    stranger.get_by_label("E-mail address").fill(BERT)
    stranger.get_by_role("button", name="Send the link").click()
    stranger.get_by_text("If there is an account with that address").wait_for()
    stranger.goto(link_of(dashboard, 3))
    choose_password(stranger, NEW)
    stranger.wait_for_url("**/login")
    assert "password was changed" in dashboard.inbox.wait_for(4).get_content()
    bert.goto(dashboard.address + "/account")
    bert.get_by_role("heading", name="Log in").wait_for()
    log_in(bert, dashboard, NEW)
    bert.get_by_label("Code from your app").fill(recovery[0])
    bert.keyboard.press("Enter")
    bert.wait_for_url("**/sites/demo")
    refused = [complaint for complaint in bert.complaints if "40" not in complaint]
    assert refused == [], "the policy refused something, or a script failed"
    assert admin.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_people_are_for_everybody(dashboard: Running, open_page: Callable[..., Any], scheme: str) -> None:
    """On a phone no page about accounts scrolls sideways, and axe-core finds nothing, in light and dark."""
    accounts = dashboard.services.accounts
    long = accounts.add(
        "bert.van-der-langenberg@communicatiebureau-voorbeeld.example.org", "viewer", None, {"demo": "editor"}
    )
    accounts.deactivate(accounts.add("gone@example.org", "viewer", PASSWORD).id)
    admin_id = accounts.named("admin@example.org").id
    dashboard.services.sessions.begin(admin_id, "mobile")
    dashboard.services.tokens.make(admin_id, "Weekly spreadsheet", "read", "demo", 90)
    page, axe = open_page(viewport={"width": 390, "height": 800}, color_scheme=scheme), Axe()

    def look(path: str) -> None:
        page.goto(dashboard.address + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"

    for path in ("/login", "/forgot", accounts.password_link(long.email)):
        look(path)
    page.goto(dashboard.entry())
    for path in ("/users", f"/users/{long.id}", f"/users/{long.id}/delete", "/account", "/account/second-step"):
        look(path)
    dashboard.services.second_factor.begin(admin_id)
    look("/account/second-step")


def test_a_chosen_theme_wins_over_that_of_the_device(dashboard: Running, open_page: Callable[..., Any]) -> None:
    """Dark on a light device and light on a dark one, from the next page on; auto follows the device again."""
    page = open_page(color_scheme="light")
    page.goto(dashboard.entry())

    def ground(theme: str, scheme: str) -> str:
        page.emulate_media(color_scheme=scheme)
        page.goto(dashboard.address + "/account")
        page.get_by_label("Theme", exact=True).select_option(theme)
        page.locator("form", has=page.get_by_label("Theme", exact=True)).get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = ground("auto", "light"), ground("auto", "dark")
    assert light != dark
    assert ground("dark", "light") == dark
    assert ground("light", "dark") == light
