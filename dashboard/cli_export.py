"""The command ``telpunt export``: a table or a report, to a file or to standard output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli_parts import open_folder
from dashboard.exports import names

if TYPE_CHECKING:
    from analysis.words import Language


@click.command()
@click.argument("what", type=click.Choice([*names.EXPORTED, names.REPORT]))
@click.option("--site", "key", required=True, help="Key of the site.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted({*names.FORMATS, *names.REPORT_FORMATS})),
    help=f"Default: csv, of a report pdf. Tables: {', '.join(names.FORMATS)}; reports: {', '.join(names.REPORT_FORMATS)}.",
)
@click.option("--segment", help="Only this segment, by its id.")
@click.option("--bom", is_flag=True, help="Begin a CSV with a byte order mark, so that Excel reads it as UTF-8.")
@click.option(
    "--excel",
    type=click.Choice(names.LANGUAGES),
    help="A CSV as Excel set to that language reads it: nl, like most of Europe, has semicolons and a decimal comma; both have the mark.",
)
@click.option(
    "--lang",
    type=click.Choice(names.LANGUAGES),
    help="Language of a report, default: en; of a table, whose codes then have words beside them.",
)
@click.option(
    "--chapters", help=f"Chapters of a report, with commas: {', '.join(names.CHAPTERS)}; default: all of them."
)
@click.option(
    "--weeks",
    type=click.Choice(names.WEEKS),
    help="Weeks of what a report tells by week; default: 4, with lines over half a year.",
)
@click.option("--until", help="Last week of these, such as 2026-W40; default: the newest that is over.")
@click.option(
    "--compare", type=click.Choice(names.COMPARE), help="What a report compares them with; default: the weeks before."
)
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default, and '-': standard output.",
)
def export(
    what: str,
    key: str,
    format_: str | None,
    segment: str | None,
    bom: bool,
    excel: Language | None,
    lang: Language | None,
    chapters: str | None,
    weeks: str | None,
    until: str | None,
    compare: str | None,
    output: Path | None,
) -> None:
    """Write a table of the published analysis, or a report of it. Nothing in it rests on fewer than k visits."""
    from dashboard.exports import output as place

    settings, folder, sites = open_folder()
    site = sites[key]
    place.check(output)
    period = {"weeks": weeks, "until": until, "compare": compare}
    if what == names.REPORT:
        from dashboard.reports import command

        if bom or excel:
            raise click.UsageError("--bom and --excel are for tables as CSV, and a report is none; leave them out")
        wish = {name: value for name, value in period.items() if value}
        place.deliver(
            command.pieces(settings, folder, site, format_ or "pdf", segment, lang or "en", chapters, wish), output
        )
        return
    from dashboard.exports import tables

    form = format_ or "csv"
    if chapters is not None:
        raise click.UsageError(f"--chapters is for a report, and {what!r} is a table; leave it out")
    if any(period.values()):
        raise click.UsageError(
            f"--weeks, --until and --compare are for a report, and {what!r} is a table; leave them out"
        )
    if (bom or excel) and form != "csv":
        raise click.UsageError(f"--bom and --excel are for CSV, and the format is {form!r}; leave them out")
    marked = excel or ("en" if bom else None)
    place.deliver(tables.export(settings, folder, site, what, form, segment, excel=marked, lang=lang), output)
