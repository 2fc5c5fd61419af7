from __future__ import annotations

import io
import logging
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard.access import public
from dashboard.app import create_app
from dashboard.security import SECRET_FILE, session_secret
from tests.dashboard.conftest import PASSWORD, make_passwords_cheap, post, services_of

ADDRESS = "203.0.113.77"
AGENT = "Mozilla/5.0 (Recognisable; rv:99.9)"


@pytest.fixture
def proxied(folder: DataFolder) -> Iterator[Flask]:
    app = create_app(Settings(data=folder.path, trusted_proxies="10.0.0.0/8"), folder)
    make_passwords_cheap(app)
    services_of(app).accounts.add("anna@example.org", "admin", PASSWORD)
    yield app
    services_of(app).engine.dispose()


@pytest.mark.parametrize(
    "path",
    ["/sites/demo", "/sites/demo/audiences/map.json", "/sites/demo/audiences/map.svg", "/login", "/no/such/page"],
)
def test_every_answer_carries_the_strict_headers(reader: FlaskClient, path: str) -> None:
    """Policy without unsafe-inline or unsafe-eval, no framing, no sniffing, no referrer to others, nothing kept by caches."""
    headers = reader.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"] or "private" in headers["Cache-Control"]


def test_pages_hold_nothing_that_the_policy_refuses(reader: FlaskClient) -> None:
    """No inline script, style or handler in any page."""
    for path in ("/login", "/sites/demo", "/sites/demo/segments/a01", "/sites/demo/install", "/account"):
        text = reader.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text


def test_the_session_secret_is_random_private_and_kept(tmp_path: Path) -> None:
    """The secret of two installations differs; that of one stays, in a file for its owner only."""
    one, two = DataFolder(tmp_path / "one").prepare(), DataFolder(tmp_path / "two").prepare()
    assert session_secret(one) == session_secret(one)
    assert session_secret(one) != session_secret(two)
    assert len(session_secret(one)) == 32
    assert stat.S_IMODE((one.path / SECRET_FILE).stat().st_mode) == 0o600


def test_the_session_cookie_is_for_this_site_only(proxied: Flask) -> None:
    """HttpOnly and SameSite=Lax always; Secure over https, also when https ends at a trusted proxy, and not on a stranger's word."""
    plain = proxied.test_client().get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    over_https = proxied.test_client().get("/login", base_url="https://localhost")
    assert "Secure" in over_https.headers["Set-Cookie"]
    assert "max-age" in over_https.headers["Strict-Transport-Security"]
    forwarded = {"X-Forwarded-Proto": "https"}
    by_proxy = proxied.test_client().get("/login", headers=forwarded, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert "Secure" in by_proxy.headers["Set-Cookie"]
    by_stranger = proxied.test_client().get("/login", headers=forwarded, environ_base={"REMOTE_ADDR": ADDRESS})
    assert "Secure" not in by_stranger.headers["Set-Cookie"]


def test_over_https_the_cookie_is_this_hosts_alone(proxied: Flask) -> None:
    """Its name begins with __Host-, so that no other host of the domain can set one in its place; logging in works with it."""
    client = proxied.test_client()
    page = client.get("/login", base_url="https://localhost")
    assert page.headers["Set-Cookie"].startswith("__Host-telpunt_session=")
    assert "Domain" not in page.headers["Set-Cookie"]
    assert "Path=/" in page.headers["Set-Cookie"]
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    fields = {"csrf_token": found[1], "email": "anna@example.org", "password": PASSWORD}
    sent = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/login"}}
    assert client.post("/login", data=fields, **sent).status_code == 302  # type: ignore[arg-type]
    assert client.get("/account", base_url="https://localhost").status_code == 200
    assert client.get("/account").status_code == 302  # on plain http that cookie is none


def test_throttling_sees_behind_a_trusted_proxy_and_no_other(proxied: Flask) -> None:
    """One guesser behind our proxy does not lock out the rest; who makes addresses up does not get more tries."""
    client = proxied.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.1.2.3"
    for number in range(11):
        client.environ_base["HTTP_X_FORWARDED_FOR"] = ADDRESS
        guessed = post(client, "/login", email=f"a{number}@example.org", password="wrong").status_code
    assert guessed == 429
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.9"
    assert post(client, "/login", email="other@example.org", password="wrong").status_code == 403
    liar = proxied.test_client()
    liar.environ_base["REMOTE_ADDR"] = "192.0.2.5"
    for number in range(11):
        liar.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        lied = post(liar, "/login", email=f"b{number}@example.org", password="wrong").status_code
    assert lied == 429


def test_a_session_does_not_outlive_a_login(proxied: Flask) -> None:
    """What was in a session before logging in is gone after (session fixation); the chosen language stays."""
    client = proxied.test_client()
    client.get("/login")
    with client.session_transaction() as session:
        session["planted"] = "evil"
        session["language"] = "nl"
    post(client, "/login", email="anna@example.org", password=PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["language"] == "nl"
        assert "_id" not in session  # Flask-Login's hash of address and agent


def test_neither_log_nor_disk_holds_address_or_agent(proxied: Flask) -> None:
    """Log-ins, refusals, throttling and a crash leave no address and no agent anywhere."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        client = proxied.test_client()
        client.environ_base |= {"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT}
        for _ in range(12):
            post(client, "/login", email="anna@example.org", password="wrong")

        proxied.config["PROPAGATE_EXCEPTIONS"] = False
        proxied.view_functions["auth.login"] = crash
        assert client.get("/login").status_code == 500
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "on purpose" in log.getvalue()
    kept = log.getvalue().encode() + b"".join(
        path.read_bytes() for path in services_of(proxied).folder.path.rglob("*") if path.is_file()
    )
    assert ADDRESS.encode() not in kept
    assert b"Recognisable" not in kept


@public
def crash() -> str:
    raise RuntimeError("on purpose")


def test_large_bodies_are_refused(shared_app: Flask) -> None:
    """No form here needs more than 64 KiB."""
    assert shared_app.test_client().post("/login", data={"email": "a" * 70_000}).status_code == 413
