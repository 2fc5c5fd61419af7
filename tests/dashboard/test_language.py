from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from flask import Flask
from flask.testing import FlaskClient

import dashboard
from dashboard.language import LOCALES, TRANSLATIONS, read_catalogue, read_messages
from tests.dashboard.conftest import post

SOURCE = Path(dashboard.__file__).parent
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OTHERS = sorted(language for language in LOCALES if language != "en")


def texts() -> set[str | tuple[str, ...]]:
    """Every text in the sources that is meant to be translated."""
    return {text for _file, _line, text, _comments, _context in extract_from_dir(SOURCE, METHODS)}


def catalogue(language: str) -> Catalog:
    return read_messages(TRANSLATIONS / language / "LC_MESSAGES")


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing(language: str) -> None:
    """Every text of pages and code has a translation that is not empty and not fuzzy, and nothing is translated that is no longer said."""
    translated = {message.id: message for message in catalogue(language) if message.id}
    assert set(translated) == texts()
    for message in translated.values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_survive_translation(language: str) -> None:
    """A translation has the same placeholders as the text, or a page would break in one language only."""
    for message in catalogue(language):
        source = message.id if isinstance(message.id, str) else message.id[-1]
        for form in message.string if isinstance(message.string, tuple) else (message.string,):
            assert placeholders(form) == placeholders(source), source


def test_no_text_is_markup() -> None:
    """Texts are put into pages as they are, so none may hold markup; the tag that one shows is a value."""
    flat = [part for text in texts() for part in ((text,) if isinstance(text, str) else text)]
    assert not [text for text in flat if re.search(r"[<>]", text)]


def test_catalogues_are_compiled_in_memory() -> None:
    """There is no compiled file to forget, and plural forms work."""
    assert not list(TRANSLATIONS.rglob("*.mo"))
    dutch = read_catalogue(TRANSLATIONS / "nl" / "LC_MESSAGES")
    assert dutch.ungettext("%(visits)s visit", "%(visits)s visits", 1) == "%(visits)s bezoek"
    assert dutch.ungettext("%(visits)s visit", "%(visits)s visits", 2) == "%(visits)s bezoeken"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("en-US,en;q=0.9", "en"),
        ("fr-FR", "en"),
        ("fr,nl;q=0.4,en;q=0.3", "nl"),
        ("", "en"),
    ],
)
def test_the_browser_chooses_first(shared_app: Flask, header: str, expected: str) -> None:
    """A page speaks what the browser asks for, and English when it asks for something else."""
    page = shared_app.test_client().get("/login", headers={"Accept-Language": header}).text
    assert f'<html lang="{expected}">' in page
    assert ("Inloggen" in page) is (expected == "nl")


def test_a_choice_is_kept(shared_app: Flask) -> None:
    """The switch at the foot of the page wins over the browser, and leads back to the same page."""
    client = shared_app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Log in" in client.get("/login").text
    assert post(client, "/login", "/language", language="nl", next="/login").location == "/login"
    assert "Inloggen" in client.get("/login").text
    post(client, "/login", "/language", language="xx", next="https://evil.example")
    assert "Inloggen" in client.get("/login").text


def test_figures_and_labels_follow_the_language(reader: FlaskClient) -> None:
    """Numbers, dates, labels and values are in the language of the page, in whatever order pages are asked for."""
    for _ in range(2):
        english = reader.get("/sites/demo/audiences?lang=en").text
        assert "21,480" in english
        assert "Culture readers" in english
        dutch = reader.get("/sites/demo/audiences?lang=nl").text
        assert "21.480" in dutch
        assert "Lezers over cultuur" in dutch
        assert "26 okt" in dutch
        assert "0.0%" in reader.get("/sites/demo/segments/a02?lang=en").text
        assert "0,0%" in reader.get("/sites/demo/segments/a02?lang=nl").text
