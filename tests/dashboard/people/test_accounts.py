from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people import commands as account_commands
from dashboard.people.accounts import Accounts, Role
from dashboard.people.errors import (
    EmailTaken,
    GuessablePassword,
    InvalidEmail,
    InvalidRole,
    LastAdmin,
    LinkSpent,
    UnknownAccount,
    WeakPassword,
)
from dashboard.people.links import LIFETIME_S, Purpose
from dashboard.people.sessions import Sessions
from tests.dashboard.conftest import PASSWORD, Clock
from tests.dashboard.races import one_admin_is_left


@pytest.fixture
def engine(settings: Settings, folder: DataFolder) -> Iterator[Engine]:
    with database.opened(settings, folder) as engine:
        yield engine


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
    clock.now += 24 * 3600
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


def test_a_new_password_ends_sessions_and_links(accounts: Accounts, engine: Engine, settings: Settings) -> None:
    """Who changes a password because somebody knows it shuts that somebody out, open links included."""
    anna = accounts.add("anna@example.org", "viewer", PASSWORD)
    sessions = Sessions(engine, settings)
    token, link = sessions.begin(anna.id, "desktop"), accounts.entry_link(anna.email)
    accounts.set_password(anna.id, PASSWORD + " two")
    assert sessions.find(token) is None
    assert accounts.check("anna@example.org", PASSWORD) is None
    assert accounts.check("anna@example.org", PASSWORD + " two")
    with pytest.raises(LinkSpent):
        accounts.enter(link.rpartition("/")[2])


def test_an_invitation_sets_the_first_password_once(accounts: Accounts, clock: Clock) -> None:
    """An invitation lasts three days, survives a weak password, and works once."""
    accounts.add("anna@example.org", "viewer", None)
    path = accounts.password_link("anna@example.org")
    assert path.startswith("/invite/")
    link = token(path)
    known = accounts.whose(Purpose.INVITE, link)
    assert known
    assert known.email == "anna@example.org"
    with pytest.raises(WeakPassword):
        accounts.accept(Purpose.INVITE, link, "short")
    clock.now += LIFETIME_S[Purpose.INVITE] - 1
    assert accounts.accept(Purpose.INVITE, link, PASSWORD).has_password
    with pytest.raises(LinkSpent):
        accounts.accept(Purpose.INVITE, link, PASSWORD)


def test_a_reset_link_lasts_an_hour_and_only_the_last_one_works(accounts: Accounts, clock: Clock) -> None:
    """Asking twice makes the first link void; an hour later the second is, too."""
    accounts.add("anna@example.org", "viewer", PASSWORD)
    first, second = (token(accounts.password_link("anna@example.org")) for _ in range(2))
    assert accounts.whose(Purpose.RESET, first) is None
    assert accounts.whose(Purpose.RESET, second)
    assert accounts.whose(Purpose.INVITE, second) is None
    clock.now += 3600
    with pytest.raises(LinkSpent):
        accounts.accept(Purpose.RESET, second, PASSWORD + " two")


def test_roles_per_site(accounts: Accounts) -> None:
    """Somebody with some sites has a role on each, none elsewhere, and no say over the installation."""
    anna = accounts.add("anna@example.org", "admin", None, {"acme": "editor", "demo": "admin"})
    assert anna.role is Role.VIEWER
    assert [anna.role_on(key) for key in ("acme", "demo", "other")] == [Role.EDITOR, Role.ADMIN, None]
    assert not accounts.has_admin()
    everywhere = accounts.set_access(anna.id, "editor")
    assert everywhere.role_on("other") is Role.EDITOR
    nowhere = accounts.set_access(anna.id, "admin", {})
    assert nowhere.role_on("acme") is None
    with pytest.raises(InvalidRole):
        accounts.set_access(anna.id, "viewer", {"acme": "owner"})


def test_the_last_admin_stays(accounts: Accounts) -> None:
    """Neither deleting, nor deactivating, nor demoting leaves an installation without somebody who manages accounts."""
    anna = accounts.add("anna@example.org", "admin", None)
    accounts.add("site-admin@example.org", "admin", None, {"acme": "admin"})
    bert = accounts.add("bert@example.org", "admin", None)
    accounts.deactivate(bert.id)
    for attempt in (
        lambda: accounts.remove(anna.id),
        lambda: accounts.deactivate(anna.id),
        lambda: accounts.set_access(anna.id, "editor"),
        lambda: accounts.set_access(anna.id, "admin", {"acme": "admin"}),
    ):
        with pytest.raises(LastAdmin):
            attempt()
        known = accounts.get(anna.id)
        assert known
        assert known.active
        assert known.role_on("anything") is Role.ADMIN
    accounts.reactivate(bert.id)
    accounts.remove(anna.id)
    assert accounts.get(anna.id) is None


def test_two_admins_who_demote_each_other_do_not_both_succeed(accounts: Accounts) -> None:
    """Whatever they do at the same moment, one administrator is left."""
    one_admin_is_left(accounts)


def test_who_is_deactivated_gets_in_by_no_way(accounts: Accounts, engine: Engine, settings: Settings) -> None:
    """No password, no link and no session of before; after reactivation the password works again."""
    accounts.add("admin@example.org", "admin", None)
    anna = accounts.add("anna@example.org", "viewer", PASSWORD)
    sessions = Sessions(engine, settings)
    session, entry = sessions.begin(anna.id, "desktop"), token(accounts.entry_link(anna.email))
    accounts.deactivate(anna.id)
    reset = token(accounts.password_link(anna.email))
    assert accounts.check(anna.email, PASSWORD) is None
    assert sessions.find(session) is None
    assert accounts.whose(Purpose.RESET, reset) is None
    for attempt in (lambda: accounts.enter(entry), lambda: accounts.accept(Purpose.RESET, reset, PASSWORD)):
        with pytest.raises(LinkSpent):
            attempt()
    accounts.reactivate(anna.id)
    assert accounts.check(anna.email, PASSWORD)


@pytest.mark.parametrize("password", ["passwordpassword", "123456789012", "aaaaaaaaaaaaaa", "anna.jansen@example.org"])
def test_what_a_guesser_tries_first_is_no_password(accounts: Accounts, password: str) -> None:
    """Common passwords, rows, repetitions and the own address are refused, however long."""
    with pytest.raises(GuessablePassword):
        accounts.add("anna.jansen@example.org", "viewer", password)


def test_a_hash_of_yesterdays_strength_is_made_anew(engine: Engine) -> None:
    """When the parameters get stronger, each password is hashed again when it is next typed."""
    Accounts(engine, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)).add(
        "anna@example.org", "viewer", PASSWORD
    )
    stronger = Accounts(engine, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    for _ in range(2):
        assert stronger.check("anna@example.org", PASSWORD)
        with engine.connect() as connection:
            assert "m=16,t=2" in str(connection.execute(text("SELECT password_hash FROM users")).scalar())


def test_passwords_cost_a_guesser_what_owasp_asks(engine: Engine) -> None:
    """Argon2id with at least 19 MiB and two passes (OWASP Password Storage Cheat Sheet)."""
    Accounts(engine).add("anna@example.org", "viewer", PASSWORD)
    with engine.connect() as connection:
        kept = str(connection.execute(text("SELECT password_hash FROM users")).scalar())
    assert kept.startswith("$argon2id$")
    memory, passes, _lanes = (int(part.partition("=")[2]) for part in kept.split("$")[3].split(","))
    assert memory >= 19 * 1024
    assert passes >= 2


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


def test_the_terminal_gets_a_link_until_there_is_an_admin(settings: Settings, folder: DataFolder) -> None:
    """``telpunt serve`` has something to print on a fresh installation, and nothing after."""
    link = account_commands.setup_link(settings, folder)
    assert link
    assert link.startswith("/setup/")
    account_commands.add(settings, folder, "anna@example.org", "admin", None)
    assert account_commands.setup_link(settings, folder) is None
    assert account_commands.entry_link(settings, folder, "anna@example.org").startswith("/enter/")
