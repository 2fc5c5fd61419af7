"""A sitemap is read within bounds, whatever is in it."""

from __future__ import annotations

import gzip
import random

import pytest

from dashboard.owner import sitemap
from dashboard.owner.sitemap import Page, Unreadable, read

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*urls: str) -> bytes:
    return (
        f"<?xml version='1.0'?><urlset {NAMESPACE}>"
        + "".join(f"<url><loc> {url} </loc></url>" for url in urls)
        + "</urlset>"
    ).encode()


def index(*urls: str) -> bytes:
    return (
        f"<sitemapindex {NAMESPACE}>"
        + "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
        + "</sitemapindex>"
    ).encode()


def test_pages_are_read_plain_gzipped_and_as_lines() -> None:
    """The same pages come out of a sitemap, of a gzipped one, and of a list of addresses."""
    plain = urlset("https://a.nl/x", "https://a.nl/y")
    expected = [Page("https://a.nl/x"), Page("https://a.nl/y")]
    for content in (
        plain,
        b"\xef\xbb\xbf" + plain,
        gzip.compress(plain),
        b"https://a.nl/x\r\n\r\n https://a.nl/y\n# no address",
    ):
        assert read(content).pages == expected


def test_an_index_leads_to_its_sitemaps_and_their_names_tell() -> None:
    """The sitemaps of an index are read, and what WordPress calls them goes with their pages."""
    files = {
        "https://a.nl/vacature-sitemap.xml": urlset("https://a.nl/x/1"),
        "https://a.nl/sitemap-collega.xml.gz": gzip.compress(urlset("https://a.nl/y/2")),
    }

    def get(url: str) -> bytes:
        if url not in files:
            raise Unreadable(sitemap._("%(url)s cannot be fetched: %(trouble)s.", url=url, trouble="gone"))
        return files[url]

    found = read(index(*files, "https://a.nl/gone.xml"), "https://a.nl/sitemap.xml", get)
    assert found.pages == [Page("https://a.nl/x/1", "vacature"), Page("https://a.nl/y/2", "collega")]
    assert found.troubles == ["https://a.nl/gone.xml cannot be fetched: gone."]


def test_an_index_without_a_site_says_what_is_not_read() -> None:
    """A pasted index is told to be one, since nothing is fetched for it."""
    found = read(index("https://a.nl/1.xml"))
    assert found.pages == []
    assert "can only be read from the site itself" in found.troubles[0]


def test_an_index_that_lists_itself_ends() -> None:
    """However many sitemaps an index lists, and whichever, only so many are read."""
    asked = []

    def get(url: str) -> bytes:
        asked.append(url)
        return index(url, url)

    found = read(index("https://a.nl/sitemap.xml"), "https://a.nl/sitemap.xml", get)
    assert len(asked) <= sitemap.FILES_MAX
    assert found.troubles


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing here",
        b"<html><body>",
        b"<html></html>",
        b"<urlset",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>',
        b"\x1f\x8bno gzip",
        gzip.compress(b"0" * (sitemap.BYTES_MAX + 10)),
        b"\x00" * 1000,
        b'<?xml version="1.0" encoding="utf-99"?><urlset/>',
    ],
)
def test_what_is_none_is_refused_in_words(content: bytes) -> None:
    """Entities, document types, bombs and rubbish give a sentence, and nothing is resolved or unpacked without bound."""
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert len(refused.value.said) > 20


def test_only_addresses_of_pages_are_taken() -> None:
    """Scripts, files and addresses without end in a sitemap are left out."""
    pages = read(
        urlset("javascript:alert(1)", "file:///etc/passwd", "https://a.nl/" + "x" * 3000, "https://a.nl/ok")
    ).pages
    assert pages == [Page("https://a.nl/ok")]


def test_many_pages_are_cut_off() -> None:
    """At most so many pages are taken, and it is said."""
    found = read(urlset(*(f"https://a.nl/{number}" for number in range(sitemap.PAGES_MAX + 5))))
    assert len(found.pages) == sitemap.PAGES_MAX
    assert found.troubles


def test_noise_does_no_harm() -> None:
    """Whatever is done to a sitemap, it is read or refused."""
    dice = random.Random(20261123)
    good = bytearray(index("https://a.nl/1.xml") + urlset("https://a.nl/x"))
    for _ in range(400):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 8)):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        try:
            read(bytes(bad))
        except Unreadable:
            continue


def test_an_index_is_read_for_so_long() -> None:
    """Slow sitemaps do not keep a request waiting: after a time the rest is left out, and it is said."""
    seconds = iter(range(0, 1000, 10))
    get = sitemap.within(25, lambda _url: urlset("https://a.nl/x"), clock=lambda: next(seconds))
    found = read(index(*(f"https://a.nl/{number}.xml" for number in range(5))), "https://a.nl/sitemap.xml", get)
    assert len(found.pages) == 2
    assert "took too long" in found.troubles[0]
