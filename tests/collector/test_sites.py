"""The registry: what can be a site, and changes that lose nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from collector.beacon import Beacon
from collector.errors import InvalidHost, InvalidNumber, InvalidSite, InvalidTimezone, KeyTaken, UnknownSite
from collector.events import DropReason, Kind
from collector.folder import DataFolder
from collector.ingest import Ingest, Sender
from collector.outcomes import Outcomes
from collector.settings import Settings
from collector.sites import HOSTS_MAX, Registry, checked, make_site
from collector.tokens import Tokens

ACME = make_site("acme", ["werkenbij.acme.nl"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"hosts": ()}, InvalidHost),
        ({"hosts": ("a b",)}, InvalidHost),
        ({"hosts": ("acme.nl/x",)}, InvalidHost),
        ({"hosts": tuple(f"{n}.acme.nl" for n in range(HOSTS_MAX + 1))}, InvalidHost),
        ({"timezone": "Europe/Atlantis"}, InvalidTimezone),
        ({"timezone": "../etc/passwd"}, InvalidTimezone),
        ({"k": 1}, InvalidNumber),
        ({"min_visits": 0}, InvalidNumber),
        ({"keep_months": 2}, InvalidNumber),
        ({"fine_days": 500}, InvalidNumber),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_kind(change: dict[str, object], error: type[InvalidSite]):
    """A page can tell by the kind of error which field is wrong."""
    with pytest.raises(error):
        checked(msgspec.structs.replace(ACME, **change))


def test_two_who_change_a_site_lose_nothing(tmp_path: Path):
    """A change is made on what is there now, not on what somebody read before."""
    folder = DataFolder(tmp_path).prepare()
    one, other = Registry.open(folder), Registry.open(folder)
    one.save(folder, ACME)
    other.change(folder, "acme", lambda site: msgspec.structs.replace(site, k=20))
    one.change(folder, "acme", lambda site: msgspec.structs.replace(site, paused=True))
    site = Registry.open(folder)["acme"]
    assert (site.k, site.paused) == (20, True)
    with pytest.raises(UnknownSite):
        one.change(folder, "nobody", lambda site: site)


def test_a_key_is_free_again_only_when_nothing_is_left(tmp_path: Path):
    """A removed site is gone at once; its key can be taken when what it left is deleted."""
    folder = DataFolder(tmp_path).prepare()
    sites = Registry.open(folder)
    sites.add(folder, ACME)
    with pytest.raises(KeyTaken):
        sites.add(folder, ACME)
    sites.remove(folder, "acme", 1000)
    assert sites.all() == []
    assert [(gone.key, gone.at) for gone in Registry.open(folder).removed] == [("acme", 1000)]
    with pytest.raises(KeyTaken):
        sites.save(folder, ACME)
    sites.settle(folder, "acme")
    sites.add(folder, ACME)
    assert Registry.open(folder).all() == [ACME]


def test_a_paused_site_counts_nothing_and_says_so(tmp_path: Path):
    """While a site is paused each of its events is dropped, with that as the reason, and counted as that."""
    folder = DataFolder(tmp_path).prepare()
    sites = Registry.open(folder)
    outcomes = Outcomes()
    sites.save(folder, make_site("demo", ["werkenbij.example.org"], paused=True))
    ingest = Ingest(Settings(data=tmp_path), sites, Tokens.private(), outcomes)
    beacon = Beacon(site="demo", kind=Kind.PAGE_VIEW, url="https://werkenbij.example.org/")
    sender = Sender("198.51.100.7", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "nl")
    assert ingest.take(beacon, sender, 1_790_000_000) is DropReason.PAUSED
    assert outcomes.totals("demo") == {"paused": 1}
    sites.change(folder, "demo", lambda site: msgspec.structs.replace(site, paused=False))
    assert isinstance(ingest.take(beacon, sender, 1_790_000_000), bytes)
