"""The Flask application: what the pages are made of, put together by one factory."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry


def create_app(settings: Settings, folder: DataFolder, *, clock: Callable[[], int] | None = None) -> Flask:
    """
    The dashboard of one installation, as a WSGI application.

    Args:
        settings: of this process.
        folder: a prepared data folder.
        clock: now, in whole seconds since 1970; None: the system's.

    Raises:
        TelpuntError: the database cannot be used, or a newer Telpunt wrote it.
    """
    from dashboard import (
        access,
        assets,
        audiences,
        auth,
        channels,
        database,
        formatting,
        install,
        language,
        live,
        navigation,
        overview,
        reasons,
        security,
        segments,
    )
    from dashboard.accounts import Accounts
    from dashboard.names import GivenNames
    from dashboard.queries import Readings
    from dashboard.services import EXTENSION, Services

    now = clock or (lambda: int(time.time()))
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=security.session_secret(folder),
        SESSION_COOKIE_NAME="telpunt_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        MAX_CONTENT_LENGTH=64 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        RATELIMIT_STORAGE_URI="memory://",
    )
    app.session_interface = security.SessionCookies()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    engine = database.connect(settings, folder)
    names = GivenNames(engine, now)
    app.extensions[EXTENSION] = Services(
        settings, folder, Registry.open(folder), engine, Accounts(engine, now), names, Readings(folder, names.of), now
    )

    CSRFProtect(app)
    auth.install(app)
    language.install(app)
    formatting.install(app)
    assets.install(app)
    navigation.install(app)
    sites = app.extensions[EXTENSION].sites
    app.jinja_env.globals.update(
        language=language.current,
        reason_title=reasons.title,
        several_sites=lambda: len(sites.all()) > 1,
        only_simulated=lambda: bool(sites.all()) and all(site.simulated for site in sites.all()),
    )
    for pages in (
        auth.pages,
        overview.pages,
        audiences.pages,
        segments.pages,
        channels.pages,
        live.pages,
        install.blueprint(),
        assets.blueprint(),
    ):
        app.register_blueprint(pages)
    _throttle(app, settings)
    app.before_request(access.guard)
    app.after_request(security.set_headers)
    app.register_error_handler(HTTPException, _say_error)
    app.wsgi_app = security.BelieveProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app


def _throttle(app: Flask, settings: Settings) -> None:
    """At most ten log-ins a minute and a hundred an hour from one address, and the same for one account."""
    from dashboard import security

    limiter = Limiter(security.throttle_key(settings.trusted_proxies), app=app, headers_enabled=False)
    rate = "10 per minute; 100 per hour"
    by_sender = limiter.limit(rate, methods=["POST"])
    by_account = limiter.limit(rate, methods=["POST"], key_func=security.throttle_key_of_account())
    views: dict[str, Any] = app.view_functions
    for endpoint in ("auth.login", "auth.setup", "auth.account"):
        views[endpoint] = by_sender(views[endpoint])
    views["auth.login"] = by_account(views["auth.login"])


def _say_error(error: HTTPException) -> ResponseReturnValue:
    """An error page in words; the collector's own addresses answer for themselves."""
    if error.response is not None:
        return error.response
    page = render_template("error.html", status=error.code)
    return Response(
        page,
        status=error.code,
        headers=[header for header in error.get_headers() if header[0] == "Allow"],
        mimetype="text/html",
    )
