from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people.accounts import Account, Accounts
from dashboard.people.sessions import DAY_S, day_of
from dashboard.people.tokens import PER_ACCOUNT_MAX, ApiTokens, InvalidToken, Scope
from tests.dashboard.conftest import Clock


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


@pytest.fixture
def tokens(engine: Engine, clock: Clock) -> ApiTokens:
    return ApiTokens(engine, clock)


@pytest.fixture
def accounts(engine: Engine) -> Accounts:
    return Accounts(engine)


@pytest.fixture
def editor(accounts: Accounts) -> Account:
    accounts.add("admin@example.org", "admin", None)
    return accounts.add("editor@example.org", "editor", None)


def test_a_token_does_what_its_scope_and_site_say(tokens: ApiTokens, editor: Account) -> None:
    """Scopes × sites: reading is in annotating, and one site is not another."""
    read = tokens.make(editor.id, "r", "read", None, 30)
    annotate = tokens.make(editor.id, "a", "annotate", "demo", 30)
    assert tokens.check(read, Scope.READ, "demo") == editor
    assert tokens.check(read, Scope.READ, "other") == editor
    assert tokens.check(read, Scope.ANNOTATE, "demo") is None
    assert tokens.check(annotate, Scope.READ, "demo") == editor
    assert tokens.check(annotate, Scope.ANNOTATE, "demo") == editor
    assert tokens.check(annotate, Scope.READ, "other") is None


def test_a_token_never_may_more_than_its_owner_may_now(tokens: ApiTokens, accounts: Accounts, editor: Account) -> None:
    """Who becomes a viewer, loses a site, is let in no more or is deleted takes their tokens along."""
    token = tokens.make(editor.id, "a", "annotate", None, 30)
    accounts.set_access(editor.id, "viewer")
    assert tokens.check(token, Scope.ANNOTATE, "demo") is None
    assert tokens.check(token, Scope.READ, "demo")
    accounts.set_access(editor.id, "viewer", {"other": "editor"})
    assert tokens.check(token, Scope.READ, "demo") is None
    assert tokens.check(token, Scope.ANNOTATE, "other")
    accounts.deactivate(editor.id)
    assert tokens.find(token) is None
    accounts.reactivate(editor.id)
    assert tokens.find(token)
    accounts.remove(editor.id)
    assert tokens.find(token) is None


def test_a_token_ends(tokens: ApiTokens, editor: Account, clock: Clock) -> None:
    """After its days it opens nothing, and stays in the list until it is revoked."""
    token = tokens.make(editor.id, "r", "read", None, 30)
    clock.now += 30 * DAY_S - 1
    assert tokens.find(token)
    clock.now += 1
    assert tokens.find(token) is None
    [kept] = tokens.of(editor.id)
    assert kept.until == day_of(clock.now // DAY_S)
    tokens.revoke(editor.id, kept.id)
    assert tokens.of(editor.id) == []


def test_nobody_revokes_the_token_of_another(tokens: ApiTokens, accounts: Accounts, editor: Account) -> None:
    """A number of somebody else's token ends nothing."""
    token = tokens.make(editor.id, "r", "read", None, 30)
    [kept] = tokens.of(editor.id)
    tokens.revoke(accounts.named("admin@example.org").id, kept.id)
    assert tokens.find(token)


def test_the_database_opens_nothing(tokens: ApiTokens, editor: Account, engine: Engine) -> None:
    """A hash is kept, and what it was presented as is not."""
    token = tokens.make(editor.id, "r", "read", None, 30)
    assert token.startswith("telpunt_")
    assert len(token) > 40
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_tokens")).mappings().all()
    assert token not in str(rows)
    assert token.removeprefix("telpunt_") not in str(rows)
    assert tokens.find(rows[0]["digest"]) is None
    assert tokens.find("telpunt_" + rows[0]["digest"]) is None


@pytest.mark.parametrize("presented", ["", "telpunt_", "Bearer x", "x" * 100_000, "telpunt_\ud800", "\0"])
def test_odd_tokens_are_unknown(tokens: ApiTokens, presented: str) -> None:
    """Whatever is presented, the answer is yes or no."""
    assert tokens.find(presented) is None


def test_use_is_kept_by_the_day(tokens: ApiTokens, editor: Account, clock: Clock) -> None:
    """Whether a token is still used can be seen, and nothing finer than the day."""
    token = tokens.make(editor.id, "r", "read", None, 30)
    assert tokens.of(editor.id)[0].last is None
    tokens.find(token)
    assert tokens.of(editor.id)[0].last == day_of(clock.now // DAY_S)


def test_what_cannot_be_made_is_named(tokens: ApiTokens, editor: Account) -> None:
    """Name, scope, days and number are bounded."""
    for name, scope, days in (("", "read", 30), ("x" * 81, "read", 30), ("x", "write", 30), ("x", "read", 31)):
        with pytest.raises(InvalidToken):
            tokens.make(editor.id, name, scope, None, days)
    for number in range(PER_ACCOUNT_MAX):
        tokens.make(editor.id, f"token {number}", "read", None, 30)
    with pytest.raises(InvalidToken, match="revoke one"):
        tokens.make(editor.id, "one more", "read", None, 30)
