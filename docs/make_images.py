"""
Take the pictures of the documentation from a demo of its own: `make images` (needs Chromium; takes two minutes).

Every page, on a phone and on a desk, light and dark, in a compressed form that all browsers and code hosts show; and the gallery that shows
them, ``docs/pages.md``.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import click
from playwright.sync_api import Page, sync_playwright

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from dashboard.app import create_app
from dashboard.services import EXTENSION, Services

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
COMMAND = [sys.executable, "-m", "dashboard.cli"]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
ADMIN = "anna@example.org"
PASSWORD = "correct horse battery staple"  # noqa: S105  # of a demo that is thrown away
QUALITY = 30  # of 100; text stays sharp, a picture is about 30 kB
SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")
# What is on the site while its live page is looked at: page → visits.
NOW = {
    "/": 24,
    "/vacatures": 31,
    "/vacatures/monteur-gemalen": 17,
    "/verhalen/een-dag-op-de-dijk": 12,
    "/solliciteren": 4,
}


class View(NamedTuple):
    """A page: name of its pictures, where it is, whose it is, and the question that it answers."""

    name: str
    path: str
    title: str
    question: str
    part: str = ""  # CSS selector of what is scrolled to


READ, OWN, ALL = "For who reads", "For who owns a site", "For everybody who logs in"
VIEWS: dict[str, tuple[View, ...]] = {
    READ: (
        View("overview", "/sites/demo", "Overview", "How is the site doing, and what is different from before?"),
        View("audiences", "/sites/demo/audiences", "Audiences", "Who visits, in which numbers, and which way is it going?"),
        View("map", "/sites/demo/audiences", "The map of patterns", "Which ways of visiting lie near each other?", "#map"),
        View("compare", "/sites/demo/audiences/compare", "Compare", "Where do two audiences really differ?"),
        View("audience", "/sites/demo/segments/{segment}", "One audience", "What does it do and want, and where, when and how is it reached?"),
        View("profile", "/sites/demo/segments/{segment}", "Its profile", "What is more, and what less, than average?", "#chapter-1"),
        View("changes", "/sites/demo/changes", "Changes", "What changed that is more than chance, and what did we do then?"),
        View("touchpoints", "/sites/demo/touchpoints", "Touchpoints", "What is seen, and how often does an application start with it?"),
        View("vacancy", "{vacancy}", "One vacancy", "How did the interest go, week by week, and whose was it?"),
        View("demand", "/sites/demo/demand", "Demand", "What is looked for that the site does not answer?"),
        View("channels", "/sites/demo/channels", "Channels", "Where does each audience come from?"),
        View("link", "/sites/demo/channels/link?page={page}&source=linkedin&medium=paid-social&campaign=Engineers+autumn+2026&audience={segment}",
             "Campaign link", "Which link shall I use, and how will its visits be counted?"),
        View("report", "/sites/demo/report", "Report", "What goes to colleagues, as a document, slides or a workbook?"),
        View("schedule", "/sites/demo/reports/schedule", "Scheduled reports", "Who gets it by e-mail, or in Slack or Teams, and when?"),
        View("sharing", "/sites/demo/sharing?view=audiences", "Sharing", "How does somebody without an account see it?"),
        View("supply", "/sites/demo/supply", "Supply", "Which vacancies were there, and how many were hired?"),
        View("live", "/sites/demo/live", "Live", "What is on the site in this half hour?"),
    ),
    OWN: (
        View("first-day", "/sites/demo/first-day", "The first day", "What is still to be done, and when are there audiences?"),
        View("install", "/sites/demo/install", "Install", "Which line goes on the site, does it work, and if not, why not?"),
        View("rules", "/sites/demo/rules", "Rules", "As what does each page count?"),
        View("settings", "/sites/demo/settings", "Settings", "What is kept, for how long, and how small may a group be?"),
        View("privacy", "/privacy/demo", "Counted, not followed", "What does the site keep of me? (public)"),
    ),
    ALL: (
        View("login", "/login", "Log in", "Who are you?"),
        View("waiting", "/sites/new", "Before the first analysis", "How long until there is something to see?"),
        View("welcome", "/welcome", "Add a site", "Which site is to be counted?"),
        View("jobs", "/jobs", "Jobs", "What runs by itself, and did it work?"),
        View("users", "/users", "Users", "Who may see and change what?"),
        View("api", "/api/docs", "What the API has", "How does a program read it?"),
        View("account", "/account", "Account", "Which language, look, sessions and second step are mine?"),
    ),
}  # fmt: skip


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="A data folder that a demo has filled; without, one is made."
)
@click.option("--only", help="Take the pictures of this page only.")
@click.option("--to", "target", type=click.Path(path_type=Path), default=IMAGES, help="Where they go.")
@click.option("--language", default="en", type=click.Choice(["en", "nl"]))
def main(data: Path | None, only: str | None, target: Path, language: str) -> None:
    """Serve a demo, look at it, and stop it."""
    target.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory() as made:
        folder = DataFolder(data or Path(made) / "data").prepare()
        if data is None:
            subprocess.run([*COMMAND, "demo", "--no-serve"], check=True, env=_environment(folder))
        services = _prepare(folder)
        with subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--enter", ADMIN],
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(folder),
        ) as server:
            try:
                found = (re.search(r"(http://\S+)/enter/", line) for line in server.stdout or ())
                address = next(one.group(1) for one in found if one)
                _visit(address, services.sites["demo"].hosts[0])
                _take(address, services, target, only, language)
            finally:
                server.send_signal(signal.SIGTERM)
        services.engine.dispose()
    if target == IMAGES and only is None:
        (DOCS / "pages.md").write_text(gallery(), encoding="utf-8")


def _environment(folder: DataFolder) -> dict[str, str]:
    # The forwarded addresses of the made-up visits are believed.
    return {**os.environ, "TELPUNT_DATA": str(folder.path), "TELPUNT_TRUSTED_PROXIES": "127.0.0.1"}


def _prepare(folder: DataFolder) -> Services:
    """A second site, that is new, and a few people."""
    sites = Registry.open(folder)
    if "new" not in {site.key for site in sites.all()}:
        sites.save(folder, make_site("new", ["werkenbij.example.org"], simulated=True))
    services: Services = create_app(Settings(data=folder.path), folder).extensions[EXTENSION]
    if not services.accounts.has_admin():
        services.accounts.add(ADMIN, "admin", PASSWORD)
        services.accounts.add("els@example.org", "editor", PASSWORD)
        services.accounts.add("bureau@example.org", "viewer", None, {"demo": "editor"})
    return services


def _visit(address: str, host: str) -> None:
    """Some visits of this moment."""
    number = 0
    for path, visits in NOW.items():
        for _ in range(visits):
            number += 1
            event = {
                "site": "demo",
                "kind": "page_view",
                "url": f"https://{host}{path}",
                "referrer": "https://www.linkedin.com/",
            }
            headers = {"User-Agent": AGENT, "X-Forwarded-For": f"192.0.2.{number}", "Content-Type": "text/plain"}
            with urlopen(Request(f"{address}/api/event", json.dumps(event).encode(), headers)):  # noqa: S310  # ours
                pass


def _take(address: str, services: Services, target: Path, only: str | None, language: str) -> None:
    shown = services.readings.overview("demo", "en")
    seen = services.readings.table("demo", "interest")
    vacancies = seen.filter(seen["kind"] == "vacancy")
    vacancy = vacancies.sort("visits")["value"][-1]
    names = {
        "segment": max(shown.segments, key=lambda segment: segment.visits).id,
        "vacancy": f"/sites/demo/touchpoints/one?kind=vacancy&value={vacancy}",
        "page": f"https://{services.sites['demo'].hosts[0]}/vacatures",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for screen, (width, height) in SCREENS.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale={"en": "en-GB", "nl": "nl-NL"}[language],
                )
                page = context.new_page()
                entered = False
                for view in sorted(
                    (view for views in VIEWS.values() for view in views), key=lambda view: view.name != "login"
                ):
                    if only not in (None, view.name):
                        continue
                    if view.name != "login" and not entered:
                        page.goto(address + services.accounts.entry_link(ADMIN))
                        entered = True
                    page.goto(address + view.path.format(**names))
                    file = target / f"{view.name}-{screen}-{scheme}.webp"
                    file.write_bytes(_picture(page, view))
                    click.echo(f"{file.stat().st_size / 1000:6.0f} kB  {file}", err=True)
                context.close()
        browser.close()


def _picture(page: Page, view: View) -> bytes:
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        page.wait_for_function("place => place.dataset.drawn", arg=chart.element_handle())
    page.evaluate("place => (place && document.querySelector(place) || document.body).scrollIntoView()", view.part)
    page.wait_for_load_state("networkidle")
    # Playwright writes no webp; Chromium does.
    shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(shot["data"])


def gallery() -> str:
    """The text of ``docs/pages.md``."""
    parts = [
        "# The pages\n\nEach page answers one question. The pictures are of the simulated site that `telpunt demo` shows, taken by `make images`.\n"
    ]
    for group, views in VIEWS.items():
        parts.append(f"\n## {group}\n")
        for view in views:
            parts.append(f"\n### {view.title}\n\n{view.question}\n\n")
            for screen, (width, _height) in SCREENS.items():
                for scheme in SCHEMES:
                    alt = f"{view.title} on a {screen}, {scheme}"
                    parts.append(
                        f'<img src="images/{view.name}-{screen}-{scheme}.webp" width="{width // 3 if screen == "desktop" else 130}" alt="{alt}">\n'
                    )
    return "".join(parts)


if __name__ == "__main__":
    main()
