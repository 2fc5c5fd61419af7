"""
How the reports of a site look: the employer's name, its colour, its logo.

A logo comes from outside: only PNG and JPEG are taken, by what the file is and not by what it is called, and what is kept is a PNG that
we drew from its dots. So nothing else that was in the file can be in a report.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from collector.errors import UsageError
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Site
from dashboard import database
from dashboard.database import LookRow
from dashboard.names import clean_name

OURS: Final = "#0b5563"  # the colour of reports without one of their own
TITLE_MAX_CHARS: Final = 80
LOGO_MAX_BYTES: Final = 900_000  # of the file that comes in
LOGO_MAX_DOTS: Final = 8_000_000  # of the file that comes in; a small file can hold a picture that fills the memory
LOGO_SIZE: Final = (900, 360)  # dots of the logo that is kept, at most
# WCAG 2.2, 1.4.3: white text on the colour, and text in the colour on white.
CONTRAST_MIN: Final = 4.5


class InvalidLook(UsageError):
    """When a title, colour or logo can't be used; *field* says which, *got* what it is."""

    def __init__(self, field: str, got: str, expected: str) -> None:
        self.field = field
        super().__init__(f"The {field} of the report is {got}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Look:
    """
    The look of a site's reports.

    Attributes:
        title: the employer's name; "" for the host of the site.
        colour: ``#rrggbb``.
        logo: a PNG; None for none.
    """

    title: str = ""
    colour: str = OURS
    logo: bytes | None = None

    def employer(self, site: Site) -> str:
        """Whose reports these are: the name that an editor gave, else the host of the site, which readers know."""
        return self.title or next(iter(site.hosts), site.key)


class Looks:
    """
    The looks of one installation.

    Args:
        engine: the metadata.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, site: str) -> Look:
        """The look of a site; ours when it has none."""
        with database.session(self._engine) as session:
            row = session.get(LookRow, site)
            return Look(row.title, row.colour or OURS, row.logo) if row else Look()

    def put(self, site: str, look: Look) -> None:
        """Keep a look in place of an earlier one."""
        with database.session(self._engine) as session, session.begin():
            session.merge(LookRow(site=site, title=look.title, colour=look.colour, logo=look.logo))


def of_site(settings: Settings, folder: DataFolder, site: str) -> Look:
    """For a command: the look of a site."""
    with database.opened(settings, folder) as engine:
        return Looks(engine).of(site)


def checked_title(text: str) -> str:
    """
    A title without control and direction characters.

    Raises:
        InvalidLook: it is too long.
    """
    clean = clean_name(text)
    if len(clean) > TITLE_MAX_CHARS:
        raise InvalidLook("title", f"{len(clean)} characters long", f"at most {TITLE_MAX_CHARS}")
    return clean


def checked_colour(text: str) -> str:
    """
    A colour that text can be read in and on; "" is ours.

    Raises:
        InvalidLook: it is no colour, or too light.
    """
    if not text.strip():
        return OURS
    colour = text.strip().lower()
    if not re.fullmatch("#[0-9a-f]{6}", colour):
        raise InvalidLook("colour", repr(text[:20]), "six hexadecimal digits after a #, such as #0b5563")
    contrast = contrast_with_white(colour)
    if contrast < CONTRAST_MIN:
        raise InvalidLook(
            "contrast",
            f"{contrast:.1f} to 1 for {colour} against white",
            f"at least {CONTRAST_MIN} to 1; take a darker colour",
        )
    return colour


def checked_logo(content: bytes) -> bytes:
    """
    A logo as the PNG that is kept.

    Raises:
        InvalidLook: it is too large, or not a PNG or JPEG that can be drawn.
    """
    if len(content) > LOGO_MAX_BYTES:
        raise InvalidLook("size", f"{len(content):,} bytes of logo", f"at most {LOGO_MAX_BYTES:,}")
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            if width * height > LOGO_MAX_DOTS or min(width, height) < 1:
                raise InvalidLook("logo", f"{width} by {height} dots", f"at most {LOGO_MAX_DOTS:,} dots")
            drawn = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidLook("logo", "not a picture that can be read", "a PNG or JPEG file") from None
    drawn.thumbnail(LOGO_SIZE)
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()


def contrast_with_white(colour: str) -> float:
    """Contrast ratio (1 to 21) of a colour and white, by WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
