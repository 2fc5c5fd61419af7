from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dashboard.access import Rule as AccessRule
from dashboard.access import is_everywhere, needed, rule_of
from dashboard.people.accounts import Role
from tests import factories
from tests.dashboard.conftest import services_of

# Every route, and what it needs. A new route must be added here on purpose.
EXPECTED = {
    "static": None,
    "assets.vega": None,
    "ways.setup_needed": None,
    "ways.setup": None,
    "ways.enter": None,
    "ways.invite": None,
    "ways.reset": None,
    "ways.forgot": None,
    "auth.login": None,
    "auth.code": None,
    "auth.logout": None,
    "auth.choose_language": None,
    "account.account": Role.VIEWER,
    "account.password": Role.VIEWER,
    "account.preferences": Role.VIEWER,
    "account.end_sessions": Role.VIEWER,
    "account.make_token": Role.VIEWER,
    "account.revoke_token": Role.VIEWER,
    "second_step.second_step": Role.VIEWER,
    "second_step.begin": Role.VIEWER,
    "second_step.confirm": Role.VIEWER,
    "second_step.new_codes": Role.VIEWER,
    "second_step.turn_off": Role.VIEWER,
    "users.users": Role.ADMIN,
    "users.invite": Role.ADMIN,
    "users.user": Role.ADMIN,
    "users.access": Role.ADMIN,
    "users.link": Role.ADMIN,
    "users.end_sessions": Role.ADMIN,
    "users.reset_second_step": Role.ADMIN,
    "users.active": Role.ADMIN,
    "users.delete": Role.ADMIN,
    "overview.home": Role.VIEWER,
    "overview.overview": Role.VIEWER,
    "audiences.audiences": Role.VIEWER,
    "overview.over_time": Role.VIEWER,
    "audiences.pattern_map": Role.VIEWER,
    "audiences.compare": Role.VIEWER,
    "changes.changes": Role.VIEWER,
    "changes.annotate": Role.EDITOR,
    "changes.import_annotations": Role.EDITOR,
    "segments.mark": Role.EDITOR,
    "touchpoints.touchpoints": Role.VIEWER,
    "touchpoints.one": Role.VIEWER,
    "demand.demand": Role.VIEWER,
    "supply.supply": Role.EDITOR,
    "supply.read": Role.EDITOR,
    "supply.keep": Role.EDITOR,
    "supply.remove": Role.EDITOR,
    "supply.families": Role.EDITOR,
    "supply.example": Role.EDITOR,
    "downloads.download": Role.VIEWER,
    "report.report": Role.VIEWER,
    "report.file": Role.VIEWER,
    "report.dress": Role.EDITOR,
    "report.logo": Role.VIEWER,
    "channels.channels": Role.VIEWER,
    "channels.link": Role.VIEWER,
    "live.live": Role.VIEWER,
    "jobs.jobs": Role.VIEWER,
    "jobs.fold": Role.EDITOR,
    "jobs.analyse": Role.EDITOR,
    "segments.segment": Role.VIEWER,
    "segments.rename": Role.EDITOR,
    "install.install": Role.EDITOR,
    "install.live": Role.EDITOR,
    "install.look": Role.EDITOR,
    "rules.rules": Role.EDITOR,
    "rules.change": Role.EDITOR,
    "rules.propose": Role.EDITOR,
    "site_settings.site_settings": Role.EDITOR,
    "site_settings.save": Role.EDITOR,
    "site_settings.pause": Role.EDITOR,
    "site_settings.remove": Role.ADMIN,
    "first_day.welcome": Role.ADMIN,
    "first_day.make_tour": Role.ADMIN,
    "first_day.tour_page": Role.ADMIN,
    "first_day.first_day": Role.EDITOR,
    "privacy.privacy": None,
    "sharing.sharing": Role.EDITOR,
    "sharing.make": Role.EDITOR,
    "sharing.link": Role.EDITOR,
    "sharing.prolong": Role.EDITOR,
    "sharing.password": Role.EDITOR,
    "sharing.revoke": Role.EDITOR,
    # For whoever has a link, see test_sharing.
    "shared.shared": None,
    "shared.unlock": None,
    "shared.chart": None,
    "shared.report": None,
    "embedded.embed": None,
    "schedule.schedule": Role.EDITOR,
    "schedule.add": Role.EDITOR,
    "schedule.change": Role.EDITOR,
    "schedule.pause": Role.EDITOR,
    "schedule.remove": Role.EDITOR,
    "schedule.now": Role.EDITOR,
    "schedule.preview": Role.EDITOR,
    # For who has the link of a letter, see test_schedule.
    "schedule.leave": None,
    "schedule.left": None,
    "schedule.broken_link": None,
    "api_page.reference": Role.VIEWER,
    # Open to no session at all: these let in who has an API token, see test_api.
    "api.openapi": None,
    "api.sites": None,
    "api.site": None,
    "api.runs": None,
    "api.noted": None,
    "api.annotate": None,
    "api.one": None,
    "api.change": None,
    "api.replace": None,
    "api.remove": None,
    "api.table": None,
    "api.file": None,
    "api.report": None,
}
# They need no token of a form: they read no cookie, or change nothing.
NO_FORMS = {"api.annotate", "api.change", "api.replace", "api.remove", "shared.unlock", "schedule.left"}
VALUES = {
    "key": "demo",
    "segment": "a01",
    "form": "json",
    "what": "segments",
    "token": "x",
    "tag": "x",
    "filename": "style.css",
    "number": 999,
    "identity": 999,
    "kind": "vacancies",
    "_rest": "x",
}


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
    views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    assert [endpoint for endpoint, view in views.items() if rule_of(view) is AccessRule.UNDECLARED] == []
    assert {endpoint: needed(view) for endpoint, view in views.items()} == EXPECTED


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


def test_a_role_on_one_site_opens_its_routes_of_that_site_only(app: Flask) -> None:
    """All routes × methods × roles on a site: its pages by that role, another site is not there, and the installation is a viewer's."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    factories.site(services.folder, "other")
    services.accounts.add("admin@example.org", "admin", None)
    app.config["WTF_CSRF_ENABLED"] = False
    for role in Role:
        email = f"{role}@demo.example"
        services.accounts.add(email, role, None, {"demo": role})
        client = app.test_client()
        client.get(services.accounts.entry_link(email))
        for rule, method, path in requests(app):
            least = EXPECTED[rule.endpoint]
            if least is None:
                continue
            of_site = "key" in rule.arguments
            there = of_site and not is_everywhere(app.view_functions[rule.endpoint])
            refused = client.open(path, method=method).status_code == 403
            assert refused is not (role if there else Role.VIEWER).covers(least), (role, method, path)
            if of_site:
                assert "/demo" in path
                assert client.open(path.replace("/demo", "/other", 1), method=method).status_code == 404
                assert client.open(path.replace("/demo", "/nowhere", 1), method=method).status_code == 404


def test_lists_of_sites_hold_those_one_may_see(app: Flask) -> None:
    """The first page of somebody with one site opens it and names no other; without any it names none."""
    services = services_of(app)
    for key in ("demo", "other"):
        factories.site(services.folder, key)
    services.accounts.add("admin@example.org", "admin", None)
    for email, sites, expected in (("one@example.org", {"demo": "viewer"}, 302), ("none@example.org", {}, 200)):
        services.accounts.add(email, "viewer", None, sites)
        client = app.test_client()
        client.get(services.accounts.entry_link(email))
        answer = client.get("/")
        assert answer.status_code == expected
        assert "other" not in client.get("/", follow_redirects=True).text.replace("another", "")


def test_the_menu_leads_to_nothing_that_is_closed(app: Flask) -> None:
    """Every page that the menu offers opens, for each role on all sites or on one, on pages of a site and others."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    services.accounts.add("admin@example.org", "admin", None)
    for role in Role:
        for sites in (None, {"demo": role}):
            email = f"{role}@{'some' if sites else 'all'}.example"
            services.accounts.add(email, role, None, sites)
            client = app.test_client()
            client.get(services.accounts.entry_link(email))
            for page in ("/sites/demo", "/account"):
                menu = re.search(r'<nav class="menu".*?</nav>', client.get(page).text, re.DOTALL)
                links = re.findall(r'href="([^"]+)"', menu[0] if menu else "")
                assert ("/users" in links) is (role is Role.ADMIN and sites is None)
                for link in links:
                    assert client.get(link, follow_redirects=True).status_code == 200, (email, link)


def test_a_change_of_role_counts_from_the_next_request(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Who loses a role loses it at once, without logging in anew."""
    accounts = services_of(app).accounts
    factories.site(services_of(app).folder)
    client = log_in("editor")
    assert client.get("/sites/demo/install").status_code == 200
    identity = accounts.named("editor@example.org").id
    accounts.set_access(identity, "viewer")
    assert client.get("/sites/demo/install").status_code == 403
    accounts.set_access(identity, "viewer", {})
    assert client.get("/sites/demo/install").status_code == 404


def test_pages_of_a_site_have_its_key_in_their_address(app: Flask) -> None:
    """The one rule about sites looks at ``key``: an address under /sites/ without it would pass it by."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/sites/"):
            assert rule.rule.startswith("/sites/<key>"), rule.rule


def test_a_view_that_says_nothing_is_closed(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """Forgetting to mark a view closes it to everybody, admins too, and the table above does not take it."""

    def forgotten() -> str:
        return "secret"

    app.add_url_rule("/forgotten", "forgotten", forgotten)
    assert rule_of(forgotten) is AccessRule.UNDECLARED
    assert app.test_client().get("/forgotten").status_code == 302
    assert log_in("admin").get("/forgotten").status_code == 403


def test_every_form_needs_the_token_of_its_session(app: Flask, log_in: Callable[[str], FlaskClient]) -> None:
    """All routes that change something, public ones too, answer 400 without a CSRF token, and with one of another session."""
    factories.publish(services_of(app).folder, factories.site(services_of(app).folder))
    client = log_in("admin")
    other = re.search(r'name="csrf_token" value="([^"]+)"', app.test_client().get("/login").text)
    assert other
    changing = [
        (path, method)
        for rule, method, path in requests(app)
        if method not in ("GET", "HEAD") and rule.endpoint not in NO_FORMS
    ]
    assert len(changing) > 20
    for path, method in changing:
        for fields in ({}, {"csrf_token": "forged"}, {"csrf_token": other[1]}):
            assert client.open(path, method=method, data=fields).status_code == 400, (method, path)
