"""What is answered where something went wrong: a page in words, for programs a problem in JSON."""

from __future__ import annotations

import logging

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from collector.errors import FileDamaged
from dashboard.api import problems
from dashboard.api.resources import is_api
from dashboard.people.accounts import Role

log = logging.getLogger("telpunt.dashboard")


def install(app: Flask) -> None:
    """Let the errors of *app* be told; the collector's own addresses answer for themselves."""
    app.register_error_handler(HTTPException, _say)
    app.register_error_handler(FileDamaged, _say_damaged)


def _say(error: HTTPException, damage: str | None = None) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if is_api(request.path):
        return problems.of_error(error)
    return Response(
        render_template("error.html", status=error.code, damage=damage),
        status=error.code,
        headers=[header for header in error.get_headers() if header[0] in problems.KEPT_HEADERS],
        mimetype="text/html",
    )


def _say_damaged(error: FileDamaged) -> ResponseReturnValue:
    """A damaged file stops what is made of it and nothing else; who can mend it reads which file it is, and what to do."""
    log.error("%s", error)
    is_admin = current_user.is_authenticated and current_user.role is Role.ADMIN
    if is_api(request.path):
        return problems.damaged()
    return _say(ServiceUnavailable(), str(error) if is_admin else "")
