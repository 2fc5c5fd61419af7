"""
The second door: access logs → the same pipeline as live events → the journal, with the log's own times.

An import is all or nothing: the journal has every hit of it or none, whatever happens on the way. Neither address nor agent is
written, shown or part of an error; a line that does not parse is named by its number, never by its content.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from secrets import token_hex
from typing import Final, Literal
from urllib.parse import unquote_plus

from collector import accesslog
from collector.beacon import TEXT_MAX_CHARS, Beacon
from collector.country import Countries
from collector.errors import FolderNotWritable, UnreadableLog, UsageError
from collector.events import DropReason, Kind
from collector.folder import DataFolder
from collector.importreport import ImportReport
from collector.ingest import Ingest, Sender
from collector.ledger import Entry, Ledger, NotedStage
from collector.logfiles import LogFile, open_log
from collector.outcomes import Outcomes
from collector.settings import Settings
from collector.sites import Registry, Site
from collector.tokens import Tokens
from collector.traits import client_address
from collector.urls import split

Format = Literal["auto", "combined", "common"]

DETECT_LINES: Final = 100
JUDGE_LINES: Final = 1_000  # after which more than half malformed is not an access log
FUTURE_SLACK_S: Final = 300  # clocks of two machines differ
_EXAMPLES: Final = 5
_HOSTS_MAX: Final = 1_000
_SAMPLE: Final = (
    10_000  # page views of which the referring hosts are counted, to see whether the site's own host is missing
)

# Parameters in which sites pass what was searched for.
_SEARCH: Final = re.compile(
    rb"(?:^|&)(?:q|s|query|search|keywords?|zoek|zoekterm|zoekwoord|trefwoord|suche|suchbegriff|stichwort)=([^&]+)",
    re.IGNORECASE,
)
_HOST_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*\.)+[a-z]{2,}")
# A log in common format has no agents. So that its lines are not taken for those of a client that hides its own.
_UNKNOWN_AGENT: Final = "Mozilla/5.0 (agent not in the log format) Gecko"


def import_logs(
    paths: Sequence[str],
    site: Site,
    settings: Settings,
    folder: DataFolder,
    *,
    format: Format = "auto",  # noqa: A002 (named as the option is)
    progress: Callable[[int], None] = lambda _: None,
    clock: Callable[[], float] = time.time,
    again: bool = False,
) -> ImportReport:
    """
    Import access logs for one site.

    Args:
        paths: files, plain or gzipped; ``-`` is standard input. Lines may be in any order of time.
        site: whose pages they are; lines that name another host are dropped.
        settings: of the installation.
        folder: its data folder.
        format: ``common`` has no referrer and agent; ``auto`` goes by the majority of the first 100 lines of each file.
        progress: called with the number of bytes read since the last call (see :func:`collector.logfiles.total_bytes`).
        clock: seconds since 1970; lines from after it are dropped.
        again: import though the same log was imported before.

    Returns:
        What became of the lines. A log that is empty, or of which nothing is kept, is a report that says so and no error.

    Raises:
        UnreadableLog: a file is not there, not readable, broken or not an access log.
        UsageError: a log, or its beginning, was imported before (without *again*).
        FolderBusy: another import is running.
        FolderNotWritable: the journal can't be written, or the disk is full.
    """
    with _one_sentence(folder), folder.hold("import"):
        ledger = Ledger(folder)
        run = _Import(site, settings, folder, format, clock())
        entries: list[Entry] = []
        with NotedStage(folder) as stage:
            for path in dict.fromkeys(paths):
                with open_log(path, {} if again else ledger.sizes(site.key), progress) as log:
                    lines = run.read(log, stage, partial(_refuse_known, log, ledger, site))
                    entry = Entry(
                        token_hex(8), site.key, log.digest, log.size, lines, datetime.fromtimestamp(clock(), UTC)
                    )
                    if not again and any((one.size, one.digest) == (entry.size, entry.digest) for one in entries):
                        raise UsageError(
                            f"Access log {log.name} is the same as another one of this command; leave it out, or import it twice with --again"
                        )
                    entries.append(entry)
            stage.note([entry for entry in entries if entry.lines])
        ledger.settle()
    return run.report


@contextmanager
def _one_sentence(folder: DataFolder) -> Iterator[None]:
    """An error in writing as a sentence; one in reading a log is an UnreadableLog already."""
    try:
        yield
    except OSError as error:
        raise FolderNotWritable(
            f"Data folder {folder.path} cannot be written ({error.strerror}); nothing was imported: make room or mend it, and import again"
        ) from error


def _refuse_known(log: LogFile, ledger: Ledger, site: Site) -> None:
    for size, digest in log.known:
        entry = ledger.find(site.key, size, digest)
        if entry is not None:
            raise UsageError(
                f"Access log {log.name} begins with {entry.lines:,} lines that were imported for {site.key} on "
                f"{entry.imported:%Y-%m-%d at %H:%M} UTC; nothing was imported now: import only what is new, or all of it once more with --again"
            )


class _Import:
    """One run over the lines of some logs. Holds an address and an agent for as long as one line takes."""

    def __init__(self, site: Site, settings: Settings, folder: DataFolder, format: Format, now: float) -> None:  # noqa: A002
        self.report = ImportReport(site)
        self._site = site
        self._format = format
        self._latest = int(now) + FUTURE_SLACK_S
        self._host = site.hosts[0].removeprefix("*.")
        trusted = settings.trusted_proxies
        self._behind_proxy = bool(trusted)
        self._client = lru_cache(1024)(lambda peer, forwarded: client_address(peer, forwarded, "", trusted))
        self._first_address = b""
        countries = Countries(settings.country_file) if settings.country_file else None
        # A log is the owner's own, and behind a proxy all of it can have one address.
        unhurried = settings.model_copy(update={"pace_max_per_minute": 0, "visits_max_per_address": 0})
        self._ingest = Ingest(unhurried, Registry.open(folder), Tokens.private(), Outcomes(), countries)

    def read(self, log: LogFile, stage: NotedStage, check: Callable[[], None]) -> int:
        """
        Take all lines of one log.

        Args:
            log: where they come from.
            stage: where the hits go to, a megabyte of lines at a time.
            check: called after each block, to stop early.

        Returns:
            How many lines there were.

        Raises:
            UnreadableLog: it is no access log.
        """
        self.report.files += 1
        number = malformed = 0
        combined: bool | None = None if self._format == "auto" else self._format == "combined"
        for lines in log.blocks():
            check()
            if combined is None and lines:
                combined = accesslog.is_combined(lines[:DETECT_LINES])
            hits: list[bytes] = []
            for line in lines:
                number += 1
                parsed = accesslog.parse(line.removesuffix(b"\r"), combined=bool(combined))
                if parsed is None:
                    malformed += 1
                    self._note_malformed(log.name, number)
                else:
                    self._take(parsed, hits)
                if number == JUDGE_LINES and malformed * 2 > number:
                    raise self._no_log(log.name, malformed, number)
            if hits:
                stage.append(b"".join(hits))
        check()
        if 0 < number == malformed:
            raise self._no_log(log.name, malformed, number)
        self.report.lines += number
        return number

    def _take(self, line: accesslog.Line, hits: list[bytes]) -> None:
        report = self.report
        reason = DropReason.FUTURE if line.at > self._latest else accesslog.refuse(line)
        if reason is not None:
            report.dropped[reason] += 1
            return
        host = line.host.decode("ascii", "replace") or self._host
        url = f"https://{host}{line.target.decode('utf-8', 'replace')}"[:TEXT_MAX_CHARS]
        sender = self._sender(line)
        path, _, query = line.target.partition(b"?")
        download = accesslog.extension(path) in accesslog.DOWNLOAD_EXTENSIONS
        if download:
            beacon = Beacon(self._site.key, Kind.DOWNLOAD, f"https://{host}/", target=url)
        else:
            referrer = line.referrer.decode("utf-8", "replace")[:TEXT_MAX_CHARS]
            beacon = Beacon(self._site.key, Kind.PAGE_VIEW, url, referrer)
        hit = self._ingest.take(beacon, sender, line.at)
        if isinstance(hit, DropReason):
            report.dropped[hit] += 1
            if hit is DropReason.WRONG_HOST:
                _note_host(report.other_hosts, host)
            return
        hits.append(hit)
        report.saw(line.at)
        if download:
            report.downloads += 1
            return
        report.page_views += 1
        if report.one_address:
            self._first_address = self._first_address or line.address
            report.one_address = line.address == self._first_address
        if beacon.referrer and report.page_views <= _SAMPLE:
            _note_host(report.referring_hosts, split(beacon.referrer).host)
        if query:
            self._take_search(query, url, sender, line.at, hits)

    def _take_search(self, query: bytes, url: str, sender: Sender, at: int, hits: list[bytes]) -> None:
        """A search on the site itself shows in the parameters of its results page; how many it found does not."""
        found = _SEARCH.search(query)
        words = unquote_plus(found[1].decode("utf-8", "replace")) if found else ""
        if words.strip():
            hit = self._ingest.take(Beacon(self._site.key, Kind.SEARCH, url, query=words[:TEXT_MAX_CHARS]), sender, at)
            if not isinstance(hit, DropReason):
                hits.append(hit)
                self.report.searches += 1

    def _sender(self, line: accesslog.Line) -> Sender:
        address = line.address.decode("utf-8", "replace")
        if line.forwarded and self._behind_proxy:
            address = self._client(address, line.forwarded.decode("ascii"))
            self.report.one_address = False
        if line.agent is None:
            self.report.agentless += 1
            return Sender(address, _UNKNOWN_AGENT, "")
        return Sender(address, line.agent.decode("utf-8", "replace"), "")

    def _note_malformed(self, name: str, number: int) -> None:
        self.report.dropped[DropReason.MALFORMED] += 1
        if len(self.report.malformed_at) < _EXAMPLES:
            self.report.malformed_at.append((name, number))

    def _no_log(self, name: str, malformed: int, number: int) -> UnreadableLog:
        expected = (
            "common or combined format" if self._format == "auto" else f"{self._format} format (or leave out --format)"
        )
        return UnreadableLog(
            f"Access log {name} is not one: {malformed:,} of its first {number:,} lines cannot be read; "
            f"expected lines in {expected} of Apache or nginx; nothing was imported"
        )


def _note_host(hosts: Counter[str], host: str) -> None:
    """Count a host, to tell the person who imports what may be wrong; names only, since an address may be a client's."""
    if _HOST_NAME.fullmatch(host) and (host in hosts or len(hosts) < _HOSTS_MAX):
        hosts[host] += 1
