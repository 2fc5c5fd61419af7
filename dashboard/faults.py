"""What is told of a request that failed without anybody having expected it."""

from __future__ import annotations

from types import TracebackType

from flask import Flask, request


class Telling(Flask):
    """
    An application that tells which page failed and why, and not at which address.

    The address of a shared link, of an invitation or of ending a subscription holds a secret, and more people read a log than those whom
    it is for.
    """

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """Write the route and the traceback to the log."""
        self.logger.error(
            "Exception on %s [%s]", request.url_rule or "an address without a page", request.method, exc_info=exc_info
        )
