"""
Every byte that Telpunt leaves behind is searched for what it may not know.

Real requests to a real server, a real log import, a fold, an analysis; then all files of the data folder and everything the processes
said are searched for the addresses, agents and referrer paths that were sent, and the counts for anything like a token.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run_telpunt

SITE = "acme"
HOST = "werkenbij.acme.example"
ADDRESSES = ["203.0.113.77", "198.51.100.23", "2001:db8:dead:beef::77", "192.0.2.201"]
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0 Peculiar/7.7"
LOG_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0.7654.321 Safari/537.36 Singular/3.1"
)
REFERRER_PATH = "search-by-jan-de-vries"
PERSONAL = ["jan.de.vries@example.org", "0612345678", "6f9619ff-8b86-d011-b42d-00c04fc964ff"]


def events():
    for number in range(20):
        yield {
            "site": SITE,
            "kind": "page_view",
            "url": f"https://{HOST}/vacatures/monteur?utm_source=x&mail={PERSONAL[0]}&id={PERSONAL[2]}&tel={PERSONAL[1]}",
            "referrer": f"https://forum.example/{REFERRER_PATH}/{number}?who={PERSONAL[0]}",
        }
        yield {
            "site": SITE,
            "kind": "search",
            "url": f"https://{HOST}/vacatures",
            "query": PERSONAL[number % 3],
            "results": 0,
        }
        yield {"site": SITE, "kind": "page_view", "url": f"https://{HOST}/profiel/{PERSONAL[2]}/{PERSONAL[0]}"}
        yield {"site": SITE, "kind": "custom", "url": f"https://{HOST}/", "name": f"mailed {PERSONAL[0]}"}


def post(port, event, address):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {
        "Content-Type": "text/plain", "User-Agent": AGENT, "X-Forwarded-For": address, "Accept-Language": "nl-NL,nl;q=0.9",
        "Referer": event["url"], "Cookie": "person=jan-de-vries-cookie",
    }  # fmt: skip
    connection.request("POST", "/api/event", json.dumps(event), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def wait_for(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        time.sleep(0.05)
    raise AssertionError("the server does not listen")


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """The data folder after real traffic through both doors, and everything that was said on the way; with and without the fold."""
    base = tmp_path_factory.mktemp("promise")
    data = base / "data"
    run_telpunt(data, "site", "add", SITE, "--host", HOST)
    log = base / "access.log"
    line = (
        '{address} - jan [21/Nov/2026:10:{n:02d}:01 +0100] "GET /verhalen/{n}?who={mail} HTTP/1.1" 200 9 '
        '"https://forum.example/{path}" "{agent}"\n'
    )
    log.write_text(
        "".join(
            line.format(address=ADDRESSES[n % 4], n=n, mail=PERSONAL[0], path=REFERRER_PATH, agent=LOG_AGENT)
            for n in range(40)
        )
        + f'{ADDRESSES[0]} broken "{LOG_AGENT}\n'
    )
    said = [run_telpunt(data, "import", str(log), "--site", SITE)]
    environment = {**os.environ, "TELPUNT_DATA": str(data), "TELPUNT_TRUSTED_PROXIES": "127.0.0.0/8"}
    with subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True,
    ) as server:  # fmt: skip
        heard = ""
        try:
            while "127.0.0.1:" not in heard:
                part = server.stdout.readline()
                assert part, heard
                heard += part
            port = int(re.search(r"127\.0\.0\.1:(\d+)", heard).group(1))
            wait_for(port)
            for number, event in enumerate(events()):
                assert post(port, event, ADDRESSES[number % 4]) == 202
            assert post(port, {"site": SITE, "kind": "nonsense " + PERSONAL[0], "url": "x"}, ADDRESSES[0]) == 400
            time.sleep(0.2)
            journal = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
        finally:
            server.send_signal(signal.SIGTERM)
        heard += server.stdout.read()
    said += [run_telpunt(data, "fold", "--all"), run_telpunt(data, "analyse", "--site", SITE)]
    return data, heard.encode() + b"".join(done.stdout + done.stderr for done in said), journal


def everything(data: Path) -> bytes:
    """All bytes of all files, and the values of Parquet files besides, since those are compressed."""
    parts = []
    for path in data.rglob("*"):
        parts.append(str(path).encode())
        if path.is_file():
            parts.append(path.read_bytes())
            if path.suffix == ".parquet":
                parts.append(pl.read_parquet(path).write_ndjson().encode())
    return b"\n".join(parts)


@pytest.mark.parametrize(
    "secret", [*ADDRESSES, AGENT, LOG_AGENT, "Peculiar", "Singular", REFERRER_PATH, "jan-de-vries-cookie", *PERSONAL]
)
def test_nothing_that_identifies_is_on_disk_or_in_a_log(left_behind, secret):
    """No address, agent, referrer path, cookie, e-mail, telephone number or id is in any file or message, before or after the fold."""
    data, said, journal = left_behind
    for text in (everything(data), said, journal):
        assert secret.lower().encode() not in text.lower()


def test_the_search_would_find_something(left_behind):
    """The same search finds what may be there, so that finding nothing means something."""
    data, said, journal = left_behind
    assert b"/vacatures/monteur" in everything(data)
    assert b"/vacatures/monteur" in journal
    assert b"page views kept" in said or b"kept" in said


def test_no_token_outlives_the_fold(left_behind):
    """After the fold no string of 16 hexadecimal digits is in any count, and no event is left."""
    data, _, journal = left_behind
    assert re.search(rb'"visit":"[0-9a-f]{16}"', journal)
    values = b"".join(pl.read_parquet(path).write_ndjson().encode() for path in (data / "facts").rglob("*.parquet"))
    assert not re.search(rb"\b[0-9a-f]{16}\b", values)
    assert not [path for path in (data / "journal").rglob("*.ndjson*") if path.stat().st_size]
    assert not [path for path in (data / "facts").glob("carry-*") if path.stat().st_size]


def test_the_visit_key_is_in_no_environment_and_no_file(left_behind):
    """The folder holds no file that could be a key but the dashboard's own session secret, and that one is readable by its owner only."""
    data, _, _ = left_behind
    odd = [path for path in data.iterdir() if path.is_file() and path.stat().st_mode & 0o077]
    assert not odd
