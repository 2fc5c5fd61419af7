"""Pages travel gzipped, and their length tells nothing."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard import compression, csrf
from tests.dashboard.conftest import services_of

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize(
    "path",
    ["/sites/demo", "/sites/demo/audiences", "/sites/demo/audiences/map.json", "/sites/demo/export/profiles.csv", "/privacy/demo"],
)  # fmt: skip
def test_what_shows_figures_is_compressed(reader: FlaskClient, path: str) -> None:
    """A browser that reads gzip gets it, others don't, and caches are told that there are two."""
    plain, packed = reader.get(path), reader.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert len(gzip.decompress(packed.data)) == len(plain.data)


def test_our_own_files_are_compressed(shared_app: Flask) -> None:
    """Stylesheet and script are, also for who is not logged in, and can still be asked for with what is known of them."""
    client = shared_app.test_client()
    answer = client.get("/static/style.css", headers=GZIP, buffered=True)
    assert gzip.decompress(answer.data) == client.get("/static/style.css", buffered=True).data
    again = client.get("/static/style.css", headers={**GZIP, "If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


def test_pages_with_secrets_are_not_compressed(shared_app: Flask) -> None:
    """Pages of accounts, links and second steps, and answers to forms, go as they are: their length is all that a listener would see."""
    client = shared_app.test_client()
    accounts = services_of(shared_app).accounts
    paths = ["/login", "/forgot", accounts.password_link("editor@example.org")]
    answers = [client.get(path, headers=GZIP) for path in paths]
    client.get(accounts.entry_link("admin@example.org"))
    answers += [client.get(path, headers=GZIP) for path in ("/account", "/account/second-step", "/users")]
    answers.append(client.post("/sites/demo/rules", headers=GZIP))
    assert [answer.headers.get("Content-Encoding") for answer in answers] == [None] * 7


def test_only_known_pages_are_compressed(shared_app: Flask) -> None:
    """Every name in the list is a blueprint that exists; a new one is left alone until somebody has thought about it."""
    assert set(shared_app.blueprints) >= compression.PAGES
    assert not compression.PAGES & {"auth", "account", "second_step", "users", "ways"}


def test_the_length_of_the_same_page_differs() -> None:
    """The same bytes come in many lengths, so that one letter more or less drowns."""
    body = b"<p>forty-two</p>" * 100
    packed = [compression.gzipped(body) for _ in range(60)]
    assert {gzip.decompress(one) for one in packed} == {body}
    assert len({len(one) for one in packed}) > 10


def test_the_token_of_a_form_is_never_the_same(reader: FlaskClient) -> None:
    """Two answers of one session share no run of letters of the token."""
    found = [reader.get("/sites/demo").text.partition('name="csrf_token" value="')[2][:120] for _ in range(2)]
    pieces = {found[0][place : place + 8] for place in range(100)}
    assert not any(piece in found[1] for piece in pieces)


@given(st.text(alphabet="abc.-_0", min_size=1, max_size=120))
def test_a_disguise_comes_off(token: str) -> None:
    """What is masked is unmasked as it was."""
    assert csrf.unmask(csrf.mask(token)) == token


@given(st.text(max_size=60))
def test_what_is_no_disguise_is_refused(text: str) -> None:
    """Whatever stands in the field of a form, reading it is no error of ours."""
    assert csrf.unmask(text) is None or isinstance(csrf.unmask(text), str)
