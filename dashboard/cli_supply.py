"""The commands ``telpunt supply …``: open vacancies and hires, to lay beside what visits want."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from dashboard.cli_parts import open_folder

PAGES_MAX: Final = 1000  # of a sitemap
SECONDS_MAX: Final = 600.0


@click.group()
def supply() -> None:
    """Bring in open vacancies and hires, list and remove what was brought in."""


@supply.command("import")
@click.argument("file")
@click.option("--site", "key", required=True, help="Key of the site.")
@click.option(
    "--kind", type=click.Choice(["vacancies", "hires"]), default="vacancies", show_default=True, help="What it holds."
)
@click.option("--source", help="What to call it; an import of the same name takes its place. Default: FILE.")
@click.option("--dry-run", is_flag=True, help="Read and tell, and keep nothing.")
def import_(file: str, key: str, kind: str, source: str | None, dry_run: bool) -> None:
    """
    Bring in FILE: a CSV file, an XML feed of jobs, or the address of a feed or sitemap on a host of the site.

    Nothing of a CSV file is kept when a line of it is wrong; of a feed, what cannot be read is left out and told.
    """
    from analysis.fold import utc_now
    from dashboard import database
    from dashboard.fetching import Fetcher
    from dashboard.owner.sitemap import BYTES_MAX, Unreadable
    from dashboard.supply import reading
    from dashboard.supply.kept import Supply

    settings, folder, sites = open_folder()
    site, now = sites[key], utc_now()
    try:
        if file.startswith(("http://", "https://")):
            if kind == "hires":
                raise click.UsageError("hires are read from a CSV file, and this is an address")
            fetcher = Fetcher(site, settings.fetch_networks)
            read = reading.address(fetcher, file, now.date(), pages_max=PAGES_MAX, seconds=SECONDS_MAX)
        else:
            with Path(file).open("rb") as opened:
                read = reading.content(opened.read(BYTES_MAX + 1), kind, now.date())
    except Unreadable as error:
        raise click.ClickException(f"{file}: {error.said.rstrip('.')}; nothing was changed") from None
    for trouble in read.troubles:
        click.echo(f"{file}{f':{trouble.number}' if trouble.number else ''}: {trouble.said}", err=True)
    if not read.can_be_kept:
        raise click.ClickException(f"{file} has nothing to keep, or lines that must be mended; nothing was changed")
    if dry_run:
        click.echo(f"{read.total} {kind} in {read.rows.height} rows; nothing was kept")
        return
    named = source or (file if "://" in file else Path(file).name)
    with database.opened(settings, folder) as engine:
        replaced = Supply(engine, lambda: int(now.timestamp())).keep(key, named, read, by=None)
    click.echo(f"{read.total} {kind} of {key} kept{', in place of the earlier import' if replaced else ''}")


@supply.command("list")
@click.option("--site", "key", required=True, help="Key of the site.")
def list_(key: str) -> None:
    """List what was brought in: number, kind, how many, source."""
    from dashboard import database
    from dashboard.supply.kept import Supply

    settings, folder, sites = open_folder()
    with database.opened(settings, folder) as engine:
        for one in Supply(engine, lambda: 0).imports(sites[key].key):
            click.echo(f"{one.id}\t{one.kind}\t{one.total}\t{one.source}")


@supply.command("remove")
@click.argument("number", type=int)
@click.option("--site", "key", required=True, help="Key of the site.")
def remove(number: int, key: str) -> None:
    """Forget the import of that NUMBER, with all that came with it."""
    from dashboard import database
    from dashboard.supply.kept import Supply

    settings, folder, sites = open_folder()
    with database.opened(settings, folder) as engine:
        if not Supply(engine, lambda: 0).remove(sites[key].key, number):
            raise click.ClickException(
                f"Site {key} has no import {number}; telpunt supply list --site {key} shows them"
            )
    click.echo(f"Import {number} of {key} is removed")
