from __future__ import annotations

from pathlib import Path

import pytest

from collector.beacon import Beacon
from collector.country import Countries, CountryFileUnusable
from collector.events import Kind
from collector.folder import DataFolder
from collector.ingest import Ingest, Sender
from collector.outcomes import Outcomes
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.tokens import Tokens

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file in MaxMind's format, with the shapes that are around."""
    from mmdb_writer import MMDBWriter
    from netaddr import IPSet

    writer = MMDBWriter(6, "Test-Country", ipv4_compatible=True)
    for network, record in {
        "198.51.100.0/24": {"country": {"iso_code": "NL"}},  # MaxMind, DB-IP
        "203.0.113.0/24": {"registered_country": {"iso_code": "BE"}},
        "192.0.2.0/25": {"country": "DE"},  # IPinfo
        "192.0.2.128/25": {"country_code": "FR"},
        "2001:db8::/32": {"country": {"iso_code": "SE"}},
        "100.0.0.0/24": {"country": {"iso_code": "<script>"}},
        "100.0.1.0/24": {"country": {"names": {"en": "Nowhere"}}},
        "100.0.2.0/24": ["NL"],
    }.items():
        writer.insert_network(IPSet([network]), record)
    path = tmp_path_factory.mktemp("country") / "test.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("198.51.100.7", "NL"),
        ("203.0.113.7", "BE"),
        ("192.0.2.7", "DE"),
        ("192.0.2.200", "FR"),
        ("2001:db8::7", "SE"),
        ("8.8.8.8", ""),
        ("100.0.0.1", ""),
        ("100.0.1.1", ""),
        ("100.0.2.1", ""),
        ("no address", ""),
        ("", ""),
    ],
)
def test_the_country_of_an_address(file: Path, address: str, country: str):
    """An address has the country that the file says, and none when it does not say a code of two letters."""
    countries = Countries(file)
    assert countries.of(address) == country
    countries.close()


@pytest.mark.parametrize("content", [None, b"", b"not a database" * 100])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None):
    """A country file that is not there or is something else is refused in one sentence that names it."""
    path = tmp_path / "x.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CountryFileUnusable, match=r"x\.mmdb cannot be read; expected a file in MaxMind's format"):
        Countries(path)


def test_a_hit_has_the_country_where_there_is_a_file(tmp_path: Path, file: Path):
    """With a file, a hit says the country of its sender; without one, no hit has a country."""
    folder = DataFolder(tmp_path).prepare()
    Registry.open(folder).save(folder, make_site("acme", ["werkenbij.example.org"]))
    countries = Countries(file)
    for given, expected in ((countries, b'"country":"NL"'), (None, b"")):
        ingest = Ingest(Settings(data=tmp_path), Registry.open(folder), Tokens.private(), Outcomes(), given)
        beacon = Beacon("acme", Kind.PAGE_VIEW, "https://werkenbij.example.org/")
        line = ingest.take(beacon, Sender("198.51.100.7", AGENT, "nl"), 1_790_000_000)
        assert isinstance(line, bytes)
        assert expected in line if expected else b"country" not in line
    countries.close()
