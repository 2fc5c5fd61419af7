"""
Access logs of any size: the demo's visits as a web server would have written them down.

    python -m tests.benchmarks.logs 1000000 access.log.gz --format combined

writes in a stream, so a log of any size costs the same memory. Not in order of time, as rotated and merged logs are not.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from collector.beacon import Beacon
from collector.events import Kind
from collector.ingest import Sender
from collector.sites import Site, make_site
from dashboard.demo.employer import HOST, KEY
from dashboard.demo.traffic import visits

FORMATS = ("combined", "common", "vhost", "forwarded")
ASSETS = (
    ("/assets/site.css", 48_213),
    ("/assets/site.js", 91_022),
    ("/assets/logo.svg", 4_120),
    ("/media/dijk.webp", 188_930),
    ("/favicon.ico", 1_150),
)
PROXY = "10.0.0.7"


def lines(
    page_views: int,
    *,
    shape: str = "combined",
    days: int = 28,
    end: date = date(2026, 11, 21),
    seed: int = 1,
    assets_per_page: float = 0.5,
    site: Site | None = None,
) -> Iterator[bytes]:
    """
    Lines of an access log, each with its line end.

    Args:
        page_views: lines that are page views of browsers; crawlers, assets, errors and cut-off lines come on top.
        shape: ``combined``, ``common``, ``vhost`` (host in front) or ``forwarded`` (behind a proxy, as nginx's ``main``).
        days: length of the time that the lines are spread over, in days; more page views make the days busier.
        end: last day.
        seed: decides everything.
        assets_per_page: mean number of asset lines per page view.
        site: whose pages; the demo's by default.
    """
    writer = Writer(shape, site or make_site(KEY, [HOST]), Random(seed))
    left = page_views
    rounds = 0
    while left > 0:
        rounds += 1
        for visit in visits(writer.site, days=days, end=end, seed=seed * 1_000 + rounds):
            for beacon, at in visit.sent:
                if beacon.kind != Kind.PAGE_VIEW or visit.audience in ("copies", "prefetches", "spam"):
                    continue
                if visit.audience != "crawlers":
                    if not left:
                        return
                    left -= 1
                yield from writer.page(visit.sender, at, beacon, assets_per_page)


class Writer:
    """What a web server writes down, in one format."""

    def __init__(self, shape: str, site: Site, dice: Random) -> None:
        self.site = site
        self._shape = shape
        self._dice = dice
        self._zone = ZoneInfo(site.timezone)
        self._minute = lru_cache(maxsize=100_000)(self._when)

    def page(self, sender: Sender, at: int, beacon: Beacon, assets: float) -> Iterator[bytes]:
        """The line of a page view, those of what it loads, and now and then one of something that is no page view."""
        dice = self._dice
        path = "/" + beacon.url.split("/", 3)[3]
        yield self.line(sender, at, f"GET {path} HTTP/2.0", 200, dice.randint(8_000, 60_000), beacon.referrer)
        for _ in range(int(assets + dice.random())):
            asset, size = ASSETS[dice.randrange(len(ASSETS))]
            yield self.line(sender, at + 1, f"GET {asset} HTTP/2.0", 200, size, beacon.url)
        chance = dice.random()
        if chance < 0.01:
            yield self.line(sender, at, "GET /vacature/oud HTTP/1.1", 301, 0, beacon.referrer)
        elif chance < 0.015:
            yield self.line(sender, at, "HEAD / HTTP/1.1", 200, 0, "")
        elif chance < 0.0151:
            yield self.line(sender, at, f"GET {path} HTTP/2.0", 200, 8_000, "")[:30] + b"\n"

    def line(self, sender: Sender, at: int, request: str, status: int, size: int, referrer: str) -> bytes:
        when, offset = self._minute(at // 60)
        client = PROXY if self._shape == "forwarded" else sender.address
        text = f'{client} - - [{when}:{at % 60:02d} {offset}] "{request}" {status} {size or "-"}'
        if self._shape != "common":
            text += f' "{referrer or "-"}" "{sender.agent}"'
        if self._shape == "vhost":
            text = f"{self.site.hosts[0]}:443 {text}"
        if self._shape == "forwarded":
            text += f' "{sender.address}" rt=0.{size % 1000:03d}'
        return text.encode() + b"\n"

    def _when(self, minute: int) -> tuple[str, str]:
        moment = datetime.fromtimestamp(minute * 60, self._zone)
        return moment.strftime("%d/%b/%Y:%H:%M"), moment.strftime("%z")


def write(path: Path, page_views: int, **options: object) -> int:
    """
    Write a log to *path*, gzipped when its name ends so.

    Returns:
        The number of lines.
    """
    count = 0
    with gzip.open(path, "wb", compresslevel=1) if path.suffix == ".gz" else path.open("wb") as file:
        for one in lines(page_views, **options):  # type: ignore[arg-type]
            file.write(one)
            count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description="Write an access log of simulated visits.")
    parser.add_argument("page_views", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--format", choices=FORMATS, default="combined")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    count = write(chosen.path, chosen.page_views, shape=chosen.format, days=chosen.days, seed=chosen.seed)
    sys.stdout.write(f"{count:,} lines in {chosen.path}\n")


if __name__ == "__main__":
    main()
