from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dashboard.access import needed
from dashboard.accounts import Role
from tests import factories
from tests.dashboard.conftest import services_of

# Every route, and what it needs. A new route must be added here on purpose.
EXPECTED = {
    "static": None,
    "assets.vega": None,
    "auth.setup_needed": None,
    "auth.setup": None,
    "auth.enter": None,
    "auth.login": None,
    "auth.logout": None,
    "auth.choose_language": None,
    "auth.account": Role.VIEWER,
    "overview.home": Role.VIEWER,
    "overview.overview": Role.VIEWER,
    "audiences.audiences": Role.VIEWER,
    "audiences.pattern_map": Role.VIEWER,
    "channels.channels": Role.VIEWER,
    "channels.link": Role.VIEWER,
    "live.live": Role.VIEWER,
    "segments.segment": Role.VIEWER,
    "segments.rename": Role.EDITOR,
    "install.install": Role.EDITOR,
    "install.live": Role.EDITOR,
}
VALUES = {"key": "demo", "segment": "a01", "form": "json", "token": "x", "tag": "x", "filename": "style.css"}


def requests(app: Flask) -> list[tuple[Rule, str, str]]:
    """Every (rule, method, path)."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            path = app.url_map.bind("localhost").build(rule.endpoint, {name: VALUES[name] for name in rule.arguments})
            found += [(rule, method, path) for method in sorted(rule.methods or ()) if method != "OPTIONS"]
    return found


def test_every_route_is_in_the_table(app: Flask) -> None:
    """No route comes or changes its role without somebody deciding so."""
    assert {rule.endpoint: needed(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()} == EXPECTED


def test_strangers_get_nothing_but_the_log_in(app: Flask, folder: object) -> None:
    """Without logging in, each protected route, by each method, leads to the log-in page."""
    data = services_of(app).folder
    factories.publish(data, factories.site(data))
    services_of(app).accounts.add("admin@example.org", "admin", None)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    for rule, method, path in requests(app):
        if EXPECTED[rule.endpoint] is not None:
            answer = client.open(path, method=method)
            assert answer.status_code == 302, (method, path)
            assert answer.location.startswith("/login"), (method, path)


def test_each_role_opens_its_routes_and_no_others(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """All routes × methods × roles: 403 exactly where the role is too low."""
    data = services_of(app).folder
    factories.publish(data, factories.site(data))
    app.config["WTF_CSRF_ENABLED"] = False
    for role in Role:
        client = log_in(role)
        for rule, method, path in requests(app):
            least = EXPECTED[rule.endpoint]
            if least is not None:
                refused = client.open(path, method=method).status_code == 403
                assert refused is not role.covers(least), (role, method, path)


def test_a_view_that_says_nothing_is_for_admins() -> None:
    """Forgetting to mark a view closes it rather than opens it."""

    def forgotten() -> str:
        return ""

    assert needed(forgotten) is Role.ADMIN
