"""
From an access log to audiences: 1,000,000 page views through import, fold and analysis, each as a process of its own.

Speed is given as a ratio to a reference in the same run: reading and unpacking the same log without doing anything with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import logs

READ_ONLY = "import gzip, sys; print(sum(1 for _ in gzip.open(sys.argv[1], 'rb')))"


@dataclass(frozen=True)
class Measured:
    """Wall seconds, peak memory (the process's largest resident set, MB) and the last line said."""

    seconds: float
    peak_mb: float
    said: str


def measure(arguments: list[str], data: Path) -> Measured:
    """Run a command to its end."""
    started = time.monotonic()
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TELPUNT_DATA": str(data)},
        text=True,
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments}: {said[-2000:]}")
    return Measured(time.monotonic() - started, usage.ru_maxrss / 1024, said.strip())


def run(*, quick: bool) -> None:
    """Print the table."""
    views = 100_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log, data = Path(folder) / "access.log.gz", Path(folder) / "data"
        logs.write(log, views)
        telpunt = [sys.executable, "-m", "dashboard.cli"]
        measure([*telpunt, "site", "add", "bench", "--host", logs.HOST], data)
        reference = measure([sys.executable, "-c", READ_ONLY, str(log)], data)
        lines = int(reference.said)
        print(f"{views:,} page views in {lines:,} lines, {log.stat().st_size / 1e6:.0f} MB gzipped")
        print(f"{'step':<10}{'seconds':>10}{'x reading':>11}{'peak MB':>10}  said")
        print(f"{'reading':<10}{reference.seconds:>10.1f}{1:>11.1f}{reference.peak_mb:>10.0f}")
        for name, arguments in [
            ("import", ["import", str(log), "--site", "bench"]),
            ("fold", ["fold", "--all"]),
            ("analyse", ["analyse", "--site", "bench"]),
            ("again", ["analyse", "--site", "bench"]),
        ]:
            done = measure([*telpunt, *arguments], data)
            print(
                f"{name:<10}{done.seconds:>10.1f}{done.seconds / reference.seconds:>11.1f}{done.peak_mb:>10.0f}  {done.said.splitlines()[0]}"
            )
        for room in ("facts", "runs"):
            size = sum(path.stat().st_size for path in (data / room).rglob("*") if path.is_file())
            print(f"{room}: {size / 1e6:.1f} MB, {size / views:.1f} bytes a page view")
