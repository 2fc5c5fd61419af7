from __future__ import annotations

import gzip
import io
import json
import random
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from collector.app import Collector, WSGIApp, create_app
from collector.events import DropReason, Hit, Kind
from collector.folder import DataFolder
from collector.journal import sealed
from collector.outcomes import read_all
from collector.settings import Settings
from collector.sites import Registry, make_site
from collector.snippet import build
from collector.tokens import Tokens
from tests.hostile import body, is_odd
from tests.strategies import bodies

NOW = 1_790_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0 TelpuntSecretAgent/7"
ADDRESS = "198.51.100.77"
EVENT = {"site": "acme", "kind": "page_view", "url": "https://werkenbij.example.org/vacatures/kok"}
BROWSER = {"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT, "HTTP_ACCEPT_LANGUAGE": "nl"}


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status[:3])
        self.headers = dict(headers)
        self.body = body

    @property
    def said(self) -> str:
        return self.headers.get("X-Telpunt", "")

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


class Door:
    """The collector of one worker with one site, asked without a network."""

    def __init__(self, path: Path, fallback: Any = None, **settings: Any) -> None:
        self.folder = DataFolder(path).prepare()
        Registry.open(self.folder).save(self.folder, make_site("acme", ["werkenbij.example.org"]))
        self.settings = Settings(data=path, **settings)
        self.app: Collector = create_app(
            self.settings, self.folder, Tokens.shared(86400), "w1", fallback=fallback, clock=lambda: NOW
        )

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **environ: str) -> Answer:
        answer: list[Any] = []
        given: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "wsgi.input": io.BytesIO(body),
            **BROWSER,
            **environ,
        }
        chunks = self.app(given, lambda status, headers: answer.extend((status, headers)))
        return Answer(answer[0], answer[1], b"".join(chunks))

    def send(self, event: object, content_type: str = "application/json", **environ: str) -> Answer:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.ask("/api/event", "POST", body, CONTENT_TYPE=content_type, **environ)

    def hits(self) -> list[Hit]:
        self.app.close()
        return [
            msgspec.json.decode(line, type=Hit)
            for path in sealed(self.folder)
            for line in path.read_bytes().splitlines()
        ]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path / "data")
    yield door
    door.app.close()


def test_an_event_is_accepted_and_in_the_journal(door: Door):
    """202 says accepted, and by then the line is in the journal."""
    answer = door.send(EVENT)
    assert (answer.status, answer.said, answer.body) == (202, "accepted", b"")
    (open_file,) = door.folder.journal.glob("*.open")
    assert msgspec.json.decode(open_file.read_bytes(), type=Hit).page == "/vacatures/kok"


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "text/plain;charset=UTF-8", "Application/JSON; charset=utf-8"]
)
def test_json_comes_as_json_or_text(door: Door, content_type: str):
    """Both content types are taken, so that no preflight is needed."""
    assert door.send(EVENT, content_type).status == 202


@pytest.mark.parametrize("content_type", ["", "text/html", "application/x-www-form-urlencoded"])
def test_other_content_types_are_415(door: Door, content_type: str):
    """A body of another type is refused with what was expected."""
    answer = door.send(EVENT, content_type)
    assert answer.status == 415
    assert "text/plain" in answer.error


@pytest.mark.parametrize(
    ("reason", "event", "headers"),
    [
        (DropReason.WRONG_HOST, {"url": "https://elders.example.com/"}, {}),
        (DropReason.OPT_OUT, {}, {"HTTP_SEC_GPC": "1"}),
        (DropReason.OPT_OUT, {}, {"HTTP_DNT": "1"}),
        (DropReason.BOT, {}, {"HTTP_USER_AGENT": "curl/8.5.0"}),
        (DropReason.PREFETCH, {}, {"HTTP_SEC_PURPOSE": "prefetch"}),
        (DropReason.SPAM, {"referrer": "https://semalt.com/"}, {}),
        (DropReason.INTERNAL, {"url": "https://werkenbij.example.org/wp-admin/"}, {}),
    ],
)
def test_a_dropped_event_is_202_with_its_reason(
    door: Door, reason: DropReason, event: dict[str, str], headers: dict[str, str]
):
    """Who installs it sees why nothing happens, and nothing is written."""
    answer = door.send(EVENT | event, **headers)
    assert (answer.status, answer.said) == (202, f"dropped; reason={reason}")
    assert door.hits() == []
    assert {outcome for _, outcome, _ in read_all(door.folder)} == {reason}


def test_an_unknown_site_is_404(door: Door):
    """A site that is not registered is an error for who installs it."""
    answer = door.send(EVENT | {"site": "elders"})
    assert answer.status == 404
    assert "elders" not in answer.error
    assert door.hits() == []
    assert read_all(door.folder) == {("", DropReason.UNKNOWN_SITE, NOW // 86400): 1}


def test_a_malformed_event_is_400(door: Door):
    """What is not an event is refused with one sentence, and counted."""
    answer = door.send(b"{not json")
    assert answer.status == 400
    assert answer.error.startswith("The body is not valid JSON")
    door.app.close()
    assert read_all(door.folder) == {("", DropReason.MALFORMED, NOW // 86400): 1}


def test_too_much_is_413(door: Door):
    """A body over the limit is refused, read only as far as the limit."""
    assert door.send(b" " * (door.settings.body_max_bytes + 1)).status == 413
    assert door.send([EVENT] * 51).status == 413


def test_too_often_is_429(tmp_path: Path):
    """One address that sends too much is told to wait; another one is not."""
    door = Door(tmp_path / "data", rate_max_per_minute=5)
    assert [door.send(EVENT).status for _ in range(6)] == [202] * 5 + [429]
    answer = door.send(EVENT)
    assert answer.headers["Retry-After"] == "60"
    assert answer.said == "dropped; reason=rate"
    assert door.send(EVENT, REMOTE_ADDR="198.51.100.78").status == 202
    assert len(door.hits()) == 6


def test_a_batch_is_accepted_in_part(door: Door):
    """Of a batch, what counts is kept, and the answer says how much and why not all."""
    answer = door.send(
        [EVENT, EVENT, EVENT | {"url": "https://elders.example.com/"}, EVENT | {"kind": "search", "query": "kok"}]
    )
    assert (answer.status, answer.said) == (202, "accepted; 3 of 4; reason=wrong_host")
    assert [hit.kind for hit in door.hits()] == ["page_view", "page_view", "search"]


def test_every_kind_can_be_sent(door: Door):
    """Every kind of the vocabulary arrives in the journal."""
    for kind in Kind:
        assert door.send(EVENT | {"kind": kind}).status == 202
    assert [hit.kind for hit in door.hits()] == list(Kind)


def test_a_proxy_is_believed_when_it_is_trusted(tmp_path: Path):
    """Two clients behind a trusted proxy are two visits; behind any other proxy they are one."""
    for number, (trusted, visits) in enumerate([("10.0.0.0/8", 2), ("", 1)]):
        door = Door(tmp_path / str(number), trusted_proxies=trusted)
        for client in ("192.0.2.1", "192.0.2.2"):
            door.send(EVENT, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=client)
        assert len({hit.visit for hit in door.hits()}) == visits


def test_other_methods_are_405(door: Door):
    """A method that an address does not take is refused with the one it takes."""
    for path, method, allowed in [
        ("/api/event", "GET", "POST"),
        ("/t.js", "POST", "GET"),
        ("/health", "PUT", "GET"),
        ("/metrics", "POST", "GET"),
    ]:
        answer = door.ask(path, method)
        assert (answer.status, answer.headers["Allow"]) == (405, f"{allowed}, OPTIONS")


def test_any_origin_may_send(door: Door):
    """A preflight is answered for every origin, without credentials."""
    answer = door.ask("/api/event", "OPTIONS")
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for one in (door.send(EVENT), door.send(b"{")):
        assert one.headers["Access-Control-Allow-Origin"] == "*"


def test_no_answer_sets_a_cookie(door: Door):
    """Nothing that a page of the site asks for sets a cookie."""
    for answer in (door.send(EVENT), door.ask("/t.js"), door.ask("/health"), door.ask("/nothing")):
        assert "set-cookie" not in {name.lower() for name in answer.headers}


def test_the_snippet_is_served_once(door: Door):
    """The snippet comes with an ETag, compressed for who asks, and not again for who has it."""
    snippet = build()
    answer = door.ask("/t.js")
    assert (answer.status, answer.body, answer.headers["ETag"]) == (200, snippet.body, snippet.etag)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    packed = door.ask("/t.js", HTTP_ACCEPT_ENCODING="gzip, br")
    assert gzip.decompress(packed.body) == snippet.body
    assert packed.headers["ETag"] != answer.headers["ETag"]
    for one in (answer, packed):
        again = door.ask("/t.js", HTTP_IF_NONE_MATCH=one.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
    assert door.ask("/t.js", "HEAD").body == b""


def test_health_says_ok(door: Door):
    """A collector that can write is healthy."""
    answer = door.ask("/health")
    assert (answer.status, json.loads(answer.body)["status"]) == (200, "ok")


def test_metrics_count_outcomes(door: Door):
    """The metrics have a line per site and outcome, from what was saved."""
    door.send(EVENT)
    door.send(EVENT, HTTP_USER_AGENT="curl/8.5.0")
    door.app.close()
    body = door.ask("/metrics", REMOTE_ADDR="127.0.0.1").body.decode()
    assert 'telpunt_events_total{site="acme",outcome="accepted"} 1\n' in body
    assert 'telpunt_events_total{site="acme",outcome="bot"} 1\n' in body


@pytest.mark.parametrize(
    "environ",
    [{"REMOTE_ADDR": "8.8.8.8"}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "8.8.8.8"}, {"REMOTE_ADDR": ""}],
)
def test_metrics_are_not_for_everybody(door: Door, environ: dict[str, str]):
    """Who watches the count of a small site knows when somebody is there, so only the own machines may."""
    assert door.ask("/metrics", **environ).status == 403


def test_other_addresses_are_pages(tmp_path: Path):
    """All other addresses go to the dashboard, which is made at the first request for one and not before."""
    made: list[str] = []

    def dashboard() -> WSGIApp:
        made.append("dashboard")

        def pages(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            start_response("200 OK", [])
            return [environ["PATH_INFO"].encode()]

        return pages

    door = Door(tmp_path / "data", fallback=dashboard)
    door.send(EVENT)
    assert not made
    assert door.ask("/").body == b"/"
    assert door.ask("/segments").body == b"/segments"
    assert made == ["dashboard"]
    door.app.close()


def test_without_a_dashboard_other_addresses_are_404(door: Door):
    """An address that means nothing is an error in JSON."""
    answer = door.ask("/api/events")
    assert answer.status == 404
    assert "/api/event" in answer.error


def test_a_disk_that_refuses_is_503_and_then_is_well_again(door: Door, capsys: pytest.CaptureFixture[str]):
    """While nothing can be written the answer is 503 and nothing counts as accepted; after that all goes on by itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        answer = door.send([EVENT, EVENT | {"url": "https://elders.example.com/"}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.status == 503
    assert "try again" in answer.error
    assert door.send(EVENT).status == 202
    assert len(door.hits()) == 1
    assert read_all(door.folder) == {("acme", "accepted", NOW // 86400): 1, ("acme", "wrong_host", NOW // 86400): 1}
    assert "acme" not in capsys.readouterr().err


def test_a_mistake_of_ours_is_500_and_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """An unforeseen error is named by type and place on standard error, never by its text."""

    def dashboard() -> WSGIApp:
        raise ValueError(f"secret of {ADDRESS}")

    door = Door(tmp_path / "data", fallback=dashboard)
    answer = door.ask("/")
    assert answer.status == 500
    said = capsys.readouterr().err
    assert "ValueError at test_app.py:" in said
    assert ADDRESS not in said + answer.body.decode()
    door.app.close()


def test_new_sites_are_seen_without_restart(door: Door):
    """A site that is added while the collector runs is known after the next tick of the housekeeping."""
    assert door.send(EVENT | {"site": "later"}).status == 404
    Registry.open(door.folder).save(door.folder, make_site("later", ["werkenbij.example.org"]))
    door.app._housekeeping.tick(1)
    assert door.send(EVENT | {"site": "later"}).status == 202


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("hostile") / "data", rate_max_per_minute=0)
    yield door
    door.app.close()


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies)
def test_hostile_bodies_do_no_harm(hostile: Door, body: bytes):
    """No body gives a 5xx, and whatever is accepted is a well-formed hit of a known site and kind with short texts."""
    answer = hostile.send(body)
    assert answer.status in (202, 400, 404, 413)
    for path in hostile.folder.journal.glob("*.open"):
        content = path.read_bytes()
        assert content == b"" or content.endswith(b"\n")
        for line in content.splitlines()[-60:]:
            hit = msgspec.json.decode(line, type=Hit)
            assert hit.site == "acme"
            assert hit.kind in {kind.value for kind in Kind}
            assert len(hit.page) <= 120
            assert max(map(len, (hit.query, hit.name, hit.source, hit.medium, hit.campaign, hit.touchpoint))) <= 60
            assert 0 <= hit.depth_pct <= 100
            assert "jansen@" not in hit.page  # noise may spoil the "@", and then it is no e-mail address
        assert b"198.51.100" not in content


def test_thousands_of_hostile_bodies_do_no_harm(hostile: Door, capfd: pytest.CaptureFixture[str]):
    """Mutated events, odd types, odd characters and noise give no 5xx, and no line of the journal is odd."""
    dice = random.Random(20260)
    answers = Counter(hostile.send(body(dice)).status for _ in range(4000))
    assert set(answers) == {202, 400, 404, 413}
    assert capfd.readouterr().err == ""
    kinds = {kind.value for kind in Kind}
    for path in hostile.folder.journal.glob("*.open"):
        for line in path.read_bytes().splitlines():
            assert not is_odd(msgspec.json.decode(line, type=Hit), kinds)


def test_a_body_with_two_mistakes_is_400(door: Door):
    """A null where a text should be, and after that no JSON any more."""
    assert door.send(b'[{"site":null,"kind":"page_view","url":"x"},').status == 400
    assert door.send(b'{"site":null,"kind":"page_view","url":"\xff"}').status == 400
    assert door.send(b'{"site":null,' + b'"job":{' * 5000).status == 400


def test_an_error_is_said_once_a_minute(
    door: Door, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A flood of errors is no flood of lines in the log."""
    monkeypatch.setattr(door.app._journal, "full", "the journal is full")
    answers = [door.send(EVENT) for _ in range(50)]
    assert {answer.status for answer in answers} == {503}
    assert "the journal is full" in answers[0].error
    assert capsys.readouterr().err.count("\n") == 1


def test_a_wall_clock_that_steps_loses_nothing(door: Door):
    """When the clock is set back a day or forward two, events are accepted, in the journal, and of the same visit."""
    for now in (NOW, NOW - 86400, NOW + 2 * 86400, NOW - 7200, NOW):
        door.app._clock = lambda now=now: now
        assert door.send(EVENT).status == 202
        door.app._housekeeping.tick(10)
    hits = door.hits()
    assert [hit.t - NOW for hit in hits] == [0, -86400, 2 * 86400, -7200, 0]
    assert len({hit.visit for hit in hits}) == 1


def test_nothing_that_tells_a_visitor_reaches_the_disk(door: Door, capfd: pytest.CaptureFixture[str]):
    """After events of every kind, good and bad, no byte of the data folder or the output has address, agent or full referrer."""
    secret = "https://mail.example.net/inbox/thread/4711-geheim?user=jan"
    for kind in Kind:
        door.send(
            EVENT | {"kind": kind, "referrer": secret, "query": "kok", "target": secret, "name": "x"},
            HTTP_X_FORWARDED_FOR=ADDRESS,
        )
    door.send(EVENT | {"url": f"https://werkenbij.example.org/{ADDRESS}"})
    door.send(EVENT | {"site": ADDRESS, "referrer": secret})
    door.send(EVENT, HTTP_USER_AGENT="curl/8.5.0 TelpuntSecretAgent")
    door.send(b"{" + ADDRESS.encode())
    door.app.close()
    output = capfd.readouterr()
    kept = b"".join(path.read_bytes() for path in door.folder.path.rglob("*") if path.is_file())
    for needle in (ADDRESS, "TelpuntSecretAgent", "Gecko/20100101", "geheim", "4711", "inbox"):
        assert needle.encode() not in kept, needle
        assert needle not in output.out + output.err
