"""Write docs/reference.md from the code: settings, commands, events, drop reasons, dimensions, columns and the API. `make docs` runs this."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click

from analysis import facts, jobs, runs, tables, words
from collector.events import DropReason, Kind, Touchpoint
from collector.settings import Settings
from collector.sites import Site
from dashboard import reasons
from dashboard.api import document
from dashboard.api.resources import PREFIX
from dashboard.cli import main as telpunt
from dashboard.exports.names import SUPPLY
from dashboard.supply import table as supply

PATH = Path(__file__).with_name("reference.md")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def settings() -> str:
    """Every setting, with its default and help."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default if field.default not in ((), "") else "(none)"
        rows.append([f"`TELPUNT_{name.upper()}`", f"`{default}`", str(field.description)])
    return table(["setting", "default", "meaning"], rows)


def site_options() -> str:
    """What a site has in sites.json."""
    text = inspect.getdoc(Site) or ""
    found = re.findall(
        r"^ {4}(\w+): (.+?)(?=^ {4}\w+: |\Z)", text.partition("Attributes:")[2], re.MULTILINE | re.DOTALL
    )
    return table(["name", "meaning"], [[f"`{name}`", " ".join(meaning.split())] for name, meaning in found])


def commands() -> str:
    """Every command with its options."""
    parts = []

    def walk(command: click.Command, path: str) -> None:
        if command.hidden:
            return
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                walk(command.commands[name], f"{path} {name}")
            return
        context = click.Context(
            command, info_name=path, max_content_width=100, terminal_width=100, help_option_names=["-h", "--help"]
        )
        parts.append("```\n" + command.get_help(context) + "\n```")

    walk(telpunt, "telpunt")
    return "\n\n".join(parts)


def columns() -> str:
    """Columns of the tables that are published and exported."""
    source = inspect.getsource(runs) + inspect.getsource(tables) + inspect.getsource(supply)
    parts = []
    for name, schema in {**runs.TABLES, SUPPLY: supply.SUPPLY}.items():
        block = source.partition(f"\n{name.upper()}: Final = {{\n")[2].partition("\n}\n")[0]
        meanings = dict(re.findall(r'^    "(\w+)": pl\.\w+,(?:  # (.+))?$', block, re.MULTILINE))
        rows = [[f"`{column}`", str(kind), meanings.get(column, "")] for column, kind in schema.items()]
        parts.append(f"### {name}\n\n" + table(["column", "type", "meaning"], rows))
    return "\n\n".join(parts)


def api() -> str:
    """What can be asked of the API, and by which parameters."""
    rows = []
    for path, methods in document.build()["paths"].items():
        for method, operation in methods.items():
            names = [f"`{one['name']}`" for one in operation.get("parameters", []) if one["in"] == "query"]
            rows.append([f"`{method.upper()} {PREFIX}{path}`", operation["summary"], ", ".join(names)])
    return table(["address", "what", "parameters"], rows)


def render() -> str:
    """The whole page."""
    sections = [
        "# Reference\n\nMade from the code by `make docs`.",
        "## Settings\n\nAn argument wins over the environment, which wins over `telpunt.toml` in the working directory, which wins over the "
        "default.\n\n" + settings(),
        "## Sites\n\nKept in `sites.json` in the data folder; `telpunt site add` makes one.\n\n" + site_options(),
        "## Commands\n\n" + commands(),
        "## Events\n\nThe `kind` of an event is one of: " + ", ".join(f"`{kind}`" for kind in Kind) + ".\n\n"
        "The touchpoint of a page is one of: "
        + ", ".join(f"`{touchpoint}`" for touchpoint in Touchpoint)
        + ", or `section:` and the first part of its path.",
        "## Why an event is dropped\n\n"
        + table(["reason", "in words"], [[f"`{reason}`", str(reasons.title(reason))] for reason in DropReason]),
        "## Dimensions\n\n"
        + table(
            ["dimension", "in words", "values a visit"],
            [
                [f"`{name}`", words.dimension(name, "en"), "one" if name in facts.SINGLE else "any number"]
                for name in facts.DIMENSIONS
            ],
        ),
        "## Columns\n\n" + columns(),
        "## API\n\n`/api/docs` tells what the answers hold; see [how to connect](howto/api.md).\n\n" + api(),
        "## Jobs\n\n`telpunt serve` runs them.\n\n"
        + table(["job", "what it does"], [[f"`{job.name}`", job.does] for job in jobs.JOBS]),
    ]
    return "\n\n".join(sections) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
    click.echo(f"written: {PATH}", err=True)
