"""
How fast reports and exports are: a report of twelve audiences by the command, and a table of a million rows as CSV.

Each is a process of its own, as the command is, so its memory is told by the system. What a busy machine changes less is the time of the
processor, which stands beside the clock. The rate of the CSV leaves out the start of the command.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from analysis.runs import TABLES
from collector.folder import DataFolder
from tests import factories

AUDIENCES = 12
FORMATS = {"pdf": 5.0, "pptx": 5.0, "xlsx": 3.0, "html": 5.0}  # seconds that are asked for
MEMORY_MB = 400
ROWS = 1_000_000
RATE_MB_S = 50


def run(*, quick: bool) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = factories.folder(Path(name))
        factories.publish(folder, factories.site(folder), visits=200_000)
        path = folder.runs / "demo" / "20261122T033000Z"
        more_audiences(path)
        empty = _telpunt(folder, "site", "list")
        print(
            f"load {os.getloadavg()[0]:.1f}; a command that does nothing: {empty[0]:.2f} s, {empty[1]:.2f} s of the processor"
        )
        print(
            f"{'report of ' + str(AUDIENCES) + ' audiences':<28}{'s':>7}{'asked':>7}{'CPU s':>7}{'MB':>6}{'asked':>7}{'kB':>7}"
        )
        for form, asked in FORMATS.items():
            target = Path(name) / f"report.{form}"
            clock, spent, memory = _telpunt(
                folder, "export", "report", "--site", "demo", "--format", form, "--lang", "nl", "-o", str(target)
            )
            size = target.stat().st_size / 1000
            print(f"{form:<28}{clock:>7.2f}{asked:>7.1f}{spent:>7.2f}{memory:>6.0f}{MEMORY_MB:>7}{size:>7.0f}")
        _large(folder, path, ROWS // 10 if quick else ROWS)


def _large(folder: DataFolder, path: Path, rows: int) -> None:
    """A table of *rows* rows against one of a tenth of them: does memory stay flat?"""
    print(f"\n{'CSV of rows':<28}{'s':>7}{'CPU s':>7}{'MB':>7}{'MB/s':>7}{'MB/CPU s':>10}{'asked':>7}{'memory MB':>11}")
    base = 0.0
    for count in (rows // 10, rows, 2 * rows):
        _elsewhere(path, count)
        target = path.parent / "large.csv"
        clock, spent, memory = _telpunt(folder, "export", "profiles", "--site", "demo", "-o", str(target))
        size = target.stat().st_size / 1e6
        target.unlink()
        if not base:
            _elsewhere(path, 1)
            base = _telpunt(folder, "export", "profiles", "--site", "demo", "-o", str(target))[0]
        rate = size / max(clock - base, 0.001)
        print(
            f"{count:<28,}{clock:>7.2f}{spent:>7.2f}{size:>7.0f}{rate:>7.0f}{size / spent:>10.0f}{RATE_MB_S:>7}{memory:>11.0f}"
        )
    print(f"(the rate leaves out the {base:.2f} s in which the command starts)")


def more_audiences(path: Path) -> None:
    """As many audiences as the benchmark asks for: the last ones again, under other ids."""
    have = pl.read_parquet(path / "segments.parquet").filter(pl.col("segment") != "unclustered")["segment"].to_list()
    for name, schema in TABLES.items():
        table = pl.read_parquet(path / f"{name}.parquet")
        if "segment" not in schema:
            continue
        extra = [
            table.filter(pl.col("segment") == have[place % len(have)]).with_columns(
                pl.lit(factories.segment_id(place)).alias("segment")
            )
            for place in range(len(have), AUDIENCES)
        ]
        pl.concat([table, *extra]).write_parquet(path / f"{name}.parquet")


def _elsewhere(path: Path, rows: int) -> None:
    """Make the table in a process of its own: the system counts what this one has as the first memory of every child."""
    child = multiprocessing.get_context("spawn").Process(target=_fill, args=(path, rows))
    child.start()
    child.join()


def _fill(path: Path, rows: int) -> None:
    dice = np.random.default_rng(7)
    table = pl.DataFrame(
        {
            "segment": dice.choice([factories.segment_id(place) for place in range(8)], rows),
            "label": dice.choice(["Job-board technicians", "=1+1"], rows),
            "dimension": ["page"] * rows,
            "value": [f"/vacatures/monteur-gemalen/{number}" for number in range(rows)],
            "visits": dice.integers(1, 99, rows) * 10,
            "share": dice.random(rows),
            "index": dice.random(rows) * 200,
            "index_low": dice.random(rows) * 100,
            "index_high": dice.random(rows) * 300,
            "q": dice.random(rows),
            "real": dice.random(rows) > 0.5,
        },
        schema=TABLES["profiles"],
    )
    table.write_parquet(path / "profiles.parquet")


def _telpunt(folder: DataFolder, *arguments: str) -> tuple[float, float, float]:
    """Run a command: seconds by the clock, seconds of the processor, and the most memory it had, in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", *arguments],
        env={**os.environ, "TELPUNT_DATA": str(folder.path)},
        stdout=subprocess.DEVNULL,
    )
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"telpunt {' '.join(arguments)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6
