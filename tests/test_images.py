"""The gallery of pages shows what the command that takes the pictures takes."""

from __future__ import annotations

import re

from docs import make_images

MOST_BYTES = 2_750_000  # of all pictures together


def test_the_gallery_is_what_the_command_writes():
    """docs/pages.md is up to date, each picture in it is there, no other is, and together they stay small. Run `make images`."""
    text = (make_images.DOCS / "pages.md").read_text(encoding="utf-8")
    assert text == make_images.gallery()
    shown = set(re.findall(r'src="images/([^"]+)"', text))
    files = {file.name: file.stat().st_size for file in make_images.IMAGES.iterdir()}
    assert shown == files.keys()
    assert sum(files.values()) < MOST_BYTES
