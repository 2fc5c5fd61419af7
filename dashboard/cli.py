"""
The command ``telpunt``: every subcommand is a few lines around a function elsewhere.

Imports stand inside the commands, so that ``telpunt site list`` does not pay for Polars, nor ``telpunt fold`` for Flask.
Exit status 0 done, 1 failed, 2 usage; an error is one sentence on standard error.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli_export import export
from dashboard.cli_parts import BY, Day, Group, open_folder, telling, working
from dashboard.cli_site import site
from dashboard.cli_supply import supply
from dashboard.cli_user import user

if TYPE_CHECKING:
    from analysis.history import By

DEMO_ADMIN = "demo@telpunt.example"


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="telpunt", prog_name="telpunt")
def main() -> None:
    """Telpunt counts a careers site and finds its audiences, without following anybody. The data lies in $TELPUNT_DATA."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer requests."
)
@click.option("--enter", hidden=True, help="Print a link that enters as this account, once.")
def serve(host: str, port: int, workers: int, enter: str | None) -> None:
    """Run the collector, the dashboard and the jobs until it is stopped."""
    from dashboard.people import commands as account_commands
    from dashboard.serve import serve as run

    settings, folder, _ = open_folder()
    with folder.hold(
        "serve"
    ):  # a second one is refused here, before it makes a link that takes the place of the first one's
        pass
    notices = []
    if enter:
        notices.append(
            f"Look at the audiences (this link works once): {{origin}}{account_commands.entry_link(settings, folder, enter)}"
        )
    elif link := account_commands.setup_link(settings, folder):
        notices.append(f"Make the first account (this link works once): {{origin}}{link}")
    run(settings, host, port, workers, notices=notices)


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option(
    "--days", default=84, show_default=True, type=click.IntRange(14, 730), help="Days to simulate, up to yesterday."
)
@click.option("--no-serve", is_flag=True, help="Stop when the audiences are found.")
def demo(port: int, days: int, no_serve: bool) -> None:
    """Simulate a careers site, send it through the real collector, find its audiences and show them."""
    from analysis.fold import utc_now
    from dashboard.demo import story
    from dashboard.people import commands as account_commands
    from dashboard.people.errors import EmailTaken

    settings, folder, sites = open_folder()
    story.refuse_real(sites)
    if not no_serve:
        from dashboard.serve import free_address

        free_address("127.0.0.1", port)  # before a minute of work, not after
    run = story.tell(folder, settings, sites, now=utc_now(), days=days, say=click.echo, telling=telling)
    click.echo(f"{run.segments} audiences among {run.visits:,} visits from {run.start} to {run.end} ({run.verdict})")
    if no_serve:
        click.echo(f"Look at them with: telpunt export segments --site {run.site} --format csv")
        return
    with suppress(EmailTaken):
        account_commands.add(settings, folder, DEMO_ADMIN, "admin", None)
    # A process of its own: workers are forked, and Polars, which this process has used, does not survive a fork.
    sys.stdout.flush()
    os.execv(
        sys.executable,
        [sys.executable, "-P", "-m", "dashboard.cli", "serve", "--port", str(port), "--enter", DEMO_ADMIN],
    )


main.add_command(export)
main.add_command(user)
main.add_command(site)
main.add_command(supply)


@main.command()
@click.argument("url")
@click.option("--site", "key", help="Key of the site that the page should be counted for.")
def check(url: str, key: str | None) -> None:
    """Fetch the page URL and say what is wrong with the snippet on it; exit status 1 when something is."""
    from dashboard.owner.check import check as look

    _, _, sites = open_folder()
    report = look(url, sites, key)
    for line in (*report.problems, *report.notes):
        click.echo(line)
    if report.problems:
        sys.exit(1)


@main.command("import")
@click.argument("files", nargs=-1, required=True)
@click.option("--site", "key", required=True, help="Key of the site that the logs are of.")
@click.option(
    "--format", "format_", default="auto", show_default=True, type=click.Choice(["auto", "combined", "common"])
)
@click.option("--again", is_flag=True, help="Import though the same log was imported before (its visits count twice).")
def import_(files: tuple[str, ...], key: str, format_: str, again: bool) -> None:
    """Import access logs, plain or gzipped; '-' is standard input. All of a command's files count, or none."""
    from collector.imports import import_logs
    from collector.logfiles import total_bytes

    settings, folder, sites = open_folder()
    site = sites[key]
    total = total_bytes(files)
    with click.progressbar(
        length=total or 1, label="Importing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        report = import_logs(files, site, settings, folder, format=format_, progress=bar.update, again=again)  # type: ignore[arg-type]
    click.echo(str(report))
    if report.page_views:
        click.echo("Count them now with: telpunt fold (telpunt serve does it by itself)")


@main.command()
@click.option("--site", "key", help="Fold this site only.")
@click.option("--all", "close_all", is_flag=True, help="Close visits that are still open, too.")
@BY
def fold(key: str | None, close_all: bool, by: By) -> None:
    """Count the visits that are closed, and forget their events."""
    from analysis.fold import fold as count
    from analysis.fold import utc_now

    settings, folder, sites = open_folder()
    if key is not None:
        key = sites[key].key
    with working(folder, "fold", key or "", by) as work:
        done = count(folder, settings, sites, now=utc_now(), site=key, close_all=close_all, progress=work.tell)
        k = max((site.k for site in sites.all()), default=1)
        work.did(visits=done.visits // k * k, k=k)
    click.echo(str(done))


@main.command()
@click.option("--site", "key", required=True, help="Key of the site.")
@click.option(
    "--days", default=28, show_default=True, type=click.IntRange(7, 730), help="Days to look back, in whole weeks."
)
@click.option("--end", type=Day(), help="Last day to look at; default: the last day with visits.")
@BY
def analyse(key: str, days: int, end: date | None, by: By) -> None:
    """Find the audience segments of a site and publish them."""
    from analysis import gate, pipeline, runs
    from analysis.fold import utc_now

    settings, folder, sites = open_folder()
    site = sites[key]
    with working(folder, "analyse", site.key, by) as work:
        run = pipeline.refresh(folder, settings, site, now=utc_now(), days=days, end=end, progress=work.tell)
        held = runs.held(folder, site.key)
        work.did(audiences=run.segments, verdict=run.verdict, **({"held": "yes"} if held else {}))
    share = run.unclustered / run.visits if run.visits else 0
    click.echo(
        f"{run.segments} audiences among {run.visits:,} visits from {run.start} to {run.end}, {share:.0%} unclustered, "
        f"in {run.seconds} s. Verdict: {run.verdict}."
    )
    for reason in run.reasons:
        click.echo(f"- {reason}")
    if held:
        click.echo(gate.sentence(held, runs.current(folder, site.key).run, "en"))


@main.command()
def audit() -> None:
    """Prove the promises on the data folder; exit status 1 and a list when one is broken."""
    from analysis import audit as auditing
    from analysis.fold import utc_now

    settings, folder, sites = open_folder()
    breaches = auditing.audit(folder, settings, sites, now=utc_now())
    for breach in breaches:
        click.echo(str(breach))
    if breaches:
        raise click.exceptions.Exit(1)
    click.echo(f"All promises hold on {folder.path}: {auditing.covered()}")


@main.command()
def status() -> None:
    """Say what runs, how the jobs ended, what waits and what it takes; exit status 1 when something needs a person."""
    from analysis import status as looking
    from analysis.fold import utc_now

    settings, folder, sites = open_folder()
    found = looking.look(folder, settings, sites, now=utc_now())
    for line in found.lines:
        click.echo(line)
    for need in found.needs:
        click.echo(f"needs you: {need}")
    if found.needs:
        raise click.exceptions.Exit(1)


@main.command(hidden=True)
@BY
def tidy(by: By) -> None:
    """Delete what removed sites have left, and what is older than a site keeps; telpunt serve does this by itself."""
    from analysis.fold import utc_now
    from dashboard import database
    from dashboard.owner import site_removal

    settings, folder, sites = open_folder()
    with working(folder, "tidy", "", by), database.opened(settings, folder) as engine:
        for line in site_removal.finish(folder, sites, engine, now=utc_now()):
            click.echo(line)


@main.command(hidden=True)
@BY
def reports(by: By) -> None:
    """Send the reports and alerts that are due; telpunt serve does this by itself."""
    from dashboard.scheduled import command

    settings, folder, sites = open_folder()
    command.send_due(settings, folder, sites, by)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|-]...")
def bounces(files: tuple[Path, ...]) -> None:
    """
    Read letters that came back (a Maildir, an mbox, or one on standard input), and mark the reports that could not be delivered.

    For a mail server that pipes what comes to TELPUNT_MAIL_FROM. Mail that says nothing of a report is passed over.
    """
    from dashboard.scheduled import bounces as reading
    from dashboard.scheduled import command

    settings, folder, _sites = open_folder()
    given = files or (Path("-"),)
    letters = (
        letter
        for path in given
        for letter in (reading.split(sys.stdin.buffer) if str(path) == "-" else reading.read(path))
    )
    back, others = command.note_bounces(settings, folder, letters)
    click.echo(f"{back} of our letters came back; {others} other letters were passed over")


@main.command(hidden=True)
@click.option("--site", "key", default="demo")
@BY
def tour(key: str, by: By) -> None:
    """Make the simulated site beside the others, for who wants to look around; the first-day page asks for it."""
    from analysis.fold import utc_now
    from dashboard.demo import story

    settings, folder, sites = open_folder()
    with working(folder, "tour", key, by) as work:
        run = story.tell(
            folder,
            settings,
            sites,
            now=utc_now(),
            days=84,
            say=lambda _line: None,
            telling=lambda: nullcontext(work.tell),
        )
        work.did(audiences=run.segments, verdict=run.verdict)


@main.command(hidden=True)
def jobs() -> None:
    """Run the jobs; telpunt serve starts this by itself."""
    from analysis import scheduler

    settings, folder, _ = open_folder()
    scheduler.serve(settings, folder)


def run() -> None:
    """The entry point: the command, whose usage errors are one sentence too, with where to read more."""
    try:
        status = main(standalone_mode=False)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "telpunt"
        click.echo(f"telpunt: {error.format_message().rstrip('.')}; see {path} --help", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"telpunt: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("telpunt: stopped; what was not finished does not count", err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    run()
