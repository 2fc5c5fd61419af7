"""Scheduled reports in a real Chromium, from the empty page to the letter that a real mail server took and the recipient who ends it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard.app import create_app
from dashboard.scheduled.subscriptions import Subscriptions
from dashboard.scheduled.times import Plan
from dashboard.scheduled.wishes import Wish
from dashboard.security import session_secret
from dashboard.services import EXTENSION
from tests import factories
from tests.browser.test_pages import Dashboard, Quiet
from tests.smtp import Inbox, serving

pytestmark = pytest.mark.browser


class Mailing(Dashboard):
    """A dashboard that sends its mail to a port of this machine."""

    def __init__(self, folder: DataFolder, port: int) -> None:
        self.folder = folder
        self.server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.settings = Settings(
            data=folder.path,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            mail_from="telpunt@example.org",
            public_url=self.address,
        )
        self.app = create_app(self.settings, folder)
        self.server.app = self.app
        self.services = self.app.extensions[EXTENSION]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def send(self) -> int:
        """What the process of the jobs does when it is asked; its exit status."""
        command = [sys.executable, "-m", "dashboard.cli", "reports"]
        environment = self.settings.environment()
        return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False).returncode


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def dashboard(tmp_path: Any, inbox: Inbox) -> Iterator[Mailing]:
    with serving(inbox) as port:
        made = Mailing(factories.folder(tmp_path), port)
        factories.publish(made.folder, factories.site(made.folder), points=10)
        yield made
        made.stop()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Gives a page of a browser of its own."""
    contexts = []

    def begin(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield begin
    for context in contexts:
        context.close()


def clean(page: Any) -> None:
    """Nothing that axe finds wrong, and nothing wider than the screen."""
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_nobody_to_a_letter_and_out(dashboard: Mailing, inbox: Inbox, open_page: Callable[..., Any]) -> None:
    """Wrong input stays to be mended; made, seen before, sent, paused, changed; then the recipient ends it, and it is removed."""
    page = open_page(locale="en-GB")
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/reports/schedule")
    assert page.get_by_text("Nobody yet.").is_visible()
    assert page.get_by_label("E-mail address").input_value() == "anna@example.org"
    assert not page.get_by_label("Day of the month").is_visible()
    page.get_by_label("E-mail address").fill("anna@")
    page.get_by_role("button", name="Add", exact=True).click()
    assert "Give one e-mail address" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("E-mail address").input_value() == "anna@"
    clean(page)

    page.get_by_label("E-mail address").fill("sanne@example.org")
    page.get_by_label("About", exact=True).select_option(label="Culture readers")
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row", name="sanne@example.org")
    assert "Monday at 7:00" in row.inner_text()
    assert "Culture readers" in row.inner_text()
    clean(page)

    row.get_by_role("link", name="Preview").click()
    page.get_by_role("heading", name="Summary").wait_for()
    page.go_back()

    row.get_by_role("button", name="Send one now").click()
    page.get_by_text("It is on its way").wait_for()
    assert dashboard.send() == 0
    page.reload()
    assert "sent" in row.inner_text()
    assert inbox.letters[0]["To"] == "sanne@example.org"

    row.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused: nothing is sent").wait_for()
    row.get_by_role("button", name="Go on").click()
    page.get_by_text("It goes on.").wait_for()
    row.get_by_role("link", name="Change").click()
    page.wait_for_url("**change=*")
    page.get_by_label("How often").select_option("month")
    page.get_by_label("Day of the month").fill("31")
    assert not page.get_by_label("Weekday").is_visible()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Kept. The list says").wait_for()
    assert "day 31 of the month" in row.inner_text()

    found = re.search(r"https?://\S+/unsubscribe/\S+", inbox.letters[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert found
    stranger = open_page(locale="nl-NL", viewport={"width": 375, "height": 700})
    stranger.goto(found[0][:-9])
    assert "niet heel" in stranger.get_by_role("alert").inner_text()
    stranger.goto(found[0])
    clean(stranger)
    stranger.get_by_role("button", name="Afmelden").click()
    stranger.get_by_text("Je krijgt deze e-mails niet meer.").wait_for()
    page.reload()
    assert "unsubscribed by the recipient" in row.inner_text()
    clean(page)
    row.locator("summary", has_text="Remove").click()
    row.get_by_role("button", name="Yes, remove it for good").click()
    page.get_by_text("Nobody yet.").wait_for()


def test_a_wrong_address_is_told_on_a_phone_in_dutch(
    dashboard: Mailing, inbox: Inbox, open_page: Callable[..., Any]
) -> None:
    """What the mail server said of the mailbox stands in the list and on the page Jobs, by keyboard alone, on a screen of 375 px."""
    inbox.answer = "550 5.1.1 no such user"
    page = open_page(locale="nl-NL", viewport={"width": 375, "height": 700})
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/reports/schedule")
    page.get_by_label("E-mailadres").fill("niemand@example.org")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Nu versturen")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Het rapport is onderweg").wait_for()
    assert dashboard.send() == 1
    page.reload()
    assert page.get_by_text("Die mailbox bestaat niet. Klopt het adres?").first.is_visible()
    clean(page)
    page.goto(dashboard.address + "/jobs")
    assert page.get_by_text("Die mailbox bestaat niet. Klopt het adres?").first.is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (700, "dark")])
def test_the_letter_fits_the_screen(dashboard: Mailing, open_page: Callable[..., Any], width: int, scheme: str) -> None:
    """As wide as the screen and no wider, dark where the reader's is, with every picture drawn and described."""
    known = dashboard.services
    all_ = Subscriptions(known.engine, dashboard.folder, session_secret(dashboard.folder), known.clock)
    wish = Wish("mail", "sanne@example.org", "nl", Plan(0, 1, 7, "UTC"), ("summary", "audiences", "changes"))
    number = all_.add("demo", wish)
    page = open_page(locale="nl-NL", viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.goto(dashboard.entry())
    page.goto(f"{dashboard.address}/sites/demo/reports/schedule/{number}/preview")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every((one) => one.naturalWidth > 300 && one.alt.length > 20)")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
