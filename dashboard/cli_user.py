"""The commands ``telpunt user …``, for who can use the terminal of the machine: they ask for no password and can lock nobody out for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.folder import DataFolder
    from collector.settings import Settings

ROLES = click.Choice(["admin", "editor", "viewer"])
_FROM_STDIN = "Read the password from standard input instead of giving a link."
_BEHIND = "Behind the dashboard's address, this path works once"


@click.group()
def user() -> None:
    """Manage the accounts of the dashboard."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=ROLES, help="What the account may do.")
@click.option(
    "--site", "sites", multiple=True, help="Key of a site, to let the account see that one only; repeat for more."
)
@click.option("--password-stdin", is_flag=True, help=_FROM_STDIN)
def add(email: str, role: str, sites: tuple[str, ...], password_stdin: bool) -> None:
    """Add an account for EMAIL and print a link with which it is entered once."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    password = _typed() if password_stdin else None
    limited = _known_sites(folder, sites, role)
    with account_commands.opened(settings, folder) as accounts:
        accounts.add(email, role, password, limited)
        click.echo(f"Account {email} added as {role}{' of ' + ', '.join(sites) if sites else ''}")
        if password is None:
            click.echo(f"Enter once with this path behind the dashboard's address: {accounts.entry_link(email)}")


@user.command("list")
def list_() -> None:
    """List the accounts: address, role or roles per site, and what is special about them."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    with account_commands.opened(settings, folder) as accounts:
        found = accounts.all()
    for account in found:
        role = (
            account.role if account.sites is None else ",".join(f"{key}={each}" for key, each in account.sites.items())
        )
        marks = {
            "deactivated": not account.active,
            "no password": not account.has_password,
            "second step": account.second_factor,
        }
        click.echo(
            "\t".join([account.email, role or "no site", ", ".join(mark for mark, so in marks.items() if so)]).rstrip()
        )
    if not found:
        click.echo("No accounts yet; telpunt serve prints the link that makes the first one", err=True)


@user.command("role")
@click.argument("email")
@click.option("--role", required=True, type=ROLES, help="What the account may do.")
@click.option(
    "--site", "sites", multiple=True, help="Key of a site, to let the account see that one only; repeat for more."
)
def role_(email: str, role: str, sites: tuple[str, ...]) -> None:
    """Change what the account of EMAIL may do, on all sites or on some."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    limited = _known_sites(folder, sites, role)
    with account_commands.opened(settings, folder) as accounts:
        accounts.set_access(accounts.named(email).id, role, limited)
    click.echo(f"Account {email} is {role} now{' of ' + ', '.join(sites) if sites else ''}")


@user.command("reset-password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help=_FROM_STDIN)
def reset_password(email: str, password_stdin: bool) -> None:
    """Print a link with which the password of EMAIL is set once, or set it; sessions end when it is set."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    with account_commands.opened(settings, folder) as accounts:
        known = accounts.named(email)
        if password_stdin:
            accounts.set_password(known.id, _typed())
            click.echo(f"Account {known.email} has a new password; its sessions have ended")
        else:
            click.echo(f"{_BEHIND}: {accounts.password_link(email)}")


@user.command("reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Turn the second step of logging in off for EMAIL, and end its sessions."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    account_commands.reset_second_step(settings, folder, email)
    click.echo(f"Account {email} logs in without a second step until it is set up again; its sessions have ended")


@user.command("log-out")
@click.argument("email")
def log_out(email: str) -> None:
    """End all sessions of EMAIL."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    account_commands.end_sessions(settings, folder, email)
    click.echo(f"Account {email} is logged out everywhere")


@user.command("deactivate")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the account in again.")
def deactivate(email: str, undo: bool) -> None:
    """Let EMAIL in no more, without deleting the account."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    with account_commands.opened(settings, folder) as accounts:
        (accounts.reactivate if undo else accounts.deactivate)(accounts.named(email).id)
    click.echo(f"Account {email} is {'let in again' if undo else 'let in no more'}")


@user.command("remove")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(email: str, yes: bool) -> None:
    """Delete the account of EMAIL, with its sessions and API tokens. This can't be undone."""
    from dashboard.people import commands as account_commands

    settings, folder = _open()
    with account_commands.opened(settings, folder) as accounts:
        known = accounts.named(email)
        if not yes:
            click.confirm(f"Delete the account {known.email}? This can't be undone", abort=True, err=True)
        accounts.remove(known.id)
    click.echo(f"Account {known.email} deleted")


def _open() -> tuple[Settings, DataFolder]:
    from collector.folder import DataFolder
    from collector.settings import Settings

    settings = Settings.load()
    return settings, DataFolder(settings.data).prepare()


def _typed() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _known_sites(folder: DataFolder, keys: tuple[str, ...], role: str) -> dict[str, str] | None:
    from collector.sites import Registry

    registry = Registry.open(folder)
    return {registry[key].key: role for key in keys} or None
