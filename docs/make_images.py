"""Take the pictures of the documentation from a demo of its own: `make images` (needs Chromium; takes a minute)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).with_name("images")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = {"segments": "/sites/demo"}


def main() -> None:
    """Serve a demo, look at it, and stop it."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dashboard.cli", "demo", "--port", "0"]
        environment = {**os.environ, "TELPUNT_DATA": str(Path(folder) / "data")}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
            try:
                link = next(
                    found.group() for line in demo.stdout or () if (found := re.search(r"http://\S+/enter/\S+", line))
                )
                _take(link)
            finally:
                demo.send_signal(signal.SIGTERM)


def _take(link: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1120, "height": 800}, locale="en-GB")
        page.goto(link)
        origin = link.partition("/enter/")[0]
        for name, path in PAGES.items():
            page.goto(origin + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")
            click.echo(f"written: {IMAGES / name}.png", err=True)
        browser.close()


if __name__ == "__main__":
    main()
