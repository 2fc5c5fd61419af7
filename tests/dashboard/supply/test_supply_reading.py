"""Files and feeds of vacancies and hires: read within bounds, cleaned, and told line by line what is wrong."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.words import Language
from collector.sites import make_site
from dashboard.fetching import Fetcher
from dashboard.owner.check import Answer
from dashboard.owner.sitemap import BYTES_MAX, Page, Unreadable
from dashboard.supply import feeds, reading, rows, sheets
from dashboard.supply.rows import HIRES, VACANCIES

TODAY = date(2026, 11, 23)
HEAD = "family,opened,closed,title,location,employment_type,count\n"
FEED = """<?xml version="1.0" encoding="utf-8"?>
<source><publisher>Waterschap</publisher>
<job><title><![CDATA[Monteur bij Jan Jansen]]></title><date><![CDATA[Mon, 02 Nov 2026 10:00:00 GMT]]></date>
<category>Techniek</category><city>Tiel</city><jobtype>fulltime</jobtype><expirationdate>2026-12-01</expirationdate>
<email>jan.jansen@example.org</email><description>Bel Jan 06-12345678</description></job>
<job><title>Zonder familie</title><date>2026-11-01</date></job>
</source>"""


def csv_rows(text: str, kind: str = VACANCIES) -> list[tuple[object, ...]]:
    return sheets.read(text.encode(), kind, TODAY).rows.rows()


def test_only_family_kind_town_and_days_are_kept_of_a_vacancy() -> None:
    """Titles, streets and whatever else stands in the file are not in what is kept, and what is alike is one row."""
    line = 'Techniek ,2026-11-01,,Monteur bij Jan,"Damrak 1, 1012 LG, Amsterdam",full-time,\n'
    expected = [("techniek", "FULL_TIME", "amsterdam", date(2026, 11, 1), None, 2)]
    assert csv_rows(HEAD + line + line) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_reads_what_spreadsheets_write(encoding: str, delimiter: str) -> None:
    """Encodings and delimiters of spreadsheets, Dutch column names and Dutch days all come out the same."""
    text = "Vakgebied,Geopend,Plaats\r\nCommunicatie één,02-11-2026,Tiel\r\n".replace(",", delimiter)
    found = sheets.read(text.encode(encoding), VACANCIES, TODAY).rows.rows()
    assert found == [("communicatie één", "", "tiel", date(2026, 11, 2), None, 1)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (",2026-11-01,,,,,", "family"),
        ("ict,,,,,,", "opened"),
        ("ict,2026-13-01,,,,,", "2026-13-01"),
        ("ict,31-02-2026,,,,,", "31-02-2026"),
        ("ict,2026-11-02,2026-11-01,,,,", "before"),
        ("ict,1899-01-01,,,,,", "2000"),
        ("ict,2026-11-02,9999-01-01,,,,", "2000"),
        ("ict,2026-11-02,,,,,-3", "count"),
        ("ict,2026-11-02,,,,,٣", "count"),
        ("ict,2026-11-02,,,,,1e9", "count"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_kept(line: str, what: str) -> None:
    """The trouble has the line's number and what was found; the good line beside it does not make it fit to keep."""
    found = sheets.read(f"{HEAD}ict,2026-11-01,,,,,\n{line}\n".encode(), VACANCIES, TODAY)
    assert [trouble.number for trouble in found.troubles] == [3]
    assert what in found.troubles[0].said
    assert not found.can_be_kept


def test_hires_are_numbers_by_month_and_family() -> None:
    """Months add up where they are twice; applications may be empty; a month to come is wrong."""
    text = "month;family;hires;applications\n2026-10;ICT;2;\n2026-10;ict;1;40\n2026-09-01;zorg;0;\n"
    assert csv_rows(text, HIRES) == [("2026-09", "zorg", 0, None), ("2026-10", "ict", 3, 40)]
    assert sheets.read(b"month,family,hires\n2026-12,ict,1\n", HIRES, TODAY).troubles


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01", b"family,closed\nict,2026-11-01\n", b'family,opened\n"ict\n', b"\xff\xfe\x00"]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    """An empty, binary or broken file, and one without its columns, is one clear refusal."""
    with pytest.raises(Unreadable):
        sheets.read(data, VACANCIES, TODAY)


def test_a_huge_file_is_refused() -> None:
    """More bytes or more lines than the bounds are not worked through."""
    with pytest.raises(Unreadable):
        sheets.read(b"x" * (BYTES_MAX + 1), VACANCIES, TODAY)
    with pytest.raises(Unreadable):
        sheets.read(b"family,opened\n" + b"a,2026-11-01\n" * (rows.ROWS_MAX + 1), VACANCIES, TODAY)


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (HEAD + text).encode()),
    st.sampled_from(rows.KINDS),
)
def test_any_file_is_read_or_refused(data: bytes, kind: str) -> None:
    """Whatever is brought in, the answer is rows and troubles, or one refusal."""
    with suppress(Unreadable):
        found = reading.content(data, kind, TODAY)
        assert dict(found.rows.schema) == rows.SCHEMAS[kind]


def test_what_the_preview_holds_reads_back_the_same() -> None:
    """The CSV that goes to the browser and back is the rows themselves."""
    found = feeds.read(FEED.encode(), TODAY)
    again = sheets.read(found.rows.write_csv().replace("\n", "\r\n").encode(), VACANCIES, TODAY)
    assert again.rows.equals(found.rows)
    assert not again.troubles


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_feed_gives_counts_and_no_person(pack: type[bytes]) -> None:
    """Of a feed the same few things are kept; a job without a family is left out and told, and the rest can be kept."""
    found = reading.content(pack(FEED.encode()), VACANCIES, TODAY)
    assert found.rows.rows() == [("techniek", "FULL_TIME", "tiel", date(2026, 11, 2), date(2026, 12, 1), 1)]
    assert [trouble.number for trouble in found.troubles] == [2]
    assert found.can_be_kept
    assert "jansen" not in found.rows.write_csv().lower()


def test_a_part_of_a_job_is_no_job_of_its_own() -> None:
    """A job that holds an element called position is one vacancy, and what stands in that counts for it."""
    nested = "<jobs><job><date>2026-11-01</date><position><category>ict</category></position></job></jobs>"
    assert feeds.read(nested.encode(), TODAY).total == 1


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><source><job><category>&x;</category></job></source>',
        '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><source><job><category>&b;</category></job></source>',
        "<source><job>",
        "<source></source>",
        "<rss><channel><title>x</title></channel></rss>",
        '<?xml version="1.0" encoding="nonsense"?><source/>',
        "<urlset><url><loc>https://a.nl/x</loc></url></urlset>",
    ],
)
def test_hostile_and_other_xml_is_refused(content: str) -> None:
    """Entities, document types, broken XML, no jobs, and a sitemap as a file: refused with a sentence."""
    with pytest.raises(Unreadable):
        reading.content(content.encode(), VACANCIES, TODAY)


def test_a_packed_bomb_is_not_unpacked() -> None:
    """A small gzip file that would be larger than the bound is refused."""
    with pytest.raises(Unreadable):
        reading.content(gzip.compress(b"<" + b" " * (BYTES_MAX + 10)), VACANCIES, TODAY)


def test_hires_come_from_csv_only() -> None:
    """A feed has vacancies, so hires are not read from it."""
    with pytest.raises(Unreadable):
        reading.content(FEED.encode(), HIRES, TODAY)


def posting(**more: object) -> str:
    one = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "datePosted": "2026-11-02T09:00",
        "industry": "Zorg",
    }
    return f'<p><script type="application/ld+json">{json.dumps([{"@graph": [one | more]}])}</script>'


def test_a_posting_is_read_as_the_snippet_reads_it() -> None:
    """Family, days, kind and town of the one JobPosting of a page; none of a page that lists several."""
    address = {"jobLocation": [{"address": {"addressLocality": "Tiel"}}], "employmentType": ["PART_TIME"]}
    found = feeds.posting_of(posting(occupationalCategory="ICT", **address))
    assert found is not None
    assert rows.vacancy(found, TODAY) == {
        "family": "ict", "employment_type": "PART_TIME", "location": "tiel", "opened": date(2026, 11, 2), "closed": None, "count": 1,
    }  # fmt: skip
    assert feeds.posting_of(posting() + posting()) is None


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<script>x</script>",
        '<script type="application/ld+json">{</script>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        '<script type="application/ld+json">' * 5_000,
        "<script " * 20_000,
    ],
)
def test_broken_pages_have_no_posting(page: str) -> None:
    """JSON that is broken or nested without end, and tags that never close, are no posting and no crash."""
    assert feeds.posting_of(page) is None


def test_a_sitemap_is_read_within_bounds_on_the_sites_own_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only pages that are vacancies by the site's rules, on its hosts, and only so many of them, are fetched."""
    listed = [f"https://werkenbij.example.org/vacatures/monteur-{n}" for n in range(5)]
    others = ["https://evil.example.com/vacatures/x", "https://werkenbij.example.org/over-ons"]
    links = "".join(f"<url><loc>{url}</loc></url>" for url in [*others, *listed])
    asked: list[str] = []

    def fetch(_fetcher: Fetcher, url: str, method: str = "GET") -> tuple[Answer, bytes]:
        asked.append(url)
        if url.endswith(".xml"):
            return Answer(url, 200), f"<urlset>{links}</urlset>".encode()
        return Answer(url, 404 if url.endswith("-1") else 200), posting().encode()

    monkeypatch.setattr(Fetcher, "fetch", fetch)
    site = make_site("demo", ["werkenbij.example.org"])
    found = reading.address(Fetcher(site), "https://werkenbij.example.org/sitemap.xml", TODAY, pages_max=3)
    assert asked == ["https://werkenbij.example.org/sitemap.xml", *listed[:3]]
    assert found.total == 2
    assert len(found.troubles) == 2, "the page that is gone, and that not all were looked at"
    assert found.can_be_kept


def test_an_address_elsewhere_is_not_fetched() -> None:
    """The server is no way to other hosts: what is not the site's is refused before anything is sent."""
    with pytest.raises(Unreadable, match="not a host of this site"):
        reading.address(Fetcher(make_site("demo", ["a.example.org"])), "http://169.254.169.254/latest", TODAY)


def test_pages_that_fail_are_told_in_bounds() -> None:
    """A thousand pages that are gone make no thousand lines."""

    def gone(_url: str) -> bytes:
        raise Unreadable(rows._("%(found)s is gone", found="x"))

    found = feeds.from_pages([Page("x")] * 1000, gone, TODAY, 1000)
    assert len(found.troubles) <= rows.TROUBLES_SHOWN
    assert found.rows.equals(pl.DataFrame(schema=rows.SCHEMAS[VACANCIES]))


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("kind", rows.KINDS)
def test_the_example_can_be_brought_in(kind: str, lang: Language) -> None:
    """The file that the page hands out as an example is read without a trouble, in both languages."""
    found = reading.content(sheets.example(kind, lang), kind, TODAY)
    assert found.rows.height == 2
    assert not found.troubles


def test_the_other_kind_of_file_is_told() -> None:
    """Hires that are brought in as vacancies are said to be hires, and the other way round."""
    with pytest.raises(Unreadable, match="looks like a file of hires"):
        reading.content(b"maand;functiegroep;aannames\n2026-10;ict;3\n", VACANCIES, TODAY)
    with pytest.raises(Unreadable, match="looks like a file of vacancies"):
        reading.content(b"functiegroep;geopend\nict;01-10-2026\n", HIRES, TODAY)


def test_a_feed_may_be_utf_16() -> None:
    """The mark of UTF-16 is no sign of a table: what begins with markup behind it is a feed."""
    feed = FEED.replace("utf-8", "utf-16")
    assert feeds.is_markup(feed.encode("utf-16"))
    assert not feeds.is_markup("family;opened\n".encode("utf-16"))
    assert reading.content(feed.encode("utf-16"), VACANCIES, TODAY).total == 1
