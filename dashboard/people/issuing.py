"""What hands out secrets that are shown once: API tokens, shared links."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from dashboard.people import accounts


class Issuer:
    """
    A part of one installation that hands out secrets.

    Args:
        engine: the metadata.
        clock: now, in whole seconds since 1970.
        new_token: random URL-safe text of at least 128 bits.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = accounts.system_clock,
        new_token: Callable[[], str] = accounts.new_token,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_token = new_token
