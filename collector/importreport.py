"""What became of the lines of imported access logs, in words for the person who imported them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from collector.events import DropReason
from collector.sites import Site

# Why a line is not a page view. In the order of the pipeline, so that the sums can be followed.
WHY: Final = {
    DropReason.MALFORMED: "not a line of an access log, or cut off",
    DropReason.FUTURE: "from after now: the clock or the time zone of the log is wrong",
    DropReason.METHOD: "not a GET: forms, probes and attacks",
    DropReason.ERROR_STATUS: "redirects and errors: the server did not answer with a page",
    DropReason.ASSET: "images, styles, scripts, fonts, feeds, robots.txt: loaded by a page or a machine, not visited",
    DropReason.INTERNAL: "admin and preview pages: your own people",
    DropReason.WRONG_HOST: "pages on a host that is not one of this site's",
    DropReason.BOT: "crawlers, monitors and scripts by their agent, or no agent at all",
    DropReason.SPAM: "made-up visits from referrers on the spam list",
    DropReason.PREFETCH: "loaded ahead by a browser, seen by nobody",
    DropReason.OPT_OUT: "sent with Global Privacy Control or Do Not Track",
    DropReason.RATE: "more from one address in a minute than a person makes",
    DropReason.UNKNOWN_SITE: "the site is not registered any more",
    DropReason.PAUSED: "counting is paused for this site; go on with: telpunt site resume",
}
# A host that this share of the referrers names, while none is of the site, is probably the site itself.
_OWN_HOST_SHARE: Final = 0.5
_FEW: Final = 20


@dataclass
class ImportReport:
    """
    Counts of one import. ``str()`` gives the closing lines.

    Attributes:
        site: the site that it was for.
        files: logs read.
        lines: lines read; page views, downloads and dropped lines add up to it.
        page_views: lines kept as a page view.
        downloads: lines kept as a download (PDF and the like).
        searches: searches seen in the parameters of page views.
        dropped: lines not kept, by reason.
        first, last: time of the earliest and latest line that was kept, seconds since 1970; 0 when there is none.
        malformed_at: where the first malformed lines are: name of the log and number of the line, from 1.
        agentless: lines of a format without agents, by which crawlers can't be told.
        one_address: do all page views come from one address?
        other_hosts: hosts named by dropped lines.
        referring_hosts: hosts that the referrers of the first page views name.
    """

    site: Site
    files: int = 0
    lines: int = 0
    page_views: int = 0
    downloads: int = 0
    searches: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)
    first: int = 0
    last: int = 0
    malformed_at: list[tuple[str, int]] = field(default_factory=list)
    agentless: int = 0
    one_address: bool = True
    other_hosts: Counter[str] = field(default_factory=Counter)
    referring_hosts: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Lines that became a hit."""
        return self.page_views + self.downloads

    def saw(self, at: int) -> None:
        """Widen the span of time by a line that was kept."""
        self.first = at if not self.first else min(self.first, at)
        self.last = max(self.last, at)

    def hints(self) -> list[str]:
        """What is probably wrong, or worth knowing; one sentence each."""
        key, hosts = self.site.key, ", ".join(self.site.hosts)
        found = []
        if not self.lines:
            found.append("There is no line in it; expected an access log of a web server.")
        elif not self.kept and self.dropped:
            reason, count = self.dropped.most_common(1)[0]
            found.append(f"Nothing was kept; most lines ({count:,}) were dropped as {reason.value}: {WHY[reason]}.")
        if self.other_hosts and self.dropped[DropReason.WRONG_HOST] > self.kept:
            host = self.other_hosts.most_common(1)[0][0]
            found.append(
                f"Most pages are on {host}, and site {key} has {hosts}; "
                f"if that host is yours: telpunt site add {key} --host {host}, and import again."
            )
        referrals = self.referring_hosts.total()
        if referrals >= _FEW and not any(self.site.accepts_host(host) for host in self.referring_hosts):
            host, count = self.referring_hosts.most_common(1)[0]
            if count >= _OWN_HOST_SHARE * referrals:
                found.append(
                    f"{count / referrals:.0%} of the referrers are on {host} and none on {hosts}; if {host} is this site, "
                    f"its own links were counted as arrivals from elsewhere: add it with --host {host}."
                )
        if self.one_address and self.page_views >= _FEW:
            found.append(
                "All page views come from one address, probably a proxy's, so visits can only be told apart by their browsers; log the "
                'client\'s address, or "$http_x_forwarded_for" after the agent and name the proxy in TELPUNT_TRUSTED_PROXIES.'
            )
        if self.agentless:
            found.append(
                "The log has no agents (common format), so crawlers in it are counted like everybody; prefer the combined format."
            )
        return found

    def __str__(self) -> str:
        files = "1 access log" if self.files == 1 else f"{self.files:,} access logs"
        kept = [_count(self.page_views, "page view")]
        if self.downloads:
            kept.append(_count(self.downloads, "download"))
        if self.searches:
            kept.append(_count(self.searches, "search", "searches"))
        span = f", from {_time(self.first)} to {_time(self.last)} UTC" if self.kept else ""
        dropped = self.dropped.total()
        text = [
            f"{_count(self.lines, 'line')} read from {files}: {' and '.join(kept)} kept{span}; {_count(dropped, 'line')} dropped."
        ]
        for reason, count in self.dropped.most_common():
            text.append(f"  {count:>12,}  {reason.value:<13} {WHY[reason]}")
        if self.malformed_at:
            places = ", ".join(f"{name} line {number}" for name, number in self.malformed_at)
            more = ", …" if self.dropped[DropReason.MALFORMED] > len(self.malformed_at) else ""
            text.append(f"Malformed: {places}{more}")
        return "\n".join([*text, *self.hints()])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
