"""
Dutch and English: which one a page speaks, and its catalogue.

The catalogues are ``translations/*/LC_MESSAGES/*.po``, read at start and compiled in memory: there is no build step that a newcomer
could forget, no compiled file that can lag behind, and a package folder need not be writable. It takes about 30 ms. A group of pages
has a file of its own; ``messages.po`` has what is said in many places.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final, cast

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale
from flask_babel import gettext as _gettext
from flask_babel import ngettext as _ngettext

from analysis.words import Language

TRANSLATIONS: Final = Path(__file__).parent / "translations"
# The language of the page, and the locale of its dates and numbers.
LOCALES: Final[dict[Language, str]] = {"en": "en_GB", "nl": "nl_NL"}
DEFAULT: Final[Language] = "en"
SESSION_KEY: Final = "language"


class Catalogues(Domain):  # type: ignore[misc]  # flask_babel has no types
    """Translations compiled from the ``.po`` files when the application is made."""

    def __init__(self, folder: Path = TRANSLATIONS) -> None:
        super().__init__()
        self._catalogues = {
            path.name: read_catalogue(path / "LC_MESSAGES") for path in sorted(folder.iterdir()) if path.is_dir()
        }

    def get_translations(self) -> NullTranslations:
        """The catalogue of this request's language; English is the source and has none."""
        locale = get_locale()
        return self._catalogues.get(locale.language if locale else "", NullTranslations())


def read_messages(folder: Path) -> Catalog:
    """The texts of all ``.po`` files in *folder*, as one catalogue."""
    together = Catalog()
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as source:
            part = read_po(source)
        if path.name == "messages.po":
            together.mime_headers = part.mime_headers
        for message in part:
            if message.id:
                together[message.id] = message
    return together


def read_catalogue(folder: Path) -> Translations:
    """Compile the ``.po`` files of one language in memory."""
    compiled = BytesIO()
    write_mo(compiled, read_messages(folder))
    compiled.seek(0)
    return Translations(fp=compiled)


def install(app: Flask) -> None:
    """Let *app* speak the visitor's choice, else what the browser asks for, else English."""
    babel = Babel(app, locale_selector=lambda: LOCALES[current()])
    babel.domain_instance = Catalogues()


def current() -> Language:
    """The language of this request."""
    asked = request.args.get("lang") or session.get(SESSION_KEY)
    if asked in LOCALES:
        return cast("Language", asked)
    best = request.accept_languages.best_match(list(LOCALES), default=DEFAULT)
    return cast("Language", best)


def gettext(text: str, **values: object) -> str:
    """*text* in the language of this request, with *values* put in."""
    return str(_gettext(text, **values))


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """*one* or *many* by *number*, in the language of this request."""
    return str(_ngettext(one, many, number, **values))


def choose(language: str) -> None:
    """Keep a choice in the session; one that we do not speak changes nothing."""
    if language in LOCALES:
        session[SESSION_KEY] = language
