"""
The token of every form, in a new disguise in every answer.

Flask-WTF's token begins with the same letters all through a session, so the length of compressed pages could betray it (see
:mod:`dashboard.compression`). Here it is combined with random bytes that stand beside it, as Rails and Django do.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Flask
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf


class MaskedCsrf(CSRFProtect):  # type: ignore[misc,unused-ignore]
    """Flask-WTF's protection; only what stands in the page differs."""

    def init_app(self, app: Flask) -> None:
        """Give the templates of *app* ``csrf_token()``, and check every form."""
        super().init_app(app)
        app.context_processor(lambda: {"csrf_token": lambda: mask(generate_csrf())})

    def _get_csrf_token(self) -> str | None:
        return unmask(super()._get_csrf_token() or "")


def mask(token: str) -> str:
    """*token* in a disguise that is never the same."""
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(pad + _xor(plain, pad)).decode()


def unmask(text: str) -> str | None:
    """The token behind a disguise; None when *text* is none."""
    try:
        both = urlsafe_b64decode(text.encode("ascii"))
        half = len(both) // 2
        return _xor(both[half:], both[:half]).decode() if both and len(both) % 2 == 0 else None
    except (binascii.Error, UnicodeError):
        return None


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
