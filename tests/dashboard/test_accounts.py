from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import accounts as module
from dashboard import database
from dashboard.accounts import (
    LINK_LIFETIME_S,
    Accounts,
    EmailTaken,
    InvalidEmail,
    InvalidRole,
    LinkSpent,
    Role,
    UnknownAccount,
    WeakPassword,
)

PASSWORD = "correct horse battery staple"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(engine: Engine, clock: Clock) -> Accounts:
    return Accounts(engine, clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def token(path: str | None) -> str:
    assert path
    return path.rsplit("/", 1)[1]


def test_a_fresh_installation_has_no_account(accounts: Accounts) -> None:
    """There is no default login."""
    assert accounts.all() == []
    assert not accounts.has_admin()


def test_the_setup_link_makes_the_first_admin_once(accounts: Accounts) -> None:
    """The set-up link makes an admin, and is void after."""
    link = token(accounts.setup_link())
    assert accounts.setup_is_open(link)
    assert accounts.set_up(link, " Anna@Example.ORG ", PASSWORD).role is Role.ADMIN
    assert accounts.check("anna@example.org", PASSWORD)
    assert not accounts.setup_is_open(link)
    assert accounts.setup_link() is None
    with pytest.raises(LinkSpent):
        accounts.set_up(link, "other@example.org", PASSWORD)


def test_only_one_of_two_at_once_becomes_admin(accounts: Accounts) -> None:
    """Two people who use the set-up link at the same time do not both get in."""
    link = token(accounts.setup_link())

    def attempt(number: int) -> bool:
        try:
            accounts.set_up(link, f"person{number}@example.org", PASSWORD)
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert len(accounts.all()) == 1


def test_a_mistake_does_not_use_up_the_setup_link(accounts: Accounts) -> None:
    """A password that is too short leaves the link good."""
    link = token(accounts.setup_link())
    with pytest.raises(WeakPassword):
        accounts.set_up(link, "anna@example.org", "short")
    assert accounts.setup_is_open(link)


def test_a_new_setup_link_replaces_the_old_one(accounts: Accounts) -> None:
    """Of the links of two starts only the last one works."""
    first, second = token(accounts.setup_link()), token(accounts.setup_link())
    assert not accounts.setup_is_open(first)
    assert accounts.setup_is_open(second)


def test_links_expire_after_a_day(accounts: Accounts, clock: Clock) -> None:
    """Neither a set-up link nor an entry link works after 24 hours."""
    accounts.add("anna@example.org", "viewer", None)
    setup, entry = token(accounts.setup_link()), token(accounts.entry_link("anna@example.org"))
    clock.now += LINK_LIFETIME_S
    assert not accounts.setup_is_open(setup)
    with pytest.raises(LinkSpent):
        accounts.enter(entry)


def test_an_entry_link_works_once(accounts: Accounts) -> None:
    """The second use of an entry link is refused."""
    accounts.add("anna@example.org", "editor", None)
    link = token(accounts.entry_link("Anna@example.org"))
    assert accounts.enter(link).email == "anna@example.org"
    with pytest.raises(LinkSpent):
        accounts.enter(link)


def test_links_are_not_interchangeable(accounts: Accounts) -> None:
    """An entry link makes no admin and a set-up link logs nobody in."""
    accounts.add("anna@example.org", "viewer", None)
    entry, setup = token(accounts.entry_link("anna@example.org")), token(accounts.setup_link())
    with pytest.raises(LinkSpent):
        accounts.set_up(entry, "evil@example.org", PASSWORD)
    with pytest.raises(LinkSpent):
        accounts.enter(setup)


def test_the_database_holds_no_token_and_no_password(accounts: Accounts, engine: Engine) -> None:
    """Whoever reads the database can open nothing with it: tokens are hashed, passwords are Argon2id."""
    accounts.add("anna@example.org", "viewer", PASSWORD)
    link = token(accounts.entry_link("anna@example.org"))
    with engine.connect() as connection:
        kept = str(
            [
                connection.execute(text("SELECT * FROM users")).all(),
                connection.execute(text("SELECT * FROM one_time_links")).all(),
            ]
        )
    assert link not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in kept


def test_a_wrong_password_and_an_unknown_address_are_alike(accounts: Accounts) -> None:
    """The answer to a failed log-in tells nothing, and an account without a password can't be guessed."""
    accounts.add("anna@example.org", "viewer", PASSWORD)
    accounts.add("link-only@example.org", "viewer", None)
    assert accounts.check("anna@example.org", PASSWORD)
    assert accounts.check("anna@example.org", PASSWORD + "x") is None
    assert accounts.check("nobody@example.org", PASSWORD) is None
    assert accounts.check("link-only@example.org", "") is None


def test_a_new_password_ends_sessions(accounts: Accounts) -> None:
    """The stamp that every session carries changes with the password."""
    before = accounts.add("anna@example.org", "viewer", PASSWORD)
    after = accounts.set_password(before.id, PASSWORD + " two")
    assert after.stamp != before.stamp
    assert accounts.check("anna@example.org", PASSWORD) is None
    assert accounts.check("anna@example.org", PASSWORD + " two")


def test_an_address_has_one_account(accounts: Accounts) -> None:
    """The same address in other capitals is the same account."""
    accounts.add("anna@example.org", "viewer", None)
    with pytest.raises(EmailTaken):
        accounts.add("ANNA@example.org", "admin", None)


@pytest.mark.parametrize(
    "email", ["", "anna", "@example.org", "a b@example.org", "a@b@c", "<a@b>", "a@" + "b" * 300, "a\n@b.nl"]
)
def test_what_is_no_address_is_refused(accounts: Accounts, email: str) -> None:
    """Only what can be an e-mail address is taken."""
    with pytest.raises(InvalidEmail):
        accounts.add(email, "viewer", None)


def test_an_unknown_role_is_refused(accounts: Accounts) -> None:
    """A role that is not ours is named together with those that are."""
    with pytest.raises(InvalidRole, match="viewer, editor, admin"):
        accounts.add("anna@example.org", "owner", None)


def test_an_entry_link_needs_an_account(accounts: Accounts) -> None:
    """A link for an address without account says how to make one."""
    with pytest.raises(UnknownAccount, match="telpunt user add"):
        accounts.entry_link("nobody@example.org")


def test_roles_are_ranked() -> None:
    """Each role may do what those before it may, and no more."""
    assert Role.ADMIN.covers(Role.EDITOR)
    assert Role.EDITOR.covers(Role.VIEWER)
    assert not Role.VIEWER.covers(Role.EDITOR)


def test_the_terminal_gets_a_whole_link_until_there_is_an_admin(settings: Settings, folder: DataFolder) -> None:
    """``telpunt serve`` has something to print on a fresh installation, and nothing after."""
    link = module.first_link(settings, folder, "http://127.0.0.1:8000/")
    assert link
    assert link.startswith("http://127.0.0.1:8000/setup/")
    module.add(settings, folder, "anna@example.org", "admin", None)
    assert module.first_link(settings, folder, "http://127.0.0.1:8000/") is None
    assert module.login_link(settings, folder, "anna@example.org").startswith("/enter/")
