"""Numbers in addresses and forms that no row can have are answered, not broken on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import whole_numbers
from tests import factories
from tests.dashboard.conftest import post, services_of

HUGE = "9" * 25


@pytest.mark.parametrize("number", [HUGE, "9" * 5000])
def test_a_number_that_no_row_can_have_is_not_found(log_in: Callable[[str], FlaskClient], number: str) -> None:
    """A page of account 9999999999999999999999999 is one that is not there: the database is not asked for it."""
    admin = log_in("admin")
    assert admin.get(f"/users/{number}").status_code == 404
    assert post(admin, "/account", f"/account/tokens/{number}/revoke").status_code == 404


@pytest.mark.parametrize("number", [HUGE, "9" * 5000, "x", "-1", "²", ""])
def test_a_form_may_hold_any_number(app: Flask, log_in: Callable[[str], FlaskClient], number: str) -> None:
    """An annotation with such a number is not there, and is not taken for a new one; a token for so many days is not made."""
    factories.publish(services_of(app).folder, factories.site(services_of(app).folder))
    editor = log_in("editor")
    answer = post(editor, "/sites/demo/changes", "/sites/demo/annotations", id=number, start="2026-11-02", text="x")
    assert answer.status_code == 404
    assert services_of(app).annotations.of("demo") == []
    assert post(editor, "/account", "/account/tokens", name="t", scope="read", days=number).status_code == 400


def test_reads_the_numbers_that_a_row_can_have() -> None:
    """From 1 to the largest of PostgreSQL's INTEGER; anything else is 0."""
    assert [whole_numbers.of_form(text) for text in ("1", " 30 ", "2147483647", "2147483648", "1.5", "٣")] == [
        1,
        30,
        2147483647,
        0,
        0,
        0,
    ]
