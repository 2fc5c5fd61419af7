"""What the commands of ``telpunt`` have in common: how they open the data folder, say what is wrong, and show that they work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from collector.errors import TelpuntError

if TYPE_CHECKING:
    from analysis.history import By
    from analysis.running import Running, Work
    from collector.folder import DataFolder
    from collector.settings import Settings
    from collector.sites import Registry


class Group(click.Group):
    """A group whose errors are one sentence on standard error with the right exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TelpuntError as error:
            click.echo(f"telpunt: {error}", err=True)
            ctx.exit(error.exit_status)
        except BrokenPipeError:
            # Who reads has seen enough (telpunt export … | head); Python would complain once more when it flushes at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(
                f"telpunt: {where}{error.strerror or error}; nothing was lost, try again when that is solved", err=True
            )
            ctx.exit(1)


class Day(click.ParamType[date]):
    """A day, written as 2026-11-22."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; expected YYYY-MM-DD, such as 2026-11-22", param, ctx)


def open_folder() -> tuple[Settings, DataFolder, Registry]:
    """The settings, the data folder, made where there is none yet, and the sites in it."""
    from collector.folder import DataFolder
    from collector.settings import Settings
    from collector.sites import Registry

    settings = Settings.load()
    folder = DataFolder(settings.data).prepare()
    return settings, folder, Registry.open(folder)


@contextmanager
def telling(quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on standard error that is told what is being done and how far it is (0 to 1); none where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    with click.progressbar(length=1000, file=sys.stderr, show_eta=False) as bar:
        done = 0

        def tell(what: str, share: float) -> None:
            nonlocal done
            bar.label = f"{what:<28}"
            step = max(0, round(share * 1000) - done)
            done += step
            bar.update(step)

        yield tell


@contextmanager
def working(folder: DataFolder, job: str, key: str, by: By) -> Iterator[Work]:
    """Do a job, alone: with a bar for who looks on, a record for others, and a row for later."""
    from analysis.fold import utc_now
    from analysis.running import at_work

    def waits(other: Running | None) -> None:
        if other is not None:
            click.echo(f"telpunt: {other}; this one begins when that one is through", err=True)

    with telling() as show, at_work(folder, job, key, by=by, clock=utc_now, waits=waits, show=show) as work:
        yield work


BY = click.option("--by", hidden=True, default="hand", type=click.Choice(["clock", "page", "hand"]))
