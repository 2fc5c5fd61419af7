"""The documentation is made from the code, and says what is there."""

from __future__ import annotations

import re
from pathlib import Path

from docs import make_reference

ROOT = Path(__file__).parents[1]


def test_the_reference_is_what_the_code_says():
    """docs/reference.md is up to date: every setting, command, drop reason, dimension and column is in it. Run `make docs`."""
    assert make_reference.PATH.read_text(encoding="utf-8") == make_reference.render()


def test_every_column_is_explained():
    """No published column goes without a meaning, but for those that the table's name explains."""
    bare = re.findall(r"^\| `(\w+)` \| \w+ \|  \|$", make_reference.columns(), re.MULTILINE)
    assert set(bare) <= {
        "segment",
        "label",
        "label_nl",
        "sentence_nl",
        "visits",
        "value",
        "x",
        "y",
        "words_nl",
        "index_high",
        "after_high",
    }


def test_every_file_has_its_place_in_the_picture():
    """docs/architecture.md names every file and room of the three packages."""
    files = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Files")[2]
    named = set(re.findall(r"`([a-z_0-9]+)/?`", files))
    there = {
        path.stem
        for room in ("collector", "analysis", "dashboard")
        for path in (ROOT / room).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__", "migrations"} - named == set()


def test_links_in_the_docs_lead_somewhere():
    """No page of the documentation links to a file that is not there."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert not [f"{page.relative_to(ROOT)}: {link}" for page, link in links if not (page.parent / link).exists()]


def test_the_readme_names_real_commands():
    """Every `telpunt …` command line in the README, the tutorial and the how-tos is a command with those options."""
    from click.testing import CliRunner

    from dashboard.cli import main

    for page in [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *(ROOT / "docs" / "howto").glob("*.md")]:
        for line in re.findall(r"^ {4}telpunt (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            words = line.split("#")[0].split()
            path = [word for word in words[:2] if word.isalpha() and word.islower()]
            helped = CliRunner().invoke(main, [*path[: 2 if path[0] in ("site", "supply", "user") else 1], "--help"])
            assert helped.exit_code == 0, line
            for option in re.findall(r"(?<=\s)--[a-z-]+", " " + line):
                assert option in helped.output, line
