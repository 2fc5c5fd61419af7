from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.cli import main
from dashboard.people.accounts import Account, Accounts
from dashboard.people.sessions import Sessions
from tests import factories
from tests.dashboard.conftest import PASSWORD

EMAIL = "anna@example.org"


class Terminal:
    """The command on a data folder of its own."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.settings = Settings(data=folder.path)

    def __call__(self, *words: str, typed: str = "") -> Result:
        return CliRunner(env={"TELPUNT_DATA": str(self.folder.path)}).invoke(main, ["user", *words], input=typed)

    def account(self, email: str = EMAIL) -> Account | None:
        with database.opened(self.settings, self.folder) as engine:
            return Accounts(engine).find(email)

    def opens(self, password: str, email: str = EMAIL) -> bool:
        with database.opened(self.settings, self.folder) as engine:
            return Accounts(engine).check(email, password) is not None


@pytest.fixture
def user(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(folder)


def test_adding_prints_a_link_or_takes_a_password(user: Terminal) -> None:
    """With a password on standard input no link is made; without, one that enters."""
    done = user("add", EMAIL, "--role", "admin")
    assert done.exit_code == 0
    assert re.search(r" /enter/[\w-]{43}$", done.output.strip())
    done = user("add", "bert@example.org", "--role", "viewer", "--password-stdin", typed=PASSWORD + "\n")
    assert "/enter/" not in done.output
    assert PASSWORD not in done.output
    assert user.opens(PASSWORD, "bert@example.org")


def test_an_account_for_one_site(user: Terminal) -> None:
    """A site must be there to be given, and an account can be given all sites later."""
    assert user("add", EMAIL, "--role", "editor", "--site", "nowhere").exit_code == 2
    assert user.account() is None
    factories.site(user.folder)
    assert user("add", EMAIL, "--role", "editor", "--site", "demo").exit_code == 0
    account = user.account()
    assert account
    assert account.sites == {"demo": "editor"}
    assert "demo=editor" in user("list").output
    assert user("role", EMAIL, "--role", "admin").exit_code == 0
    account = user.account()
    assert account
    assert account.sites is None
    assert account.role == "admin"


def test_the_list_says_what_is_special(user: Terminal) -> None:
    """One line an account, with role and marks."""
    assert "No accounts yet" in user("list").output
    user("add", EMAIL, "--role", "admin")
    user("add", "bert@example.org", "--role", "viewer", "--password-stdin", typed=PASSWORD + "\n")
    user("deactivate", "bert@example.org")
    assert user("list").output.splitlines() == [
        "anna@example.org\tadmin\tno password",
        "bert@example.org\tviewer\tdeactivated",
    ]


def test_resetting_a_password(user: Terminal) -> None:
    """By link, or by standard input; a weak one changes nothing and is a usage error in one sentence."""
    user("add", EMAIL, "--role", "admin", "--password-stdin", typed=PASSWORD + "\n")
    done = user("reset-password", EMAIL)
    assert re.search(r"/reset/[\w-]{43}$", done.output.strip())
    weak = user("reset-password", EMAIL, "--password-stdin", typed="short\n")
    assert weak.exit_code == 2
    assert "expected 12 to 128" in weak.output
    assert user.opens(PASSWORD)
    assert user("reset-password", EMAIL, "--password-stdin", typed=PASSWORD + " two\n").exit_code == 0
    assert user.opens(PASSWORD + " two")
    assert user("reset-password", "nobody@example.org").exit_code == 2


def test_logging_out_and_the_second_step(user: Terminal) -> None:
    """Both end all sessions of the one that is named."""
    user("add", EMAIL, "--role", "admin")
    account = user.account()
    assert account
    for words in (("log-out", EMAIL), ("reset-second-step", EMAIL)):
        with database.opened(user.settings, user.folder) as engine:
            token = Sessions(engine, user.settings).begin(account.id, "desktop")
        assert user(*words).exit_code == 0
        with database.opened(user.settings, user.folder) as engine:
            assert Sessions(engine, user.settings).find(token) is None


def test_removing_asks_and_keeps_the_last_admin(user: Terminal) -> None:
    """Without a yes nothing goes; the last administrator stays whatever is said."""
    user("add", EMAIL, "--role", "admin")
    user("add", "bert@example.org", "--role", "viewer")
    assert user("remove", "bert@example.org", typed="n\n").exit_code != 0
    assert user.account("bert@example.org")
    assert user("remove", "bert@example.org", typed="y\n").exit_code == 0
    assert user.account("bert@example.org") is None
    for words in (("remove", EMAIL, "--yes"), ("deactivate", EMAIL), ("role", EMAIL, "--role", "viewer")):
        refused = user(*words)
        assert refused.exit_code == 2
        assert "last administrator" in refused.output
    assert user.account()
