"""The commands ``telpunt site …``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.folder import DataFolder
    from collector.settings import Settings
    from collector.sites import Registry, Site


@click.group()
def site() -> None:
    """Add, list, change and remove the sites that are counted."""


@site.command("add")
@click.argument("key")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    required=True,
    help="Host name of the site; repeat for more. *.example.org takes in all under it.",
)
@click.option(
    "--timezone", default="Europe/Amsterdam", show_default=True, help="Time zone in which days and weeks are cut."
)
def site_add(key: str, hosts: tuple[str, ...], timezone: str) -> None:
    """Add the site KEY, or change its hosts and time zone."""
    import msgspec

    from collector.sites import make_site
    from collector.snippet import tag

    _, folder, sites = _open()
    made = make_site(key, hosts, timezone=timezone)
    known = sites.get(key)
    if known is not None:
        made = msgspec.structs.replace(known, hosts=made.hosts, timezone=made.timezone)
    sites.save(folder, made)
    click.echo(f"Site {key} {'changed' if known else 'added'}: {', '.join(made.hosts)} ({made.timezone})")
    click.echo("Put this line in the <head> of its pages, with the address at which Telpunt is reached:")
    click.echo(f"  {tag('https://count.example.org', key)}")


@site.command("list")
def site_list() -> None:
    """List the sites: key, hosts, time zone."""
    _, _, sites = _open()
    for each in sites.all():
        click.echo(f"{each.key}\t{','.join(each.hosts)}\t{each.timezone}{'	simulated' if each.simulated else ''}")
    if not sites.all():
        click.echo("No sites yet; add one with: telpunt site add KEY --host HOST", err=True)


@site.command("rules")
@click.argument("key")
@click.option("--add", "added", multiple=True, metavar="PATTERN=TOUCHPOINT", help="Add a rule; * matches anything.")
@click.option("--first", is_flag=True, help="Put what is added before the other rules instead of after them.")
@click.option("--remove", "removed", type=int, help="Remove the rule of this number.")
@click.option("--undo", is_flag=True, help="Take the last change of the rules back.")
@click.option("--try", "tried", multiple=True, metavar="PATH", help="Show what becomes of a path or URL.")
def site_rules(
    key: str, added: tuple[str, ...], first: bool, removed: int | None, undo: bool, tried: tuple[str, ...]
) -> None:
    """Show, try and change the touchpoint rules of site KEY: the first that matches decides, before the defaults."""
    from collector import rules

    def change(known: Site) -> Site:
        made = rules.undo(known) if undo else known
        if removed is not None:
            made = rules.remove(made, removed)
        for position, text in enumerate(added, start=1):
            made = rules.add(made, text, position if first else None)
        return rules.at_once(known, made)

    _, folder, sites = _open()
    made = sites.change(folder, key, change) if added or undo or removed is not None else sites[key]
    for number, rule in enumerate(made.rules, start=1):
        click.echo(f"{number}\t{rule.path}\t{rule.touchpoint}")
    for path, touchpoint, number in rules.preview(made, tried):
        click.echo(f"{path}\t{touchpoint}\t{f'rule {number}' if number else 'default'}")


@site.command("set")
@click.argument("key")
@click.option("--k", type=int, help="Smallest number of visits that anything shown rests on.")
@click.option("--min-visits", type=int, help="Visits that a first analysis needs.")
@click.option("--keep-months", type=int, help="Months that counts are kept; 0 keeps them.")
@click.option("--fine-days", type=int, help="Days that rare patterns stay fine; 0: as the installation's setting.")
@click.option("--privacy-page/--no-privacy-page", default=None, help="Show the public page /privacy/KEY, or not.")
def site_set(key: str, **given: int | bool | None) -> None:
    """Change settings of the site KEY, and show them all."""
    import msgspec

    _, folder, sites = _open()
    asked = {name: value for name, value in given.items() if value is not None}
    made = sites.change(folder, key, lambda known: msgspec.structs.replace(known, **asked)) if asked else sites[key]
    for name in ("k", "min_visits", "keep_months", "fine_days", "privacy_page", "paused"):
        click.echo(f"{name}\t{getattr(made, name)}")


@site.command("pause")
@click.argument("key")
def site_pause(key: str) -> None:
    """Stop counting the site KEY: what its snippet sends is dropped, with that as the reason."""
    _set_paused(key, paused=True)


@site.command("resume")
@click.argument("key")
def site_resume(key: str) -> None:
    """Go on counting the site KEY."""
    _set_paused(key, paused=False)


@site.command("remove")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def site_remove(key: str, yes: bool) -> None:
    """Remove the site KEY and delete all that is left of it; this cannot be undone."""
    from analysis.fold import utc_now
    from dashboard import database
    from dashboard.owner import site_removal

    settings, folder, sites = _open()
    known = sites[key]
    if not yes:
        typed = click.prompt(
            f"All counts, analyses and settings of {key} are deleted for good. Type its key to go on", err=True
        )
        if typed.strip() != key:
            raise click.ClickException(f"Site {key} was not removed: {typed[:40]!r} is not its key")
    with database.opened(settings, folder) as engine:
        site_removal.begin(folder, sites, engine, known.key, now=utc_now())
        site_removal.finish(folder, sites, engine, now=utc_now())
    click.echo(f"Site {key} is removed and its data deleted; a telpunt serve that runs looks once more within minutes")


def _set_paused(key: str, *, paused: bool) -> None:
    import msgspec

    _, folder, sites = _open()
    sites.change(folder, key, lambda known: msgspec.structs.replace(known, paused=paused))
    click.echo(f"Site {key} is {'paused: nothing is counted for it' if paused else 'counted again'}")


def _open() -> tuple[Settings, DataFolder, Registry]:
    from collector.folder import DataFolder
    from collector.settings import Settings
    from collector.sites import Registry

    settings = Settings.load()
    folder = DataFolder(settings.data).prepare()
    return settings, folder, Registry.open(folder)
