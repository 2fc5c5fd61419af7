"""
The site registry: which careers sites are counted, under which rules.

Kept as one readable JSON file rather than in the database, so that a collector can start, count and survive without one;
it is replaced whole by one rename, so that a reader never sees half of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from collector.errors import FolderError, InvalidSite, UnknownSite
from collector.folder import DataFolder, write_aside

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*(?::\d{1,5})?"
)


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
        simulated: every page and export says that these are not real visits.
    """

    key: str
    hosts: tuple[str, ...]
    timezone: str = "Europe/Amsterdam"
    k: int = 10
    min_visits: int = 300
    rules: tuple[Rule, ...] = ()
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


class _File(msgspec.Struct):
    version: int
    sites: list[Site]


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
    if not hosts:
        raise InvalidSite(f"Site {key!r} has no host; expected at least one, such as --host werkenbij.example.org")
    clean = []
    for given in hosts:
        host = given.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
        if not HOST.fullmatch(host.removeprefix("*.")) or len(host) > 253:
            raise InvalidSite(
                f"Host {given!r} cannot be used; expected a host name without path, such as werkenbij.example.org"
            )
        clean.append(host)
    site = Site(key=key, hosts=tuple(dict.fromkeys(clean)), **options)
    try:
        ZoneInfo(site.timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidSite(
            f"Time zone {site.timezone!r} is not known; expected an IANA name such as Europe/Amsterdam"
        ) from None
    if not 2 <= site.k <= 1000:
        raise InvalidSite(f"k of site {key!r} is {site.k}; expected 2 to 1000")
    return site


@dataclass
class Registry:
    """
    The sites of one data folder, read again when the file has changed.

    :meth:`get` costs a dictionary look-up; :meth:`refresh` costs one stat (about 1 µs) and is called at most once a second.
    """

    path: Path
    _by_key: dict[str, Site] = field(default_factory=dict)
    _stamp: tuple[int, int] = (0, 0)

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
            self._by_key, self._stamp = {}, (0, 0)
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
        """Add *site*, or replace the one of that key; other processes see it at their next refresh."""
        with folder.hold("sites", wait=True):
            self.refresh()
            sites = {**self._by_key, site.key: site}
            content = msgspec.json.encode(_File(version=1, sites=[sites[key] for key in sorted(sites)]))
            write_aside(self.path, msgspec.json.format(content, indent=2) + b"\n")
        self.refresh()
