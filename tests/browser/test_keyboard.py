"""The dashboard by keyboard alone, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import factories
from tests.browser.test_pages import Dashboard, draw_charts

pytestmark = pytest.mark.browser

STOPS_MAX = 400
# What has the focus now: its number among the elements of the page, its words, its place, and what shows that it has the focus.
FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    element.scrollIntoView({ block: "nearest" });
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return {
        place: element.place,
        words: (element.textContent || element.name || element.id || element.tagName).trim().slice(0, 60),
        seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth,
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    };
}"""
# What can be operated with a mouse: a field of a group of radio buttons counts once, as it does for the keyboard.
OPERABLE = """() => {
    const groups = new Set();
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((element) => {
        if (element.disabled || !element.checkVisibility({ visibilityProperty: true })) return false;
        if (element.type !== "radio") return true;
        const is_new = !groups.has(element.name);
        groups.add(element.name);
        return is_new;
    }).length;
}"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with the made-up run, only looked at."""
    made = Dashboard(factories.folder(tmp_path_factory.mktemp("keyboard")))
    factories.publish(made.folder, factories.site(made.folder))
    yield made
    made.stop()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def walk(page: Any) -> list[dict[str, Any]]:
    """Tab until the first stop comes again; every stop."""
    stops: list[dict[str, Any]] = []
    # Numbered beforehand, since drawing a chart adds elements.
    page.evaluate("() => [...document.querySelectorAll('*')].forEach((element, place) => { element.place = place; })")
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop and stops and stop["place"] == stops[0]["place"]:
            return stops
        if stop:  # else it went from the last stop out of the page, and goes on at the first
            stops.append(stop)
    raise AssertionError(f"after {STOPS_MAX} times Tab the page had not ended")


@pytest.mark.parametrize(
    "path", ["/login", "/sites/demo", "/sites/demo/audiences", "/sites/demo/segments/a01", "/sites/demo/channels/link"]
)
def test_tab_gets_everywhere_in_the_order_of_reading(dashboard: Dashboard, page: Callable[..., Any], path: str) -> None:
    """Every link, button and field is reached, once, from top to bottom as it is read, and each shows that it has the focus."""
    entry = dashboard.entry()
    if path != "/login":
        page.goto(entry)
    page.goto(dashboard.address + path)
    stops = walk(page)
    assert [stop["words"] for stop in stops if not stop["seen"]] == []
    assert [stop["words"] for stop in stops if stop["outline"] < 2] == []
    places = [stop["place"] for stop in stops]
    begin = places.index(min(places))  # a field that takes the focus by itself is where Tab begins
    in_turn = places[begin:] + places[:begin]
    assert in_turn == sorted(set(in_turn))
    assert len(stops) >= page.evaluate(OPERABLE)


def test_the_first_stop_leads_past_the_menu(dashboard: Dashboard, page: Any) -> None:
    """The first Tab of a page is a link to its content, that can be seen then, and the next Tab is in the content, where Enter opens an audience."""
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/audiences")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    while page.evaluate("document.activeElement.textContent") != "Job-board technicians":
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/segments/a01")


def test_the_map_is_read_with_arrow_keys(dashboard: Dashboard, page: Any) -> None:
    """On the map the arrow keys go from dot to dot, the largest first, each with its words inside the map; leaving it hides them."""
    page.goto(dashboard.entry())
    page.goto(dashboard.address + "/sites/demo/audiences")
    draw_charts(page)
    page.locator("[data-walk]").focus()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Map of patterns, coloured by audience"
    )
    tip, told = page.locator(".chart-tip"), []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        told.append(tip.inner_text())
        chart, box = page.locator("[data-walk]").bounding_box(), tip.bounding_box()
        assert chart["x"] <= box["x"] + box["width"]
        assert box["x"] <= chart["x"] + chart["width"]
    assert told[0] == told[2]
    assert told[0] != told[1]
    assert "vacancy 2–3 times" in told[0]
    largest = max(point.visits for point in dashboard.services.readings.map_points("demo", "en"))
    assert f"{largest:,} visits" in told[0]
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert tip.is_hidden()


def test_nothing_moves_for_who_asked_for_rest(browser: Any, dashboard: Dashboard) -> None:
    """With reduced motion no element has a transition or an animation; without, buttons have one."""
    found = {}
    for wish in ("reduce", "no-preference"):
        context = browser.new_context(reduced_motion=wish)
        page = context.new_page()
        page.goto(dashboard.entry())
        page.goto(dashboard.address + "/sites/demo/audiences")
        found[wish] = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((element) => {
                const style = getComputedStyle(element);
                return style.animationName !== "none" || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
            }).length"""
        )
        context.close()
    assert found["reduce"] == 0
    assert found["no-preference"] > 0
