"""What three kinds of people come to do, from beginning to end, in a real Chromium. The site owner's is tests/browser/test_first_day.py."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.sites import Registry
from tests import factories
from tests.browser.conftest import AGENT, Collected
from tests.browser.test_pages import Dashboard

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
EMAIL = "els@example.org"


@pytest.fixture
def start() -> Iterator[Callable[..., Dashboard]]:
    started: list[Dashboard] = []

    def begin(folder: Any) -> Dashboard:
        started.append(Dashboard(folder))
        started[-1].services.accounts.add("anna@example.org", "admin", None)
        started[-1].services.accounts.add(EMAIL, "editor", PASSWORD)
        return started[-1]

    yield begin
    for dashboard in started:
        dashboard.stop()


def log_in(page: Any, dashboard: Dashboard) -> None:
    page.goto(dashboard.address)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_monday_of_an_employer_branding_manager(start: Callable[..., Dashboard], browser: Any, tmp_path: Path) -> None:
    """She logs in, sees what changed, opens that audience, names it and leaves a note, compares it, looks for gaps, and takes away what she sees."""
    folder = factories.folder(tmp_path)
    factories.publish(folder, factories.site(folder))
    dashboard = start(folder)
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    log_in(page, dashboard)
    page.get_by_role("heading", name="Overview", level=1).wait_for()
    page.get_by_role("link", name="13 weeks").click()
    page.wait_for_url("**/sites/demo?weeks=13*")
    assert page.locator(".headlines dt").all_inner_texts()[:2] == ["Visits", "Engaged visits"]
    seen = page.url
    page.reload()
    assert page.url == seen
    assert page.get_by_role("link", name="13 weeks").get_attribute("aria-current") == "true"

    changed = page.locator(".changes li", has_text="grew from 12% to 17% of the visits")
    changed.get_by_role("link", name="Culture readers").click()
    page.get_by_role("heading", name="What stands out").wait_for()
    page.get_by_text("Rename this audience").click()
    page.get_by_label("Name", exact=True).fill("Water lovers")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("heading", name="Water lovers", level=1).wait_for()
    page.get_by_text("Note, pin and colour").click()
    page.get_by_label("Note for your team").fill("Ask the dike wardens for a story.")
    page.get_by_label("Keep it on top of the list").check()
    page.locator("form", has=page.get_by_label("Note for your team")).get_by_role("button", name="Save").click()
    page.locator(".remark", has_text="Ask the dike wardens").wait_for()

    page.get_by_role("link", name="Compare with another audience").click()
    page.get_by_label("Second audience").select_option("a03")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/audiences/compare?a=a02&b=a03")
    story = page.locator("tr", has=page.get_by_role("rowheader", name="employee stories", exact=True))
    assert story.locator("td").first.inner_text().strip() == "83%"

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Demand").click()
    page.get_by_label("Audience").select_option("a03")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/demand?segment=a03")
    in_vain = page.locator("section", has=page.get_by_role("heading", name="Searched for in vain"))
    on_screen = in_vain.locator("tbody th").all_inner_texts()
    assert on_screen == ["stage marketing", "bijbaan"]
    page.get_by_text("Download this table").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV", exact=True).first.click()
    with Path(caught.value.path()).open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["segment"] for row in rows} == {"a03"}
    assert [row["value"] for row in rows if row["kind"] == "search_empty"] == on_screen

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Audiences").click()
    page.get_by_role("heading", name="Who visits").wait_for()
    assert page.locator(".who a").first.inner_text() == "Water lovers"
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()
    assert complaints == []
    context.close()


def test_a_marketer_from_an_audience_to_a_campaign_link(
    start: Callable[..., Dashboard], collector: Collected, site: str, browser: Any
) -> None:
    """From an audience to where it comes from, to a link, copied; who follows it is counted as the page said beforehand."""
    factories.publish(collector.folder, Registry.open(collector.folder)["acme"])
    dashboard = start(collector.folder)
    context = browser.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    log_in(page, dashboard)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Audiences").click()
    page.get_by_role("link", name="Culture readers", exact=True).first.click()
    page.get_by_role("heading", name="Where they come from").wait_for()
    page.get_by_role("link", name="Make a campaign link").click()
    assert "linkedin" in page.get_by_text("Sources that bring this audience more than the average:").inner_text()

    page.get_by_label("Page to link to").fill("https://elsewhere.example/")
    page.get_by_role("button", name="Make the link").click()
    page.get_by_text("This page is not on a host of this site").wait_for()
    page.get_by_label("Page to link to").fill(f"{site}/nl/verhalen/")
    page.get_by_label("Source", exact=True).fill("LinkedIn")
    page.get_by_label("Medium", exact=True).fill("paid-social")
    page.get_by_label("Campaign", exact=True).fill("Verhalen van het Water")
    page.get_by_role("button", name="Make the link").click()
    promised = page.locator("section", has=page.get_by_role("heading", name="Your link")).locator("strong")
    assert promised.all_inner_texts() == ["paid social media", "linkedin", "verhalen-van-het-water"]
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.get_by_label("For which audience (may be empty)").input_value() == "a02"
    context.close()

    somebody = browser.new_context(user_agent=AGENT)
    somebody.new_page().goto(copied)
    collector.wait_for(1, "page_view")
    somebody.close()
    hit = next(hit for hit in collector.hits() if hit.kind == "page_view")
    assert (hit.channel, hit.source, hit.campaign) == ("paid_social", "linkedin", "verhalen-van-het-water")
    assert "utm_" not in hit.page
