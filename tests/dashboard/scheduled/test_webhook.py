"""Posting to a real receiver: signed, no way into the network, and what its answers mean."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from typing import Any

import pytest

from dashboard.scheduled import problems, webhook
from dashboard.scheduled.wishes import is_webhook
from tests.dashboard.scheduled.conftest import LOCAL, receiving


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://", "https://a:b@example.org/", "ftp://example.org", "https://example.org/ x", "https://example.org:x/"],
)  # fmt: skip
def test_a_webhook_is_of_https(url: str) -> None:
    """An address with a password, another scheme or a blank is none."""
    assert not is_webhook(url)
    assert is_webhook("https://hooks.example.org/services/T0/B0?x=1")


def send(url: str, content: bytes = b"{}", **more: Any) -> None:
    webhook.post(url, content, **{"key": "k", "claim": "1:2:3", "now": 1000, "networks": LOCAL, **more})


def test_a_post_is_signed_and_has_one_key_for_all_tries() -> None:
    """The receiver can check who sent it and when, and that it had it before."""
    with receiving() as (url, got):
        send(url, b'{"a":1}')
        send(url, b'{"a":1}', now=2000)
    (first, content), (second, _) = got
    assert content == b'{"a":1}'
    expected = hmac.new(b"k", b'1000.{"a":1}', hashlib.sha256).hexdigest()
    assert first["X-Telpunt-Signature"] == f"v1={expected}"
    assert first["X-Telpunt-Timestamp"] == "1000"
    assert second["X-Telpunt-Signature"] != first["X-Telpunt-Signature"]
    assert second["Idempotency-Key"] == first["Idempotency-Key"]


def test_a_post_is_no_way_into_the_network() -> None:
    """Nothing is posted to an address that is not public, whatever its name, nor to where a redirect leads."""
    with receiving() as (url, got):
        with pytest.raises(webhook.NotPosted, match="not public"):
            send(url, networks=())
        for private in ("10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"):
            with pytest.raises(webhook.NotPosted, match="not public"):
                send("https://hooks.example.org/", networks=(), lookup=lambda _host, _port, it=private: [it])
        assert got == []
    with receiving(302) as (url, got):
        with pytest.raises(webhook.NotPosted, match="it answered 302"):
            send(url)
        assert len(got) == 1


def test_what_a_webhook_does_wrong_is_said_without_its_address() -> None:
    """An error, silence and nobody there: each has a sentence, none has the address."""
    with receiving(500) as (url, _), pytest.raises(webhook.NotPosted, match="it answered 500"):
        send(url)
    with (
        receiving(hang=threading.Event()) as (url, _),
        pytest.raises(webhook.NotPosted, match="no answer in 0 s") as caught,
    ):
        send(url, timeout_s=0.3)
    assert "hook" not in str(caught.value).removeprefix("The webhook")
    with pytest.raises(webhook.NotPosted, match="ConnectionRefusedError"):
        send(url)


@pytest.mark.parametrize(
    ("status", "problem", "final"),
    [
        (200, "", False),
        (202, "", False),  # what Teams' workflows answer
        (302, "hook_moved 302", True),
        (400, "hook_declined 400", True),
        (403, "hook_declined 403", True),
        (404, "hook_gone 404", True),  # Slack: no_service
        (410, "hook_gone 410", True),
        (408, "busy 408", False),
        (429, "busy 429", False),
        (500, "hook_failed 500", False),
        (503, "hook_failed 503", False),
    ],
)
def test_what_an_answer_means(status: int, problem: str, final: bool) -> None:
    """Gone and refused are for good, busy and broken pass, and any 2xx is taken."""
    with receiving(status) as (url, _):
        if not problem:
            send(url)
            return
        with pytest.raises(webhook.NotPosted) as caught:
            send(url)
    assert caught.value.problem == problem
    assert problems.is_final(problem) is final


def test_an_answer_without_end_is_not_read() -> None:
    """Of 50 MB only the beginning is read: it is over at once, and it was taken."""
    with receiving(answer=b"x" * 50_000_000) as (url, got):
        send(url)
    assert len(got) == 1


def test_a_receiver_that_dribbles_is_cut_off() -> None:
    """An answer of a byte now and then ends with the whole time, not with the time between two bytes."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def dribble() -> None:
            connection, _ = listening.accept()
            with connection:
                while not over.wait(0.1):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        with pytest.raises(webhook.NotPosted) as caught:
            send(f"http://127.0.0.1:{listening.getsockname()[1]}/hook", timeout_s=0.7)
        over.set()
        thread.join(20)
    assert caught.value.problem in ("silent", "broken")


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """Looked up once: the address that was found public is the one that is connected to (DNS rebinding)."""
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["192.0.2.1", "127.0.0.1"]

    with receiving() as (_url, got), pytest.raises(webhook.NotPosted, match="not public"):
        send("https://hooks.example.org/", networks=(), lookup=rebinding)
    assert asked == ["hooks.example.org"]
    assert got == []
