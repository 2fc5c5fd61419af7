"""
The site registry: which careers sites are counted, under which rules.

Kept as one readable JSON file rather than in the database, so that a collector can start, count and survive without one;
it is replaced whole by one rename, so that a reader never sees half of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from collector.errors import (
    FolderError,
    InvalidHost,
    InvalidNumber,
    InvalidSite,
    InvalidTimezone,
    KeyTaken,
    UnknownSite,
)
from collector.folder import DataFolder, write_aside

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*(?::\d{1,5})?"
)


K_LIMITS = (2, 1000)
MIN_VISITS_LIMITS = (1, 1_000_000)
KEEP_MONTHS_LIMITS = (3, 240)  # shorter, and there would be no trend to tell
FINE_DAYS_LIMITS = (7, 400)
HOSTS_MAX = 50


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first rule of a site whose *path* matches decides the touchpoint of a page: ``*`` matches within and across segments."""

    path: str
    touchpoint: str


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One careers site.

    Attributes:
        key: what the snippet sends, ``[a-z0-9-]``, at most 40 characters.
        hosts: host names whose pages are counted, lower case; ``*.example.org`` takes in every host under it.
        timezone: IANA name; days and weeks are cut in it.
        k: smallest number of visits that anything published may rest on.
        min_visits: visits that a window needs before segments are looked for.
        rules: touchpoint rules of the site, first match wins, before the defaults.
        rules_before: the rules as they were before the last change, so that it can be taken back.
        paused: nothing is counted for now; the collector answers ``dropped; reason=paused``.
        keep_months: months that counts are kept; 0: as long as the installation is there.
        fine_days: days that pattern counts stay fine, from 7 on; 0: as TELPUNT_FINE_PATTERN_DAYS says.
        privacy_page: does the public page /privacy/KEY say what is kept?
        simulated: every page and export says that these are not real visits.
    """

    key: str
    hosts: tuple[str, ...]
    timezone: str = "Europe/Amsterdam"
    k: int = 10
    min_visits: int = 300
    rules: tuple[Rule, ...] = ()
    rules_before: tuple[Rule, ...] | None = None
    paused: bool = False
    keep_months: int = 0
    fine_days: int = 0
    privacy_page: bool = True
    simulated: bool = False

    def accepts_host(self, host: str) -> bool:
        """Is a page on *host* (lower case, with or without port) one of this site's?"""
        bare = host.partition(":")[0]
        for own in self.hosts:
            if own in (host, bare):
                return True
            if own.startswith("*.") and (bare.endswith(own[1:]) or bare == own[2:]):
                return True
        return False


class Removed(msgspec.Struct, frozen=True):
    """
    A site that was removed and of which something may still lie about, until all of it is deleted.

    Attributes:
        key: of the site; nobody else can have it until then.
        at: when it was removed, in seconds since 1970.
    """

    key: str
    at: int


class _File(msgspec.Struct):
    version: int
    sites: list[Site]
    removed: list[Removed] = []


def make_site(key: str, hosts: list[str] | tuple[str, ...], **options: Any) -> Site:
    """
    Check what a person typed and make a :class:`Site` of it.

    Raises:
        InvalidSite: the key, a host or the time zone cannot be used; the text says which and what was expected.
    """
    if not KEY.fullmatch(key):
        raise InvalidSite(
            f"Site key {key!r} cannot be used; expected 1 to 40 of a-z, 0-9 and '-', such as werkenbij-acme"
        )
    return checked(Site(key=key, hosts=tuple(hosts), **options))


def checked(site: Site) -> Site:
    """
    *site* with its hosts cleaned, once everything in it can be used.

    Raises:
        InvalidSite: a host, the time zone or a number cannot be used; the text says which and what was expected.
    """
    clean = tuple(dict.fromkeys(map(_clean_host, site.hosts)))
    if not 1 <= len(clean) <= HOSTS_MAX:
        raise InvalidHost(
            f"Site {site.key!r} has {len(clean) or 'no'} host{'s' if clean else ''}; expected 1 to {HOSTS_MAX}, such as --host werkenbij.example.org"
        )
    try:
        ZoneInfo(site.timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidTimezone(
            f"Time zone {site.timezone[:80]!r} is not known; expected an IANA name such as Europe/Amsterdam"
        ) from None
    _check_number(site, "k", K_LIMITS)
    _check_number(site, "min_visits", MIN_VISITS_LIMITS)
    if site.keep_months:
        _check_number(site, "keep_months", KEEP_MONTHS_LIMITS)
    if site.fine_days:
        _check_number(site, "fine_days", FINE_DAYS_LIMITS)
    return msgspec.structs.replace(site, hosts=clean)


def _clean_host(given: str) -> str:
    host = given.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    if not HOST.fullmatch(host.removeprefix("*.")) or len(host) > 253:
        raise InvalidHost(
            f"Host {given[:80]!r} cannot be used; expected a host name without path, such as werkenbij.example.org"
        )
    return host


def _check_number(site: Site, name: str, limits: tuple[int, int]) -> None:
    number = getattr(site, name)
    if not limits[0] <= number <= limits[1]:
        raise InvalidNumber(name, site.key, number, limits)


@dataclass
class Registry:
    """
    The sites of one data folder, read again when the file has changed.

    :meth:`get` costs a dictionary look-up; :meth:`refresh` costs one stat (about 1 µs) and is called at most once a second.
    """

    path: Path
    _by_key: dict[str, Site] = field(default_factory=dict)
    _stamp: tuple[int, int] = (0, 0)
    removed: tuple[Removed, ...] = ()

    @classmethod
    def open(cls, folder: DataFolder) -> Registry:
        """Read the registry of *folder*; without a file there are no sites yet."""
        registry = cls(folder.sites)
        registry.refresh()
        return registry

    def refresh(self) -> None:
        """
        Read the file again if it is another than last time.

        Raises:
            FolderError: the file is not a site registry.
        """
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._by_key, self._stamp, self.removed = {}, (0, 0), ()
            return
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp == self._stamp:
            return
        try:
            file = msgspec.json.decode(self.path.read_bytes(), type=_File)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise FolderError(
                f"Site registry {self.path} cannot be read: {error}; put back a copy or add the sites again"
            ) from error
        self._by_key = {site.key: site for site in file.sites}
        self.removed = tuple(file.removed)
        self._stamp = stamp

    def get(self, key: str) -> Site | None:
        """The site of *key*, or None."""
        return self._by_key.get(key)

    def __getitem__(self, key: str) -> Site:
        site = self._by_key.get(key)
        if site is None:
            raise UnknownSite(key, sorted(self._by_key))
        return site

    def all(self) -> list[Site]:
        """Every site, by key."""
        return [self._by_key[key] for key in sorted(self._by_key)]

    def save(self, folder: DataFolder, site: Site) -> None:
        """
        Add *site*, or replace the one of that key; other processes see it at their next refresh.

        Raises:
            KeyTaken: a site of that key was removed a moment ago, and what it left is being deleted.
        """
        with folder.hold("sites", wait=True):
            self.refresh()
            if any(gone.key == site.key for gone in self.removed):
                raise KeyTaken(f"What site {site.key!r} has left is being deleted; try again in a minute")
            self._write({**self._by_key, site.key: site}, self.removed)

    def add(self, folder: DataFolder, site: Site) -> None:
        """
        Add *site*.

        Raises:
            KeyTaken: there is a site of that key, or there was a moment ago.
        """
        self.refresh()
        if site.key in self._by_key:
            raise KeyTaken(f"There is a site {site.key!r} already; choose another key")
        self.save(folder, site)

    def change(self, folder: DataFolder, key: str, change: Callable[[Site], Site]) -> Site:
        """
        Replace the site of *key* by what *change* makes of it, and lose no change that somebody else makes at the same time.

        Raises:
            UnknownSite: there is none.
            InvalidSite: what comes out cannot be used.
        """
        with folder.hold("sites", wait=True):
            self.refresh()
            site = checked(change(self[key]))
            self._write({**self._by_key, key: site}, self.removed)
        return site

    def remove(self, folder: DataFolder, key: str, now: int) -> None:
        """
        Take a site off the list: nothing is counted for it from the next refresh on. What it has left is not deleted by this.

        Args:
            now: seconds since 1970.

        Raises:
            UnknownSite: there is none.
        """
        with folder.hold("sites", wait=True):
            self.refresh()
            kept = {site.key: site for site in self._by_key.values() if site is not self[key]}
            self._write(kept, (*self.removed, Removed(key, now)))

    def settle(self, folder: DataFolder, key: str) -> None:
        """Nothing is left of the removed site *key*: it is forgotten."""
        with folder.hold("sites", wait=True):
            self.refresh()
            self._write(self._by_key, tuple(gone for gone in self.removed if gone.key != key))

    def _write(self, sites: dict[str, Site], removed: tuple[Removed, ...]) -> None:
        file = _File(version=1, sites=[sites[key] for key in sorted(sites)], removed=list(removed))
        write_aside(self.path, msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")
        self.refresh()
