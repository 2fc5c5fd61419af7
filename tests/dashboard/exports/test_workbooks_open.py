"""LibreOffice opens the workbooks of all tables, also those full of attacks, and finds in them what the table holds."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.folder import DataFolder
from dashboard.exports import names, tables
from dashboard.queries import Readings
from tests import factories
from tests.dashboard.taken_away import READERS

HOSTILE = (
    '=HYPERLINK("https://evil.example","x")',
    "@SUM(1+1)",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'> &amp;",
    "中文 😀",
)
# Comma, quotes, UTF-8, from the first row, numbers as they are and not as they look, the second sheet.
AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,2"


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    """A run in which everything from outside is an attack."""
    folder: DataFolder = factories.folder(tmp_path_factory.mktemp("workbooks"))
    counted = iter(range(10**6))
    factories.publish(
        folder,
        factories.site(folder),
        points=10,
        text=lambda words: f"{HOSTILE[next(counted) % len(HOSTILE)]} {words}",
    )
    return Readings(folder, lambda _site: {})


def test_libreoffice_reads_every_table(readings: Readings, tmp_path: Path) -> None:
    """Each row is there with the visits that it has in the table, and no text became anything but text."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: whether it opens our files can't be seen here")
    site = factories.make_site("demo", ["werkenbij.example.org"])
    paths = []
    for what in names.TABLES:
        paths.append(tmp_path / f"{what}.xlsx")
        paths[-1].write_bytes(b"".join(tables.stream(readings, site, what, "xlsx", {})))
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", AS_CSV, "--outdir", tmp_path, *paths],
        capture_output=True,
        check=True,
        timeout=300,
    )  # fmt: skip
    for what in names.TABLES:
        (made,) = tmp_path.glob(f"{what}-*.csv")
        with made.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        truth = READERS["parquet"](b"".join(tables.stream(readings, site, what, "parquet", {})))
        assert [row["visits"] for row in found] == [str(row["visits"]) for row in truth], what
        for text in ("label", "value", "sentence"):
            if truth and text in truth[0]:
                assert [row[text] for row in found] == [row[text] or "" for row in truth], (what, text)
