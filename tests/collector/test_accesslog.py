"""Lines of access logs: what is read of them, and which can be a page view."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import accesslog
from collector.accesslog import Line, extension, is_combined, parse, refuse
from collector.events import DropReason

REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "logs" / "combined_2015.log.gz"
HEAD = b'192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /vacatures HTTP/1.1" 200 2326'
COMBINED = HEAD + b' "https://www.google.com/" "Mozilla/5.0 (X11; Linux x86_64)"'
AT = int(datetime(2015, 5, 17, 10, 5, 3, tzinfo=UTC).timestamp())


def read(line: bytes) -> Line:
    parsed = parse(line, combined=True)
    assert parsed is not None
    return parsed


def test_combined() -> None:
    """A combined line is read field by field."""
    assert read(COMBINED) == Line(
        b"",
        b"192.0.2.1",
        AT,
        b"GET",
        b"/vacatures",
        200,
        b"https://www.google.com/",
        b"Mozilla/5.0 (X11; Linux x86_64)",
        b"",
    )


def test_common() -> None:
    """A common line has no agent, which is another thing than an empty one."""
    parsed = parse(HEAD)
    assert parsed is not None
    assert parsed.agent is None
    assert parsed.referrer == b""
    assert parse(HEAD, combined=True) is None


@pytest.mark.parametrize(
    ("line", "host", "address"),
    [
        (b"werkenbij.example.org:443 " + COMBINED, b"werkenbij.example.org", b"192.0.2.1"),
        (b"WerkenBij.Example.org " + COMBINED, b"werkenbij.example.org", b"192.0.2.1"),
        (
            b"werkenbij.example.org:80 " + COMBINED.replace(b"192.0.2.1", b"2001:db8::7"),
            b"werkenbij.example.org",
            b"2001:db8::7",
        ),
        (b"werkenbij.example.org:80 " + COMBINED.replace(b"192.0.2.1", b"::1"), b"werkenbij.example.org", b"::1"),
        (b"- " + COMBINED, b"", b"192.0.2.1"),
        (COMBINED.replace(b"192.0.2.1", b"2001:db8::7"), b"", b"2001:db8::7"),
        (COMBINED.replace(b"192.0.2.1", b"dsl-7.provider.example"), b"", b"dsl-7.provider.example"),
        (COMBINED.replace(b"- -", b"- Anna de Boer", 1), b"", b"192.0.2.1"),
        (COMBINED.replace(b"GET /", b"GET http://werkenbij.example.org/"), b"werkenbij.example.org", b"192.0.2.1"),
    ],
)
def test_host(line: bytes, host: bytes, address: bytes) -> None:
    """The host comes from in front of the line or from an absolute request, and is not mixed up with the address."""
    parsed = read(line)
    assert (parsed.host, parsed.address, parsed.target) == (host, address, b"/vacatures")


@pytest.mark.parametrize("offset", [b"+0000", b"+0200", b"-0530", b"+1400"])
def test_offset(offset: bytes) -> None:
    """The offset of the line is honoured."""
    sign = -1 if offset[:1] == b"-" else 1
    shift = sign * (int(offset[1:3]) * 3600 + int(offset[3:]) * 60)
    assert read(COMBINED.replace(b"+0000", offset)).at == AT - shift


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb"a \"b\" c", b'a "b" c'),
        (rb"a \x22b\x22 c", b'a "b" c'),
        (rb"back\\slash", rb"back\slash"),
        (rb"caf\xc3\xa9", "café".encode()),
    ],
)
def test_escapes(written: bytes, meant: bytes) -> None:
    """What Apache and nginx escape in an agent is undone."""
    assert read(COMBINED.replace(b"Mozilla/5.0 (X11; Linux x86_64)", written)).agent == meant


@pytest.mark.parametrize(
    "rest", [b" 0.004", b' "-"', b' "198.18.0.1"', b" 12 vhost.example /var/www", b' rt=0.1 "gzip" TLSv1.3', b" "]
)
def test_further_fields(rest: bytes) -> None:
    """Fields after the agent do no harm."""
    assert read(COMBINED + rest).agent == b"Mozilla/5.0 (X11; Linux x86_64)"


def test_forwarded() -> None:
    """The X-Forwarded-For field right after the agent is read."""
    assert read(COMBINED + b' "198.18.0.1, 10.0.0.1"').forwarded == b"198.18.0.1, 10.0.0.1"
    assert read(COMBINED + b' "-"').forwarded == b""


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"#Software: Microsoft Internet Information Services 10.0",
        COMBINED[:-1],
        COMBINED[:60],
        COMBINED.replace(b"17/May", b"31/Feb"),
        COMBINED.replace(b"May", b"Mei"),
        COMBINED.replace(b"+0000", b"+9900"),
        COMBINED.replace(b"2015", b"0000"),
        COMBINED.replace(b" 200 ", b" two "),
        b"\x00\x01\x02\xff",
        COMBINED + b"x" * accesslog.LINE_MAX_BYTES,
    ],
)
def test_malformed(line: bytes) -> None:
    """What is no line, is cut off, or has a time that does not exist is not read."""
    assert parse(line, combined=True) is None


@given(st.binary(max_size=400))
def test_anything_parses_or_not(line: bytes) -> None:
    """Any bytes give fields or None, and never an error."""
    parsed = parse(line)
    assert parsed is None or refuse(parsed) in {None, *DropReason}


@given(st.data())
def test_damaged_lines(data: st.DataObject) -> None:
    """A line that is damaged anywhere gives fields or None, and never an error."""
    where = data.draw(st.integers(0, len(COMBINED)))
    until = data.draw(st.integers(where, len(COMBINED)))
    parsed = parse(COMBINED[:where] + data.draw(st.binary(max_size=40)) + COMBINED[until:])
    assert parsed is None or refuse(parsed) in {None, *DropReason}


def written(text: bytes) -> bytes:
    """*text* in quotes, as Apache writes it."""
    return b"".join(
        rb"\"" if byte == 34 else rb"\\" if byte == 92 else bytes((byte,)) if 32 <= byte < 127 else b"\\x%02x" % byte
        for byte in text
    )


@given(
    address=st.ip_addresses().map(str),
    at=st.integers(0, 4_000_000_000),
    offset=st.integers(-14 * 60, 14 * 60),
    path=st.binary(max_size=40).map(lambda path: b"/" + path.replace(b" ", b"+")),
    status=st.integers(100, 599),
    referrer=st.binary(min_size=2, max_size=40),
    agent=st.binary(min_size=2, max_size=40),
    host=st.sampled_from([b"", b"a.example ", b"a.example:8080 "]),
)
def test_round_trip(
    address: str, at: int, offset: int, path: bytes, status: int, referrer: bytes, agent: bytes, host: bytes
) -> None:
    """A line that is written is read back, whatever the visit put in its request, referrer and agent."""
    moment = datetime.fromtimestamp(at, timezone(timedelta(minutes=offset)))
    when = moment.strftime("%d/%b/%Y:%H:%M:%S %z").encode()
    line = b'%s%s - - [%s] "GET %s HTTP/1.1" %d - "%s" "%s"' % (
        host,
        address.encode(),
        when,
        written(path),
        status,
        written(referrer),
        written(agent),
    )
    assert read(line) == Line(
        host.strip().partition(b":")[0],
        address.encode(),
        at,
        b"GET",
        path,
        status,
        referrer,
        agent,
        b"",
    )


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (b"GET /vacatures HTTP/1.1", 200, None),
        (b"GET /vacatures HTTP/1.1", 304, None),
        (b"GET /vacature.html?utm_source=x HTTP/2.0", 206, None),
        (b"GET /careers.php HTTP/1.1", 200, None),
        (b"GET /brochure.pdf HTTP/1.1", 200, None),
        (b"GET /health", 200, None),
        (b"HEAD /vacatures HTTP/1.1", 200, DropReason.METHOD),
        (b"POST /vacatures HTTP/1.1", 200, DropReason.METHOD),
        (b"OPTIONS * HTTP/1.0", 200, DropReason.METHOD),
        (rb"\x16\x03\x01", 200, DropReason.METHOD),
        (b"-", 408, DropReason.METHOD),
        (b"GET example.org:443 HTTP/1.1", 200, DropReason.METHOD),
        (b"GET /vacatures HTTP/1.1", 301, DropReason.ERROR_STATUS),
        (b"GET /vacatures HTTP/1.1", 404, DropReason.ERROR_STATUS),
        (b"GET /site.CSS?v=2 HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /robots.txt HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /favicon.ico HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /nieuws/feed/ HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /nieuws?feed=rss2 HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /wp-json/wp/v2/posts HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /api/vacancies HTTP/1.1", 200, DropReason.ASSET),
        (b"GET /_next/data/x HTTP/1.1", 200, DropReason.ASSET),
    ],
)
def test_refuse(request_: bytes, status: int, reason: DropReason | None) -> None:
    """Only a GET of a page that was answered can be a page view."""
    line = COMBINED.replace(b"GET /vacatures HTTP/1.1", request_).replace(b" 200 ", b" %d " % status)
    assert refuse(read(line)) is reason


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/a/b.PDF", b"pdf"),
        (b"/a.b/c", b""),
        (b"/", b""),
        (b"/.well-known", b""),
        (b"/a.verylongextension", b""),
        (b"/a.tar.gz", b"gz"),
    ],
)
def test_extension(path: bytes, expected: bytes) -> None:
    """The extension is that of the last segment, in lower case."""
    assert extension(path) == (expected if path != b"/.well-known" else b"well-known")


def test_majority() -> None:
    """The format is that of the majority; lines that do not parse have no vote."""
    assert is_combined([COMBINED, COMBINED, HEAD, b"junk", b"junk", b"junk"])
    assert not is_combined([COMBINED, HEAD, HEAD])
    assert is_combined([])


@pytest.mark.skipif(not REAL_LOG.exists(), reason=f"needs {REAL_LOG.name}")
def test_real_log() -> None:
    """Of 10,000 lines of a real log all but the one that is cut off are read."""
    with gzip.open(REAL_LOG, "rb") as file:
        lines = file.read().splitlines()
    assert [number for number, line in enumerate(lines, 1) if parse(line, combined=True) is None] == [8899]
