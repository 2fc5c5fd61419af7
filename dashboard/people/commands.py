"""What ``telpunt user …``, ``telpunt serve`` and the demo do with accounts: each opens the metadata, does one thing, and closes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database
from dashboard.people import totp
from dashboard.people.accounts import Account, Accounts
from dashboard.people.sessions import Sessions


@contextmanager
def opened(settings: Settings, folder: DataFolder) -> Iterator[Accounts]:
    """The accounts, for the length of one command."""
    with database.opened(settings, folder) as engine:
        yield Accounts(engine)


def setup_link(settings: Settings, folder: DataFolder) -> str | None:
    """See :meth:`Accounts.setup_link`."""
    with opened(settings, folder) as accounts:
        return accounts.setup_link()


def entry_link(settings: Settings, folder: DataFolder, email: str) -> str:
    """See :meth:`Accounts.entry_link`."""
    with opened(settings, folder) as accounts:
        return accounts.entry_link(email)


def add(settings: Settings, folder: DataFolder, email: str, role: str, password: str | None) -> Account:
    """See :meth:`Accounts.add`."""
    with opened(settings, folder) as accounts:
        return accounts.add(email, role, password)


def end_sessions(settings: Settings, folder: DataFolder, email: str) -> None:
    """Log somebody out everywhere; UnknownAccount when nobody has that address."""
    with database.opened(settings, folder) as engine:
        Sessions(engine, settings).end_all(Accounts(engine).named(email).id)


def reset_second_step(settings: Settings, folder: DataFolder, email: str) -> None:
    """Turn somebody's second factor off and log them out everywhere; UnknownAccount when nobody has that address."""
    with database.opened(settings, folder) as engine:
        account = Accounts(engine).named(email)
        totp.turn_off(engine, account.id)
        Sessions(engine, settings).end_all(account.id)
