"""The Flask application: what the pages are made of, put together by one factory."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard.rate_table import RateTable


def create_app(
    settings: Settings,
    folder: DataFolder,
    *,
    clock: Callable[[], int] | None = None,
    rates: RateTable | None = None,
) -> Flask:
    """
    The dashboard of one installation, as a WSGI application.

    Args:
        settings: of this process.
        folder: a prepared data folder.
        clock: now, in whole seconds since 1970; None: the system's.
        rates: where it counts how often somebody tries, together with other workers; None: for itself.

    Raises:
        TelpuntError: the database cannot be used, or a newer Telpunt wrote it.
    """
    from dashboard import (
        access,
        assets,
        audiences,
        changes,
        channels,
        compression,
        csrf,
        database,
        demand,
        downloads,
        error_pages,
        faults,
        fetching,
        formatting,
        jobs,
        language,
        live,
        navigation,
        overview,
        reasons,
        security,
        segments,
        streaming,
        throttle,
        touchpoints,
        whole_numbers,
    )
    from dashboard.annotations import Annotations
    from dashboard.api import door as api_door
    from dashboard.api import page as api_page
    from dashboard.api import views as api
    from dashboard.mail import Mailer
    from dashboard.marks import Marks
    from dashboard.names import GivenNames
    from dashboard.owner import first_day, install, privacy, rules, site_settings
    from dashboard.people import account, auth, login, second_step, users, ways
    from dashboard.people.accounts import Accounts
    from dashboard.people.door_log import DoorLog
    from dashboard.people.sessions import Sessions
    from dashboard.people.tokens import ApiTokens
    from dashboard.people.totp import SecondFactor
    from dashboard.queries import Readings
    from dashboard.reports import pages as report
    from dashboard.scheduled import pages as schedule
    from dashboard.services import EXTENSION, Services
    from dashboard.sharing import embedded, shared
    from dashboard.sharing import here as share_here
    from dashboard.sharing import pages as sharing
    from dashboard.sharing.kept import SharedLinks
    from dashboard.supply import pages as supply
    from dashboard.supply.kept import Supply

    now = clock or (lambda: int(time.time()))
    secret = security.session_secret(folder)
    app = faults.Telling(__name__)
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="telpunt_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_idle_hours),
        MAX_CONTENT_LENGTH=64 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    app.session_interface = security.SessionCookies()
    app.url_map.merge_slashes = False  # what leads there would be made of the header Host
    app.url_map.converters["int"] = whole_numbers.Numbers
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    engine = database.connect(settings, folder)
    names = GivenNames(engine, now)
    marks = Marks(engine)
    supplied = Supply(engine, now)
    app.extensions[EXTENSION] = Services(
        settings=settings,
        folder=folder,
        sites=Registry.open(folder),
        engine=engine,
        accounts=Accounts(engine, now),
        names=names,
        readings=Readings(folder, names.of, marks.of, supplied.imported),
        clock=now,
        sessions=Sessions(engine, settings, now),
        second_factor=SecondFactor(engine, secret, now),
        tokens=ApiTokens(engine, now),
        mailer=Mailer(settings),
        door=DoorLog(now),
        annotations=Annotations(engine, now),
        marks=marks,
        shared_links=SharedLinks(engine, now),
        supply=supplied,
    )

    forms = csrf.MaskedCsrf(app)
    login.install(app)
    language.install(app)
    formatting.install(app)
    assets.install(app)
    navigation.install(app)
    shared.install(app)
    share_here.install(app)
    fetching.install(app)
    streaming.install(app)
    sites = app.extensions[EXTENSION].sites
    app.jinja_env.globals.update(
        language=language.current,
        theme=login.theme,
        dark_media=login.dark_media,
        reason_title=reasons.title,
        several_sites=lambda: len(access.visible_sites()) > 1,
        only_simulated=lambda: bool(sites.all()) and all(site.simulated for site in sites.all()),
    )
    for pages in (
        auth.pages,
        ways.pages,
        account.pages,
        second_step.pages,
        users.pages,
        overview.pages,
        audiences.pages,
        segments.pages,
        changes.pages,
        downloads.pages,
        report.pages,
        touchpoints.pages,
        demand.pages,
        supply.pages,
        channels.pages,
        live.pages,
        jobs.pages,
        install.blueprint(),
        rules.pages,
        site_settings.pages,
        first_day.pages,
        privacy.pages,
        assets.blueprint(),
        sharing.pages,
        shared.pages,
        embedded.pages,
        schedule.pages,
        api_page.pages,
        api.pages,
    ):
        app.register_blueprint(pages)
    forms.exempt(api.pages)  # it reads no cookie, so no other site can use somebody's
    forms.exempt(schedule.left)  # a mail program sends it, with the token of the letter
    forms.exempt(shared.pages)  # the password of a link changes nothing, and a token would need a cookie
    counted = rates or RateTable()
    api_door.install(app, counted)
    throttle.install(app, settings.trusted_proxies, counted)
    app.before_request(access.guard)
    app.after_request(security.set_headers)
    compression.install(app)
    error_pages.install(app)
    app.wsgi_app = security.BelieveProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app
