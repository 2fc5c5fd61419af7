from __future__ import annotations

from pathlib import Path

import pytest

from collector.diagnostics import FACTS, PROBLEMS, Fact, describe
from collector.settings import Settings

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def see(tmp_path: Path, trusted: str = "", **environ: str) -> dict[str, Fact]:
    request = {
        "REMOTE_ADDR": "198.51.100.7",
        "HTTP_USER_AGENT": AGENT,
        "HTTP_ACCEPT_LANGUAGE": "nl-NL",
        "HTTP_HOST": "count.example.org",
        "wsgi.url_scheme": "https",
    }
    facts = describe(request | environ, Settings(data=tmp_path, trusted_proxies=trusted))
    assert tuple(fact.name for fact in facts) == FACTS
    assert all(fact.problem in ("", *PROBLEMS) for fact in facts)
    return {fact.name: fact for fact in facts}


def test_without_a_proxy_all_is_well(tmp_path: Path):
    """A browser that is connected directly has no problem, and its event would be accepted."""
    seen = see(tmp_path)
    assert seen["client"] == Fact("client", "198.51.100.7")
    assert (seen["device"].value, seen["language"].value) == ("desktop", "nl")
    assert seen["outcome"] == Fact("outcome", "accepted")
    assert not any(fact.problem for fact in seen.values())


@pytest.mark.parametrize(
    ("trusted", "peer", "chain", "client", "problem"),
    [
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.7", "198.51.100.7", ""),
        ("10.0.0.0/8", "10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7", ""),
        ("", "10.0.0.1", "198.51.100.7", "10.0.0.1", "proxy_not_trusted"),
        ("172.16.0.0/12", "10.0.0.1", "198.51.100.7", "10.0.0.1", "proxy_not_trusted"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1", "proxy_names_nobody"),
        ("10.0.0.0/8", "10.0.0.1", "unknown", "10.0.0.1", "chain_broken"),
        ("", "192.168.1.7", "", "192.168.1.7", "client_is_private"),
        ("", "127.0.0.1", "", "127.0.0.1", ""),
    ],
)
def test_what_is_wrong_with_a_proxy_is_named(
    tmp_path: Path, trusted: str, peer: str, chain: str, client: str, problem: str
):
    """The client as it is taken, and what is wrong when that is the proxy."""
    environ = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": chain} if chain else {})
    assert see(tmp_path, trusted, **environ)["client"] == Fact("client", client, problem)


@pytest.mark.parametrize(
    ("environ", "outcome"),
    [
        ({"HTTP_SEC_GPC": "1"}, "opt_out"),
        ({"HTTP_DNT": "1"}, "opt_out"),
        ({"HTTP_USER_AGENT": "curl/8.5.0"}, "bot"),
        ({"HTTP_SEC_PURPOSE": "prefetch"}, "prefetch"),
    ],
)
def test_what_an_event_would_be_dropped_for(tmp_path: Path, environ: dict[str, str], outcome: str):
    """A browser whose events would be dropped is told why."""
    assert see(tmp_path, **environ)["outcome"] == Fact("outcome", outcome, outcome)


def test_http_is_a_problem_except_on_this_machine(tmp_path: Path):
    """A page with https cannot send to http, except to the machine itself."""
    http = {"wsgi.url_scheme": "http"}
    assert see(tmp_path, **http)["scheme"].problem == "insecure"
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"):
        assert see(tmp_path, **http, HTTP_HOST=host)["scheme"].problem == ""


def test_what_is_shown_is_short_and_printable(tmp_path: Path):
    """Headers are cut and stripped of what a terminal or page could stumble over."""
    value = see(tmp_path, HTTP_FORWARDED="for=\x1b[31m" + "x" * 1000)["forwarded"].value
    assert value.isprintable()
    assert len(value) == 200
