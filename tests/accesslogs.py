"""What tests of the second door need: lines of access logs, a data folder with a site, and what became of an import."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from collector import journal
from collector.events import Hit
from collector.folder import DataFolder
from collector.importreport import ImportReport
from collector.imports import import_logs
from collector.settings import Settings
from collector.sites import Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
ADDRESS = "198.18.77.201"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def line(
    path: str = "/vacatures",
    *,
    when: str = "20/Nov/2026:10:00:00 +0100",
    status: int = 200,
    method: str = "GET",
    referrer: str = "-",
    agent: str = FIREFOX,
    address: str = ADDRESS,
) -> str:
    return f'{address} - - [{when}] "{method} {path} HTTP/1.1" {status} 512 "{referrer}" "{agent}"'


def write(tmp_path: Path, lines: list[str], name: str = "access.log") -> str:
    path = tmp_path / name
    content = "".join(f"{one}\n" for one in lines).encode("utf-8", "surrogateescape")
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return str(path)


def run(folder: DataFolder, site: Site, *paths: str, **options: object) -> ImportReport:
    return import_logs(paths, site, Settings(data=folder.path), folder, clock=lambda: NOW, **options)  # type: ignore[arg-type]


def hits(folder: DataFolder) -> list[Hit]:
    return [
        msgspec.json.decode(one, type=Hit)
        for path in journal.sealed(folder, wait_s=0.0)
        for one in path.read_bytes().splitlines()
    ]
